from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray

from classifier.dataset.field_of_view import chosen_finder, cut_to_field_of_view
from classifier.dataset.images import read_image, resize_image
from classifier.dataset.record import Dataset
from classifier.dataset.table import read_table
from classifier.evaluation.judging import evaluate_images
from classifier.training.settings import TrainingSettings
from tests.support.discs import border_px, draw_disc, write_disc
from video_pipeline.cli.field_of_view import find_crop
from video_pipeline.frames.pictures.field_of_view import find_field_of_view

if TYPE_CHECKING:
    from classifier.dataset.record import Crop
    from classifier.prediction import ToolClassifier

SIZE_PX = (64, 64)


def table_of_discs(folder: Path, rows: list[tuple[str, str, int]]) -> Dataset:
    """Image, recording and radius of each row."""
    lines = ["image,video,grasper,hook,scissors"]
    for name, video, radius_px in rows:
        write_disc(folder / name, (200, 120, 90), radius_px=radius_px)
        lines.append(f"{name},{video},0,1,0")
    (folder / "labels.csv").write_text("\n".join(lines) + "\n")
    return read_table(folder)


def read_all(dataset: Dataset) -> NDArray[np.uint8]:
    rows = range(len(dataset))
    return np.stack([dataset.read(i, size_px=SIZE_PX, resize_rule="swscale_area") for i in rows])


class Counting:
    """The real finder, which also remembers from how many pictures it judged each time."""

    def __init__(self) -> None:
        self.n_judged: list[int] = []

    def __call__(self, images: Iterable[NDArray[np.uint8]]) -> Crop:
        pictures = list(images)
        self.n_judged.append(len(pictures))
        return find_crop(pictures)


def test_the_commands_finder_is_the_pipelines() -> None:
    image = draw_disc((200, 100, 80))
    found = find_crop([image])(image)
    np.testing.assert_array_equal(found, find_field_of_view([image]).crop(image))
    assert found.shape < image.shape


def test_single_images_lose_their_black_border(tmp_path: Path) -> None:
    dataset = table_of_discs(tmp_path, [("a.png", "", 50), ("b.png", "", 40)])
    assert border_px(read_all(dataset)).min() > 10
    assert border_px(read_all(cut_to_field_of_view(dataset, find_crop))).max() <= 1


def test_single_images_are_judged_each_for_itself(tmp_path: Path) -> None:
    dataset = table_of_discs(tmp_path, [("a.png", "", 50), ("b.png", "", 40)])
    for without in (dataset, replace(dataset, videos=None)):
        for path, found in zip(
            dataset.paths, read_all(cut_to_field_of_view(without, find_crop)), strict=True
        ):
            whole = read_image(path)
            part = find_field_of_view([whole]).crop(whole)
            expected = resize_image(part, SIZE_PX, rule="swscale_area")
            np.testing.assert_array_equal(found, expected)


def test_a_recording_is_judged_as_one(tmp_path: Path) -> None:
    """Its picture grew once, and all its images are cut to what was ever shown."""
    rows = [(f"{i}.png", "v1", 40 if i < 5 else 50) for i in range(10)]
    dataset = table_of_discs(tmp_path, [*rows, ("other.png", "v2", 40)])
    read = read_all(cut_to_field_of_view(dataset, find_crop))
    assert (border_px(read) > 4).tolist() == [True] * 5 + [False] * 6
    pictures = [read_image(path) for path in dataset.paths[:10]]
    part = find_field_of_view(pictures).crop(pictures[0])
    np.testing.assert_array_equal(read[0], resize_image(part, SIZE_PX, rule="swscale_area"))


def test_a_long_recording_is_judged_once_from_sixteen_images(tmp_path: Path) -> None:
    rows = [(f"{i:02}.png", "v1", 50) for i in range(40)]
    dataset = table_of_discs(tmp_path, [*rows, ("z.png", "v2", 50)])
    finder = Counting()
    read_all(cut_to_field_of_view(dataset, finder))
    assert finder.n_judged == [16, 1]


def test_a_recordings_judgement_does_not_depend_on_the_rows_order(tmp_path: Path) -> None:
    """Of 31 images every second is asked, from the first to the last: three of them are larger."""
    rows = [(f"{i:02}.png", "v1", 50 if i in {0, 4, 30} else 40) for i in range(31)]
    dataset = table_of_discs(tmp_path, rows)
    shuffled = dataset.take(np.random.default_rng(0).permutation(len(dataset)))
    expected = dict(
        zip(dataset.paths, read_all(cut_to_field_of_view(dataset, find_crop)), strict=True)
    )
    assert border_px(expected[dataset.paths[0]][np.newaxis]) <= 1
    for path, found in zip(
        shuffled.paths, read_all(cut_to_field_of_view(shuffled, find_crop)), strict=True
    ):
        np.testing.assert_array_equal(found, expected[path])


def test_unreadable_images_of_a_recording_are_passed_over(tmp_path: Path) -> None:
    rows = [("a.png", "v1", 50), ("b.png", "v1", 50), ("c.png", "v2", 50)]
    dataset = table_of_discs(tmp_path, rows)
    for name in ("a.png", "c.png"):
        (tmp_path / name).write_bytes(b"no image")
    cut = cut_to_field_of_view(dataset, find_crop)
    assert border_px(read_all(cut.take(np.array([1])))) <= 1


def test_without_a_finder_images_stay_whole(tmp_path: Path) -> None:
    dataset = table_of_discs(tmp_path, [("a.png", "v1", 50)])
    assert cut_to_field_of_view(dataset, chosen_finder(find_crop, crops=False)).crops is None


def test_evaluation_prepares_images_as_the_model_says(
    tmp_path: Path, classifier: ToolClassifier
) -> None:
    rows = [("a.png", "v1", 50), ("b.png", "v1", 45), ("c.png", "v2", 45), ("d.png", "", 45)]
    dataset = table_of_discs(tmp_path, rows)
    cropping = copy.copy(classifier)
    cropping.config = replace(
        classifier.config, crops_field_of_view=True, resize_rule="swscale_area"
    )
    assert (cropping.crops_field_of_view, cropping.resize_rule) == (True, "swscale_area")
    found = evaluate_images(cropping, tmp_path, field_of_view_finder=find_crop).probabilities
    cut = read_all(cut_to_field_of_view(dataset, find_crop))
    np.testing.assert_array_equal(found, classifier.predict(cut)[0])

    whole = np.stack([read_image(path, size_px=SIZE_PX) for path in dataset.paths])
    found = evaluate_images(classifier, tmp_path, field_of_view_finder=find_crop).probabilities
    np.testing.assert_array_equal(found, classifier.predict(whole)[0])
    assert np.abs(classifier.predict(whole)[0] - classifier.predict(cut)[0]).max() > 0.01


def test_a_model_that_crops_is_not_judged_without_a_finder(
    tmp_path: Path, classifier: ToolClassifier
) -> None:
    cropping = copy.copy(classifier)
    cropping.config = replace(classifier.config, crops_field_of_view=True)
    with pytest.raises(ValueError, match="cut to the endoscope's picture, which needs a field_of"):
        evaluate_images(cropping, tmp_path)


def test_training_that_crops_is_not_begun_without_a_finder(
    folder_dataset: Callable[..., Path], tmp_path: Path
) -> None:
    from classifier.training.training import train_classifier

    settings = TrainingSettings(head="softmax", weights="none", crop_field_of_view=True)
    with pytest.raises(ValueError, match="needs a field_of_view_finder"):
        train_classifier(folder_dataset({"hook": 2, "bag": 2}), tmp_path / "model", settings)
    assert not (tmp_path / "model").exists()
