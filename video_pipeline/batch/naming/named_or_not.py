"""An output folder holds recordings under their names or under pseudonyms, never both.

A single name among pseudonyms would tell who they are, and pseudonyms of another key would be the
same recordings a second time; so whoever would mix them is refused before anything is written.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from video_pipeline.batch.naming.pseudonyms import is_pseudonym
from video_pipeline.batch.table import BATCH_NAME
from video_pipeline.errors import OutputError
from video_pipeline.output.manifest import MANIFEST_NAME, read_manifest

__all__ = ["DEIDENTIFIED", "require_unmixed"]

DEIDENTIFIED = "deidentified"
"""The parameter in a manifest that says under which key the recording has its name."""

_TABLES = (MANIFEST_NAME, "timeline.csv", "phases.csv")
_UNFINISHED = ".unfinished"


def require_unmixed(out: Path, *, key_id: str | None) -> None:
    """Refuse an output folder that holds the other kind of names.

    ``key_id`` is that of the pseudonyms' key, None where recordings keep their names.

    Raises:
        OutputError: ``out`` holds what must not stand beside them.
    """
    if key_id is None:
        if any(is_pseudonym(name) for name in _rows_under_pseudonyms(out)) or _keys(out):
            raise OutputError(
                out,
                "holds results under pseudonyms, and names beside them would give them away",
                hint="add --deidentify, or choose another output folder",
            )
        return
    if _holds_names(out):
        raise OutputError(
            out,
            "holds results under recordings' names",
            hint="choose another output folder for de-identified ones",
        )
    if _keys(out) - {key_id}:
        raise OutputError(
            out,
            "holds results whose pseudonyms are of another key",
            hint="name that key by --key-file, or choose another output folder",
        )


def _rows(out: Path) -> Iterator[tuple[str, str]]:
    """Name and path of each row of the batch table, as far as it can be read."""
    try:
        with (out / BATCH_NAME).open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.reader(file) if len(row) > 1]
    except (OSError, ValueError, csv.Error):
        return
    yield from ((row[0], row[1]) for row in rows[1:])


def _rows_under_pseudonyms(out: Path) -> Iterator[str]:
    return (name for name, path in _rows(out) if name == path)


def _holds_names(out: Path) -> bool:
    if any(name != path or not is_pseudonym(name) for name, path in _rows(out)):
        return True
    return any(not _is_under_pseudonym(folder) for folder in _folders(out))


def _folders(out: Path) -> Iterator[Path]:
    """Of single recordings, and those that a call which was killed had begun."""
    try:
        entries = sorted(out.iterdir())
    except OSError:
        return
    for entry in entries:
        is_hidden = entry.name.startswith(".")
        if entry.name.endswith(_UNFINISHED) if is_hidden else _holds_a_recording(entry):
            yield entry


def _holds_a_recording(folder: Path) -> bool:
    return any((folder / name).is_file() for name in _TABLES)


def _is_under_pseudonym(folder: Path) -> bool:
    name = folder.name
    if name.startswith("."):
        return is_pseudonym(name.removeprefix(".").removesuffix(_UNFINISHED))
    manifest = read_manifest(folder)
    is_marked = manifest is None or DEIDENTIFIED in manifest.provenance.parameters
    return is_pseudonym(name) and is_marked


def _keys(out: Path) -> set[str]:
    """Of the pseudonyms under which there are results."""
    manifests = (read_manifest(of) for of in _folders(out) if is_pseudonym(of.name))
    keys = (of.provenance.parameters.get(DEIDENTIFIED) for of in manifests if of is not None)
    return {str(key) for key in keys if key is not None}
