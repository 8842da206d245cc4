"""Which seconds of two timelines are compared: those in which both have a frame.

Loaders of this field disagree on the last second (Cholec80 has 25 frames a row and one more), so
lengths that differ by one are cut to the shorter, and that is said. Seconds without a frame, in
either timeline, are cut out of both before anything is counted, so that what goes on before and
after a gap is one use.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from video_pipeline.records import ToolTimeline

__all__ = ["AlignedTools", "IncomparableError", "align_tools", "comparable_seconds"]


class IncomparableError(ValueError):
    """The two timelines are not of the same recording, or have no tool or phase in common."""


@dataclass(frozen=True, eq=False)
class AlignedTools:
    """One recording's tools as two timelines have them, row by row and column by column."""

    tools: tuple[str, ...]
    """Those that both have, in the reference's order."""
    said: NDArray[np.bool_]
    """(n_seconds, n_tools) predicted presence."""
    true: NDArray[np.bool_]
    """(n_seconds, n_tools) reference presence."""
    probabilities: NDArray[np.float64]
    """(n_seconds, n_tools) of the prediction; NaN where they are not known."""
    notes: tuple[str, ...]
    """What was left out, in words."""


def align_tools(predicted: ToolTimeline, reference: ToolTimeline) -> AlignedTools:
    """Match seconds, and tools by name; raises ``IncomparableError``."""
    tools = tuple(tool for tool in reference.tools if tool in predicted.tools)
    rows, notes = comparable_seconds(predicted.n_frames > 0, reference.n_frames > 0)
    if not tools:
        raise IncomparableError(
            f"no tool in common: predicted {', '.join(predicted.tools)}; "
            f"reference {', '.join(reference.tools)}"
        )
    columns = [predicted.tools.index(tool) for tool in tools]
    return AlignedTools(
        tools=tools,
        said=predicted.present[rows][:, columns],
        true=reference.present[rows][:, [reference.tools.index(tool) for tool in tools]],
        probabilities=predicted.probabilities[rows][:, columns],
        notes=(*notes, *_strangers(predicted.tools, reference.tools)),
    )


def comparable_seconds(
    predicted_seen: NDArray[np.bool_], reference_seen: NDArray[np.bool_]
) -> tuple[NDArray[np.intp], tuple[str, ...]]:
    """The seconds to compare, and what that leaves out, in words.

    Args:
        predicted_seen: (n_seconds,) whether the prediction has a frame there.
        reference_seen: (n_seconds,) or one more or fewer; the same of the reference.

    Raises:
        IncomparableError: the lengths differ by more than one second.
    """
    n_predicted, n_reference = len(predicted_seen), len(reference_seen)
    if abs(n_predicted - n_reference) > 1:
        raise IncomparableError(
            f"lengths differ by more than one second: predicted {n_predicted} s, "
            f"reference {n_reference} s"
        )
    n_seconds = min(n_predicted, n_reference)
    rows = np.flatnonzero(predicted_seen[:n_seconds] & reference_seen[:n_seconds])
    notes = []
    if n_predicted != n_reference:
        longer = "predicted" if n_predicted > n_reference else "reference"
        notes.append(f"the {longer} timeline is one second longer; its last second was left out")
    if len(rows) < n_seconds:
        notes.append(f"{n_seconds - len(rows)} s without a frame were left out")
    return rows, tuple(notes)


def _strangers(predicted: tuple[str, ...], reference: tuple[str, ...]) -> Iterator[str]:
    for name, one, other in (
        ("predicted", predicted, reference),
        ("reference", reference, predicted),
    ):
        alone = [tool for tool in one if tool not in other]
        if alone:
            yield f"only in the {name} timeline, left out: {', '.join(alone)}"
