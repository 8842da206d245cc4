"""What became of several files that are read as one recording: their reports made into one."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from video_pipeline.frames.on_display import n_rows
from video_pipeline.frames.reader import DecodeReport

__all__ = ["ReadPart", "exact_seconds", "join_reports", "printable_name"]

_FINEST_DENOMINATOR = 10**6


@dataclass(frozen=True)
class ReadPart:
    """One file of a recording, as far as it has been read."""

    path: str
    name: str
    """What sentences call it, as it can be printed."""
    start: Fraction
    """Seconds from the first frame of the first part to the first frame of this one."""
    report: DecodeReport
    """On the part's own clock."""

    @property
    def end(self) -> Fraction:
        """Seconds from the first frame of the first part to the end of this one's last frame."""
        return self.start + exact_seconds(self.report.duration_s)


def printable_name(path: str) -> str:
    """A file's name without its folder; bytes that are no text as escapes."""
    name = Path(path).name
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)


def exact_seconds(seconds: float) -> Fraction:
    """The fraction that was rounded to a float: the time bases of containers are all coarser."""
    return Fraction(seconds).limit_denominator(_FINEST_DENOMINATOR)


def join_reports(
    parts: Sequence[ReadPart], *, is_complete: bool, remarks: Sequence[str] = ()
) -> DecodeReport:
    """One report on the clock of the whole; ``remarks`` follow the parts' own warnings.

    ``is_complete``: whether all the parts were read that there are.
    """
    reports = [part.report for part in parts]
    end = parts[-1].end if parts else Fraction(0)
    shown = [report.n_shown for report in reports]
    declared = [report.declared_duration_s for report in reports]
    return DecodeReport(
        duration_s=float(end),
        n_seconds=n_rows(end),
        gaps=_gaps(parts),
        method="; ".join(dict.fromkeys(report.method for report in reports)) or "not yet read",
        n_shown=None if None in shown else sum(n for n in shown if n is not None),
        n_decoded=sum(report.n_decoded for report in reports),
        n_corrupt=sum(report.n_corrupt for report in reports),
        n_lost=sum(report.n_lost for report in reports),
        n_lost_at_ends=sum(report.n_lost_at_ends for report in reports),
        damaged_seconds=tuple(sorted({k for part in parts for k in _damaged_seconds(part)})),
        declared_duration_s=(
            None if None in declared or not declared else sum(d for d in declared if d is not None)
        ),
        is_complete=is_complete and all(report.is_complete for report in reports),
        warnings=(*_warnings(parts), *remarks),
    )


def _gaps(parts: Sequence[ReadPart]) -> tuple[tuple[float, float], ...]:
    within = [
        (float(part.start + exact_seconds(start_s)), float(part.start + exact_seconds(end_s)))
        for part in parts
        for start_s, end_s in part.report.gaps
    ]
    between = [(float(a.end), float(b.start)) for a, b in pairwise(parts) if a.end < b.start]
    return tuple(sorted(within + between))


def _damaged_seconds(part: ReadPart) -> Iterator[int]:
    """Seconds of the whole that a damaged second of the part touches: one, or two in part."""
    for k in part.report.damaged_seconds:
        first = math.floor(part.start + k)
        yield from range(first, max(first + 1, math.ceil(min(part.start + k + 1, part.end))))


def _warnings(parts: Sequence[ReadPart]) -> list[str]:
    """Each part's sentences under its name; what all of them say is said once."""
    names: dict[str, list[str]] = {}
    for part in parts:
        for sentence in part.report.warnings:
            names.setdefault(sentence, []).append(part.name)
    found: list[str] = []
    for sentence, of_parts in names.items():
        is_everywhere = 1 < len(parts) == len(of_parts)
        found += [f"{name}: {sentence}" for name in (["each file"] if is_everywhere else of_parts)]
    return found
