"""Where a training stands: all that its rest depends on beside the network's own variables."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.model.weights import weights_by_path
from classifier.training.progress import EpochRecord
from classifier.training.validation import Validation

__all__ = ["PHASES", "TrainingState"]

PHASES = ("head", "fine")


@dataclass
class TrainingState:
    """Changed by the loop as it goes; a checkpoint holds it together with the variables."""

    phase: str = PHASES[0]
    epoch: int = 0
    """Epochs of this phase that are done."""
    n_shown: int = 0
    """Images of the epoch under way that the network has learned from."""
    loss_sum: float = 0.0
    """Over those images, as ``right_sum``."""
    right_sum: float = 0.0
    n_epochs_without_gain: int = 0
    history: list[EpochRecord] = field(default_factory=list)
    best: Validation | None = None
    best_weights: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    """By path, of the whole network, at the end of the best epoch so far."""

    def count(self, n_images: int, *, loss: float, right: float) -> None:
        """Add one step to the epoch under way; ``loss`` and ``right`` are its means."""
        self.n_shown += n_images
        self.loss_sum += loss * n_images
        self.right_sum += right * n_images

    def close_epoch(self, validation: Validation, *, model: Any, learning_rate: float) -> None:
        """Record the epoch under way, and the weights if none were better."""
        self.epoch += 1
        self.history.append(
            EpochRecord(
                phase=self.phase,
                epoch=self.epoch,
                loss=self.loss_sum / self.n_shown,
                accuracy=self.right_sum / self.n_shown,
                validation_loss=validation.loss,
                validation_accuracy=validation.accuracy,
                validation_map=validation.mean_average_precision,
                learning_rate=learning_rate,
            )
        )
        self.n_shown, self.loss_sum, self.right_sum = 0, 0.0, 0.0
        if self.best is None or validation.rank > self.best.rank:
            self.best = validation
            self.best_weights = {
                path: np.asarray(variable).copy()
                for path, variable in weights_by_path(model).items()
            }
            self.n_epochs_without_gain = 0
        else:
            self.n_epochs_without_gain += 1

    def begin_phase(self, phase: str) -> None:
        """Start counting anew; what was best so far stays to be beaten."""
        self.phase, self.epoch, self.n_epochs_without_gain = phase, 0, 0

    def to_plain(self) -> dict[str, Any]:
        """What JSON can hold of it: all but the weights."""
        plain = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        del plain["best_weights"]
        plain["history"] = [dataclasses.asdict(record) for record in self.history]
        plain["best"] = dataclasses.asdict(self.best) if self.best is not None else None
        return plain

    @classmethod
    def from_plain(
        cls, plain: dict[str, Any], best_weights: dict[str, NDArray[np.float32]]
    ) -> TrainingState:
        """Undo ``to_plain``; raises TypeError or KeyError for what it never wrote."""
        best = plain["best"]
        values = plain | {
            "history": [EpochRecord(**record) for record in plain["history"]],
            "best": Validation(**best) if best is not None else None,
        }
        return cls(**values, best_weights=best_weights)
