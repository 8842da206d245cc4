"""What can go wrong with a user's recordings, tables and folders, each said in one line.

    PipelineError            path, cause, hint
    ├── RecordingError       the recording cannot be read at all
    ├── KeyFileError         the key of pseudonyms, or their table, cannot be used
    ├── TableError           a CSV that was handed to us is not what it should be
    └── OutputError          a result cannot be written where the user asked for it

A wrong call from code is a ``ValueError`` or ``TypeError`` instead; these are for the world.
"""

from __future__ import annotations

from os import PathLike, fspath

__all__ = ["KeyFileError", "OutputError", "PipelineError", "RecordingError", "TableError"]


class PipelineError(Exception):
    """One file, what is wrong with it, and what its owner can do: ``path: cause; hint``."""

    def __init__(
        self,
        path: str | PathLike[str],
        cause: str,
        *,
        hint: str | None = None,
        nameless_cause: str | None = None,
    ) -> None:
        """``nameless_cause``: the cause in other words, where ``cause`` tells a file's name."""
        self.path = fspath(path)
        self.cause = cause
        self.nameless_cause = cause if nameless_cause is None else nameless_cause
        self.hint = hint
        super().__init__(path, cause, hint)

    def __str__(self) -> str:
        hint = f"; {self.hint}" if self.hint is not None else ""
        # A file name is data: it may hold line breaks or bytes that are no text at all.
        line = f"{self.path}: {self.cause}{hint}"
        return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)


class RecordingError(PipelineError):
    """The recording is missing, is no video, or holds not one frame that can be shown."""


class KeyFileError(PipelineError):
    """The key from which pseudonyms are made, or their table, cannot be read, made or trusted."""


class TableError(PipelineError):
    """A table does not have the columns, rows or values that its format promises."""


class OutputError(PipelineError):
    """An output folder or file cannot be created, written or renamed."""
