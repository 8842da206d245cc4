"""Faults of pictures become flags of seconds; a standing picture is told from one seen twice."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.clips import steady, write_clip
from tests.support.pictures import GREEN, GREY, bars, blurred, noisy, plain, stack, tissue
from video_pipeline.frames import sample_frames
from video_pipeline.frames.pictures.faults import are_blurred, in_blocks
from video_pipeline.frames.pictures.quality import (
    BLACK,
    BLURRED,
    FROZEN,
    MOST_FROZEN_CHANGE,
    OUT_OF_FIELD,
    JudgedPictures,
    QualityWatch,
)
from video_pipeline.records import FrameBatch


def judged(*args: Any, **kwargs: Any) -> JudgedPictures:
    """As ``batch``, looked at."""
    return JudgedPictures.of(batch(*args, **kwargs))


def batch(
    images: Sequence[NDArray[np.uint8]],
    *,
    rate_hz: float = 1.0,
    first: int = 0,
    pts_s: Sequence[float] | None = None,
) -> FrameBatch:
    times_s = (first + np.arange(len(images))) / rate_hz
    shown = times_s if pts_s is None else np.array(pts_s, dtype=np.float64)
    return FrameBatch(images=np.stack(images), times_s=times_s, pts_s=shown)


def flagged(
    images: Sequence[NDArray[np.uint8]],
    *,
    rate_hz: float = 1.0,
    pts_s: Sequence[float] | None = None,
) -> dict[str, tuple[int, ...]]:
    """The faults that were found at all."""
    watch = QualityWatch()
    watch.add(judged(images, rate_hz=rate_hz, pts_s=pts_s))
    return {fault: seconds for fault, seconds in watch.flagged_seconds().items() if seconds}


def test_each_fault_is_named_in_its_second() -> None:
    images = [tissue(0), plain((0, 0, 0)), tissue(1), blurred(tissue(2), 3), plain(GREEN)]
    images += [plain(GREEN), tissue(3)]
    assert flagged(images) == {BLACK: (1,), BLURRED: (3,), OUT_OF_FIELD: (4, 5), FROZEN: (5,)}


def test_all_names_are_there_when_nothing_is_wrong() -> None:
    watch = QualityWatch()
    assert watch.flagged_seconds() == {BLACK: (), FROZEN: (), BLURRED: (), OUT_OF_FIELD: ()}


@pytest.mark.parametrize(("n_black", "is_flagged"), [(1, False), (2, False), (3, True)])
def test_a_second_needs_more_than_half_of_its_frames(n_black: int, *, is_flagged: bool) -> None:
    images = [plain((0, 0, 0))] * n_black + [tissue(k) for k in range(4 - n_black)]
    assert flagged(images, rate_hz=4) == ({BLACK: (0,)} if is_flagged else {})


def test_a_picture_that_stands_still_is_frozen_from_its_second_second_on() -> None:
    images = [tissue(0), tissue(1), tissue(1), tissue(1), tissue(2)]
    assert flagged(images) == {FROZEN: (2, 3)}


@pytest.mark.parametrize("rate_hz", [1.0, 2.0, 5.0, 25.0])
def test_a_freeze_is_the_same_at_every_rate(rate_hz: float) -> None:
    moving = [tissue(k) for k in range(int(2 * rate_hz))]
    images = [*moving, *[tissue(99)] * int(4 * rate_hz), *moving]
    assert flagged(images, rate_hz=rate_hz) == {FROZEN: (3, 4, 5)}


def test_a_frame_that_is_sampled_twice_is_not_frozen() -> None:
    images = [tissue(k // 10) for k in range(30)]
    assert flagged(images, pts_s=[float(k // 10 * 10) for k in range(30)]) == {}


def test_of_copies_a_long_time_apart_only_the_moment_they_appear_is_frozen() -> None:
    images = [tissue(0)] * 30
    assert flagged(images, pts_s=[float(k // 10 * 10) for k in range(30)]) == {FROZEN: (10, 20)}


def test_copies_sampled_twice_are_frozen_nevertheless() -> None:
    images = [tissue(0)] * 40
    pts_s = [k // 5 * 0.5 for k in range(40)]  # two frames a second, ten samples
    assert flagged(images, rate_hz=10, pts_s=pts_s) == {FROZEN: (1, 2, 3)}


def test_a_still_view_with_a_tiny_motion_is_not_frozen() -> None:
    images = [noisy(tissue(0, shift_px=k % 2), 1, seed=k) for k in range(6)]
    assert flagged(images) == {}


def test_a_quiet_view_that_changes_little_from_sample_to_sample_is_not_frozen() -> None:
    image = tissue(0)
    images = [np.clip(image * (1 - 0.002 * k), 0, 255).astype(np.uint8) for k in range(100)]
    assert np.ptp(in_blocks(stack(*images[:2])), axis=0).max() <= MOST_FROZEN_CHANGE
    assert flagged(images, rate_hz=25) == {}


def test_a_black_screen_is_called_neither_frozen_nor_blurred() -> None:
    waves = 34 + 6 * np.sin(np.arange(224) / 2)
    dim = np.repeat(np.tile(waves, (224, 1))[:, :, np.newaxis], 3, axis=2).astype(np.uint8)
    assert are_blurred(dim[np.newaxis])
    assert flagged([dim] * 3) == {BLACK: (0, 1, 2)}
    assert flagged([plain((0, 0, 0))] * 3) == {BLACK: (0, 1, 2)}


def test_the_cut_into_batches_does_not_matter() -> None:
    images = [tissue(0), *[tissue(1)] * 7, *[plain((0, 0, 0))] * 4, *[plain(GREEN)] * 5]
    images += [blurred(tissue(5), 3), plain(GREY), plain(GREY), tissue(6)]
    once = QualityWatch()
    once.add(judged(images, rate_hz=2))
    for size in (1, 2, 3, 7):
        watch = QualityWatch()
        for k in range(0, len(images), size):
            watch.add(judged(images[k : k + size], rate_hz=2, first=k))
            watch.flagged_seconds()  # asking changes nothing
        assert watch.flagged_seconds() == once.flagged_seconds()


def test_grey_is_out_of_field_in_a_recording_with_colours_only() -> None:
    grey = [
        np.repeat(tissue(k).mean(axis=2, keepdims=True).astype(np.uint8), 3, axis=2)
        for k in range(3)
    ]
    assert flagged(grey) == {}
    assert flagged([*grey, tissue(9)]) == {OUT_OF_FIELD: (0, 1, 2)}


def test_a_recording_that_shows_a_test_card_throughout_is_flagged_throughout() -> None:
    assert flagged([bars()] * 3) == {OUT_OF_FIELD: (0, 1, 2), FROZEN: (1, 2)}


def test_a_size_that_changes_is_no_trouble() -> None:
    watch = QualityWatch()
    watch.add(judged([tissue(0)] * 2))
    watch.add(judged([tissue(1, (120, 160))] * 2, first=2))
    assert watch.flagged_seconds()[FROZEN] == (1, 3)


def test_batches_out_of_order_are_refused() -> None:
    watch = QualityWatch()
    watch.add(judged([tissue()], first=3))
    with pytest.raises(ValueError, match="order of time"):
        watch.add(judged([tissue()], first=3))


@pytest.mark.parametrize(
    ("codec", "options"),
    [("libx264", {"crf": "23"}), ("mpeg2video", {"b": "3000000"}), ("mpeg4", {"b": "3000000"})],
)
def test_a_freeze_is_found_through_a_codec(
    tmp_path: Path, codec: str, options: dict[str, str]
) -> None:
    clip = write_clip(
        tmp_path / ("c.mpg" if codec == "mpeg2video" else "c.mp4"),
        steady(150),
        size_px=(240, 320),
        codec=codec,
        time_base=Fraction(1, 25),
        gop=12,
        options=options,
        picture=lambda number, size_px: noisy(tissue(number // 25, size_px), 1, seed=number),
        numbers=[k if k < 50 else 50 for k in range(150)],
    )
    watch = QualityWatch()
    for frames in sample_frames(clip):
        watch.add(JudgedPictures.of(frames))
    assert {k: v for k, v in watch.flagged_seconds().items() if v} == {FROZEN: (3, 4, 5)}


def test_real_clips_have_no_fault(shared: Path) -> None:
    for path in sorted((shared / "data" / "laparoscopy_clips").glob("*.mp4"))[:2]:
        watch = QualityWatch()
        for frames in sample_frames(path):
            watch.add(JudgedPictures.of(frames))
        assert not any(watch.flagged_seconds().values()), path.name
