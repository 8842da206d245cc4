"""The maps are Grad-CAM's by its definition, and each is its own image's alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.conftest import make_model_folder

if TYPE_CHECKING:
    from classifier.explanation.grad_cam import GradCam


@pytest.fixture(scope="module", params=["sigmoid", "softmax"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model_folder(tmp_path_factory.mktemp("models") / "m", head=request.param, seed=3)


@pytest.fixture(scope="module")
def grad_cam(model_folder: Path) -> GradCam:
    from classifier.explanation.grad_cam import load_grad_cam

    return load_grad_cam(model_folder, layer="conv5")


def built(folder: Path) -> Any:
    from classifier.model.bundle import read_model_folder
    from classifier.model.network import build_network
    from classifier.model.weights import read_weights

    bundle = read_model_folder(folder)
    network = build_network(bundle.config)
    read_weights(bundle.weights_path, network.logits)
    return network


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


def test_the_closed_form_is_the_gradient(folder: Path, images: NDArray[np.uint8]) -> None:
    from classifier.explanation.grad_cam import load_grad_cam

    network, maps = built(folder), load_grad_cam(folder, layer="conv5").explain(images[:5])
    head = network.head.get_weights()[0]
    for tool in range(3):
        gradients, expected = by_definition(network, images[:5], "conv5_block3_out", tool)
        everywhere = np.broadcast_to(head[:, tool] / 4, gradients.shape)
        np.testing.assert_allclose(gradients, everywhere, rtol=1e-5, atol=1e-9)
        assert np.ptp(expected) > 1e-3, "a flat map would prove nothing"
        np.testing.assert_allclose(maps[:, tool], expected, atol=1e-5)


def test_the_finer_layer_is_the_gradient_too(folder: Path, images: NDArray[np.uint8]) -> None:
    from classifier.explanation.grad_cam import load_grad_cam

    network, maps = built(folder), load_grad_cam(folder, layer="conv4").explain(images[:5])
    assert maps.shape == (5, 3, 4, 4)
    for tool in range(3):
        _, expected = by_definition(network, images[:5], "conv4_block6_out", tool)
        assert np.ptp(expected) > 1e-4
        np.testing.assert_allclose(maps[:, tool], expected, atol=1e-5)


def test_a_map_adds_up_to_the_logit(folder: Path, images: NDArray[np.uint8]) -> None:
    from classifier.explanation.grad_cam import explain_images

    network = built(folder)
    logits = network.logits.predict(images, verbose=0)[:, :3]
    bias = network.head.get_weights()[1][:3]
    maps = explain_images(folder, images, layer="conv5")
    np.testing.assert_allclose(maps.sum(axis=(2, 3)) + bias, logits, atol=1e-4)


@pytest.mark.parametrize("layer", ["conv5", "conv4"])
def test_a_map_does_not_depend_on_the_other_images(
    model_folder: Path, images: NDArray[np.uint8], layer: Any
) -> None:
    from classifier.explanation.grad_cam import load_grad_cam

    grad_cam = load_grad_cam(model_folder, layer=layer)
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
