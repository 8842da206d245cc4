"""What can go wrong with a user's images, models and weights, each said in one line.

    ClassifierError          path, cause, hint
    ├── DatasetError         the labelled images cannot be learned from or judged on
    ├── ModelFolderError     the model folder is missing, broken or does not fit its own description
    └── WeightsError         the weights to start from cannot be had

A wrong call from code is a ``ValueError`` or ``TypeError`` instead; these are for the world.
"""

from __future__ import annotations

from os import PathLike, fspath

__all__ = ["ClassifierError", "DatasetError", "ModelFolderError", "WeightsError"]


class ClassifierError(Exception):
    """One file, what is wrong with it, and what its owner can do: ``path: cause; hint``."""

    def __init__(self, path: str | PathLike[str], cause: str, *, hint: str | None = None) -> None:
        self.path = fspath(path)
        self.cause = cause
        self.hint = hint
        super().__init__(path, cause, hint)

    def __str__(self) -> str:
        hint = f"; {self.hint}" if self.hint is not None else ""
        line = f"{self.path}: {self.cause}{hint}"
        return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)


class DatasetError(ClassifierError):
    """Labelled images are missing, contradict one another or leave nothing to learn."""


class ModelFolderError(ClassifierError):
    """A model folder is absent, unreadable, or its weights do not fit its description."""


class WeightsError(ClassifierError):
    """The weights that training should start from are not there or are of another network."""
