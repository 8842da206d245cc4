"""What a training tells whoever watches it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["EpochRecord", "FeaturesTaken", "ImagesChecked", "TrainingStep"]


@dataclass(frozen=True)
class EpochRecord:
    """What one epoch came to; accuracy is over classes (softmax) or image-tool pairs (sigmoid)."""

    phase: str
    """``head`` or ``fine``."""
    epoch: int
    loss: float
    accuracy: float
    validation_loss: float
    validation_accuracy: float
    validation_map: float | None
    """Mean average precision over the tools that the validation images show and miss."""
    learning_rate: float


@dataclass(frozen=True)
class ImagesChecked:
    """How many of the dataset's images were decoded and found good or bad."""

    n_checked: int
    n_images: int


@dataclass(frozen=True)
class FeaturesTaken:
    """How many images' features the frozen backbone has given, before the head is trained."""

    n_done: int
    n_images: int


@dataclass(frozen=True)
class TrainingStep:
    """Where training is, after one step, for whoever shows it."""

    phase: str
    epoch: int
    n_epochs: int
    step: int
    n_steps: int
    """In an epoch."""
    loss: float
    """Mean of the epoch so far, as ``accuracy``."""
    accuracy: float
    n_images: int
    """Of this step."""
    step_s: float
    """What the network took for it."""
    wait_s: float
    """What it had waited for the images before."""
