"""The sample model's maps lie on the tools, and would not if the model had learned nothing.

The renderer knows where every tool is. A random network is the control of Adebayo et al. 2018,
"Sanity checks for saliency maps": a map that outlives the weights explains the picture, not the
network.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from judge_grad_cam import (
    KnownTool,
    judge_peaks,
    known_images,
    peaks_of,
    rendered_tools,
)
from numpy.typing import NDArray
from scipy.stats import spearmanr

SAMPLES = Path(__file__).parents[3] / "samples"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def known() -> list[KnownTool]:
    return list(known_images(SAMPLES / "dataset" / "test"))


@pytest.fixture(scope="module")
def peaks(known: list[KnownTool]) -> list[tuple[int, int] | None]:
    return peaks_of(SAMPLES / "model", known)


def test_the_known_places_are_those_of_the_pictures(known: list[KnownTool]) -> None:
    """Tools are made of steel and plastic: where the shapes are, the pictures are not red."""
    assert len(known) == 56
    for one in known:
        redness = one.image[..., 0].astype(float) - one.image[..., 2]
        lit = one.image.sum(axis=2) > 60
        if one.tool != "specimen_bag":  # through which tissue is seen
            assert redness[one.body & lit].mean() < redness[~one.body & lit].mean() - 10


def test_the_peak_lies_on_the_tool(
    known: list[KnownTool], peaks: list[tuple[int, int] | None]
) -> None:
    share = judge_peaks(known, peaks)
    assert share.near >= 0.80
    # Stricter: within the box around the tip, and on the very pixels of the tool.
    assert share.box_and_cell >= 0.80
    assert share.tool >= 0.65
    for tool in {one.tool for one in known}:
        rows = [k for k, one in enumerate(known) if one.tool == tool]
        of_tool = judge_peaks([known[k] for k in rows], [peaks[k] for k in rows])
        assert of_tool.near >= 0.80, tool


def test_a_peak_lies_on_no_tool_of_another_picture(
    known: list[KnownTool], peaks: list[tuple[int, int] | None]
) -> None:
    """Else the measure would be too kind: a peak in the middle of every picture must not pass."""
    shifted = [*peaks[9:], *peaks[:9]]
    assert judge_peaks(known, shifted).near < 0.5
    assert judge_peaks(known, [(112, 112)] * len(known)).near < 0.6
    assert judge_peaks(known, [None] * len(known)).near == 0


def test_most_peaks_lie_on_the_tool_to_the_pixel(
    known: list[KnownTool], peaks: list[tuple[int, int] | None]
) -> None:
    assert judge_peaks(known, peaks).tool >= 0.80


def test_the_coarser_layer_lies_on_the_tool_less_often(
    known: list[KnownTool], peaks: list[tuple[int, int] | None]
) -> None:
    coarser = judge_peaks(known, peaks_of(SAMPLES / "model", known, layer="conv5"))
    assert coarser.near >= 0.80
    assert coarser.tool < judge_peaks(known, peaks).tool


def test_each_of_several_tools_has_the_peak_of_its_own() -> None:
    several = [one for one in rendered_tools(800_000, 2, one_tool=False) if one.others.any()]
    assert len(several) >= 10
    share = judge_peaks(several, peaks_of(SAMPLES / "model", several))
    assert share.near >= 0.80
    assert share.other <= 0.10


def sample_network() -> Any:
    from classifier.model.bundle import read_model_folder
    from classifier.model.network import build_network
    from classifier.model.weights import read_weights

    bundle = read_model_folder(SAMPLES / "model")
    network = build_network(bundle.config)
    read_weights(bundle.weights_path, network.logits)
    return network, bundle.config


def mean_rank_correlation(
    ones: NDArray[np.float32], others: NDArray[np.float32], tools: list[int]
) -> float:
    """Over the places of each picture's own tool, what speaks against it counting as zero."""
    of_each = []
    for k, tool in enumerate(tools):
        one, other = (np.maximum(maps[k, tool], 0).ravel() for maps in (ones, others))
        # Ranks of a map that is zero everywhere are all the same: it tells no order at all.
        is_flat = np.ptp(one) == 0 or np.ptp(other) == 0
        of_each.append(0.0 if is_flat else float(spearmanr(one, other).statistic))
    return float(np.mean(of_each))


@pytest.fixture(scope="module")
def compare(known: list[KnownTool]) -> Callable[[Any], float]:
    """How alike a network's maps are to those of the sample model, on 28 pictures."""
    from classifier.explanation.grad_cam import GradCam

    network, config = sample_network()
    images = np.stack([one.image for one in known[::2]])
    tools = [config.tools.index(one.tool) for one in known[::2]]
    learned = GradCam(network, config, layer="conv5").explain(images)

    def compared(other: Any) -> float:
        return mean_rank_correlation(
            learned, GradCam(other, config, layer="conv5").explain(images), tools
        )

    return compared


def test_a_network_is_like_itself(compare: Callable[[Any], float]) -> None:
    assert compare(sample_network()[0]) > 0.999


def test_the_maps_of_a_random_network_are_others(compare: Callable[[Any], float]) -> None:
    from classifier.backend import keras
    from classifier.model.network import build_network

    keras.utils.set_random_seed(7)
    assert abs(compare(build_network(sample_network()[1]))) < 0.3


def test_the_maps_of_a_random_head_are_others(compare: Callable[[Any], float]) -> None:
    """Features see tools, whatever the head: single heads may agree by chance, their mean not."""
    network, _ = sample_network()
    # Keras' own initialisation would be no control: the head that was learned has hardly moved
    # from that of seed 1, from which training set out (their weights correlate by 0.95).
    learned = network.head.kernel.numpy()
    correlations = []
    for seed in range(6):
        drawn = np.random.default_rng(100 + seed).normal(0, learned.std(), learned.shape)
        correlations.append(compare(replace(network, head=_head_like(network.head, drawn))))
    assert abs(float(np.mean(correlations))) < 0.4
    assert max(correlations) < 0.9


def _head_like(head: Any, kernel: NDArray[np.float64]) -> Any:
    from classifier.backend import keras

    other = keras.layers.Dense(kernel.shape[1], dtype="float32")
    other.build((None, kernel.shape[0]))
    other.set_weights([kernel.astype(np.float32), head.get_weights()[1]])
    return other
