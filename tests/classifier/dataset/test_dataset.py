from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from classifier.dataset.checking import check_images
from classifier.dataset.class_folders import read_class_folders
from classifier.dataset.images import resize_image
from classifier.dataset.record import Dataset
from classifier.dataset.splits import split_validation
from classifier.errors import DatasetError

Maker = Callable[..., Path]


def listed(labels: list[list[int]], videos: list[str] | None = None) -> Dataset:
    return Dataset(
        source=Path("table.csv"),
        paths=tuple(Path(f"{i}.jpg") for i in range(len(labels))),
        labels=np.array(labels, dtype=np.float32),
        tools=tuple("abcdefg"[: len(labels[0])]),
        videos=tuple(videos) if videos is not None else None,
    )


def test_unreadable_images_are_listed_and_the_others_kept(folder_dataset: Maker) -> None:
    train = folder_dataset({"hook": 3, "grasper": 2}) / "train"
    (train / "hook" / "train001.jpg").write_bytes(b"no image")
    checked, _ = check_images(read_class_folders(train))
    assert checked.counts == {"grasper": 2, "hook": 2}
    assert [(p.path.name, p.cause) for p in checked.problems] == [("train001.jpg", "not an image")]


def test_fingerprint_names_the_images_wherever_they_lie(
    folder_dataset: Maker, tmp_path: Path
) -> None:
    train = folder_dataset({"hook": 2, "grasper": 1}) / "train"
    elsewhere = tmp_path / "copy"
    shutil.copytree(train, elsewhere)
    before = check_images(read_class_folders(train))[1]
    assert check_images(read_class_folders(elsewhere))[1] == before
    image = elsewhere / "hook" / "train000.jpg"
    image.write_bytes((elsewhere / "grasper" / "train000.jpg").read_bytes())
    assert check_images(read_class_folders(elsewhere))[1] != before


def test_recordings_are_never_split() -> None:
    videos = [f"v{i // 10}" for i in range(100)]
    rng = np.random.default_rng(0)
    dataset = listed(rng.integers(0, 2, (100, 3)).tolist(), videos)
    train, validation = split_validation(dataset, share=0.2, seed=3)
    assert train.videos is not None
    assert validation.videos is not None
    assert not set(train.videos) & set(validation.videos)
    assert len(validation) == 20


def test_a_recording_that_alone_shows_a_tool_stays_for_learning() -> None:
    dataset = listed([[1, 0], [1, 0], [0, 1], [1, 0]], ["v1", "v2", "only", "v3"])
    for seed in range(8):
        train, _ = split_validation(dataset, share=0.5, seed=seed)
        assert train.counts["b"] == 1


def test_where_no_recording_fits_into_the_share_the_smallest_is_taken() -> None:
    videos = ["large"] * 60 + ["small"] * 17 + ["middle"] * 23
    dataset = listed([[1, 0], [0, 1]] * 50, videos)
    for seed in range(5):
        _, validation = split_validation(dataset, share=0.1, seed=seed)
        assert set(validation.videos or ()) == {"small"}


def test_without_recordings_each_class_gives_its_share() -> None:
    dataset = listed([[1, 0]] * 40 + [[0, 1]] * 20 + [[1, 1]] * 2)
    train, validation = split_validation(dataset, share=0.25, seed=0)
    assert validation.counts == {"a": 10 + 1, "b": 5 + 1}
    assert len(train) + len(validation) == 62
    assert not set(train.paths) & set(validation.paths)


def test_the_same_seed_gives_the_same_split() -> None:
    dataset = listed([[1, 0]] * 20 + [[0, 1]] * 20)
    first, again, other = (split_validation(dataset, share=0.2, seed=s)[1] for s in (1, 1, 2))
    assert first.paths == again.paths
    assert first.paths != other.paths


def test_too_few_images_to_validate_are_refused() -> None:
    with pytest.raises(DatasetError, match="too few"):
        split_validation(listed([[1, 0], [0, 1]]), share=0.2, seed=0)


def test_taken_images_keep_their_own_crops(tmp_path: Path) -> None:
    image = np.random.default_rng(0).integers(0, 255, (8, 8, 3), dtype=np.uint8)
    cv2.imwrite(str(tmp_path / "image.png"), cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    dataset = Dataset(
        source=tmp_path,
        paths=(tmp_path / "image.png",) * 3,
        labels=np.eye(3, dtype=np.float32),
        tools=("a", "b", "c"),
        crops=(lambda x: x, lambda x: x[:4], lambda x: x[:, 4:]),
    ).take(np.array([2, 1]))
    read = [dataset.read(i, size_px=(8, 8), resize_rule="swscale_area") for i in range(2)]
    for found, part in zip(read, (image[:, 4:], image[:4]), strict=True):
        np.testing.assert_array_equal(found, resize_image(part, (8, 8), rule="swscale_area"))


def test_as_many_crops_as_images_are_needed() -> None:
    with pytest.raises(ValueError, match="2 images need as many crops"):
        replace(listed([[1, 0], [0, 1]]), crops=(lambda x: x,))


def test_labels_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="labels must have shape"):
        Dataset(Path("x"), (Path("a.jpg"),), np.zeros((2, 1), dtype=np.float32), tools=("a",))
