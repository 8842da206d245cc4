"""Cross-validation: who judged whom, held against trainings made by hand."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from classifier.config import ModelConfig
from classifier.dataset.record import Dataset
from classifier.errors import DatasetError
from classifier.training.settings import TrainingSettings

SIZE_PX = (32, 32)
SETTINGS = TrainingSettings(
    head="sigmoid",
    weights="none",
    epochs_head=1,
    epochs_fine=0,
    batch_size=4,
    input_size_px=SIZE_PX,
    validation_share=0.4,
    augmentation="none",
    seed=3,
)
SIGMOID = ModelConfig(
    tools=("hook", "bag"), head="sigmoid", input_size_px=SIZE_PX, resize_rule=SETTINGS.resize_rule
)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Four recordings of three images in mixed order; the bag is shown by one of them alone."""
    folder = tmp_path_factory.mktemp("images")
    rng = np.random.default_rng(0)
    paths, labels, videos = [], [], []
    for i in range(12):
        video = f"v{i % 4}"
        path = folder / f"{i}.png"
        cv2.imwrite(str(path), rng.integers(0, 255, (40, 40, 3), dtype=np.uint8))
        paths.append(path)
        labels.append([i // 4 % 2, int(video == "v1"), 0])
        videos.append(video)
    return Dataset(
        source=folder,
        paths=tuple(paths),
        labels=np.array(labels, dtype=np.float32),
        tools=("hook", "bag"),
        background=("no_tool",),
        videos=tuple(videos),
    )


@pytest.mark.slow
def test_each_image_is_judged_by_a_network_that_never_saw_its_recording(dataset: Dataset) -> None:
    """The oracle of a fold is a training on the others, made by hand."""
    from classifier.dataset.splits import split_validation
    from classifier.evaluation.cross_validation import FoldEvent, cross_validate
    from classifier.prediction import ToolClassifier
    from classifier.training.fitting import fit_network

    events: list[FoldEvent] = []
    result = cross_validate(dataset, SIGMOID, SETTINGS, n_folds=2, progress=events.append)

    assert result.folds.by == "recording"
    assert result.images.paths == dataset.paths
    assert result.images.background == ()
    assert result.probabilities.shape == (12, 2)
    assert ((result.probabilities > 0) & (result.probabilities < 1)).all()
    assert sorted({(event.fold, event.n_folds) for event in events}) == [(1, 2), (2, 2)]
    assert [t.n_train + t.n_validation for t in result.trainings] == [6, 6]
    assert [t.n_judged for t in result.trainings] == [6, 6]
    assert [t.validation_by for t in result.trainings] == ["recording"] * 2
    assert [t.starting_weights for t in result.trainings] == ["random weights"] * 2

    # The recording with the bag is judged in one fold, whose training therefore had none.
    with_bag = int(result.folds.fold_of[1])
    assert [bool(t.unlearned) for t in result.trainings] == [fold == with_bag for fold in (0, 1)]
    assert result.trainings[with_bag].unlearned == ("bag",)

    judged = result.rows_of(with_bag)
    others = np.setdiff1d(np.arange(12), judged)
    images = dataset.without_background()
    assert not set(images.take(judged).videos or ()) & set(images.take(others).videos or ())
    train, validation = split_validation(images.take(others), share=0.4, seed=SETTINGS.seed)
    fitted = fit_network(SIGMOID, SETTINGS, train=train, validation=validation)
    network = ToolClassifier(fitted.network, SIGMOID, digest="", graph_images=8)
    read = [images.read(int(i), size_px=SIZE_PX, resize_rule=SETTINGS.resize_rule) for i in judged]
    expected, _ = network.predict(np.stack(read))
    np.testing.assert_array_equal(result.probabilities[judged], expected)


def test_what_cannot_be_parted_is_refused_before_anything_is_trained(dataset: Dataset) -> None:
    from classifier.evaluation.cross_validation import cross_validate

    events: list[object] = []
    with pytest.raises(DatasetError, match="4 recordings do not make 5 folds"):
        cross_validate(dataset, SIGMOID, SETTINGS, n_folds=5, progress=events.append)
    two = dataset.take(np.array([0, 1]))
    with pytest.raises(DatasetError, match="too few to learn from"):
        cross_validate(two, SIGMOID, SETTINGS, n_folds=2, progress=events.append)
    assert events == []


@pytest.mark.slow
def test_a_softmax_head_learns_its_background_too(dataset: Dataset) -> None:
    from classifier.evaluation.cross_validation import cross_validate

    single = Dataset(
        source=dataset.source,
        paths=dataset.paths,
        labels=np.eye(3, dtype=np.float32)[np.arange(12) % 3],
        tools=dataset.tools,
        background=dataset.background,
    )
    config = ModelConfig(
        tools=single.tools, head="softmax", background=single.background, input_size_px=SIZE_PX
    )
    result = cross_validate(single, config, SETTINGS, n_folds=2)
    assert result.folds.by == "random frames"
    assert [t.validation_by for t in result.trainings] == ["random frames"] * 2
    assert result.images.classes == ("hook", "bag", "no_tool")
    sums = result.probabilities.sum(axis=1)
    assert (sums < 1).all()
    assert (sums > 0).all()
