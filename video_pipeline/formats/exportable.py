"""What can be written in a format: which recordings, under which names, and what gets lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from video_pipeline.errors import TableError
from video_pipeline.formats.labelled import LabelledRecording

__all__ = [
    "Holds",
    "features_without_gaps",
    "file_names",
    "is_plain_name",
    "loss_notes",
    "require_all_names",
    "require_equal_features",
    "require_names",
    "with_features",
    "with_phases",
    "with_tools",
]

Holds = frozenset[str]
"""What a format holds, of ``tools``, ``phases``, ``probabilities``, ``phase probabilities``,
``flags``, ``missing`` (seconds without a frame), ``milliseconds``, ``features``."""

_NOT_IN_FILE_NAMES = frozenset('/\\:*?"<>|')


def is_plain_name(name: str) -> bool:
    """Whether a file or a folder can be called so on every system."""
    return (
        name.isprintable()
        and name not in {"", ".", ".."}
        and name == name.strip()
        and not name.startswith((".", "-", "="))
        and not name.endswith(".")
        and not _NOT_IN_FILE_NAMES & set(name)
        and len(name.encode()) <= 200
    )


def file_names(
    recordings: Sequence[LabelledRecording], out: Path, name_of: Callable[[str], str] = str
) -> list[str]:
    """The name of each recording's file, without what follows it.

    Raises:
        TableError: one cannot be the name of a file, or two would have the same.
    """
    names: dict[str, str] = {}
    for recording in recordings:
        if not is_plain_name(recording.video_id):
            raise TableError(
                out, f"the recording {recording.video_id!r} cannot be the name of a file"
            )
        name = name_of(recording.video_id)
        other = names.setdefault(name.casefold(), recording.video_id)
        if other != recording.video_id:
            raise TableError(
                out, f"the recordings {other!r} and {recording.video_id!r} would be one file"
            )
    return [name_of(recording.video_id) for recording in recordings]


def require_names(
    out: Path, kind: str, names: Iterable[str], why_not: Callable[[str], str | None]
) -> None:
    """Refuse the first name that the format cannot hold; ``TableError`` names it."""
    for name in names:
        cause = why_not(name)
        if cause is not None:
            raise TableError(out, f"the {kind} {name!r} {cause}", hint="rename it")


def require_all_names(
    recordings: Iterable[LabelledRecording],
    out: Path,
    *,
    tool: Callable[[str], str | None],
    phase: Callable[[str], str | None],
) -> None:
    """Refuse the first tool or phase that the format cannot hold, before anything is written."""
    for recording in recordings:
        require_names(out, "tool", recording.tools, tool)
        require_names(
            out, "phase", () if recording.phases is None else recording.phases.phases, phase
        )


def with_tools(
    recordings: Sequence[LabelledRecording], out: Path
) -> tuple[list[LabelledRecording], list[str]]:
    """Those that have tools, and in words which do not; ``TableError`` where none has."""
    return _those(recordings, out, "tools", lambda of: of.timeline is not None)


def with_phases(
    recordings: Sequence[LabelledRecording], out: Path
) -> tuple[list[LabelledRecording], list[str]]:
    """Those that have phases, and in words which do not; ``TableError`` where none has."""
    return _those(recordings, out, "phases", lambda of: of.phases is not None)


def with_features(
    recordings: Sequence[LabelledRecording], out: Path
) -> list[tuple[LabelledRecording, NDArray[np.float16]]]:
    """Each with its features; ``TableError`` where one has none, or another number of them."""
    found = []
    for recording in recordings:
        if recording.features is None:
            raise TableError(
                out,
                f"{recording.video_id} has no features, which this format is made of",
                hint="annotate --features writes them",
            )
        found.append((recording, recording.features))
    require_equal_features(recordings, out)
    return found


def require_equal_features(recordings: Sequence[LabelledRecording], out: Path) -> None:
    """Refuse recordings with different numbers of features; raises ``TableError``."""
    sizes: dict[int, str] = {}
    for recording in recordings:
        if recording.features is not None:
            sizes.setdefault(recording.features.shape[1], recording.video_id)
    if len(sizes) > 1:
        told = " and ".join(f"{name} has {size}" for size, name in sizes.items())
        raise TableError(out, f"recordings have different numbers of features: {told}")


def features_without_gaps(features: NDArray[np.float16]) -> tuple[NDArray[np.float32], int]:
    """(n_seconds, n_features) float32 that is 0 where a second has none, and how many have none.

    A network that is trained on one NaN is lost.
    """
    matrix = np.array(features, dtype=np.float32)
    missing = np.isnan(matrix).any(axis=1)
    matrix[missing] = 0
    return matrix, int(missing.sum())


def loss_notes(
    recording: LabelledRecording, holds: Holds, *, seen_as: str = "no tool"
) -> list[str]:
    """In words, what of a recording a format cannot hold; a line each.

    ``seen_as``: what stands in the place of seconds without a frame.
    """
    lost = [*_tool_losses(recording, holds, seen_as), *_other_losses(recording, holds)]
    return [f"{recording.video_id}: {text}" for text in lost]


def _tool_losses(recording: LabelledRecording, holds: Holds, seen_as: str) -> list[str]:
    timeline = recording.timeline
    if timeline is None:
        return []
    if "tools" not in holds:
        return ["its tools are left out"]
    lost = []
    if "probabilities" not in holds and not np.isnan(timeline.probabilities).all():
        lost.append("the probabilities of its tools are left out")
    n_missing = int((timeline.n_frames == 0).sum())
    if "missing" not in holds and n_missing > 0:
        lost.append(f"{n_missing} s without a frame are written as {seen_as}")
    n_between = sum(s.start_s % 1 != 0 or s.end_s % 1 != 0 for s in recording.segments)
    if "milliseconds" not in holds and n_between > 0:
        lost.append(f"{n_between} uses begin or end within a second, and are written as seconds")
    return lost


def _other_losses(recording: LabelledRecording, holds: Holds) -> list[str]:
    lost = []
    n_flagged = sum(flag != "" for flag in recording.flags or ())
    if "flags" not in holds and n_flagged > 0:
        lost.append(f"the flags of {n_flagged} s are left out")
    phases = recording.phases
    if phases is not None and "phases" not in holds:
        lost.append("its phases are left out")
    if phases is not None and "phases" in holds and "phase probabilities" not in holds:
        certain = np.eye(len(phases.phases))[phases.phase]
        if not np.array_equal(phases.probabilities, certain):
            lost.append("the probabilities of its phases are left out")
    if recording.features is not None and "features" not in holds:
        lost.append("its features are left out")
    return lost


def _those(
    recordings: Sequence[LabelledRecording],
    out: Path,
    what: str,
    has: Callable[[LabelledRecording], bool],
) -> tuple[list[LabelledRecording], list[str]]:
    kept = [recording for recording in recordings if has(recording)]
    if not kept:
        raise TableError(out, f"no recording has {what}, which this format is made of")
    left = [of.video_id for of in recordings if not has(of)]
    return kept, [f"{video_id}: has no {what} and is left out" for video_id in left]
