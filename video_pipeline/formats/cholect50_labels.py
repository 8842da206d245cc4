"""CholecT50's labels, a JSON file a recording: which instruments each second's triplets name.

    {"video": 1, "fps": 1, "num_frames": 1734,
     "categories": {"instrument": {"0": "grasper", ...}, "phase": {...}, ...},
     "annotations": {"0": [[triplet, instrument, ..., phase], ...], "1": [], ...}}

A frame's id is its second, as text. Each of its triplets is a list of 15 values; the second one is
the instrument's id and the last one the phase's, -1 stands for none. A frame without triplets shows
no tool; a frame that is not listed was annotated by nobody.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from video_pipeline.errors import TableError
from video_pipeline.formats.json_document import read_json
from video_pipeline.formats.tool_annotation import ToolAnnotation

__all__ = [
    "N_VALUES",
    "PLACE_OF_INSTRUMENT",
    "PLACE_OF_PHASE",
    "CholecT50Labels",
    "read_cholect50_labels",
    "why_no_cholect50_name",
]

N_VALUES, PLACE_OF_INSTRUMENT, PLACE_OF_PHASE = 15, 1, 14

_NUMBER = re.compile(r"[0-9]{1,9}")
# Names become columns, which spreadsheets open and the table's own must differ from.
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9 _-]{0,79}")
_TAKEN = frozenset(
    {
        *("image", "video", "patient", "split", "second", "time_s", "pts_s", "frame", "phase"),
        *("n_frames", "flag"),
    }
)
_HINT = "expected is a VIDXX.json as CholecT50 has it"


@dataclass(frozen=True, eq=False)
class CholecT50Labels:
    """What one file says."""

    name: str
    """``VID01``."""
    annotation: ToolAnnotation
    phases: Mapping[int, str] | None
    """The phase's name in each second that has one, or None where the file knows no phases."""
    phase_names: tuple[str, ...]
    """All that the file knows, in the order of their ids."""


def read_cholect50_labels(source: Path) -> tuple[CholecT50Labels, ...]:
    """Read ``VIDXX.json`` in ``source``, or in its ``labels``.

    Raises:
        TableError: there is none, or one is not as said above; with the frame that is wrong.
    """
    inner = source / "labels"
    try:
        folder = inner if inner.is_dir() else source
        paths = [source] if source.is_file() else sorted(folder.glob("*.json"))
    except OSError as error:
        raise TableError(source, f"cannot be read ({error.strerror})") from error
    paths = [path for path in paths if not path.name.startswith(".")]
    if not paths:
        raise TableError(source, "holds no annotation", hint="labels/VIDXX.json is expected there")
    return tuple(_recording(path) for path in paths)


def _recording(path: Path) -> CholecT50Labels:
    content = _content(path)
    if content.get("fps", 1) != 1:
        raise TableError(path, "its frames are not one a second", hint=_HINT)
    categories = _object(path, content, "categories")
    tools = _names(path, categories, "instrument", columns=True)
    phases = _names(path, categories, "phase", columns=False) if "phase" in categories else {}
    frames = _frames(path, _object(path, content, "annotations"))
    column = {number: k for k, number in enumerate(tools)}
    present = np.zeros((len(frames), len(tools)), dtype=np.bool_)
    phase_of: dict[int, str] = {}
    for row, (second, triplets) in enumerate(frames.items()):
        where = f"frame {second}"
        for triplet in triplets:
            tool = _id(path, where, triplet[PLACE_OF_INSTRUMENT], tools, "instrument")
            if tool is not None:
                present[row, column[tool]] = True
            phase = _id(path, where, triplet[PLACE_OF_PHASE], phases, "phase") if phases else None
            if phase is not None and phase_of.setdefault(second, phases[phase]) != phases[phase]:
                raise TableError(path, f"{where}: its triplets are of different phases")
    seconds = np.array(list(frames), dtype=np.int64)
    annotation = ToolAnnotation(path, tuple(tools.values()), seconds, present)
    return CholecT50Labels(
        path.stem, annotation, phase_of if phases else None, tuple(phases.values())
    )


def why_no_cholect50_name(name: str) -> str | None:
    """Why an instrument or a phase cannot be called so; None where it can."""
    if not _NAME.fullmatch(name):
        return "is no name of letters, digits and blanks"
    return "cannot be the name of a tool" if name.casefold() in _TAKEN else None


def _content(path: Path) -> dict[str, Any]:
    value: Any = read_json(path, hint=_HINT).value
    if not isinstance(value, dict):
        raise TableError(path, "is no object", hint=_HINT)
    return value


def _object(path: Path, content: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = content.get(key)
    if not isinstance(value, dict):
        raise TableError(path, f"has no {key!r}", hint=_HINT)
    return value


def _names(
    path: Path, categories: Mapping[str, Any], kind: str, *, columns: bool
) -> dict[int, str]:
    """Names by their ids, in the order of these."""
    found: dict[int, str] = {}
    for key, name in _object(path, categories, kind).items():
        if not _NUMBER.fullmatch(key) or int(key) in found:
            raise TableError(path, f"{kind} {key[:40]!r} is no id of its own", hint=_HINT)
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise TableError(path, f"{kind} {key} has no name of letters and digits", hint=_HINT)
        if columns and name.casefold() in _TAKEN:
            raise TableError(path, f"{kind} {key}: {name!r} cannot be the name of a tool")
        found[int(key)] = name
    if not found or len({name.casefold() for name in found.values()}) != len(found):
        raise TableError(path, f"each {kind} needs a name of its own", hint=_HINT)
    return dict(sorted(found.items()))


def _frames(path: Path, annotations: Mapping[str, Any]) -> dict[int, list[list[Any]]]:
    """The triplets of each second, in the order of time."""
    frames: dict[int, list[list[Any]]] = {}
    for key, triplets in annotations.items():
        if not _NUMBER.fullmatch(key) or int(key) in frames:
            raise TableError(path, f"frame {key[:40]!r} is no frame's number of its own")
        if not isinstance(triplets, list) or not all(
            isinstance(triplet, list) and len(triplet) == N_VALUES for triplet in triplets
        ):
            raise TableError(path, f"frame {key}: lists of {N_VALUES} values are expected")
        frames[int(key)] = triplets
    if not frames:
        raise TableError(path, "annotates no frame", hint=_HINT)
    return dict(sorted(frames.items()))


def _id(path: Path, where: str, value: Any, known: Mapping[int, str], kind: str) -> int | None:
    """One of the known ids, or None for -1."""
    # True is an int too.
    if type(value) is not int or (value != -1 and value not in known):
        raise TableError(path, f"{where}: {repr(value)[:40]} is no {kind} of its categories")
    return value if value != -1 else None
