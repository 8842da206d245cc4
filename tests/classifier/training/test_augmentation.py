"""What holds for every effect of augmentation, and for all of them together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from classifier.backend import keras, precision_policy, tf
from classifier.config import ModelConfig
from classifier.model.network import build_network
from classifier.model.weights import weights_by_path
from classifier.training.augmentation.pipeline import EFFECTS, STRENGTHS, build_augmentation
from tests.support.pictures import tissue

STRONGEST: dict[str, dict[str, Any]] = {
    "blood": {"thickness": (1.1, 1.1)},
    "glare": {"amount": (1.0, 1.0)},
    "smoke": {"thickness": (0.7, 0.7)},
    "defocus": {"sigma": (0.011, 0.011)},
    "motion_blur": {"length": (0.05, 0.05)},
    "vignette": {"strength": (0.6, 0.6)},
    "exposure": {"stops": (-0.7, -0.7), "gamma": (1.35, 1.35)},
    "compression": {"quality": (25.0, 25.0)},
}
every_effect = pytest.mark.parametrize("name", EFFECTS)


@pytest.fixture(scope="module")
def pictures() -> NDArray[np.uint8]:
    """(4, 96, 96, 3): the same scene each, so that only chance can tell them apart."""
    return np.stack([tissue(3, (96, 96))] * 4)


def effect(name: str, *, seed: int = 0, probability: float = 1.0, **strength: Any) -> Any:
    return EFFECTS[name](seed=seed, probability=probability, **strength)


def apply(layer: Any, images: NDArray[Any], *, training: bool = True) -> NDArray[np.float32]:
    return np.asarray(layer(images, training=training))


@every_effect
def test_nothing_changes_outside_of_training(name: str, pictures: NDArray[np.uint8]) -> None:
    seen = apply(effect(name), pictures, training=False)
    assert seen.dtype == np.float32
    np.testing.assert_array_equal(seen, pictures)


@every_effect
def test_an_active_effect_changes_each_picture_in_its_own_way(
    name: str, pictures: NDArray[np.uint8]
) -> None:
    seen = apply(effect(name), pictures)
    assert seen.dtype == np.float32
    assert seen.shape == pictures.shape
    assert seen.min() >= 0
    assert seen.max() <= 255
    changes = np.abs(seen - pictures).mean(axis=(1, 2, 3))
    # A spot of glare may be all that a picture gets.
    assert (changes > 0.02).all()
    for i in range(len(seen)):
        for k in range(i):
            assert np.abs(seen[i] - seen[k]).max() > 1


@every_effect
def test_the_same_seed_gives_the_same_sequence_and_another_another(
    name: str, pictures: NDArray[np.uint8]
) -> None:
    first, second, other = effect(name), effect(name), effect(name, seed=1)
    sequences = [[apply(layer, pictures) for _ in range(2)] for layer in (first, second, other)]
    np.testing.assert_array_equal(sequences[0], sequences[1])
    assert np.abs(sequences[0][0] - sequences[0][1]).max() > 1
    assert np.abs(sequences[0][0] - sequences[2][0]).max() > 1


@every_effect
def test_a_layer_is_rebuilt_from_its_config(name: str, pictures: NDArray[np.uint8]) -> None:
    layer = effect(name, probability=0.5, **STRONGEST.get(name, {}))
    twin = type(layer).from_config(layer.get_config())
    assert twin.get_config() == layer.get_config()
    np.testing.assert_array_equal(apply(twin, pictures), apply(layer, pictures))


@every_effect
def test_a_picture_is_changed_with_the_effects_probability(name: str) -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(60, 200, (10, 32, 32, 3), dtype=np.uint8)
    layer = effect(name, probability=0.25, **STRONGEST.get(name, {}))
    step = tf.function(lambda batch: layer(batch, training=True))
    n_changed = np.array(
        [(np.abs(step(images) - images).max(axis=(1, 2, 3)) > 0).sum() for _ in range(120)]
    )
    # Of 10, 2 or 3 each time, as often the one as the other; glare does not find a spot each time.
    assert n_changed.max() == 3
    assert n_changed.mean() == pytest.approx(2.5, abs=0.17 if name != "glare" else 0.7)


@every_effect
def test_no_picture_is_changed_with_probability_zero(
    name: str, pictures: NDArray[np.uint8]
) -> None:
    np.testing.assert_array_equal(apply(effect(name, probability=0.0), pictures), pictures)


@every_effect
def test_a_compiled_step_gives_the_same_pixels(name: str, pictures: NDArray[np.uint8]) -> None:
    eager, compiled = effect(name), effect(name)
    step = tf.function(
        lambda batch: compiled(batch, training=True),
        input_signature=[tf.TensorSpec((None, 96, 96, 3), tf.uint8)],
    )
    for _ in range(2):
        np.testing.assert_allclose(step(pictures), apply(eager, pictures), atol=0.01)


@pytest.mark.parametrize("name", STRONGEST)
def test_the_strongest_effect_leaves_the_scene_and_its_tool(name: str) -> None:
    """Structure is the correlation of brightness; the tool is told from tissue by its colour."""
    images = np.stack([tissue(seed) for seed in range(4)])
    seen = apply(effect(name, **STRONGEST[name]), images)
    for before, after in zip(images, seen, strict=True):
        assert np.corrcoef(before.mean(axis=2).ravel(), after.mean(axis=2).ravel())[0, 1] > 0.7
        assert 0.35 < after.mean() / before.mean() < 1.9
        assert _contrast(after, before) > 0.25 * _contrast(before, before)


def _contrast(image: NDArray[Any], original: NDArray[np.uint8]) -> float:
    """Distance of the colours of the steel shaft and of what lies around it, in levels."""
    steel = np.abs(original.astype(int) - (200, 205, 210)).max(axis=2) < 4
    rows, columns = np.nonzero(steel)
    around = np.zeros_like(steel)
    around[rows.min() : rows.max(), columns.min() : columns.max()] = True
    around &= ~steel & (original.max(axis=2) > 20)
    return float(np.linalg.norm(image[steel].mean(axis=0) - image[around].mean(axis=0)))


@pytest.mark.parametrize("strength", STRENGTHS)
def test_all_strengths_leave_pictures_alone_outside_of_training(
    strength: Any, pictures: NDArray[np.uint8]
) -> None:
    seen = apply(build_augmentation(seed=0, strength=strength), pictures, training=False)
    assert seen.dtype == np.float32
    np.testing.assert_array_equal(seen, pictures)


def test_an_unknown_strength_is_refused() -> None:
    with pytest.raises(ValueError, match="none, basic, endoscopic"):
        build_augmentation(seed=0, strength="strong")  # type: ignore[arg-type]


@every_effect
def test_an_impossible_probability_or_range_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="probability lies in"):
        effect(name, probability=1.5)
    settings = effect(name).get_config()
    ranges = {key: values for key, values in settings.items() if isinstance(values, tuple)}
    assert ranges
    for key, values in ranges.items():
        with pytest.raises(ValueError, match=f"{key} must rise"):
            EFFECTS[name](seed=0, **{key: values[::-1]})


@pytest.mark.parametrize("strength", ["basic", "endoscopic"])
def test_a_restored_state_continues_the_sequence_bit_for_bit(
    strength: Any, pictures: NDArray[np.uint8]
) -> None:
    augmentation = build_augmentation(seed=7, strength=strength)
    apply(augmentation, pictures)
    state = list(_states(augmentation).values())
    expected = [apply(augmentation, pictures) for _ in range(3)]
    resumed = build_augmentation(seed=8, strength=strength)
    for variable, value in zip(resumed.variables, state, strict=True):
        variable.assign(value)
    np.testing.assert_array_equal([apply(resumed, pictures) for _ in range(3)], expected)


def test_states_have_the_same_names_however_many_were_built_before() -> None:
    first, second = (build_augmentation(seed=0, strength="endoscopic") for _ in range(2))
    assert list(_states(first)) == list(_states(second))
    assert len(_states(first)) == len(EFFECTS)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_half_precision_around_it_changes_nothing(dtype: Any, pictures: NDArray[np.uint8]) -> None:
    images = pictures.astype(dtype) if dtype is np.uint8 else pictures + np.float32(0.3)
    expected = apply(build_augmentation(seed=0, strength="endoscopic"), images)
    with precision_policy("bfloat16"):
        seen = build_augmentation(seed=0, strength="endoscopic")(images, training=True)
    assert seen.dtype == "float32"
    np.testing.assert_array_equal(seen, expected)


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_network_trains_with_it_and_keeps_its_state_out_of_the_weights_file(
    precision: str,
) -> None:
    config = ModelConfig(tools=("hook", "bag"), head="sigmoid", input_size_px=(64, 64))
    augmentation = build_augmentation(seed=0, strength="endoscopic")
    model = build_network(config, augmentation=augmentation, precision=precision).logits
    before = _states(augmentation)
    assert len(before) == len(EFFECTS)
    assert set(before) <= {variable.path for variable in model.variables}
    model.compile("sgd", keras.losses.BinaryCrossentropy(from_logits=True), jit_compile=False)
    images = np.stack([tissue(seed, (64, 64)) for seed in range(5)])
    history = model.fit(images, np.eye(2)[[0, 1, 0, 1, 0]], batch_size=2, verbose=0).history
    assert np.isfinite(history["loss"]).all()
    after = _states(augmentation)
    assert all((after[path] != before[path]).any() for path in before)
    assert not any("seed_generator" in path for path in weights_by_path(model))


def _states(layer: Any) -> dict[str, NDArray[Any]]:
    states = {v.path: np.asarray(v).copy() for v in layer.variables}
    assert all("seed_generator" in path for path in states)
    return states
