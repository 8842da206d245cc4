"""An error that travels from one machine to another and is raised there as what it was."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from typing import Any

__all__ = ["Raised"]


@dataclass(frozen=True)
class Raised:
    """An error in parts: many cannot be made again from their arguments alone, as pickle tries."""

    kind: type[Exception]
    arguments: tuple[Any, ...]
    attributes: dict[str, Any]

    @classmethod
    def of(cls, error: Exception) -> Raised:
        """Take an error apart; one that cannot travel becomes a RuntimeError that says the same."""
        raised = cls(type(error), error.args, vars(error).copy())
        try:
            pickle.loads(pickle.dumps(raised))  # noqa: S301  our own, of a moment ago
        except Exception:  # noqa: BLE001  whatever strangers' classes do when they are pickled
            return cls(RuntimeError, (f"{type(error).__name__}: {error}",), {})
        return raised

    def error(self) -> Exception:
        """The error again."""
        error = self.kind.__new__(self.kind, *self.arguments)
        error.args = self.arguments
        vars(error).update(self.attributes)
        return error
