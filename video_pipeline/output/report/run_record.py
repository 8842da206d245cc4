"""What a page takes from ``run.json``: named parts of it only, and nothing on trust.

The manifest may be of another version, cut, or edited by hand, and a page is still to be made: what
is not there or not of the expected kind is missing, never an error. The names of the recording's
files and the digest of its place are left in it: names often say who the patient is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from video_pipeline.output.manifest import MANIFEST_NAME

__all__ = ["InputName", "PartName", "RunRecord", "read_run_record"]

_MOST_CHARACTERS = 16 << 20
_MOST_DEPTH = 12
_LEFT_OUT = frozenset({"name", "path_sha256", "parts"})


@dataclass(frozen=True)
class InputName:
    """How the file that was annotated can be found again."""

    name: str | None
    size_bytes: int | None
    path_sha256: str | None
    """Of the place where it lay."""


@dataclass(frozen=True)
class PartName:
    """One file of a recording that has several: how it can be found again, and where it belongs."""

    name: str
    size_bytes: int | None
    start_s: float
    """Where its first frame lies in the recording."""


@dataclass(frozen=True)
class RunRecord:
    """The parts of a manifest that a page shows, as they are: any JSON."""

    status: str | None
    warnings: tuple[str, ...]
    input: Mapping[str, Any]
    """Without names."""
    model: Mapping[str, Any]
    parameters: Mapping[str, Any]
    decoding: Mapping[str, Any]
    versions: Mapping[str, Any]
    n_files: int = 1
    """How many files the recording was read from."""
    parts: tuple[PartName, ...] = field(default=(), compare=False)
    """These files, if there are several and all of them are known."""
    outputs: Mapping[str, str] = field(default_factory=dict, compare=False)
    """SHA-256 of each file beside the manifest that it names."""
    found_by: InputName = field(default=InputName(None, None, None), compare=False)

    @property
    def duration_s(self) -> float | None:
        """What decoding brought, where it is said."""
        duration_s = self.decoding.get("duration_s")
        if not isinstance(duration_s, int | float) or isinstance(duration_s, bool):
            return None
        return float(duration_s) if 0 <= duration_s < 1e9 else None


def read_run_record(folder: Path) -> RunRecord | None:
    """Read the manifest of a recording's folder; None where there is none that is JSON."""
    path = folder / MANIFEST_NAME
    try:
        # A pipe would never end, and a folder is no file.
        if not path.is_file():
            return None
        with path.open(encoding="utf-8") as file:
            content = json.loads(file.read(_MOST_CHARACTERS))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(content, dict) or _depth(content) > _MOST_DEPTH:
        return None
    source = _mapping(content, "input")
    parts, warnings = source.get("parts"), content.get("warnings")
    status = content.get("status")
    return RunRecord(
        status=status if isinstance(status, str) else None,
        warnings=tuple(str(w) for w in warnings) if isinstance(warnings, list) else (),
        input={name: value for name, value in source.items() if name not in _LEFT_OUT},
        model=_mapping(content, "model"),
        parameters=_mapping(content, "parameters"),
        decoding=_mapping(content, "decoding"),
        versions=_mapping(content, "versions"),
        n_files=len(parts) if isinstance(parts, list) and parts else 1,
        parts=_parts(parts) if isinstance(parts, list) else (),
        outputs=_digests(_mapping(content, "outputs")),
        found_by=_found_by(source),
    )


def _found_by(source: Mapping[str, Any]) -> InputName:
    name, size, place = (source.get(key) for key in ("name", "size_bytes", "path_sha256"))
    return InputName(
        name if isinstance(name, str) else None,
        size if isinstance(size, int) else None,
        place if isinstance(place, str) else None,
    )


def _parts(entries: Sequence[object]) -> tuple[PartName, ...]:
    parts = []
    for entry in entries:
        if not isinstance(entry, dict):
            return ()
        name, size, start_s = (entry.get(key) for key in ("name", "size_bytes", "start_s"))
        if not isinstance(name, str) or not isinstance(start_s, int | float):
            return ()
        parts.append(PartName(name, size if isinstance(size, int) else None, float(start_s)))
    starts = [part.start_s for part in parts]
    # Only those that can be laid one after another are of use.
    return tuple(parts) if starts[:1] == [0] and starts == sorted(set(starts)) else ()


def _digests(outputs: Mapping[str, Any]) -> dict[str, str]:
    digests = {name: _mapping(outputs, name).get("sha256") for name in outputs}
    return {name: digest for name, digest in digests.items() if isinstance(digest, str)}


def _mapping(content: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = content.get(name)
    return value if isinstance(value, dict) else {}


def _depth(value: object) -> int:
    """How deep lists and objects lie in one another; breadth first, so it cannot overflow."""
    depth, level = 0, [value]
    while level and depth <= _MOST_DEPTH:
        depth += 1
        inner: list[object] = []
        for item in level:
            inner.extend(item.values() if isinstance(item, dict) else ())
            inner.extend(item if isinstance(item, list) else ())
        level = inner
    return depth
