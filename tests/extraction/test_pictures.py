from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from classifier.dataset.images import read_image
from tests.support.clips import two_coloured
from video_pipeline.errors import OutputError
from video_pipeline.extraction.pictures import (
    PictureSettings,
    find_pictures,
    milliseconds,
    picture_name,
    write_new_picture,
)

PNG = PictureSettings("png", None)


@pytest.fixture
def image() -> NDArray[np.uint8]:
    return two_coloured(0, (120, 160))


def test_a_png_is_read_back_by_training_pixel_by_pixel(
    image: NDArray[np.uint8], tmp_path: Path
) -> None:
    noise = np.random.default_rng(0).integers(0, 256, image.shape, dtype=np.uint8)
    assert write_new_picture(tmp_path / "a.png", noise, PNG)
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), noise)


def test_a_jpeg_keeps_the_colours_where_they_are(image: NDArray[np.uint8], tmp_path: Path) -> None:
    write_new_picture(tmp_path / "a.jpg", image, PictureSettings())
    read = read_image(tmp_path / "a.jpg").astype(int)
    assert np.abs(read - image).mean() < 2
    assert np.abs(read[20:40, 20:60] - (220, 30, 30)).max() < 8


def test_a_lower_quality_makes_a_smaller_file(image: NDArray[np.uint8], tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, image.shape, dtype=np.uint8)
    for quality in (20, 95):
        write_new_picture(tmp_path / f"{quality}.jpg", noise, PictureSettings("jpg", quality))
    sizes = [(tmp_path / f"{quality}.jpg").stat().st_size for quality in (20, 95)]
    assert sizes[0] < sizes[1] / 2


def test_what_is_there_is_left_as_it_is(image: NDArray[np.uint8], tmp_path: Path) -> None:
    place = tmp_path / "a.png"
    place.write_text("somebody's own")
    assert not write_new_picture(place, image, PNG)
    assert place.read_text() == "somebody's own"
    (tmp_path / "b.png").symlink_to(tmp_path / "nowhere")
    assert not write_new_picture(tmp_path / "b.png", image, PNG)


def test_a_picture_too_large_for_its_format_is_an_error_of_ours(tmp_path: Path) -> None:
    wide = np.zeros((1, 70_000, 3), dtype=np.uint8)
    with pytest.raises(OutputError, match="70000 x 1 px are too many for jpg; pass --size"):
        write_new_picture(tmp_path / "a.jpg", wide, PictureSettings())
    assert list(tmp_path.iterdir()) == []


def test_names_sort_as_times_do() -> None:
    times_s = [0.0, 0.5, 9.999, 10.0, 100.25, 3600.0, 99_999.0, 360_000.0]
    names = [picture_name("case_1.2", milliseconds(t), "jpg") for t in times_s]
    assert names == sorted(names)
    assert names[1] == "case_1.2_000000.500s.jpg"


@pytest.mark.parametrize("rate_hz", [Fraction(1000), Fraction(2997, 3), Fraction(400), Fraction(7)])
def test_samples_a_millisecond_apart_never_share_a_name(rate_hz: Fraction) -> None:
    for first in (0, 10**6, 36 * 10**6):
        times_ms = [milliseconds(float(k / rate_hz)) for k in range(first, first + 2000)]
        assert len(set(times_ms)) == 2000


def test_frames_are_found_wherever_they_were_sorted_to(tmp_path: Path) -> None:
    for place in (
        *("case/case_000001.000s.jpg", "train/hook/case_000001.000s.jpg"),
        *("train/hook/case_000002.000s.png", "train/hook/other.jpg", "case/extract.json"),
        ".hidden/case_000003.000s.jpg",
    ):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).touch()
    assert find_pictures(tmp_path) == {
        "case_000001.000s.jpg": ["case/case_000001.000s.jpg", "train/hook/case_000001.000s.jpg"],
        "case_000002.000s.png": ["train/hook/case_000002.000s.png"],
    }


@pytest.mark.parametrize(
    ("picture_format", "quality"), [("gif", None), ("png", 95), ("jpg", None), ("jpg", 0)]
)
def test_impossible_settings_are_refused(picture_format: str, quality: int | None) -> None:
    with pytest.raises(ValueError, match=r"quality|pictures are"):
        PictureSettings(picture_format, quality)
