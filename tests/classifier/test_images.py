from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from classifier.errors import DatasetError
from classifier.images import RESIZE_RULE, read_image, resize_image
from video_pipeline.frames import RESIZE_RULE as RULE_OF_FRAMES
from video_pipeline.frames import resize_rgb


def write(path: Path, image: np.ndarray) -> Path:
    cv2.imwrite(str(path), image)
    return path


def test_colour_is_rgb(tmp_path: Path) -> None:
    red_in_bgr = np.zeros((8, 8, 3), dtype=np.uint8)
    red_in_bgr[..., 2] = 250
    assert read_image(write(tmp_path / "red.png", red_in_bgr))[0, 0].tolist() == [250, 0, 0]


def test_grey_and_transparent_images_have_three_channels(tmp_path: Path) -> None:
    grey = np.full((8, 8), 77, dtype=np.uint8)
    assert read_image(write(tmp_path / "grey.png", grey))[3, 3].tolist() == [77, 77, 77]
    bgra = np.full((8, 8, 4), 90, dtype=np.uint8)
    assert read_image(write(tmp_path / "alpha.png", bgra)).shape == (8, 8, 3)


def test_file_names_may_hold_any_bytes(tmp_path: Path) -> None:
    path = tmp_path / "na\udcffme \n.png"
    path.write_bytes(cv2.imencode(".png", np.zeros((8, 8, 3), np.uint8))[1].tobytes())
    assert read_image(path).shape == (8, 8, 3)


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_a_cut_image_is_refused_and_not_filled_with_grey(tmp_path: Path, suffix: str) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    path = write(tmp_path / f"cut{suffix}", noise)
    path.write_bytes(path.read_bytes()[:-600])
    with pytest.raises(DatasetError, match="cut off"):
        read_image(path)


@pytest.mark.parametrize(
    ("content", "cause"),
    [(b"", "the file is empty"), (b"no image at all, only text", "not an image")],
)
def test_what_is_no_image_is_refused_with_its_cause(
    tmp_path: Path, content: bytes, cause: str
) -> None:
    path = tmp_path / "x.jpg"
    path.write_bytes(content)
    with pytest.raises(DatasetError, match=cause):
        read_image(path)


def test_a_missing_image_is_a_dataset_error(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="cannot be read"):
        read_image(tmp_path / "none.jpg")


@pytest.mark.parametrize("shape", [(480, 854), (240, 320), (64, 64), (30, 20)])
def test_training_and_annotation_resize_alike(shape: tuple[int, int]) -> None:
    image = np.random.default_rng(1).integers(0, 255, (*shape, 3), dtype=np.uint8)
    assert RESIZE_RULE == RULE_OF_FRAMES
    np.testing.assert_array_equal(resize_image(image, (64, 64)), resize_rgb(image, (64, 64)))
