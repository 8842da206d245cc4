"""One phase of a training, step by step: it can stop after any of them, and go on from there."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.backend import keras
from classifier.errors import ClassifierError
from classifier.training.checkpoint import Checkpoint
from classifier.training.progress import EpochRecord, TrainingStep
from classifier.training.state import TrainingState
from classifier.training.validation import Validation

__all__ = ["Keeper", "Phase", "TrainingStoppedError", "run_phase"]

_CHECKPOINT_EVERY_S = 600.0


class TrainingStoppedError(Exception):
    """Someone asked for the training to stop; its checkpoint was written."""


@dataclass
class Keeper:
    """Writes checkpoints every ten minutes and when asked to stop; does nothing without a place."""

    checkpoint: Checkpoint | None
    should_stop: Callable[[], bool]
    _last_s: float = 0.0

    def __post_init__(self) -> None:
        self._last_s = time.monotonic()

    def after_step(self, state: TrainingState, variables: Sequence[Any]) -> None:
        """Write a checkpoint if it is time to, and stop if someone asked for it.

        Raises:
            TrainingStoppedError: someone asked for it.
        """
        stopping = self.should_stop()
        if self.checkpoint is not None and (
            stopping or time.monotonic() - self._last_s > _CHECKPOINT_EVERY_S
        ):
            self.checkpoint.write(state, variables)
            self._last_s = time.monotonic()
        if stopping:
            raise TrainingStoppedError


@dataclass(frozen=True, eq=False)
class Phase:
    """What one phase trains, on what, and how it is judged."""

    name: str
    n_epochs: int
    patience: int
    model: Any
    """Compiled; gives logits. Its variables are the network's, or lie over them."""
    network: Any
    """The whole network's keras.Model, whose best weights are kept."""
    n_images: int
    """Shown in an epoch: a multiple of ``batch_size``."""
    batch_size: int
    batches_after: Callable[[int, int], Iterable[tuple[Any, Any]]]
    """(epoch from 0, images already shown) -> the rest of that epoch's (inputs, labels)."""
    validate: Callable[[], Validation]

    @property
    def variables(self) -> list[Any]:
        """Everything that a step changes or leans on, each once, in an order that never changes."""
        found = [*self.network.variables, *self.model.variables, *self.model.optimizer.variables]
        return list({id(variable): variable for variable in found}.values())


def run_phase(
    phase: Phase,
    state: TrainingState,
    keeper: Keeper,
    progress: Callable[[TrainingStep | EpochRecord], None],
) -> None:
    """Train until the epochs are done or too many in a row brought no gain.

    Raises:
        TrainingStoppedError: someone asked for it; the checkpoint is written.
        ClassifierError: the checkpoint cannot be written.
    """
    while state.epoch < phase.n_epochs and state.n_epochs_without_gain < phase.patience:
        _run_epoch(phase, state, keeper, progress)
        state.close_epoch(
            phase.validate(),
            model=phase.network,
            learning_rate=float(phase.model.optimizer.learning_rate),
        )
        progress(state.history[-1])
        keeper.after_step(state, phase.variables)


def _run_epoch(
    phase: Phase,
    state: TrainingState,
    keeper: Keeper,
    progress: Callable[[TrainingStep | EpochRecord], None],
) -> None:
    asked_s = time.monotonic()
    for inputs, labels in phase.batches_after(state.epoch, state.n_shown):
        came_s = time.monotonic()
        loss, right = _step(phase.model, inputs, labels)
        if not math.isfinite(loss):
            raise ClassifierError(
                "training",
                f"the loss is {loss} in step {state.n_shown // phase.batch_size + 1} "
                f"of epoch {state.epoch + 1}",
                hint="choose a lower --learning-rate",
            )
        state.count(len(labels), loss=loss, right=right)
        done_s = time.monotonic()
        progress(
            TrainingStep(
                phase=phase.name,
                epoch=state.epoch + 1,
                n_epochs=phase.n_epochs,
                step=state.n_shown // phase.batch_size,
                n_steps=phase.n_images // phase.batch_size,
                loss=state.loss_sum / state.n_shown,
                accuracy=state.right_sum / state.n_shown,
                n_images=len(labels),
                step_s=done_s - came_s,
                wait_s=came_s - asked_s,
            )
        )
        if state.n_shown < phase.n_images:
            keeper.after_step(state, phase.variables)
        asked_s = time.monotonic()


def _step(model: Any, inputs: Any, labels: NDArray[np.float32]) -> tuple[float, float]:
    """One update of the weights; its own loss and accuracy, not a running mean."""
    model.reset_metrics()
    values = model.train_on_batch(inputs, labels, return_dict=True)
    return float(values["loss"]), float(values["accuracy"])


def compile_phase(model: Any, *, optimizer: Any, loss: Any, accuracy: Any) -> None:
    """Make a model ready to be trained step by step."""
    model.compile(
        optimizer=optimizer,
        loss=loss,
        metrics=[keras.metrics.MeanMetricWrapper(accuracy, name="accuracy")],
        # XLA made the step a fifth slower on two cores, and cannot compile Keras' affine transform.
        jit_compile=False,
    )
    model.optimizer.build(model.trainable_variables)
