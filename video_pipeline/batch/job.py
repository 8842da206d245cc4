"""What every recording of a batch is annotated with, and what became of one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from video_pipeline.batch.recordings import Recording
from video_pipeline.batch.table import BatchRow
from video_pipeline.config import AnnotationSettings
from video_pipeline.output.provenance import ModelIdentity

__all__ = ["BatchJob", "Outcome"]


@dataclass(frozen=True)
class BatchJob:
    """The same for every recording; it travels to whoever does the work."""

    out: Path
    """Each recording's results lie in ``out/<video_id>/``."""
    settings: AnnotationSettings
    model: ModelIdentity
    force: bool = False
    """Whether what is finished is done again."""
    decode_threads: int = 0
    """Threads of one decoder, 0 for as many as help; changes no result."""


@dataclass(frozen=True)
class Outcome:
    """What became of one recording."""

    recording: Recording
    row: BatchRow
    folder: Path
    was_finished: bool = False
    """It had been annotated before with the same model and parameters."""
    warnings: tuple[str, ...] = ()
    again: str = ""
    """Why it was done though it had been before; empty where it had not."""
    is_elsewhere: bool = False
    """Another process is at work on it, so nothing was done: an engine tries it again later."""
