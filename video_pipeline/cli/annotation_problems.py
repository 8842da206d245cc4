"""What ``annotate`` says at its end of recordings that failed or are not whole: the next step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from video_pipeline.batch.table import BATCH_NAME
from video_pipeline.cli.console import note, printable

if TYPE_CHECKING:
    from video_pipeline.batch.job import Outcome
    from video_pipeline.batch.recordings import Recording

__all__ = ["in_order_of_naming", "print_problems"]

_MOST_PROBLEMS = 20
_BAD = ("failed", "partial", "skipped")


def in_order_of_naming(
    outcomes: Iterable[Outcome], recordings: Sequence[Recording]
) -> list[Outcome]:
    """Outcomes come as recordings are finished; a person looks for them as they were named."""
    places = {recording.video_id: k for k, recording in enumerate(recordings)}
    return sorted(outcomes, key=lambda of: places.get(of.row.video_id, len(places)))


def print_problems(outcomes: Sequence[Outcome], out: Path) -> None:
    """On stderr: what failed, is incomplete or was skipped, and the next step."""
    bad = [of.row for of in outcomes if of.row.status in _BAD]
    # What was said a moment ago of a single recording need not be said again.
    if not bad or len(outcomes) < 2:
        return
    counts = Counter(row.status for row in bad)
    note(", ".join(f"{counts[status]} {status}" for status in _BAD if counts[status]) + ":")
    for row in sorted(bad, key=lambda row: _BAD.index(row.status))[:_MOST_PROBLEMS]:
        note(f"  {row.status:7}  {printable(row.path)}: {printable(row.error)}")
    if len(bad) > _MOST_PROBLEMS:
        note(f"  and {len(bad) - _MOST_PROBLEMS} more, see {printable(str(out / BATCH_NAME))}")
    if counts["failed"] or counts["skipped"]:
        note("the same call tries again what failed or was skipped, and leaves the rest as it is")
    if counts["partial"]:
        note("what is missing in a partial one is flagged in its timeline.csv")
