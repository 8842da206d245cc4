"""``frames.csv``: a row for every frame that was extracted into a folder, by recording and time."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from video_pipeline.errors import TableError
from video_pipeline.frames import SamplingReport
from video_pipeline.output.files import write_text
from video_pipeline.output.tables import armoured_cell, bare_cell
from video_pipeline.timeline.flags import flag_seconds

__all__ = ["FRAMES_NAME", "FrameRow", "FramesTable", "flags_of_seconds"]

FRAMES_NAME = "frames.csv"
_HEADER = ["file", "time_s", "pts_s", "video_id", "flag"]
_TIME = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,3})?")
_HINT = "put it right, or move it away: the same calls write it again"


@dataclass(frozen=True)
class FrameRow:
    """One extracted frame."""

    file: str
    """Relative to the table's folder, with forward slashes."""
    time_ms: int
    """Its sampling time, in milliseconds from the first frame shown."""
    pts_ms: int
    """When it was first shown."""
    video_id: str
    flag: str
    """Why its second is doubtful, or empty."""

    @property
    def name(self) -> str:
        """Its file's name, which no other frame has."""
        return PurePosixPath(self.file).name

    @property
    def second(self) -> int:
        """The row k of a timeline that speaks for it: [k, k + 1) s."""
        return self.time_ms // 1000


class FramesTable:
    """The rows of one folder, by recording."""

    def __init__(self, folder: Path) -> None:
        """Read the table of ``folder``; none is an empty one. Raises ``TableError``."""
        self._path = folder / FRAMES_NAME
        self._rows: dict[str, tuple[FrameRow, ...]] = {}
        for row in _read(self._path):
            self._rows[row.video_id] = (*self._rows.get(row.video_id, ()), row)

    def of(self, video_id: str) -> tuple[FrameRow, ...]:
        """The rows of one recording, by time."""
        return self._rows.get(video_id, ())

    def put(self, video_id: str, rows: Iterable[FrameRow]) -> None:
        """Replace a recording's rows and write the table where that changes it.

        Raises:
            OutputError: the table cannot be written.
        """
        new = tuple(sorted(rows, key=lambda row: (row.time_ms, row.file)))
        if new == self.of(video_id):
            return
        self._rows[video_id] = new
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow(_HEADER)
        for _, of_recording in sorted(self._rows.items()):
            writer.writerows(_cells(row) for row in of_recording)
        write_text(self._path, buffer.getvalue())


def flags_of_seconds(
    report: SamplingReport, quality: Mapping[str, Sequence[int]]
) -> tuple[str, ...]:
    """(n_seconds,) why the frames of a second are doubtful, in the words of ``timeline.flags``."""
    # A frame was shown in every second of which a row speaks: none is a gap.
    return flag_seconds(np.ones(report.n_seconds, dtype=np.int64), report, quality=quality)


def _cells(row: FrameRow) -> list[str]:
    cells = [row.file, _seconds(row.time_ms), _seconds(row.pts_ms), row.video_id, row.flag]
    return [armoured_cell(cell) for cell in cells]


def _seconds(time_ms: int) -> str:
    return f"{time_ms // 1000}.{time_ms % 1000:03}".rstrip("0").rstrip(".")


def _read(path: Path) -> list[FrameRow]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = [(n, cells) for n, cells in enumerate(csv.reader(file, strict=True), 1)]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise TableError(path, f"cannot be read ({error.strerror})") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise TableError(path, f"is no CSV in UTF-8 ({error})", hint=_HINT) from error
    if not lines or lines[0][1] != _HEADER:
        raise TableError(path, f"line 1: is not {','.join(_HEADER)}", hint=_HINT)
    rows = [_row(path, n, cells) for n, cells in lines[1:] if cells]
    return sorted(rows, key=lambda row: (row.video_id, row.time_ms, row.file))


def _row(path: Path, line: int, cells: Sequence[str]) -> FrameRow:
    if len(cells) != len(_HEADER):
        raise TableError(
            path, f"line {line}: has {len(cells)} columns, not {len(_HEADER)}", hint=_HINT
        )
    file, time, pts, video_id, flag = map(bare_cell, cells)
    for column, cell in (("time_s", time), ("pts_s", pts)):
        if not _TIME.fullmatch(cell):
            raise TableError(
                path, f"line {line}, column {column!r}: {cell!r} is no time", hint=_HINT
            )
    return FrameRow(file, _milliseconds(time), _milliseconds(pts), video_id, flag)


def _milliseconds(cell: str) -> int:
    whole, _, decimals = cell.partition(".")
    return int(whole) * 1000 + int(decimals.ljust(3, "0"))
