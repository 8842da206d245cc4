"""Everything that a person may choose about one training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from classifier.config import Head, require_known_rule

__all__ = ["Precision", "TrainingSettings"]

Precision = Literal["float32", "bfloat16", "float16"]


@dataclass(frozen=True)
class TrainingSettings:
    """Everything that a person may choose about one training."""

    head: Head
    weights: str = "imagenet"
    """``imagenet``, ``none``, or the path of a weights file or model folder."""
    epochs_head: int = 3
    epochs_fine: int = 10
    trainable: str = "conv5"
    """First stage of the backbone that fine-tuning changes (conv2 ... conv5), or ``all``."""
    train_batch_norm: bool = False
    """Whether fine-tuning changes batch-normalisation statistics; needed from scratch."""
    learning_rate_head: float = 1e-3
    learning_rate_fine: float = 1e-4
    batch_size: int = 32
    input_size_px: tuple[int, int] = (224, 224)
    resize_rule: str = "swscale_area"
    crop_field_of_view: bool = False
    """Whether images are cut to the endoscope's picture before they are resized."""
    validation_share: float = 0.15
    augment: bool = True
    class_weights: bool = True
    precision: Precision = "float32"
    seed: int = 0

    def __post_init__(self) -> None:
        if min(self.epochs_head, self.epochs_fine) < 0 or self.epochs_head + self.epochs_fine == 0:
            raise ValueError(
                f"training needs at least one epoch, got {self.epochs_head},{self.epochs_fine}"
            )
        if self.trainable not in {"all", "conv2", "conv3", "conv4", "conv5"}:
            raise ValueError(f"trainable is all or conv2 to conv5, got {self.trainable!r}")
        if not 0 < self.validation_share < 1:
            raise ValueError(f"validation_share lies between 0 and 1, got {self.validation_share}")
        require_known_rule(self.resize_rule)
        if self.batch_size < 1:
            raise ValueError(f"batch_size must be positive, got {self.batch_size}")
        if not (self.learning_rate_head > 0 and self.learning_rate_fine > 0):
            raise ValueError("learning rates must be positive")
