"""Whether a loaded network answers as it did when its folder was written.

The folder keeps what the network answered to pictures made by a formula (``self_test_images``).
Weights of another network, another preprocessing, another order of colours, weights so large that
every answer is the same, a library or a processor that computes wrongly: each changes those
answers, and none is noticed by looking at the weights one by one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from classifier.config import ModelConfig
from classifier.errors import ModelFolderError
from classifier.head import link
from classifier.model.self_test_images import FORMULA, synthetic_images

if TYPE_CHECKING:
    from classifier.model.network import Network

__all__ = ["SelfTestResult", "check_self_test", "make_self_test"]

Answer = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""(n, height, width, 3) uint8 RGB -> (n, n_outputs) logits, of background classes too."""


@dataclass(frozen=True)
class _Tolerance:
    probability: float
    """Largest difference of a probability."""
    logit: float
    """Largest difference of a logit, as a share of the largest one (of 1 if that is smaller)."""


_FULL = _Tolerance(probability=1e-3, logit=5e-3)
"""Processors that compute in float32 differ from one another by about 1e-5."""

_HALF = _Tolerance(probability=2e-2, logit=3e-2)
"""A float16 has 11 bits. With each layer's weights and results rounded to it and sums in float32,
as GPUs do it, the sample model's probabilities move by up to 0.004 and its logits by 0.2 %."""


@dataclass(frozen=True)
class SelfTestResult:
    """How far a network's answers are from those in its folder; None where it keeps none."""

    probability_difference: float | None
    logit_difference: float | None


def make_self_test(network: Network, config: ModelConfig) -> dict[str, Any]:
    """Answer the formula's pictures; the result is ``ModelConfig.self_test``.

    The network is built anew in float32 on the CPU with the weights of ``network``, whatever that
    one was trained in. It should have its final, rounded weights.

    Raises:
        ValueError: the answers are not finite, or the same for every picture.
    """
    from classifier.backend import precision_policy, tf
    from classifier.model.network import build_network
    from classifier.model.weights import weights_by_path

    with tf.device("/CPU:0"), precision_policy("float32"):
        plain = build_network(config)
        values = weights_by_path(network.logits)
        for name, variable in weights_by_path(plain.logits).items():
            variable.assign(np.asarray(values[name]))
        images = synthetic_images(config.input_size_px)
        logits = np.asarray(plain.logits(tf.constant(images), training=False))
    fault = _fault(logits)
    if fault is not None:
        raise ValueError(f"the network {fault}")
    rows = [[float(f"{value:.7g}") for value in row] for row in logits.tolist()]
    return {"images": FORMULA, "logits": rows}


def check_self_test(
    path: Path, config: ModelConfig, answer: Answer, *, half_precision: bool = False
) -> SelfTestResult:
    """Make sure that ``answer`` gives what the folder ``path`` says that its network answers.

    A folder from before self-tests has nothing to be held against; its answers must be finite, and
    not all the same.

    Raises:
        ModelFolderError: they are not, or differ from the stored ones.
    """
    stored = config.self_test
    if stored is not None and stored["images"] != FORMULA:
        raise ModelFolderError(
            path,
            f"its self-test uses the pictures {stored['images']!r}, which this version cannot make",
            hint="update this program",
        )
    logits = answer(synthetic_images(config.input_size_px)).astype(np.float32)
    fault = _fault(logits)
    if fault is not None:
        hint = "its weights are spoilt: train again, or copy the folder again"
        raise ModelFolderError(path, f"its network {fault}", hint=hint)
    if stored is None:
        return SelfTestResult(None, None)
    expected = np.array(stored["logits"], dtype=np.float32)
    if expected.shape != logits.shape:
        raise ModelFolderError(
            path, f"its self-test has answers of shape {expected.shape}, not {logits.shape}"
        )
    return _compared(path, config, logits, expected, _HALF if half_precision else _FULL)


def _compared(
    path: Path,
    config: ModelConfig,
    logits: NDArray[np.float32],
    expected: NDArray[np.float32],
    tolerance: _Tolerance,
) -> SelfTestResult:
    by_probability = float(abs(link(config.head, logits) - link(config.head, expected)).max())
    by_logit = float(abs(logits - expected).max())
    allowed = tolerance.logit * max(1.0, float(abs(expected).max()))
    if by_probability > tolerance.probability or by_logit > allowed:
        raise ModelFolderError(
            path,
            f"fails its self-test: probabilities are off by up to {by_probability:.2g}, logits by "
            f"{by_logit:.2g}",
            hint="weights, description and this program do not belong together: copy the folder "
            "again",
        )
    return SelfTestResult(by_probability, by_logit)


def _fault(logits: NDArray[np.float32]) -> str | None:
    """What makes answers useless whatever they should have been."""
    if not np.isfinite(logits).all():
        return "answers with numbers that are not finite"
    spread = np.ptp(logits, axis=0).max()
    # Less than float32's last digits: the pictures have not reached the answer.
    if spread <= 1e-6 * max(1.0, float(abs(logits).max())):
        return "answers the same to every picture"
    return None
