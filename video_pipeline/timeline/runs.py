"""Runs: the uninterrupted stretches of true cells in the columns of a mask, and the mask back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Runs", "fill_runs", "find_runs"]


@dataclass(frozen=True, eq=False)
class Runs:
    """Stretches of rows, each in one column; as found: ordered by column, then by row."""

    column: NDArray[np.intp]
    """(n_runs,)"""
    start: NDArray[np.intp]
    """(n_runs,) first row."""
    stop: NDArray[np.intp]
    """(n_runs,) the row after the last one."""

    @property
    def length(self) -> NDArray[np.intp]:
        """(n_runs,) in rows."""
        return self.stop - self.start

    def where(self, keep: NDArray[np.bool_]) -> Runs:
        """Return the runs for which ``keep`` (n_runs,) is true."""
        return Runs(self.column[keep], self.start[keep], self.stop[keep])


def find_runs(mask: NDArray[np.bool_]) -> Runs:
    """Find the runs of true cells in ``mask`` (n_rows, n_columns), column by column."""
    n_rows, n_columns = mask.shape
    padded = np.zeros((n_columns, n_rows + 2), dtype=np.int8)
    padded[:, 1:-1] = mask.T
    change = np.diff(padded, axis=1)
    column, start = np.nonzero(change == 1)
    _, stop = np.nonzero(change == -1)
    return Runs(column, start, stop)


def fill_runs(runs: Runs, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Return the mask of ``shape`` (n_rows, n_columns) that is true inside ``runs`` only."""
    n_rows, n_columns = shape
    change = np.zeros((n_rows + 1, n_columns), dtype=np.int64)
    np.add.at(change, (runs.start, runs.column), 1)
    np.subtract.at(change, (runs.stop, runs.column), 1)
    return np.cumsum(change, axis=0)[:-1] > 0
