"""What a worker and its engine say to each other; images and answers lie in shared memory.

recording ─▶ (frames ─▶ answer | reached)* ─▶ finished
          ─▶ cut ─▶ (next piece ─▶ piece seen)* ─▶ finished   where others look at its pieces
piece     ─▶ (frames ─▶ answer | reached)* ─▶ piece seen   those others

An engine says nothing that it was not asked for, but for orders and tasks: where both sides send at
once, and a socket takes no more, each waits for the other to read.
"""

from __future__ import annotations

from dataclasses import dataclass

from video_pipeline.batch.job import BatchJob, Outcome
from video_pipeline.batch.local.shared_frames import FrameLayout
from video_pipeline.batch.recordings import Recording
from video_pipeline.elsewhere import PieceObserved
from video_pipeline.frame_classifier import FrameClassifier
from video_pipeline.frames.piece_reader import Piece
from video_pipeline.observing import Look
from video_pipeline.records import VideoInfo

__all__ = [
    "Answer",
    "Cut",
    "Described",
    "Finished",
    "Frames",
    "NextPiece",
    "Orders",
    "PieceSeen",
    "PieceTask",
    "Reached",
    "RecordingTask",
    "ToEngine",
    "ToWorker",
    "orders_for",
]


@dataclass(frozen=True)
class Described:
    """What a worker has to know of the classifier that it may ask."""

    tools: tuple[str, ...]
    input_size_px: tuple[int, int]
    resize_rule: str | None
    crops_field_of_view: bool


@dataclass(frozen=True)
class Orders:
    """The first thing that a worker is told."""

    job: BatchJob
    shows_tracebacks: bool
    """Whether errors of ours are shown in full on stderr."""
    classifier: Described
    layout: FrameLayout


@dataclass(frozen=True)
class RecordingTask:
    """Engine: annotate this recording."""

    recording: Recording
    n_ways: int = 1
    """Into how many pieces it may be cut."""


@dataclass(frozen=True, eq=False)
class PieceTask:
    """Engine: look at this piece of a recording."""

    piece: Piece
    look: Look
    info: VideoInfo


@dataclass(frozen=True)
class Frames:
    """Worker: ``n`` images wait for their answers."""

    n: int


@dataclass(frozen=True)
class Answer:
    """Engine: they are there, with this many features each."""

    n_features: int | None


@dataclass(frozen=True)
class Reached:
    """Worker: how far its recording is, or how much of its piece is done."""

    position_s: float
    info: VideoInfo


@dataclass(frozen=True, eq=False)
class Cut:
    """Worker: let others look at these pieces of its recording."""

    pieces: tuple[Piece, ...]
    look: Look
    info: VideoInfo


@dataclass(frozen=True)
class NextPiece:
    """Worker: what does the next of these pieces come to?"""


@dataclass(frozen=True, eq=False)
class PieceSeen:
    """Either: what a piece comes to; None where that could not be had."""

    observed: PieceObserved | None


@dataclass(frozen=True)
class Finished:
    """Worker: what became of its recording; the next one may come."""

    outcome: Outcome


def orders_for(classifier: FrameClassifier, job: BatchJob, *, shows_tracebacks: bool) -> Orders:
    """What a worker is told first: the job, and what it has to know of the classifier."""
    described = Described(
        tools=classifier.tools,
        input_size_px=classifier.input_size_px,
        resize_rule=getattr(classifier, "resize_rule", None),
        crops_field_of_view=bool(getattr(classifier, "crops_field_of_view", False)),
    )
    layout = FrameLayout(job.settings.batch_size, classifier.input_size_px, len(classifier.tools))
    return Orders(job, shows_tracebacks, described, layout)


ToWorker = Orders | RecordingTask | PieceTask | Answer | PieceSeen
ToEngine = Frames | Reached | Cut | NextPiece | PieceSeen | Finished
