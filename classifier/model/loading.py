"""A model folder's network: built by our code, with the weights that lie in the folder."""

from __future__ import annotations

from classifier.model.bundle import ModelFolder
from classifier.model.network import Network, build_network
from classifier.model.weights import read_weights

__all__ = ["network_of"]


def network_of(folder: ModelFolder) -> Network:
    """Build the network of a folder and read its weights.

    Raises:
        ModelFolderError: the weights cannot be read.
    """
    network = build_network(folder.config)
    read_weights(folder.weights_path, network.logits)
    return network
