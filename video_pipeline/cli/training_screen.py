"""What a person sees of a training: one bar a phase, one line an epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from video_pipeline.cli.console import note, progress_bar

if TYPE_CHECKING:
    from classifier.training.progress import EpochRecord, TrainingStep

__all__ = ["TrainingScreen"]


class TrainingScreen:
    """One bar for what is going on, one line for each finished epoch."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._title = ""
        self._stack: Any = None
        self._n_images, self._step_s, self._wait_s = 0, 0.0, 0.0

    def __enter__(self) -> TrainingScreen:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def show(self, event: Any) -> None:
        """Show one event of a training."""
        from classifier.training.progress import (
            EpochRecord,
            FeaturesTaken,
            ImagesChecked,
            TrainingStep,
        )

        if isinstance(event, ImagesChecked):
            self._move("checking images", event.n_checked, event.n_images, "image")
        elif isinstance(event, FeaturesTaken):
            self._move("features for the head", event.n_done, event.n_images, "image")
        elif isinstance(event, TrainingStep):
            self._show_step(event)
        elif isinstance(event, EpochRecord):
            self._show_epoch(event)

    def _show_step(self, event: TrainingStep) -> None:
        """One bar a phase, so that its time left is the phase's."""
        self._count(event)
        position = (event.epoch - 1) * event.n_steps + event.step
        self._move(f"{event.phase}", position, event.n_epochs * event.n_steps, "step")
        self._bar.set_postfix_str(
            f"epoch {event.epoch}/{event.n_epochs}, loss {event.loss:.3f}, "
            f"accuracy {event.accuracy:.3f}, {self._rates()}",
            refresh=False,
        )

    def _count(self, event: TrainingStep) -> None:
        if event.step == 1:
            self._n_images, self._step_s, self._wait_s = 0, 0.0, 0.0
            return
        # The first step of an epoch may compile, and fills the queue of images.
        self._n_images += event.n_images
        self._step_s += event.step_s
        self._wait_s += event.wait_s

    def _rates(self) -> str:
        """What the network takes, and how much of the time it waits for images."""
        total_s = self._step_s + self._wait_s
        if total_s <= 0:
            return "..."
        return f"{self._n_images / total_s:.1f} images/s, waits {self._wait_s / total_s:.0%}"

    def _show_epoch(self, event: EpochRecord) -> None:
        precision = event.validation_map
        note(
            f"{event.phase:<4} epoch {event.epoch:>3}: loss {event.loss:.4f}, accuracy "
            f"{event.accuracy:.4f}; validation loss {event.validation_loss:.4f}, accuracy "
            f"{event.validation_accuracy:.4f}, mAP "
            f"{'-' if precision is None else f'{precision:.4f}'}; {self._rates()}"
        )

    def _move(self, title: str, position: int, total: int, unit: str) -> None:
        if title != self._title:
            self._close()
            self._title = title
            self._stack = progress_bar(desc=title, total=total, unit=unit, leave=False)
            self._bar = self._stack.__enter__()
        self._bar.update(position - self._bar.n)

    def _close(self) -> None:
        if self._stack is not None:
            self._stack.__exit__(None, None, None)
        self._stack, self._title = None, ""
