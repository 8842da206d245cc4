"""A training that is stopped and resumed ends as if nothing had come in between."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from classifier.config import ModelConfig
from classifier.dataset.class_folders import read_class_folders
from classifier.errors import ClassifierError
from classifier.training.checkpoint import (
    Checkpoint,
    checkpoint_folder,
    require_decision,
    signature_of,
)
from classifier.training.progress import EpochRecord
from classifier.training.settings import TrainingSettings
from classifier.training.state import TrainingState
from classifier.training.validation import Validation

SIGNATURE = signature_of({"seed": 0}, "images", ["hook"])
SETTINGS = TrainingSettings(
    head="sigmoid",
    weights="none",
    epochs_head=2,
    epochs_fine=2,
    trainable="all",
    train_batch_norm=True,
    batch_size=8,
    pairs="pasted",
    augmentation="basic",
    patience=9,
)


@dataclasses.dataclass
class Training:
    """The same training, to be run whole or in pieces."""

    dataset: Path
    checkpoint: Checkpoint

    def run(
        self, *, stop_after: int | None = None, resume: bool = False
    ) -> tuple[bytes, tuple[EpochRecord, ...]]:
        """Weights and history; ``stop_after`` so many questions whether to stop."""
        from classifier.model.weights import weights_by_path
        from classifier.training.fitting import fit_network

        images = read_class_folders(self.dataset / "train").without_background()
        rows = np.arange(len(images))
        held_out = rows % 5 == 0
        n_asked = 0

        def should_stop() -> bool:
            nonlocal n_asked
            n_asked += 1
            return n_asked == stop_after

        fitted = fit_network(
            self.checkpoint.config,
            SETTINGS,
            train=images.take(rows[~held_out]),
            validation=images.take(rows[held_out]),
            checkpoint=self.checkpoint,
            resume=resume,
            should_stop=should_stop,
        )
        weights = sorted(weights_by_path(fitted.network.logits).items())
        return b"".join(np.asarray(v).tobytes() for _, v in weights), fitted.history


@pytest.fixture
def training(folder_dataset: Callable[..., Path], tmp_path: Path) -> Training:
    config = ModelConfig(tools=("grasper", "hook"), head="sigmoid", input_size_px=(32, 32))
    dataset = folder_dataset({"hook": 15, "grasper": 15})
    return Training(dataset, Checkpoint(tmp_path / "m-checkpoint", config, SIGNATURE))


@pytest.mark.slow
def test_a_resumed_training_equals_an_uninterrupted_one_bit_for_bit(training: Training) -> None:
    """Of 3 steps an epoch, it is stopped in the head's second, and in both of fine-tuning."""
    from classifier.training.loop import TrainingStoppedError

    whole = training.run()
    assert len(whole[1]) == 4
    stops = ((5, ("head", 1, 16)), (3, ("fine", 0, 16)), (3, ("fine", 1, 16)))
    for k, (n_asked, place) in enumerate(stops):
        with pytest.raises(TrainingStoppedError):
            training.run(stop_after=n_asked, resume=k > 0)
        state = training.checkpoint.read_state()
        assert (state.phase, state.epoch, state.n_shown) == place
    assert training.run(resume=True) == whole


@pytest.mark.slow
def test_what_an_interrupted_training_has_reached_can_be_used(training: Training) -> None:
    from classifier.prediction import load_classifier
    from classifier.training.loop import TrainingStoppedError

    with pytest.raises(TrainingStoppedError):
        training.run(stop_after=5)
    classifier = load_classifier(training.checkpoint.folder)
    probabilities, _ = classifier.predict(np.zeros((1, 32, 32, 3), dtype=np.uint8))
    assert np.isfinite(probabilities).all()


def state_with_history() -> TrainingState:
    record = EpochRecord("head", 1, 0.1, 0.9, 1 / 3, 0.8, None, 1e-3)
    return TrainingState(
        phase="fine",
        epoch=1,
        n_shown=24,
        loss_sum=0.1 + 0.2,
        history=[record],
        best=Validation(1 / 3, 0.8, None),
        best_weights={"head/kernel": np.full((2, 3), 1 / 3, dtype=np.float32)},
    )


