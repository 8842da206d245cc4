"""What Ray runs on a machine for one recording: a worker process, asking a classifier nearby."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from video_pipeline.batch.cluster.asking import Asking, BatchFailedError, Seat
from video_pipeline.batch.cluster.decoding import (
    Asked,
    Seen,
    annotate_apart,
    observe_apart,
)
from video_pipeline.batch.cluster.raised import Raised
from video_pipeline.batch.cluster.ray_session import import_ray
from video_pipeline.batch.job import Outcome
from video_pipeline.batch.local.messages import Cut, Orders, PieceTask
from video_pipeline.batch.recordings import Recording
from video_pipeline.elsewhere import PieceObserved
from video_pipeline.errors import PipelineError
from video_pipeline.output.versions import versions
from video_pipeline.records import VideoInfo

__all__ = ["Given", "Place", "Work", "annotate_on_node", "observe_on_node"]

Result = TypeVar("Result")

_TELL_EVERY_S = 1.0
_MORE_TRIES = 4
"""Of a piece whose machine is lost."""


@dataclass(frozen=True)
class Place:
    """What a machine of the cluster must have in common with the one that runs the batch."""

    folder: Path
    """Where relative paths begin."""
    versions: dict[str, str | None]

    @classmethod
    def here(cls) -> Place:
        """This process's own."""
        return cls(Path.cwd(), versions())


@dataclass(frozen=True)
class Work:
    """The same for every recording of a batch."""

    orders: Orders
    stall_limit_s: float
    place: Place


@dataclass(frozen=True)
class Given:
    """One recording as it is given to a machine."""

    number: int
    """Within the batch."""
    recording: Recording
    n_ways: int
    """Into how many pieces it is worth being cut, for as many machines."""


def annotate_on_node(
    given: Given, work: Work, seats: Sequence[Seat], progress: Any
) -> Outcome | Raised:
    """Annotate a recording; ``Raised`` where the batch cannot go on.

    That is: the classifier fails, or this machine is not like the one that runs the batch. Where
    only this machine or the classifiers are gone, Ray's own errors say so.
    """

    def observe(cut: Cut) -> Seen:
        return _observed_around(cut, given.number, work, seats, progress)

    def annotate() -> Outcome:
        asked = Asked(
            Asking(given.number, seats).classify, _telling(given.number, progress), observe
        )
        return annotate_apart(
            given.recording,
            work.orders,
            asked,
            stall_limit_s=work.stall_limit_s,
            n_ways=given.n_ways,
        )

    # Of a machine that had it before, and is lost.
    progress.forget_pieces.remote(given.number)
    return _on_node(annotate, work)


def observe_on_node(
    task: PieceTask, number: int, k: int, work: Work, seats: Sequence[Seat], progress: Any
) -> PieceObserved | Raised | None:
    """Look at piece ``k`` of a recording; see ``annotate_on_node`` and ``observe_apart``."""

    def observe() -> PieceObserved | None:
        # Another classifier first for each piece, too.
        asked = Asked(Asking(number + k, seats).classify, _telling(number, progress, piece=k))
        return observe_apart(task, work.orders, asked, stall_limit_s=work.stall_limit_s)

    return _on_node(observe, work)


def _on_node(do: Callable[[], Result], work: Work) -> Result | Raised:
    try:
        _settle(work.place, out=work.orders.job.out)
        return do()
    except PipelineError as error:
        return Raised.of(error)
    except BatchFailedError as failed:
        return failed.raised


def _observed_around(
    cut: Cut, number: int, work: Work, seats: Sequence[Seat], progress: Any
) -> Seen:
    """Pieces given to whichever machines are free, and what they come to, in order.

    Who waits for them claims no processor meanwhile: Ray gives it to the pieces.
    """
    ray = import_ray()
    task = ray.remote(observe_on_node).options(
        num_cpus=1, max_retries=_MORE_TRIES, scheduling_strategy="SPREAD"
    )
    shared = ray.put(work)
    left = [
        task.remote(PieceTask(piece, cut.look, cut.info), number, k, shared, seats, progress)
        for k, piece in enumerate(cut.pieces)
    ]
    try:
        while left:
            try:
                seen: PieceObserved | Raised | None = ray.get(left[0])
            except ray.exceptions.RayError:
                seen = None
            if isinstance(seen, Raised):
                raise BatchFailedError(seen)
            del left[0]
            yield seen
    finally:
        for of in left:
            ray.cancel(of)
        progress.forget_pieces.remote(number)


def _settle(place: Place, *, out: Path) -> None:
    """Go where relative paths mean the same; require what makes outputs the same.

    Raises:
        PipelineError: this machine lacks the folders, or has other versions.
    """
    try:
        os.chdir(place.folder)
    except OSError as error:
        raise _unfit(place.folder, "is not there") from error
    if not out.is_dir():
        raise _unfit(out, "is not there")
    ours = versions()
    if ours != place.versions:
        differ = [name for name in ours if ours[name] != place.versions.get(name)]
        text = ", ".join(f"{name} {ours[name]}, not {place.versions.get(name)}" for name in differ)
        raise PipelineError(
            _machine(),
            f"this machine of the cluster has {text}",
            hint="install the same versions on all of them",
        )


def _unfit(path: Path, cause: str) -> PipelineError:
    return PipelineError(
        path,
        f"{cause} on {_machine()}",
        hint="every machine of the cluster needs the same storage at the same place",
    )


def _machine() -> str:
    return os.uname().nodename


def _telling(
    number: int, progress: Any, *, piece: int | None = None
) -> Callable[[float, VideoInfo], None]:
    """Notes for the progress actor, not more than one a second, and nobody waits for them."""
    told_at = -_TELL_EVERY_S

    def tell(position_s: float, info: VideoInfo) -> None:
        nonlocal told_at
        now = time.monotonic()
        if now - told_at >= _TELL_EVERY_S:
            told_at = now
            if piece is None:
                progress.note.remote(number, position_s, info)
            else:
                progress.note_piece.remote(number, piece, position_s, info)

    return tell
