"""How far a batch is: recordings, hours of video, speed, the time of its end. Arithmetic only."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from video_pipeline.batch.planning.lengths import Length, annotated_seconds, expected_seconds

if TYPE_CHECKING:
    from video_pipeline.batch.job import Outcome
    from video_pipeline.batch.recordings import Recording
    from video_pipeline.config import AnnotationSettings

__all__ = ["AtWork", "BatchProgress"]

_WINDOW_S = 900.0
"""Speed is that of the last quarter of an hour: what a machine does besides changes."""
_BETWEEN_SAMPLES_S = 5.0
_LEAST_MEASURED_S = 5.0


@dataclass(frozen=True)
class AtWork:
    """A recording that is being annotated."""

    video_id: str
    position_s: float
    """Video time done of it."""
    length_s: float | None
    """What its header claims; None where that is not known, or was wrong."""


class BatchProgress:
    """Counts what is done. A total is given only where the headers tell enough of it.

    What is finished already costs no time: it counts as a recording, not as video. Speed is video
    time by the clock since the model was loaded.
    """

    def __init__(
        self,
        recordings: Sequence[Recording],
        settings: AnnotationSettings,
        *,
        clock: Callable[[], float],
        presumed_finished: Collection[str] = (),
        find_lengths: Callable[[], Mapping[str, Length] | None] = lambda: None,
    ) -> None:
        """``find_lengths`` gives every recording's length as soon as it is known."""
        self.n_recordings = len(recordings)
        self.n_finished = 0
        self._settings = settings
        self._clock = clock
        self._find_lengths = find_lengths
        self._lengths: Mapping[str, Length] | None = None
        self._expected: dict[str, float] = {}
        self._open = {of.video_id for of in recordings}
        self._waiting = self._open - set(presumed_finished)
        self._positions: dict[str, float] = {}
        self.done_s = 0.0
        """Video time done since this call began."""
        self._samples: deque[tuple[float, float]] = deque()

    def begin(self) -> None:
        """The model has been loaded: from now on time tells speed."""
        if not self._samples:
            self._samples.append((self._clock(), self.done_s))

    def reach(self, video_id: str, position_s: float) -> None:
        """A recording is at this time of its video."""
        if video_id not in self._open:
            return
        # It may have been presumed to be finished.
        self._waiting.add(video_id)
        self._advance(video_id, annotated_seconds(position_s, self._settings))
        self._sample()

    def finish(self, outcome: Outcome) -> None:
        """Nothing more comes of this recording."""
        row = outcome.row
        is_new = row.video_id in self._open
        self._open.discard(row.video_id)
        self._waiting.discard(row.video_id)
        self.n_finished += is_new
        if is_new and not outcome.was_finished and row.seconds is not None:
            self._advance(row.video_id, annotated_seconds(row.seconds, self._settings))
            self._sample()
        self._positions.pop(row.video_id, None)

    @property
    def total_s(self) -> float | None:
        """Video time of this call, done and to be done; None where too little is known."""
        left = self._left_s()
        return None if left is None else self.done_s + left

    @property
    def speed(self) -> float | None:
        """Seconds of video a second; None as long as there is too little to tell."""
        if not self._samples:
            return None
        (since, done_s), now = self._samples[0], self._clock()
        if now - since < _LEAST_MEASURED_S or self.done_s <= done_s:
            return None
        return (self.done_s - done_s) / (now - since)

    @property
    def remaining_s(self) -> float | None:
        """Time until the end at this speed; None where speed or total is not known."""
        left, speed = self._left_s(), self.speed
        return None if left is None or speed is None else left / speed

    @property
    def at_work(self) -> list[AtWork]:
        """The recordings that are being annotated, in the order in which they were begun."""
        return [
            AtWork(name, position_s, self._claimed_s(name, position_s))
            for name, position_s in self._positions.items()
        ]

    def _advance(self, video_id: str, position_s: float) -> None:
        before = self._positions.get(video_id, 0.0)
        self._positions[video_id] = max(before, position_s)
        self.done_s += self._positions[video_id] - before

    def _sample(self) -> None:
        """Remember how much was done when, over the window."""
        if not self._samples:
            return
        now = self._clock()
        if now - self._samples[-1][0] >= _BETWEEN_SAMPLES_S:
            self._samples.append((now, self.done_s))
        while len(self._samples) > 2 and now - self._samples[1][0] >= _WINDOW_S:
            self._samples.popleft()

    def _left_s(self) -> float | None:
        if not self._waiting:
            return 0.0
        if not self._knows_lengths():
            return None
        return sum(
            max(0.0, self._expected.get(name, 0.0) - self._positions.get(name, 0.0))
            for name in self._waiting
        )

    def _knows_lengths(self) -> bool:
        if self._lengths is None:
            self._lengths = self._find_lengths()
            if self._lengths is not None:
                self._expected = expected_seconds(self._lengths, self._lengths)
        return bool(self._expected)

    def _claimed_s(self, video_id: str, position_s: float) -> float | None:
        if not self._knows_lengths() or self._lengths is None:
            return None
        seconds = self._lengths[video_id].seconds
        return None if seconds is None or position_s > seconds else seconds
