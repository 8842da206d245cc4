r"""Tool annotations as Cholec80 and m2cai16-tool have them: text, a row a second, 0 or 1 a tool.

    Frame\tGrasper\tBipolar\tHook ...
    0\t1\t0\t0 ...
    25\t1\t0\t1 ...

``Frame`` counts the frames of the 25-fps video, so it names the second whatever the rate of the
recording at hand. Whoever edits such a file makes mistakes that would shift or empty its labels, so
every row and cell is checked, and the first that is wrong is named.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from video_pipeline.errors import TableError
from video_pipeline.output.csv_lines import number_cell
from video_pipeline.output.plain_text import text_lines
from video_pipeline.records import ToolTimeline

__all__ = [
    "BACKGROUND_NAME",
    "ToolAnnotation",
    "read_tool_annotation",
    "read_tool_confidences",
    "tool_annotation_text",
    "why_no_tool_name",
]

BACKGROUND_NAME = "no_tool"
"""The class folder of frames that show no tool."""

_FRAMES_PER_SECOND = 25
_HINT = "expected are the columns Frame, <tool>, <tool>, ... separated by tabs, a row a second"
# What a label table and a timeline call their own columns, and training its background.
_TAKEN = frozenset(
    {
        *("image", "video", "patient", "split", "second", "time_s", "pts_s", "frame", "phase"),
        *("n_frames", "flag", BACKGROUND_NAME, "background", "unknown"),
    }
)
_NOT_IN_FOLDERS = frozenset('/\\:*?"<>|')


@dataclass(frozen=True, eq=False)
class ToolAnnotation:
    """Which tools somebody saw in each second of one recording."""

    path: Path
    tools: tuple[str, ...]
    seconds: NDArray[np.int64]
    """(n,) rising; seconds that nobody annotated are missing."""
    present: NDArray[np.bool_]
    """(n, n_tools)"""

    @property
    def n_seconds(self) -> int:
        """How many seconds it covers, from 0 to its last row."""
        return int(self.seconds[-1]) + 1

    def at(self, second: int) -> NDArray[np.bool_] | None:
        """(n_tools,) what was seen in [second, second + 1) s; None where nobody annotated it."""
        row = int(np.searchsorted(self.seconds, second))
        if row == len(self.seconds) or self.seconds[row] != second:
            return None
        tools: NDArray[np.bool_] = self.present[row]
        return tools

    @property
    def digest(self) -> str:
        """SHA-256, in hex, of what it says."""
        content = hashlib.sha256("\n".join(self.tools).encode("utf-8", "surrogateescape"))
        content.update(self.seconds.tobytes() + self.present.tobytes())
        return content.hexdigest()


def read_tool_annotation(path: Path) -> ToolAnnotation:
    """Read one recording's annotation; raises ``TableError`` naming the file, line and column.

    A byte-order mark, CRLF line ends and empty lines at the end are fine.
    """
    lines = text_lines(path, hint=_HINT)
    tools = _tools(path, lines[0])
    if len(lines) == 1:
        raise TableError(path, "has a header but no rows")
    seconds = np.zeros(len(lines) - 1, dtype=np.int64)
    present = np.zeros((len(lines) - 1, len(tools)), dtype=np.bool_)
    for k, (second, cells) in enumerate(_rows(path, lines[1:], n_tools=len(tools))):
        seconds[k] = second
        for column, (cell, tool) in enumerate(zip(cells, tools, strict=True)):
            if cell not in {"0", "1"}:
                raise TableError(
                    path, f"line {k + 2}, column {tool!r}: {cell!r} is neither 0 nor 1"
                )
            present[k, column] = cell == "1"
    return ToolAnnotation(path, tools, seconds, present)


def read_tool_confidences(path: Path) -> ToolTimeline:
    """Read predictions in the same columns, such as m2cai16's ``tool_video_XX_pred.txt``.

    Cells are confidences from 0 to 1; a tool is shown at 0.5 and above. Seconds without a row have
    no frame.

    Raises:
        TableError: naming the file, the line and the column.
    """
    lines = text_lines(path, hint=_HINT)
    tools = _tools(path, lines[0])
    if len(lines) == 1:
        raise TableError(path, "has a header but no rows")
    rows = list(_rows(path, lines[1:], n_tools=len(tools)))
    seconds = np.array([second for second, _ in rows])
    shape = (int(seconds[-1]) + 1, len(tools))
    probabilities = np.full(shape, np.nan)
    probabilities[seconds] = [
        [
            number_cell(path, k + 2, tool, cell, most=1)
            for cell, tool in zip(cells, tools, strict=True)
        ]
        for k, (_, cells) in enumerate(rows)
    ]
    seen = ~np.isnan(probabilities[:, 0])
    present = np.nan_to_num(probabilities) >= 0.5
    return ToolTimeline(tools, probabilities, present, seen.astype(np.int64))


def tool_annotation_text(
    tools: Sequence[str], cells: Iterable[Iterable[str]], *, stride: int = _FRAMES_PER_SECOND
) -> str:
    """Format the cells of each second, one of ``tools`` each, as such a text."""
    header = "\t".join(("Frame", *tools))
    rows = (f"{k * stride}\t" + "\t".join(row) + "\n" for k, row in enumerate(cells))
    return f"{header}\n{''.join(rows)}"


def _rows(path: Path, lines: Sequence[str], *, n_tools: int) -> Iterator[tuple[int, list[str]]]:
    """The second and the tools' cells of each row, seconds rising."""
    before = -1
    for line, text in enumerate(lines, start=2):
        cells = [cell.strip() for cell in text.split("\t")]
        if len(cells) != 1 + n_tools:
            raise TableError(
                path, f"line {line}: has {len(cells)} columns, the header {1 + n_tools}"
            )
        before = _second(path, line, cells[0], before=before)
        yield before, cells[1:]


