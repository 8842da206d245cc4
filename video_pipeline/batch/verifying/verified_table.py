"""``batch.csv`` against the folders that it speaks of, row by row."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from video_pipeline.batch.table import BATCH_NAME
from video_pipeline.errors import OutputError, PipelineError, TableError
from video_pipeline.output.csv_lines import csv_lines
from video_pipeline.output.manifest import MANIFEST_NAME
from video_pipeline.output.manifest_reading import Claims
from video_pipeline.output.provenance import digest_path
from video_pipeline.output.tables import bare_cell

__all__ = ["check_table"]

_HEADER = ["video_id", "path", "status", "seconds", "error"]
_WITH_RESULTS = ("done", "partial")
_WITHOUT_RESULTS = ("failed", "skipped")
_AGAIN = "run `annotate` again with the same recordings"
_ESCAPE = re.compile(r"\\u(dc[89a-f][0-9a-f])")
"""How a byte of a name that is no text is written."""


def check_table(out: Path, claims: Mapping[Path, Claims]) -> Iterator[PipelineError]:
    """What is wrong with ``batch.csv``, or with folders that should be there."""
    path = out / BATCH_NAME
    of_annotate = {folder.name: claim for folder, claim in claims.items() if claim.is_of_annotate}
    if not os.path.lexists(path):
        if of_annotate:
            yield OutputError(path, "is missing", hint=_AGAIN)
        return
    try:
        (_, header), *lines = csv_lines(path, hint=_AGAIN)
    except TableError as error:
        yield error
        return
    if header != _HEADER:
        yield OutputError(path, "line 1: has not the columns of this table", hint=_AGAIN)
        return
    seen: set[str] = set()
    for number, cells in lines:
        row = [bare_cell(cell) for cell in cells]
        problem = _of_row(row, seen)
        if problem is None:
            seen.add(row[0])
            problem = _against(row, of_annotate.get(row[0]), out)
        if problem is not None:
            yield OutputError(path, f"line {number}: {problem}", hint=_AGAIN)
    for video_id in sorted(set(of_annotate) - seen):
        yield OutputError(out / video_id, f"has no row in {BATCH_NAME}", hint=_AGAIN)


def _of_row(row: list[str], seen: set[str]) -> str | None:
    """What is wrong with a row by itself."""
    if len(row) != len(_HEADER):
        return f"has {len(row)} columns instead of {len(_HEADER)}"
    video_id, _, status, _, _ = row
    if not video_id or video_id.startswith(".") or Path(video_id).name != video_id:
        return f"{video_id!r} is no name of a recording's folder"
    if video_id in seen:
        return f"{video_id} has a second row"
    if status not in (*_WITH_RESULTS, *_WITHOUT_RESULTS):
        return f"{status!r} is no status"
    return None


def _against(row: list[str], claims: Claims | None, out: Path) -> str | None:
    """What disagrees with the recording's folder."""
    video_id, path, status, seconds, error = row
    if claims is None:
        if status in _WITHOUT_RESULTS:
            return "has seconds but no results" if seconds else None
        if os.path.lexists(out / video_id / MANIFEST_NAME):
            # Which is said of that manifest already.
            return None
        return f"says that {video_id} is {status}, but there is no {MANIFEST_NAME} of it"
    if claims.status != status:
        return f"says that {video_id} is {status}, its {MANIFEST_NAME} says {claims.status}"
    if seconds != str(claims.n_seconds):
        return f"says that {video_id} has {seconds or 'no'} seconds, its table {claims.n_seconds}"
    if status == "done" and error:
        return f"says that {video_id} is done, and names an error"
    return None if _is_of(path, claims) else f"{path} is not where {video_id} was recorded from"


def _is_of(path: str, claims: Claims) -> bool:
    """Whether the path is the recording's, as far as a manifest without paths can tell."""
    if not Path(path).is_absolute() or claims.path_sha256 is None:
        return Path(path).name in {"", "..", _as_written(claims.name)}
    spelt = _ESCAPE.sub(lambda escape: chr(int(escape[1], 16)), path)
    return claims.path_sha256 in {digest_path(Path(path)), digest_path(Path(spelt))}


def _as_written(name: str) -> str:
    return name.encode(errors="backslashreplace").decode()
