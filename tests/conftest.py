"""What several rooms' tests need: a model folder with random weights, its classifier, images."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

if TYPE_CHECKING:
    from classifier.prediction import ToolClassifier

SHARED = Path(__file__).parents[2] / "shared"


_POLICY = os.sched_getscheduler(0) if hasattr(os, "sched_getscheduler") else None


@pytest.fixture(autouse=True)
def _scheduled_like_others() -> Iterator[None]:
    """A test that leaves this process under real-time scheduling starves the ones after it."""
    yield
    assert _POLICY is None or os.sched_getscheduler(0) == _POLICY


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real data for development, beside the checkout; absent elsewhere."""
    if not SHARED.is_dir():
        pytest.skip("no ../shared here")
    return SHARED


def make_model_folder(folder: Path, *, head: str = "sigmoid", seed: int = 0) -> Path:
    """A model folder of three tools whose weights are random, batch-normalisation's too."""
    from classifier.backend import keras
    from classifier.config import ModelConfig
    from classifier.model.bundle import WEIGHTS_NAME, write_config
    from classifier.model.network import build_network
    from classifier.model.weights import round_weights, write_weights

    keras.utils.set_random_seed(seed)
    config = ModelConfig(
        tools=("grasper", "hook", "scissors"),
        head=head,  # type: ignore[arg-type]
        background=("no_tool",) if head == "softmax" else (),
        input_size_px=(64, 64),
    )
    network = build_network(config)
    rng = np.random.default_rng(seed)
    for layer in network.backbone.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            n = len(layer.get_weights()[0])
            layer.set_weights(
                [
                    rng.uniform(0.7, 1.1, n),
                    rng.normal(0, 0.1, n),
                    rng.normal(0, 0.1, n),
                    rng.uniform(0.8, 1.2, n),
                ]
            )
    round_weights(network.logits)
    folder.mkdir(parents=True)
    write_weights(folder / WEIGHTS_NAME, network.logits)
    write_config(folder, config)
    return folder


@pytest.fixture(scope="session")
def load_once() -> Iterator[Callable[[Path], Path]]:
    """Has a model folder that tests share loaded once in this process, whoever loads it.

    Loading takes as long as most tests. Nothing is replaced: it is the real classifier of that very
    folder, which no test may change.
    """
    from classifier import prediction

    load, shared = prediction.load_classifier, set[Path]()
    load_and_keep = functools.cache(load)

    def load_classifier(path: str | Path, *, batch_size: int | None = None) -> ToolClassifier:
        chosen = load_and_keep if Path(path) in shared else load
        return chosen(Path(path), batch_size=batch_size)

    def share(folder: Path) -> Path:
        shared.add(folder)
        return folder

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prediction, "load_classifier", load_classifier)
        yield share


@pytest.fixture(scope="session")
def model_folder(
    load_once: Callable[[Path], Path], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A sigmoid model of 64 x 64 px with random weights."""
    return load_once(make_model_folder(tmp_path_factory.mktemp("models") / "random"))


@pytest.fixture(scope="session")
def classifier(model_folder: Path) -> ToolClassifier:
    """The classifier of ``model_folder``."""
    from classifier.prediction import load_classifier

    return load_classifier(model_folder)


@pytest.fixture(scope="session")
def softmax_folder(
    load_once: Callable[[Path], Path], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A softmax model of 64 x 64 px with a background class and random weights."""
    folder = tmp_path_factory.mktemp("models") / "softmax"
    return load_once(make_model_folder(folder, head="softmax"))


@pytest.fixture(scope="session")
def softmax_classifier(softmax_folder: Path) -> ToolClassifier:
    """The classifier of ``softmax_folder``."""
    from classifier.prediction import load_classifier

    return load_classifier(softmax_folder)


@pytest.fixture(scope="session")
def images() -> NDArray[np.uint8]:
    """(21, 64, 64, 3) different pictures: gradients with noise."""
    rng = np.random.default_rng(5)
    ramp = np.linspace(0, 200, 64)[:, np.newaxis, np.newaxis]
    noise = rng.integers(0, 55, (21, 64, 64, 3))
    return (ramp * rng.random((21, 1, 1, 3)) + noise).astype(np.uint8)


@pytest.fixture
def folder_dataset(tmp_path: Path) -> Callable[..., Path]:
    """Makes a folder dataset whose classes differ in colour."""

    def make(
        classes: dict[str, int], *, split: str = "train", root: Path | None = None, seed: int = 0
    ) -> Path:
        dataset = root if root is not None else tmp_path / "dataset"
        return add_class_folders(dataset, classes, split=split, seed=seed)

    return make


def add_class_folders(
    dataset: Path, classes: dict[str, int], *, split: str = "train", seed: int = 0
) -> Path:
    """Make class folders of so many images each, told apart by colour."""
    rng = np.random.default_rng(seed)
    for k, (name, n_images) in enumerate(classes.items()):
        folder = dataset / split / name
        folder.mkdir(parents=True, exist_ok=True)
        for i in range(n_images):
            image = rng.integers(0, 90, (40, 48, 3), dtype=np.uint8)
            image[..., k % 3] += np.uint8(120)
            cv2.imwrite(str(folder / f"{split}{i:03}.jpg"), image)
    return dataset
