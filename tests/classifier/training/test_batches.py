from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classifier.dataset.class_folders import read_class_folders
from classifier.dataset.images import RESIZE_RULES, read_image, resize_image
from classifier.dataset.record import Dataset
from classifier.training.epoch_order import EpochOrder, plan_epoch
from classifier.training.pairs import PAIRINGS

SIZE_PX = (32, 32)
RULE = "opencv_inter_area"


@pytest.fixture
def dataset(folder_dataset: Callable[..., Path]) -> Dataset:
    return read_class_folders(folder_dataset({"hook": 5, "grasper": 6}) / "train")


def images_of(
    dataset: Dataset,
    order: EpochOrder | None = None,
    *,
    rule: str = RULE,
    pairs: str = "none",
) -> np.ndarray:
    from classifier.training.batches import ImageSource

    source = ImageSource(dataset, size_px=SIZE_PX, resize_rule=rule, pairs=pairs)
    return np.concatenate([images for images, _ in source.batches(4, order)])


def test_images_come_as_read_with_their_labels(dataset: Dataset) -> None:
    from classifier.training.batches import ImageSource

    stream = list(ImageSource(dataset, size_px=SIZE_PX, resize_rule=RULE).batches(4))
    images, labels = (np.concatenate(part) for part in zip(*stream, strict=True))
    assert [len(batch) for batch, _ in stream] == [4, 4, 3]
    np.testing.assert_array_equal(labels, dataset.labels)
    for image, path in zip(images, dataset.paths, strict=True):
        np.testing.assert_array_equal(image, read_image(path, size_px=SIZE_PX))


@pytest.mark.parametrize("rule", RESIZE_RULES)
def test_batches_are_resized_by_the_rule_that_is_named(dataset: Dataset, rule: str) -> None:
    images = images_of(dataset, rule=rule)
    expected = [RESIZE_RULES[rule](read_image(path), SIZE_PX) for path in dataset.paths]
    np.testing.assert_array_equal(images, expected)
    (other,) = set(RESIZE_RULES) - {rule}
    assert not np.array_equal(images, images_of(dataset, rule=other))


def test_batches_hold_what_is_left_of_cut_images(dataset: Dataset) -> None:
    def left_half(image: np.ndarray) -> np.ndarray:
        return image[:, :24]

    images = images_of(replace(dataset, crops=(left_half,) * len(dataset)))
    expected = [resize_image(read_image(path)[:, :24], SIZE_PX) for path in dataset.paths]
    np.testing.assert_array_equal(images, expected)


def test_images_come_in_the_order_that_is_given(dataset: Dataset) -> None:
    order = plan_epoch(dataset, seed=(3,))
    listed = images_of(dataset)
    np.testing.assert_array_equal(images_of(dataset, order), listed[order.rows])


@pytest.mark.parametrize("pairs", PAIRINGS)
def test_pairs_are_made_of_their_two_images(dataset: Dataset, pairs: str) -> None:
    order = plan_epoch(dataset, seed=(3,), pair_share=0.5)
    listed = images_of(dataset)
    shown = images_of(dataset, order, pairs=pairs)
    assert (order.partners >= 0).any()
    for image, row, partner, seed in zip(
        shown, order.rows, order.partners, order.seeds, strict=True
    ):
        expected = listed[row]
        if partner >= 0:
            rng = np.random.default_rng(seed)
            expected = PAIRINGS[pairs](listed[row], listed[partner], rng)
        np.testing.assert_array_equal(image, expected)


def test_images_that_do_not_fit_are_read_anew(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = plan_epoch(dataset, seed=(3,), pair_share=0.5)
    expected = images_of(dataset, order, pairs="mixed")
    monkeypatch.setattr("classifier.training.batches._MOST_KEPT_BYTES", 0)
    np.testing.assert_array_equal(images_of(dataset, order, pairs="mixed"), expected)
