from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest

from classifier.dataset.images import REFERENCE_RULE, RESIZE_RULES, read_image, resize_image
from classifier.errors import DatasetError
from video_pipeline.frames import RESIZE_RULE as RULE_OF_FRAMES
from video_pipeline.frames import resize_rgb


def write(path: Path, image: np.ndarray) -> Path:
    cv2.imwrite(str(path), image)
    return path


def noise(shape: tuple[int, int], seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (*shape, 3), dtype=np.uint8)


def smooth(shape: tuple[int, int]) -> np.ndarray:
    return cv2.resize(noise((7, 9)), shape[::-1], interpolation=cv2.INTER_CUBIC).astype(np.uint8)


def psnr_db(image: np.ndarray, reference: np.ndarray) -> float:
    squares = (image.astype(np.float64) - reference) ** 2
    return float(10 * np.log10(255**2 / squares.mean()))


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
    assert REFERENCE_RULE == RULE_OF_FRAMES
    np.testing.assert_array_equal(resize_image(image, (64, 64)), resize_rgb(image, (64, 64)))


@pytest.mark.parametrize("draw", [smooth, noise])
@pytest.mark.parametrize("size_px", [(224, 224), (64, 64), (33, 77)])
@pytest.mark.parametrize("shape", [(1080, 1920), (480, 854), (479, 853), (240, 321), (225, 225)])
def test_the_rules_agree_on_what_shrinks(
    shape: tuple[int, int], size_px: tuple[int, int], draw: Callable[[tuple[int, int]], np.ndarray]
) -> None:
    """Measured: 59 to 67 dB, one level at most; one level in every pixel is 48 dB."""
    image = draw(shape)
    fast = resize_image(image, size_px, rule="swscale_area")
    assert fast.shape == (*size_px, 3)
    assert fast.dtype == np.uint8
    assert psnr_db(fast, resize_image(image, size_px, rule="opencv_inter_area")) > 55


@pytest.mark.parametrize("shape", [(64, 64), (41, 31), (16, 17)])
def test_swscale_interpolates_what_grows(shape: tuple[int, int]) -> None:
    """Measured: 56 to 58 dB."""
    image = noise(shape)
    expected = cv2.resize(image, (223, 225), interpolation=cv2.INTER_LINEAR)
    assert psnr_db(resize_image(image, (225, 223), rule="swscale_area"), expected) > 55


@pytest.mark.parametrize("rule", RESIZE_RULES)
@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (8, 2000), (5000, 40)])
def test_a_plain_picture_of_any_shape_stays_plain(shape: tuple[int, int], rule: str) -> None:
    image = np.full((*shape, 3), (200, 90, 17), dtype=np.uint8)
    resized = resize_image(image, (64, 48), rule=rule).astype(int)
    assert resized.shape == (64, 48, 3)
    assert np.abs(resized - (200, 90, 17)).max() <= 1


@pytest.mark.parametrize("rule", RESIZE_RULES)
def test_a_rule_gives_the_same_bytes_in_every_thread(rule: str) -> None:
    images = [noise((480, 854), seed) for seed in range(8)]
    expected = [resize_image(image, (64, 64), rule=rule) for image in images]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda image: resize_image(image, (64, 64), rule=rule), images))
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("rule", RESIZE_RULES)
def test_a_part_of_a_picture_is_resized_as_its_copy(rule: str) -> None:
    part = noise((480, 854))[21:400, 200:633]
    np.testing.assert_array_equal(
        resize_image(part, (64, 64), rule=rule), resize_image(part.copy(), (64, 64), rule=rule)
    )


@pytest.mark.parametrize("rule", RESIZE_RULES)
def test_a_picture_of_the_size_asked_for_is_not_touched(rule: str) -> None:
    image = noise((64, 48))
    np.testing.assert_array_equal(resize_image(image, (64, 48), rule=rule), image)


@pytest.mark.parametrize("rule", RESIZE_RULES)
def test_a_file_is_resized_by_the_rule_that_is_named(tmp_path: Path, rule: str) -> None:
    path = write(tmp_path / "image.png", noise((90, 160)))
    found = read_image(path, size_px=(64, 64), resize_rule=rule)
    np.testing.assert_array_equal(found, RESIZE_RULES[rule](read_image(path), (64, 64)))
    (other,) = set(RESIZE_RULES) - {rule}
    assert not np.array_equal(found, read_image(path, size_px=(64, 64), resize_rule=other))


def test_an_unknown_rule_is_refused_with_those_that_are_known() -> None:
    for size_px in [(32, 32), (64, 64)]:
        with pytest.raises(ValueError, match="opencv_inter_area or swscale_area, got 'pillow'"):
            resize_image(noise((64, 64)), size_px, rule="pillow")


def test_the_reference_rule_needs_no_ffmpeg() -> None:
    code = (
        "import sys\nsys.modules['av'] = None\n"
        "import numpy as np\nfrom classifier.dataset.images import resize_image\n"
        "resize_image(np.zeros((64, 64, 3), np.uint8), (32, 32), rule='opencv_inter_area')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
