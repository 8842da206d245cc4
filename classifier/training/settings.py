"""Everything that a person may choose about one training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from classifier.config import require_known_rule
from classifier.head import Head

__all__ = ["Augmentation", "Imbalance", "Pairs", "Precision", "TrainingSettings"]

Precision = Literal["float32", "bfloat16", "float16"]

Imbalance = Literal["none", "class_weights", "balanced_sampling", "focal"]
"""What is done about rare tools: nothing; they weigh more in the loss; they are drawn more often,
every recording equally; or what is easy weighs less (focal loss)."""

Pairs = Literal["none", "mixed", "pasted"]
"""How two images of one tool each become one of both: their mean, or one laid into the other."""

Augmentation = Literal["none", "basic", "endoscopic"]

_STAGES = ("conv2", "conv3", "conv4", "conv5")


@dataclass(frozen=True)
class TrainingSettings:
    """Everything that a person may choose about one training."""

    head: Head
    weights: str = "imagenet"
    """``imagenet``, ``none``, or the path of a weights file or model folder."""
    epochs_head: int = 3
    epochs_fine: int = 10
    patience: int = 5
    """Epochs without a better validation after which a phase ends early."""
    trainable: str = "conv5"
    """First stage of the backbone that fine-tuning changes (conv2 ... conv5), or ``all``."""
    train_batch_norm: bool = False
    """Whether fine-tuning changes batch-normalisation statistics; needed from scratch."""
    learning_rate_head: float = 1e-3
    learning_rate_fine: float = 1e-4
    """Of the head and of the last stage; both rates warm up, then fall by half a cosine to zero."""
    rate_decay: float = 0.5
    """Each stage learns so much slower than the one after it; 1 makes all learn alike."""
    batch_size: int = 32
    input_size_px: tuple[int, int] = (224, 224)
    resize_rule: str = "swscale_area"
    crop_field_of_view: bool = False
    """Whether images are cut to the endoscope's picture before they are resized."""
    validation_share: float = 0.15
    augmentation: Augmentation = "endoscopic"
    pairs: Pairs = "none"
    pair_share: float = 0.5
    """Share of the training images that are made of two, where ``pairs`` says how."""
    imbalance: Imbalance = "class_weights"
    calibrate: bool = True
    """Whether probabilities are calibrated on the validation images."""
    precision: Precision = "float32"
    seed: int = 0

    def __post_init__(self) -> None:
        if min(self.epochs_head, self.epochs_fine) < 0 or self.epochs_head + self.epochs_fine == 0:
            raise ValueError(
                f"training needs at least one epoch, got {self.epochs_head},{self.epochs_fine}"
            )
        if self.trainable not in {"all", *_STAGES}:
            raise ValueError(f"trainable is all or conv2 to conv5, got {self.trainable!r}")
        for name in ("validation_share", "pair_share"):
            if not 0 < getattr(self, name) < 1:
                raise ValueError(f"{name} lies between 0 and 1, got {getattr(self, name)}")
        require_known_rule(self.resize_rule)
        if min(self.batch_size, self.patience) < 1:
            raise ValueError(
                f"batch_size and patience are at least 1, got {self.batch_size}, {self.patience}"
            )
        if not (self.learning_rate_head > 0 and self.learning_rate_fine > 0):
            raise ValueError("learning rates must be positive")
        if not 0 < self.rate_decay <= 1:
            raise ValueError(f"rate_decay lies above 0, at most at 1, got {self.rate_decay}")
        for name, choices in (
            ("pairs", Pairs),
            ("imbalance", Imbalance),
            ("augmentation", Augmentation),
            ("precision", Precision),
        ):
            if getattr(self, name) not in get_args(choices):
                raise ValueError(
                    f"{name} is one of {get_args(choices)}, got {getattr(self, name)!r}"
                )
        if self.pairs != "none" and self.head != "sigmoid":
            raise ValueError("two tools in one image need a sigmoid head, pairs make such images")
