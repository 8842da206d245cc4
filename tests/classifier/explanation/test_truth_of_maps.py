"""The sample model's maps lie on the tools, and would not if the model had learned nothing.

The renderer knows where every tool is. A random network is the control of Adebayo et al. 2018,
"Sanity checks for saliency maps": a map that outlives the weights explains the picture, not the
network.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

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

from classifier.config import ModelConfig
from classifier.model.bundle import read_model_folder

if TYPE_CHECKING:
    from classifier.model.network import Network

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


def sample_network() -> tuple[Network, ModelConfig]:
    from classifier.model.loading import network_of

    bundle = read_model_folder(SAMPLES / "model")
    return network_of(bundle), bundle.config


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


@dataclass(frozen=True, eq=False)
class Learned:
    """The sample model's maps of 28 pictures, and how alike others are to them."""

    images: NDArray[np.uint8]
    tools: list[int]
    """The column of each picture's own tool."""
    maps: NDArray[np.float32]

    def likeness(self, others: NDArray[np.float32]) -> float:
        return mean_rank_correlation(self.maps, others, self.tools)

    def likeness_of(self, network: Any, config: ModelConfig) -> float:
        from classifier.explanation.grad_cam import GradCam

        return self.likeness(GradCam(network, config, layer="conv5").explain(self.images))


@pytest.fixture(scope="module")
def learned(known: list[KnownTool]) -> Learned:
    from classifier.explanation.grad_cam import GradCam

    network, config = sample_network()
    images = np.stack([one.image for one in known[::2]])
    tools = [config.tools.index(one.tool) for one in known[::2]]
    return Learned(images, tools, GradCam(network, config, layer="conv5").explain(images))


def test_a_network_is_like_itself(learned: Learned) -> None:
    assert learned.likeness_of(*sample_network()) > 0.999


def test_the_maps_of_a_random_network_are_others(learned: Learned) -> None:
    from classifier.backend import keras
    from classifier.model.network import build_network

    keras.utils.set_random_seed(7)
    _, config = sample_network()
    assert abs(learned.likeness_of(build_network(config), config)) < 0.3


def test_the_maps_of_random_heads_are_others(learned: Learned) -> None:
    """Features see tools, whatever the head: single heads may agree by chance, their mean not."""
    from classifier.backend import keras
    from classifier.explanation.grad_cam import GradCam

    network, config = sample_network()
    # Keras' own initialisation would be no control: the head that was learned has hardly moved
    # from that of seed 1, from which training set out (their weights correlate by 0.95).
    kernel = network.head.kernel.numpy()[:, : len(config.tools)]
    drawn = [
        np.random.default_rng(100 + seed).normal(0, kernel.std(), kernel.shape) for seed in range(6)
    ]
    # All at once: one head of as many tools, since the features are the same for each.
    tools = tuple(f"{tool} {seed}" for seed in range(len(drawn)) for tool in config.tools)
    wide = ModelConfig(tools, "sigmoid", input_size_px=config.input_size_px)
    head = keras.layers.Dense(len(tools), dtype="float32")
    head.build((None, len(kernel)))
    head.set_weights([np.concatenate(drawn, axis=1, dtype=np.float32), np.zeros(len(tools))])
    maps = GradCam(replace(network, head=head), wide, layer="conv5").explain(learned.images)
    correlations = [learned.likeness(of_head) for of_head in np.split(maps, len(drawn), axis=1)]
    assert abs(float(np.mean(correlations))) < 0.4
    assert max(correlations) < 0.9
