"""Whether an exported model answers as the network that it was made from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier.config import ModelConfig
from classifier.head import link
from classifier.model.self_test_images import FORMULA, synthetic_images

__all__ = ["TOLERANCE", "Parity", "measure_parity", "parity_images"]

TOLERANCE = 1e-3
"""Largest difference of a probability that an export may have."""

_N_NOISE = 8
_SEED = 0
_N_AT_ONCE = 5
"""Images in one call: does not divide their number, so that the number is seen to be free."""

Answer = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
Exported = Callable[[NDArray[np.uint8]], Mapping[str, NDArray[np.float32]]]


@dataclass(frozen=True)
class Parity:
    """How far an exported model is from the network, over all images and outputs."""

    n_images: int
    images: str
    max_probability_difference: float
    max_logit_difference: float
    tolerance: float = TOLERANCE

    @property
    def holds(self) -> bool:
        """Whether every probability is as close as it has to be; not where one is no number."""
        return self.max_probability_difference <= self.tolerance


def measure_parity(config: ModelConfig, network: Answer, exported: Exported) -> Parity:
    """Ask both the same images; compare logits, and the tools' probabilities before calibration.

    Raises:
        ValueError: the exported model gives outputs of another shape.
    """
    images = parity_images(config.input_size_px)
    expected = network(images)
    parts = [exported(images[k : k + _N_AT_ONCE]) for k in range(0, len(images), _N_AT_ONCE)]
    probabilities, logits = (
        np.concatenate([part[name] for part in parts]) for name in ("probabilities", "logits")
    )
    expected_probabilities = link(config.head, expected)[:, : len(config.tools)]
    if probabilities.shape != expected_probabilities.shape or logits.shape != expected.shape:
        raise ValueError(
            f"outputs of shape {probabilities.shape} and {logits.shape}, expected "
            f"{expected_probabilities.shape} and {expected.shape}"
        )
    return Parity(
        n_images=len(images),
        images=f"{len(images) - _N_NOISE} by the formula {FORMULA}, {_N_NOISE} of noise (seed "
        f"{_SEED})",
        max_probability_difference=float(abs(probabilities - expected_probabilities).max()),
        max_logit_difference=float(abs(logits - expected).max()),
    )


def parity_images(input_size_px: tuple[int, int]) -> NDArray[np.uint8]:
    """(16, height, width, 3): the self-test's pictures, and noise from fine to coarse."""
    height, width = input_size_px
    rng = np.random.default_rng(_SEED)
    noise = []
    for k in range(_N_NOISE):
        side = 2 ** (k % 6)
        grains = rng.integers(0, 256, (-(-height // side), -(-width // side), 3), dtype=np.uint8)
        noise.append(grains.repeat(side, axis=0).repeat(side, axis=1)[:height, :width])
    return np.concatenate([synthetic_images(input_size_px), np.stack(noise)])
