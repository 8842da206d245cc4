"""What the command says to the shell when it ends."""

from __future__ import annotations

__all__ = ["DONE", "FAILED", "INTERRUPTED", "WRONG_CALL"]

DONE, FAILED, WRONG_CALL, INTERRUPTED = 0, 1, 2, 130
