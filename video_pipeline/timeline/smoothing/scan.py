"""Long chains of small matrices, multiplied in blocks side by side instead of row after row.

A hidden Markov model takes its states forward by one matrix a row. Done one after another that is a
turn of Python a row; but products of matrices may be taken in any grouping, so the rows are cut
into blocks, the products within all blocks are formed together, and only then are the blocks taken
one after another. What comes out is what the plain loop gives, up to rounding.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Chain", "Multiply", "backward", "forward", "max_product", "sum_product"]

Multiply = Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]
"""(..., n_states, n) times (n_states, n_states, n), for each of n."""

_ROWS_IN_TURN_SHARE = 0.35
"""Of the root of the number of rows; measured: fewer turns of longer vectors."""


@dataclass(frozen=True, eq=False)
class Chain:
    """One state-to-state matrix a row and column: ``transition`` times ``evidence``.

    Row t's matrix leads from row t - 1 to row t; row 0's is never used.
    """

    transition: NDArray[np.float64]
    """(n_states, n_states, n_columns), the same for all rows."""
    evidence: NDArray[np.float64]
    """(n_kinds, n_kinds, n_rows, n_columns): how well a row fits the kinds left and entered."""
    kind_of: NDArray[np.intp]
    """(n_states,) the kind of each state."""

    @property
    def n_rows(self) -> int:
        """How many rows the chain has."""
        return int(self.evidence.shape[2])

    def reversed(self) -> Chain:
        """The chain from the last row to the first, each step turned round."""
        evidence = np.ones_like(self.evidence)
        evidence[:, :, 1:] = self.evidence.transpose(1, 0, 2, 3)[:, :, :0:-1]
        return Chain(self.transition.transpose(1, 0, 2), evidence, self.kind_of)


def sum_product(left: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    """Add over all ways: probabilities of states."""
    total: NDArray[np.float64] = left[..., 0, np.newaxis, :] * right[0]
    for k in range(1, right.shape[0]):
        total += left[..., k, np.newaxis, :] * right[k]
    return total


def max_product(left: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    """Keep the best way only, as Viterbi does."""
    best: NDArray[np.float64] = left[..., 0, np.newaxis, :] * right[0]
    for k in range(1, right.shape[0]):
        np.maximum(best, left[..., k, np.newaxis, :] * right[k], out=best)
    return best


def forward(
    first: NDArray[np.float64], chain: Chain, multiply: Multiply = sum_product
) -> NDArray[np.float64]:
    """(n_states, n_rows, n_columns): ``first`` (n_states, n_columns), row 0, taken along the chain.

    Each row is scaled so that its largest state has 1.
    """
    n_states, n_columns = first.shape
    n_in_turn = max(1, math.ceil(_ROWS_IN_TURN_SHARE * math.sqrt(chain.n_rows)))
    n_blocks = math.ceil(chain.n_rows / n_in_turn)
    products = _products(chain, n_in_turn, n_blocks, multiply)
    starts = _starts(first, products[-1], n_blocks, multiply)
    states = np.stack([multiply(starts, product) for product in products])
    states /= states.max(axis=1, keepdims=True)
    in_order = states.reshape(n_in_turn, n_states, n_blocks, n_columns).transpose(1, 2, 0, 3)
    return in_order.reshape(n_states, n_blocks * n_in_turn, n_columns)[:, : chain.n_rows]


def backward(
    last: NDArray[np.float64], chain: Chain, multiply: Multiply = sum_product
) -> NDArray[np.float64]:
    """(n_states, n_rows, n_columns): ``last`` (n_states, n_columns) taken back along the chain."""
    return forward(last, chain.reversed(), multiply)[:, ::-1]


def _products(
    chain: Chain, n_in_turn: int, n_blocks: int, multiply: Multiply
) -> NDArray[np.float64]:
    """(n_in_turn, n_states, n_states, n_blocks * n_columns): from before a block to each row."""
    n_states, _, n_columns = chain.transition.shape
    evidence = _in_blocks(chain.evidence, n_in_turn, n_blocks)
    transition = np.tile(chain.transition, (1, 1, n_blocks))
    kinds = chain.kind_of
    products = np.empty((n_in_turn, n_states, n_states, n_blocks * n_columns))
    for row in range(n_in_turn):
        step = transition * evidence[kinds[:, np.newaxis], kinds, row]
        if row == 0:
            # The first block begins at row 0, to which nothing leads.
            step[:, :, :n_columns] = np.eye(n_states)[:, :, np.newaxis]
            products[row] = step
        else:
            products[row] = multiply(products[row - 1], step)
        products[row] /= products[row].max(axis=(0, 1))
    return products


def _in_blocks(evidence: NDArray[np.float64], n_in_turn: int, n_blocks: int) -> NDArray[np.float64]:
    """(n_kinds, n_kinds, n_in_turn, n_blocks * n_columns), filled up with rows that say nothing."""
    n_kinds, _, n_rows, n_columns = evidence.shape
    padded = np.ones((n_kinds, n_kinds, n_blocks * n_in_turn, n_columns))
    padded[:, :, :n_rows] = evidence
    blocks = padded.reshape(n_kinds, n_kinds, n_blocks, n_in_turn, n_columns)
    return blocks.transpose(0, 1, 3, 2, 4).reshape(
        n_kinds, n_kinds, n_in_turn, n_blocks * n_columns
    )


def _starts(
    first: NDArray[np.float64], whole: NDArray[np.float64], n_blocks: int, multiply: Multiply
) -> NDArray[np.float64]:
    """(n_states, n_blocks * n_columns): states before each block, of which ``whole`` leads out."""
    n_states, n_columns = first.shape
    by_block = whole.reshape(n_states, n_states, n_blocks, n_columns)
    starts = np.empty((n_states, n_blocks, n_columns))
    state = first
    for block in range(n_blocks):
        starts[:, block] = state
        state = multiply(state, by_block[:, :, block])
        state = state / state.max(axis=0)
    return starts.reshape(n_states, n_blocks * n_columns)
