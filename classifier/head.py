"""The two ways in which a network's last layer answers, and what makes shares of its logits."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["Head", "link"]

Head = Literal["softmax", "sigmoid"]
"""``softmax``: one class an image, all compete; ``sigmoid``: each tool by itself."""


def link(head: Head, logits: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """(n, n_outputs) logits -> probabilities of every output, not calibrated."""
    values = logits.astype(np.float64)
    if head == "softmax":
        raised = np.exp(values - values.max(axis=1, keepdims=True))
        shares: NDArray[np.float64] = raised / raised.sum(axis=1, keepdims=True)
        return shares
    # tanh neither overflows nor loses digits on either side.
    probabilities: NDArray[np.float64] = 0.5 * (1 + np.tanh(values / 2))
    return probabilities
