"""The maps are Grad-CAM's by its definition, and each is its own image's alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from numpy.typing import NDArray

if TYPE_CHECKING:
    from classifier.explanation.grad_cam import GradCam


@dataclass(frozen=True)
class Explained:
    """A network, and what gives its maps at each layer."""

    network: Any
    grad_cam: dict[str, GradCam]


def explained(folder: Path) -> Explained:
    from classifier.explanation.grad_cam import LAYERS, GradCam
    from classifier.model.bundle import read_model_folder
    from classifier.model.loading import network_of

    bundle = read_model_folder(folder)
    network = network_of(bundle)
    each = {layer: GradCam(network, bundle.config, layer=layer) for layer in LAYERS}  # type: ignore[arg-type]
    return Explained(network, each)


@pytest.fixture(scope="module", params=["model_folder", "softmax_folder"])
def of_head(request: pytest.FixtureRequest) -> Explained:
    """One with each kind of head."""
    return explained(request.getfixturevalue(request.param))


@pytest.fixture(scope="module")
def sigmoid(model_folder: Path) -> Explained:
    return explained(model_folder)


@pytest.fixture
def grad_cam(sigmoid: Explained) -> GradCam:
    return sigmoid.grad_cam["conv5"]


def by_definition(network: Any, images: NDArray[np.uint8], layer: str, tool: int) -> Any:
    """Gradients of one logit at one layer, and the map of Selvaraju et al., eq. 1 and 2."""
    from classifier.backend import keras, tf
    from classifier.model.network import CaffePreprocessing

    inner = network.backbone.get_layer(layer).output
    both = keras.Model(network.backbone.input, [inner, network.backbone.output])
    seen = tf.convert_to_tensor(CaffePreprocessing()(images))
    with tf.GradientTape() as tape:
        tape.watch(seen)
        activations, features = both(seen, training=False)
        logit = network.head(features)[:, tool]
    gradients = tape.gradient(logit, activations).numpy()
    weights = gradients.mean(axis=(1, 2))
    return gradients, np.einsum("nijk,nk->nij", activations.numpy(), weights)


def test_the_closed_form_is_the_gradient(of_head: Explained, images: NDArray[np.uint8]) -> None:
    network, maps = of_head.network, of_head.grad_cam["conv5"].explain(images[:5])
    head = network.head.get_weights()[0]
    for tool in range(3):
        gradients, expected = by_definition(network, images[:5], "conv5_block3_out", tool)
        everywhere = np.broadcast_to(head[:, tool] / 4, gradients.shape)
        np.testing.assert_allclose(gradients, everywhere, rtol=1e-5, atol=1e-9)
        assert np.ptp(expected) > 1e-3, "a flat map would prove nothing"
        np.testing.assert_allclose(maps[:, tool], expected, atol=1e-5)


def test_the_finer_layer_is_the_gradient_too(of_head: Explained, images: NDArray[np.uint8]) -> None:
    network, maps = of_head.network, of_head.grad_cam["conv4"].explain(images[:5])
    assert maps.shape == (5, 3, 4, 4)
    for tool in range(3):
        _, expected = by_definition(network, images[:5], "conv4_block6_out", tool)
        assert np.ptp(expected) > 1e-4
        np.testing.assert_allclose(maps[:, tool], expected, atol=1e-5)


def test_a_map_adds_up_to_the_logit(of_head: Explained, images: NDArray[np.uint8]) -> None:
    logits = of_head.network.logits.predict(images, verbose=0)[:, :3]
    bias = of_head.network.head.get_weights()[1][:3]
    maps = of_head.grad_cam["conv5"].explain(images)
    np.testing.assert_allclose(maps.sum(axis=(2, 3)) + bias, logits, atol=1e-4)


@pytest.mark.parametrize("layer", ["conv5", "conv4"])
def test_a_map_does_not_depend_on_the_other_images(
    sigmoid: Explained, images: NDArray[np.uint8], layer: str
) -> None:
    grad_cam = sigmoid.grad_cam[layer]
    together = grad_cam.explain(images)
    for n_at_once in (1, 3, 11):
        parts = [
            grad_cam.explain(images[i : i + n_at_once]) for i in range(0, len(images), n_at_once)
        ]
        np.testing.assert_array_equal(np.concatenate(parts), together)


def test_chosen_tools_come_in_the_order_asked_for(
    grad_cam: GradCam, images: NDArray[np.uint8]
) -> None:
    every = grad_cam.explain(images[:2])
    assert every.shape == (2, 3, 2, 2)
    assert every.dtype == np.float32
    chosen = grad_cam.explain(images[:2], tools=["scissors", "grasper"])
    np.testing.assert_array_equal(chosen, every[:, [2, 0]])


def test_no_images_have_no_maps(grad_cam: GradCam) -> None:
    assert grad_cam.explain(np.zeros((0, 64, 64, 3), np.uint8)).shape == (0, 3, 2, 2)


def test_what_the_network_does_not_know_is_refused(
    grad_cam: GradCam, images: NDArray[np.uint8]
) -> None:
    with pytest.raises(ValueError, match="got 'hammer'"):
        grad_cam.explain(images, tools=["hook", "hammer"])
    with pytest.raises(ValueError, match=r"images must be uint8 of shape \(n, 64, 64, 3\)"):
        grad_cam.explain(images[:, :32])
    with pytest.raises(ValueError, match="images must be uint8"):
        grad_cam.explain(images.astype(np.float32))
