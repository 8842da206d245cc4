"""How long the recordings of a batch are, as far as anybody knows before they are decoded."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from types import TracebackType
from typing import Self

from video_pipeline.batch.planning.survey import Claim, survey
from video_pipeline.batch.recordings import Recording
from video_pipeline.config import AnnotationSettings

__all__ = [
    "Length",
    "Surveying",
    "annotated_seconds",
    "expected_seconds",
    "length_of",
    "lengths_of",
]

_LEAST_KNOWN = 0.5
"""Share of the recordings whose headers must tell something before bytes stand for the others."""


@dataclass(frozen=True)
class Length:
    """What is known of one recording's length."""

    seconds: float | None
    """Video time to be annotated, by its headers; None where one of them tells nothing."""
    n_bytes: int
    problem: str | None = None
    """Why a file of it cannot be opened."""


def length_of(claims: Sequence[Claim], settings: AnnotationSettings) -> Length:
    """Sum up the claims of a recording's files, as far as the settings annotate them."""
    seconds = [claim.seconds for claim in claims]
    known = [s for s in seconds if s is not None]
    return Length(
        annotated_seconds(sum(known), settings) if len(known) == len(claims) else None,
        sum(claim.n_bytes for claim in claims),
        next((claim.problem for claim in claims if claim.problem is not None), None),
    )


def annotated_seconds(position_s: float, settings: AnnotationSettings) -> float:
    """How much of a recording's first ``position_s`` lies between the settings' start and end."""
    end = Fraction(position_s) if settings.end is None else min(Fraction(position_s), settings.end)
    return max(0.0, float(end - settings.start))


def expected_seconds(lengths: Mapping[str, Length], names: Iterable[str]) -> dict[str, float]:
    """Of each recording its seconds, or what others of its size have; empty if too few are known.

    A recording whose file cannot be opened has none.
    """
    asked = {name: lengths[name] for name in names}
    readable = {name: of for name, of in asked.items() if of.problem is None}
    known = [(of.seconds, of.n_bytes) for of in readable.values() if of.seconds is not None]
    n_bytes = sum(n for _, n in known)
    if not n_bytes or len(known) < _LEAST_KNOWN * len(readable):
        return {} if readable else dict.fromkeys(asked, 0.0)
    pace = sum(seconds for seconds, _ in known) / n_bytes
    return {
        name: 0.0
        if of.problem is not None
        else (of.n_bytes * pace if of.seconds is None else of.seconds)
        for name, of in asked.items()
    }


def lengths_of(
    recordings: Sequence[Recording],
    settings: AnnotationSettings,
    *,
    is_unwanted: Callable[[], bool] = lambda: False,
) -> Generator[tuple[Recording, Length], None, None]:
    """Look up one recording after another; see ``survey``."""
    paths = [path for recording in recordings for path in recording.paths]
    with closing(survey(paths, is_unwanted=is_unwanted)) as claims:
        for recording in recordings:
            of_files = [next(claims) for _ in recording.paths]
            yield recording, length_of(of_files, settings)


class Surveying:
    """Looks up lengths in a thread, beside the work; leaving the block ends it."""

    def __init__(self, recordings: Sequence[Recording], settings: AnnotationSettings) -> None:
        self._is_unwanted = threading.Event()
        self._found: dict[str, Length] = {}
        self._thread = threading.Thread(target=self._look, args=(recordings, settings), daemon=True)
        self.is_complete = False

    @property
    def lengths(self) -> Mapping[str, Length] | None:
        """Of every recording by its ``video_id``; None until all are known."""
        return self._found if self.is_complete else None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._is_unwanted.set()
        self._thread.join()

    def _look(self, recordings: Sequence[Recording], settings: AnnotationSettings) -> None:
        is_unwanted = self._is_unwanted.is_set
        for recording, length in lengths_of(recordings, settings, is_unwanted=is_unwanted):
            self._found[recording.video_id] = length
        self.is_complete = not is_unwanted()
