"""The tree that MS-TCN, ASFormer and DiffAct read: features, a label a second, names, bundles.

    features/<video>.npy          float32, (n_features, n_seconds): features first, time second
    groundTruth/<video>.txt       the name of a label a line, a line a second
    mapping.txt                   "<id> <name>" a line
    splits/all.bundle             "<video>.txt" a line

Labels are phases where they are known, else the tools in view, such as ``Grasper+Hook`` or
``none``; then tools.txt, which those readers pass by, says that they are.

Those readers drop what follows the last line's end, cut names at their first dot and at blanks, and
truncate or fail where lengths differ; so every text ends with a line's end, names have neither, and
lengths are equal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from video_pipeline.errors import TableError
from video_pipeline.formats.exportable import (
    features_without_gaps,
    file_names,
    loss_notes,
    require_equal_features,
    require_names,
)
from video_pipeline.formats.labelled import LabelledRecording
from video_pipeline.formats.ms_tcn_reading import (
    BETWEEN,
    BUNDLE,
    FEATURES,
    LABELS,
    MAPPING,
    NO_TOOL,
    SPLITS,
    TOOLS,
    read_tree,
)
from video_pipeline.formats.registry import ExportSettings
from video_pipeline.output.features import write_matrix
from video_pipeline.output.files import make_folder, remove_file, write_text

__all__ = ["read", "write"]

_BLANKS = re.compile(r"\s+")


def write(
    recordings: Sequence[LabelledRecording], out: Path, settings: ExportSettings
) -> Sequence[str]:
    """Write the tree of all recordings: of their phases if all have some, else of their tools.

    Raises:
        TableError: neither is known of all, features differ in number, or a name is impossible.
    """
    del settings
    labelled = _labels_of_phases(recordings, out) or _labels_of_tools(recordings, out)
    require_equal_features([of for of in recordings if of.features is not None], out)
    videos = file_names(recordings, out, _without_dots)
    notes = []
    for recording, video in zip(recordings, videos, strict=True):
        if recording.video_id != video:
            notes.append(f"{recording.video_id}: is called {video}")
        names = [labelled.names[k] for k in labelled.of_second[recording.video_id].tolist()]
        _write_lines(make_folder(out / LABELS) / f"{video}.txt", names)
        notes += _write_features(out, video, recording)
        notes += loss_notes(recording, frozenset({labelled.what, "features"}))
    _write_lines(out / MAPPING, (f"{k} {name}" for k, name in enumerate(labelled.names)))
    _write_lines(make_folder(out / SPLITS) / BUNDLE, (f"{video}.txt" for video in videos))
    if labelled.what == "tools":
        _write_lines(out / TOOLS, labelled.tools)
    else:
        # Of an earlier export, it would make tools of phases.
        remove_file(out / TOOLS)
    notes += [f"the {labelled.what} {old!r} are called {new}" for old, new in labelled.renamed]
    notes.append(
        f"{SPLITS}/{BUNDLE} names every recording; which of them train and which test is yours to "
        "say, in train.split1.bundle and test.split1.bundle beside it"
    )
    return notes


def read(path: Path) -> Sequence[LabelledRecording]:
    """Read such a tree, its features too where they are there; raises ``TableError``."""
    return read_tree(path)


@dataclass(frozen=True, eq=False)
class _Labels:
    """The label of every second of all recordings."""

    what: str
    """``phases`` or ``tools``."""
    names: tuple[str, ...]
    """In the order of their ids."""
    of_second: Mapping[str, NDArray[np.int64]]
    """(n_seconds,) index into ``names``, by video id."""
    renamed: tuple[tuple[str, str], ...]
    tools: tuple[str, ...] = ()
    """All tools, where labels are combinations of them."""


def _labels_of_phases(recordings: Sequence[LabelledRecording], out: Path) -> _Labels | None:
    """None where not all have phases."""
    phases = [recording.phases for recording in recordings if recording.phases is not None]
    if len(phases) < len(recordings):
        return None
    plain = _plain_names(out, "phase", (name for of in phases for name in of.phases))
    names = tuple(dict.fromkeys(plain.values()))
    of_second = {
        recording.video_id: np.array([names.index(plain[name]) for name in of.phases])[of.phase]
        for recording, of in zip(recordings, phases, strict=True)
    }
    return _Labels("phases", names, of_second, _renamed(plain))


def _labels_of_tools(recordings: Sequence[LabelledRecording], out: Path) -> _Labels:
    timelines = [recording.timeline for recording in recordings if recording.timeline is not None]
    if len(timelines) < len(recordings):
        raise TableError(out, "some recordings have no phases and others no tools")
    plain = _plain_names(out, "tool", (name for of in timelines for name in of.tools))
    ids: dict[str, int] = {NO_TOOL: 0}
    of_second = {}
    for recording, timeline in zip(recordings, timelines, strict=True):
        # Combinations, of which there are few, are named once each.
        rows, which = np.unique(timeline.present, axis=0, return_inverse=True)
        tools = [plain[tool] for tool in timeline.tools]
        named = [
            BETWEEN.join(tool for tool, shown in zip(tools, row, strict=True) if shown) or NO_TOOL
            for row in rows.tolist()
        ]
        numbers = np.array([ids.setdefault(name, len(ids)) for name in named])
        of_second[recording.video_id] = numbers[which.reshape(-1)]
    tools = list(dict.fromkeys(plain.values()))
    return _Labels("tools", tuple(ids), of_second, _renamed(plain), tuple(tools))


def _plain_names(out: Path, kind: str, names: Iterable[str]) -> dict[str, str]:
    """Each name as these readers take it: blanks become underscores."""
    given = list(dict.fromkeys(names))
    require_names(out, kind, given, _why_no_tool if kind == "tool" else _why_no_label)
    plain = {name: _BLANKS.sub("_", name) for name in given}
    taken: dict[str, str] = {}
    for name, new in plain.items():
        if taken.setdefault(new, name) != name:
            raise TableError(out, f"{kind}s {taken[new]!r} and {name!r} would both be {new}")
    return plain


def _why_no_label(name: str) -> str | None:
    return None if name.isprintable() and name.strip() else "is no name"


def _why_no_tool(name: str) -> str | None:
    if BETWEEN in name or name == NO_TOOL:
        return f"would be taken for several tools, or for none ({BETWEEN!r}, {NO_TOOL!r})"
    return _why_no_label(name)


def _renamed(plain: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((old, new) for old, new in plain.items() if old != new)


def _write_features(out: Path, video: str, recording: LabelledRecording) -> list[str]:
    """Write (n_features, n_seconds) float32, if there are features; and say what is not in them."""
    if recording.features is None:
        return [f"{recording.video_id}: has no features; annotate --features writes them"]
    matrix, n_missing = features_without_gaps(recording.features)
    write_matrix(make_folder(out / FEATURES) / f"{video}.npy", matrix.T)
    return [f"{recording.video_id}: {n_missing} s have no features, which are written as 0"] * (
        n_missing > 0
    )


def _without_dots(video_id: str) -> str:
    return _BLANKS.sub("_", video_id.replace(".", "_"))


def _write_lines(path: Path, lines: Iterable[str]) -> None:
    write_text(path, "".join(f"{line}\n" for line in lines))
