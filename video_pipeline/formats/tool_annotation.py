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
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from video_pipeline.errors import TableError

__all__ = ["BACKGROUND_NAME", "ToolAnnotation", "read_tool_annotation"]

BACKGROUND_NAME = "no_tool"
"""The class folder of frames that show no tool."""

_FRAMES_PER_SECOND = 25
_MOST_BYTES = 64 << 20
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
    lines = _lines(path)
    tools = _tools(path, lines[0])
    if len(lines) == 1:
        raise TableError(path, "has a header but no rows")
    seconds = np.zeros(len(lines) - 1, dtype=np.int64)
    present = np.zeros((len(lines) - 1, len(tools)), dtype=np.bool_)
    before = -1
    for k, text in enumerate(lines[1:]):
        cells = [cell.strip() for cell in text.split("\t")]
        if len(cells) != 1 + len(tools):
            raise TableError(
                path, f"line {k + 2}: has {len(cells)} columns, the header {1 + len(tools)}"
            )
        before = seconds[k] = _second(path, k + 2, cells[0], before=before)
        for column, (cell, tool) in enumerate(zip(cells[1:], tools, strict=True)):
            if cell not in {"0", "1"}:
                raise TableError(
                    path, f"line {k + 2}, column {tool!r}: {cell!r} is neither 0 nor 1"
                )
            present[k, column] = cell == "1"
    return ToolAnnotation(path, tools, seconds, present)


def _lines(path: Path) -> list[str]:
    try:
        if not path.is_file():
            raise TableError(path, "no such file")
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise TableError(path, f"cannot be read ({error.strerror})") from error
    if len(content) > _MOST_BYTES:
        raise TableError(path, "is too large for the annotation of one recording", hint=_HINT)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise TableError(path, f"line {line}: is not UTF-8 text", hint=_HINT) from error
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    while lines and not lines[-1].strip():
        lines.pop()
    if not lines:
        raise TableError(path, "is empty", hint=_HINT)
    return lines


def _tools(path: Path, header: str) -> tuple[str, ...]:
    first, *names = (name.strip() for name in header.split("\t"))
    if first.casefold() != "frame":
        raise TableError(path, f"line 1: the first column is {first[:40]!r}", hint=_HINT)
    if not names:
        raise TableError(path, "line 1: has no tool columns", hint=_HINT)
    for column, name in enumerate(names, start=2):
        cause = _why_unusable(name, names[: column - 2])
        if cause is not None:
            raise TableError(path, f"line 1, column {column}: {name!r} {cause}", hint="rename it")
    return tuple(names)


def _why_unusable(name: str, earlier: list[str]) -> str | None:
    """Why a tool cannot be called so; names become folders, and columns that spreadsheets open."""
    if not name or not name.isprintable():
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
