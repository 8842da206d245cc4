"""``labels.csv``: which tools each extracted frame shows, as training reads it.

Its header is ``image,video,<tool>,<tool>,...``. A row that is there already stays as it is:
somebody may have put it right by hand.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from video_pipeline.errors import TableError
from video_pipeline.extraction.frames_table import FrameRow
from video_pipeline.formats.tool_annotation import ToolAnnotation
from video_pipeline.output.files import write_text
from video_pipeline.output.tables import armoured_cell

__all__ = ["LABELS_NAME", "Labelled", "update_label_table"]

LABELS_NAME = "labels.csv"
_OWN = ["image", "video"]
_HINT = "put it right, move it away, or choose another folder"


@dataclass(frozen=True)
class Labelled:
    """What the label table says about the frames of one recording."""

    n_labelled: int
    """Frames with a row."""
    n_unannotated: int
    """Frames without one: nobody annotated their second."""
    n_different: int
    """Rows that were there already and say something else than the annotation."""


def update_label_table(out: Path, rows: Iterable[FrameRow], annotation: ToolAnnotation) -> Labelled:
    """Add the frames of one recording; rows that are there stay, but for where their image lies.

    Raises:
        TableError: the table that is there is broken or has other tools.
        OutputError: it cannot be written.
    """
    path = out / LABELS_NAME
    tools, table = _read(path, annotation)
    order = [annotation.tools.index(tool) for tool in tools]
    before = dict(table)
    n_labelled = n_unannotated = n_different = 0
    for row in rows:
        present = annotation.at(row.second)
        earlier = table.get(row.name)
        if present is None and earlier is None:
            n_unannotated += 1
            continue
        cells = [] if present is None else ["1" if present[k] else "0" for k in order]
        if earlier is not None:
            n_different += present is not None and cells != earlier[2:]
            cells = earlier[2:]
        table[row.name] = [_image_cell(row.file), armoured_cell(row.video_id), *cells]
        n_labelled += 1
    if table != before:
        _write(path, tools, table)
    return Labelled(n_labelled, n_unannotated, n_different)


def _image_cell(file: str) -> str:
    """A path that no spreadsheet runs as a formula, and that still is one."""
    return f"./{file}" if armoured_cell(file) != file else file


def _read(path: Path, annotation: ToolAnnotation) -> tuple[tuple[str, ...], dict[str, list[str]]]:
    """The tools in the order of the table's columns, and its rows by their image's name."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines: list[list[str]] = list(csv.reader(file, strict=True))
    except FileNotFoundError:
        return annotation.tools, {}
    except OSError as error:
        raise TableError(path, f"cannot be read ({error.strerror})") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise TableError(path, f"is no CSV in UTF-8 ({error})", hint=_HINT) from error
    header: list[str] = lines[0] if lines else []
    if header[:2] != _OWN or len(set(header)) != len(header):
        raise TableError(path, "line 1: is not image,video,<tool>,...", hint=_HINT)
    if set(header[2:]) != set(annotation.tools):
        raise TableError(
            path,
            f"has the tools {', '.join(header[2:])}, but {annotation.path.name} has "
            f"{', '.join(annotation.tools)}",
            hint="choose another folder",
        )
    for line, cells in enumerate(lines, start=1):
        if cells and len(cells) != len(header):
            raise TableError(path, f"line {line}: does not have {len(header)} cells", hint=_HINT)
    return tuple(header[2:]), {PurePosixPath(cells[0]).name: cells for cells in lines[1:] if cells}


def _write(path: Path, tools: tuple[str, ...], table: dict[str, list[str]]) -> None:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([*_OWN, *tools])
    # Rows by recording and time: an image's name sorts by its time.
    by_time = sorted((cells[1], name, cells) for name, cells in table.items())
    writer.writerows(cells for _, _, cells in by_time)
    write_text(path, buffer.getvalue())
