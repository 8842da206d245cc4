from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classifier.dataset.class_folders import read_class_folders
from classifier.dataset.images import RESIZE_RULES, read_image, resize_image
from classifier.dataset.record import Dataset


@pytest.fixture
def dataset(folder_dataset: Callable[..., Path]) -> Dataset:
    return read_class_folders(folder_dataset({"hook": 5, "grasper": 6}) / "train")


def epochs(dataset: Dataset, n_epochs: int, **options: object) -> list[np.ndarray]:
    from classifier.training.batches import image_batches

    given = {"resize_rule": "opencv_inter_area"} | options
    stream = image_batches(dataset, size_px=(32, 32), batch_size=4, **given)  # type: ignore[arg-type]
    return [np.concatenate([images for images, *_ in stream]) for _ in range(n_epochs)]


def test_images_come_as_read_with_their_labels_and_weights(dataset: Dataset) -> None:
    from classifier.training.batches import image_batches

    weights = np.arange(len(dataset), dtype=np.float32)
    stream = image_batches(
        dataset,
        size_px=(32, 32),
        resize_rule="opencv_inter_area",
        batch_size=4,
        sample_weights=weights,
    )
    images, labels, given = (np.concatenate(part) for part in zip(*stream, strict=True))
    assert [len(batch) for batch, *_ in stream] == [4, 4, 3]
    np.testing.assert_array_equal(labels, dataset.labels)
    np.testing.assert_array_equal(given, weights)
    for image, path in zip(images, dataset.paths, strict=True):
        np.testing.assert_array_equal(image, read_image(path, size_px=(32, 32)))


@pytest.mark.parametrize("rule", RESIZE_RULES)
def test_batches_are_resized_by_the_rule_that_is_named(dataset: Dataset, rule: str) -> None:
    (images,) = epochs(dataset, 1, resize_rule=rule)
    expected = [RESIZE_RULES[rule](read_image(path), (32, 32)) for path in dataset.paths]
    np.testing.assert_array_equal(images, expected)
    (other,) = set(RESIZE_RULES) - {rule}
    assert not np.array_equal(images, epochs(dataset, 1, resize_rule=other)[0])


def test_batches_hold_what_is_left_of_cut_images(dataset: Dataset) -> None:
    def left_half(image: np.ndarray) -> np.ndarray:
        return image[:, :24]

    (images,) = epochs(replace(dataset, crops=(left_half,) * len(dataset)), 1)
    expected = [resize_image(read_image(path)[:, :24], (32, 32)) for path in dataset.paths]
    np.testing.assert_array_equal(images, expected)


def test_each_epoch_has_another_order_and_each_seed_its_own(dataset: Dataset) -> None:
    first, second = epochs(dataset, 2, shuffle_seed=3)
    assert not np.array_equal(first, second)
    assert sorted(image.tobytes() for image in first) == sorted(i.tobytes() for i in second)
    np.testing.assert_array_equal(epochs(dataset, 1, shuffle_seed=3)[0], first)
    assert not np.array_equal(epochs(dataset, 1, shuffle_seed=4)[0], first)


def test_images_that_do_not_fit_are_read_anew(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = epochs(dataset, 2, shuffle_seed=3)
    monkeypatch.setattr("classifier.training.batches._MOST_KEPT_BYTES", 0)
    np.testing.assert_array_equal(epochs(dataset, 2, shuffle_seed=3), expected)
