"""A folder's network as it was trained: whole, in float32 and on the CPU.

Slow, and therefore what faster forms of it (folded, frozen, in half precision, exported) are held
against.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from classifier.backend import precision_policy, tf
from classifier.model.bundle import ModelFolder
from classifier.model.loading import network_of
from classifier.model.network import Network

__all__ = ["plain_answer", "plain_network"]

_IMAGES_AT_ONCE = 8


def plain_network(folder: ModelFolder) -> Network:
    """Build the network of a folder and read its weights.

    Raises:
        ModelFolderError: the weights cannot be read.
    """
    with tf.device("/CPU:0"), precision_policy("float32"):
        return network_of(folder)


def plain_answer(network: Network) -> Callable[[NDArray[np.uint8]], NDArray[np.float32]]:
    """What gives the logits, (n, n_outputs), for (n, height, width, 3) uint8 RGB."""

    def answer(images: NDArray[np.uint8]) -> NDArray[np.float32]:
        with tf.device("/CPU:0"):
            return np.concatenate(
                [
                    np.asarray(network.logits(tf.constant(part), training=False))
                    for part in np.array_split(images, -(-len(images) // _IMAGES_AT_ONCE))
                ]
            )

    return answer