def _tools(path: Path, header: str) -> tuple[str, ...]:
    first, *names = (name.strip() for name in header.split("\t"))
    if first.casefold() != "frame":
        raise TableError(path, f"line 1: the first column is {first[:40]!r}", hint=_HINT)
    if not names:
        raise TableError(path, "line 1: has no tool columns", hint=_HINT)
    for column, name in enumerate(names, start=2):
        cause = why_no_tool_name(name, names[: column - 2])
        if cause is not None:
            raise TableError(path, f"line 1, column {column}: {name!r} {cause}", hint="rename it")
    return tuple(names)


def why_no_tool_name(name: str, earlier: Sequence[str] = ()) -> str | None:
    """Why a tool cannot be called so; names become folders, and columns that spreadsheets open."""
    if not name or not name.isprintable() or name != name.strip():
        return "is no name"
    if name.casefold() in _TAKEN:
        return "cannot be the name of a tool"
    if name.casefold() in {other.casefold() for other in earlier}:
        return "occurs twice"
    if name[0] in "=+-@.'" or name[-1] == "." or _NOT_IN_FOLDERS & set(name):
        return "cannot be the name of a folder or of a column in a spreadsheet"
    return None


def _second(path: Path, line: int, cell: str, *, before: int) -> int:
    where = f"line {line}, column 'Frame'"
    if not (cell.isascii() and cell.isdigit() and len(cell) <= 9):
        raise TableError(path, f"{where}: {cell!r} is no number of a frame")
    second, rest = divmod(int(cell), _FRAMES_PER_SECOND)
    if rest > 0:
        raise TableError(
            path,
            f"{where}: {cell} is no multiple of {_FRAMES_PER_SECOND}",
            hint="rows name frames of the 25-fps video: 0, 25, 50, ...",
        )
    if second <= before:
        raise TableError(path, f"{where}: frame {cell} occurs twice or out of order")
    return second