class Variable:
    """What a checkpoint asks of a variable."""

    def __init__(self, value: np.ndarray) -> None:
        self.value = value

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    def __array__(self, dtype: object = None, copy: object = None) -> np.ndarray:
        return self.value

    def assign(self, value: np.ndarray) -> None:
        self.value = value


@pytest.fixture
def checkpoint(tmp_path: Path) -> Checkpoint:
    config = ModelConfig(tools=("hook",), head="sigmoid")
    return Checkpoint(tmp_path / "m-checkpoint", config, SIGNATURE)


def test_a_checkpoint_gives_back_every_bit(checkpoint: Checkpoint) -> None:
    thirds = np.float32(1) / np.arange(1, 7, dtype=np.float32)
    values: list[np.ndarray] = [thirds, np.array(2**40), np.array([7, 8], dtype=np.uint32)]
    state = state_with_history()
    checkpoint.write(state, [Variable(v) for v in values])
    read = checkpoint.read_state()
    assert read.to_plain() == state.to_plain()
    np.testing.assert_array_equal(read.best_weights["head/kernel"], np.float32(1 / 3))
    restored = [Variable(np.zeros_like(v)) for v in values]
    checkpoint.restore(restored)
    for variable, value in zip(restored, values, strict=True):
        assert variable.value.dtype == value.dtype
        np.testing.assert_array_equal(variable.value, value)


@pytest.mark.parametrize(
    ("parts", "named"),
    [
        (({"seed": 1}, "images", ["hook"]), "other settings"),
        (({"seed": 1}, "others", ["hook"]), "other settings and images"),
    ],
)
def test_a_checkpoint_of_another_training_is_refused(
    checkpoint: Checkpoint, parts: tuple[object, ...], named: str
) -> None:
    checkpoint.write(state_with_history(), [])
    other = dataclasses.replace(checkpoint, signature=signature_of(*parts))
    with pytest.raises(ClassifierError, match=named):
        other.read_state()


def test_a_damaged_checkpoint_is_named(checkpoint: Checkpoint) -> None:
    checkpoint.write(state_with_history(), [])
    path = checkpoint.folder / "training_state.h5"
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(ClassifierError, match=r"training_state\.h5: the checkpoint is damaged"):
        checkpoint.read_state()


def test_a_checkpoint_of_another_shape_is_refused(checkpoint: Checkpoint) -> None:
    checkpoint.write(state_with_history(), [Variable(np.zeros(3))])
    with pytest.raises(ClassifierError, match="of another network"):
        checkpoint.restore([Variable(np.zeros(4))])
    with pytest.raises(ClassifierError, match="damaged"):
        checkpoint.restore([Variable(np.zeros(3)), Variable(np.zeros(3))])


def test_variables_stored_elsewhere_are_not_read(checkpoint: Checkpoint, tmp_path: Path) -> None:
    checkpoint.write(state_with_history(), [])
    (tmp_path / "outside.raw").write_bytes(bytes(12))
    with h5py.File(checkpoint.folder / "training_state.h5", "r+") as file:
        external = [(str(tmp_path / "outside.raw"), 0, 12)]
        file.create_dataset("variables/00000", (3,), "float32", external=external)
    with pytest.raises(ClassifierError, match="damaged"):
        checkpoint.restore([Variable(np.zeros(3))])


def test_an_interrupted_training_is_neither_buried_nor_invented(checkpoint: Checkpoint) -> None:
    folder = checkpoint.folder
    assert folder == checkpoint_folder(folder.with_name("m"))
    require_decision(folder, resume=False, overwrite=False)
    with pytest.raises(ClassifierError, match="no interrupted training is there"):
        require_decision(folder, resume=True, overwrite=False)
    checkpoint.write(state_with_history(), [])
    require_decision(folder, resume=True, overwrite=False)
    require_decision(folder, resume=False, overwrite=True)
    with pytest.raises(ClassifierError, match="go on with --resume"):
        require_decision(folder, resume=False, overwrite=False)
    checkpoint.remove()
    assert not folder.exists()
