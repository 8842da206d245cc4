"""Whether a recorder paused between its files, as far as the files' creation times can tell.

Some recorders note when a file was begun, others when it was finished. Which of the two is decided
by what fits: between two files lies at least the length of the earlier one (begun) or of the later
one (finished). Times that fit neither were made by a copy or a conversion and are not believed.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import accumulate, pairwise

from video_pipeline.errors import RecordingError
from video_pipeline.frames.container.opening import open_container

__all__ = ["RecorderClock", "creation_time"]

_SHORTEST_PAUSE = Fraction(5)
"""Seconds. Creation times are whole seconds, and taken a little before or after the frames."""
_LONGEST_PAUSE = Fraction(6 * 3600)
"""Seconds; files that lie farther apart are not of one operation, or the clock was set."""


@dataclass(frozen=True)
class RecorderClock:
    """When each part was begun; or that this is not known, and why."""

    began: tuple[Fraction, ...] | None
    """Seconds from the beginning of the first part; None where the parts' times say nothing."""
    reason: str = ""
    """Why that is so, of several files; empty where it is known."""

    @classmethod
    def of(
        cls, created: Sequence[datetime | None], durations: Sequence[Fraction | None]
    ) -> RecorderClock:
        """Judge the creation times of parts whose headers claim such ``durations`` in seconds."""
        known = [time for time in created if time is not None]
        lengths = [length for length in durations if length is not None]
        if len(known) < len(created):
            return cls(None, "not all of them have a creation time")
        steps = [_seconds(later - earlier) for earlier, later in pairwise(known)]
        if not all(steps):
            return cls(None, "their creation times are the same")
        if len(lengths) < len(durations):
            return cls(None, "not all of them say how long they are")
        ways = [
            steps,
            # A file's time is that of its end: it was begun its length before.
            [step + a - b for step, (a, b) in zip(steps, pairwise(lengths), strict=True)],
        ]
        pauses = [[step - d for step, d in zip(way, lengths, strict=False)] for way in ways]
        possible = [k for k in range(len(ways)) if min(pauses[k], default=0) > -_SHORTEST_PAUSE]
        if not possible:
            return cls(None, "their creation times do not fit their lengths and their order")
        # A recording that went on without a pause under one reading did so: the other one would
        # need pauses that happen to be as long as the files differ.
        best = min(possible, key=lambda k: (max(pauses[k], default=0) >= _SHORTEST_PAUSE, k))
        if max(pauses[best], default=0) > _LONGEST_PAUSE:
            return cls(None, "their creation times lie many hours apart")
        return cls(tuple(accumulate(ways[best], initial=Fraction(0))))

    def start_of(self, k: int, *, earlier: tuple[Fraction, Fraction]) -> Fraction:
        """Where part ``k`` begins; ``earlier`` is the [start, end) of the part before it.

        At once behind that one, or later where the clock says so: after a pause, or because the
        end of the earlier part is lost.
        """
        start, end = earlier
        if self.began is None:
            return end
        by_clock = start + self.began[k] - self.began[k - 1]
        return by_clock if by_clock - end >= _SHORTEST_PAUSE else end


def creation_time(path: str | os.PathLike[str]) -> datetime | None:
    """When a file's header says that it was made; None where it does not say, or is unreadable."""
    try:
        with open_container(path) as container:
            found = [container.metadata, *(stream.metadata for stream in container.streams.video)]
    except RecordingError:
        return None
    for metadata in found:
        try:
            time = datetime.fromisoformat(metadata.get("creation_time", ""))
        except ValueError:
            continue
        return time if time.tzinfo is not None else time.replace(tzinfo=UTC)
    return None


def _seconds(step: timedelta) -> Fraction:
    return Fraction(step // timedelta(microseconds=1), 10**6)
