"""One field of view for a recording: from frames spread over it, whatever its header claims."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.clips import steady, write_clip
from video_pipeline.frames import open_video
from video_pipeline.frames.pyav_reader import PyAvReader
from video_pipeline.frames.whole_field_of_view import field_of_view_of
from video_pipeline.records import VideoInfo


def disc(number: int, size_px: tuple[int, int]) -> NDArray[np.uint8]:
    """Tissue-coloured, changing from frame to frame, in a circle that touches above and below."""
    height, width = size_px
    y, x = np.mgrid[:height, :width]
    inside = (y - height / 2) ** 2 + (x - width / 2) ** 2 < (height / 2) ** 2
    image = np.zeros((height, width, 3), dtype=np.uint8)
    stripes = 90 + 40 * np.sin((x + y + number) / 9)
    image[inside] = np.stack([stripes + 60, stripes, stripes], axis=-1)[inside].astype(np.uint8)
    return image


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "c.mp4", steady(200), size_px=(120, 212), picture=disc)


def is_around_the_disc(found: object) -> bool:
    left, right = (212 - 120) / 2 / 212, (212 + 120) / 2 / 212
    return (
        abs(getattr(found, "left", 0) - left) < 0.02
        and abs(getattr(found, "right", 0) - right) < 0.02
        and getattr(found, "top", 1) < 0.02
        and getattr(found, "bottom", 0) > 0.98
    )


def test_the_disc_is_found(clip: Path) -> None:
    assert is_around_the_disc(field_of_view_of(partial(open_video, clip)))


@pytest.mark.parametrize("claimed_s", [0.1, 5.0, 400.0, None])
def test_a_header_that_lies_about_the_length_is_seen_through(
    clip: Path, claimed_s: float | None
) -> None:
    class Claiming(PyAvReader):
        @property
        def info(self) -> VideoInfo:
            return replace(super().info, duration_s=claimed_s)

    assert is_around_the_disc(field_of_view_of(partial(Claiming, clip)))


def test_a_picture_without_a_border_stays_whole(tmp_path: Path) -> None:
    def full(number: int, size_px: tuple[int, int]) -> NDArray[np.uint8]:
        return np.maximum(disc(number, size_px), 80).astype(np.uint8)

    plain = write_clip(tmp_path / "c.mp4", steady(60), picture=full)
    assert field_of_view_of(partial(open_video, plain)).is_whole
