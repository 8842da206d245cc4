"""Sampling: the frame on display at k / rate seconds, held against a plain loop and barcodes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.clips import read_barcode, steady, two_coloured, write_clip
from video_pipeline.frames import (
    FrameSampler,
    RegularTimes,
    SamplingReport,
    open_video,
    resize_rgb,
    sample_frames,
)
from video_pipeline.records import FrameBatch

F = Fraction


def numbers_and_times(batches: Iterator[FrameBatch]) -> list[tuple[int, float]]:
    return [
        (read_barcode(image), float(time))
        for batch in batches
        for image, time in zip(batch.images, batch.times_s, strict=True)
    ]


def report_on(path: Path, *, rate_hz: float | Fraction = 1) -> SamplingReport:
    with open_video(path) as reader:
        sampler = FrameSampler(reader, times=RegularTimes(F(rate_hz)), size_px=(16, 16))
        for _ in sampler:
            pass
        return sampler.report


def plain_loop(path: Path, rate: Fraction, size_px: tuple[int, int]) -> list[NDArray[np.uint8]]:
    """Decode everything, keep everything, then look up the last frame with pts <= t."""
    with open_video(path, n_threads=1) as reader:
        frames = [(frame.pts, frame.rgb(size_px)) for frame in reader.frames()]
    end = 2 * frames[-1][0] - frames[-2][0]
    return [
        [image for pts, image in frames if pts <= k / rate][-1]
        for k in range(math.ceil(end * rate))
    ]


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("clips")
    shaky = [t + F(k * 7 % 5, 200) for k, t in enumerate(steady(60, 20))]
    ntsc = F(30000, 1001)
    pal = F(1, 25)
    hevc = {"x265-params": "log-level=none:bframes=4:keyint=20"}
    return {
        "h264": write_clip(folder / "h264.mp4", steady(80), b_frames=3, gop=250),
        "open gop": write_clip(
            folder / "open.mp4", steady(80), options={"x264-params": "open-gop=1:keyint=15"}
        ),
        "hevc": write_clip(folder / "hevc.mp4", steady(60), codec="libx265", options=hevc),
        "mpeg2": write_clip(folder / "mpeg2.mpg", steady(60), codec="mpeg2video", time_base=pal),
        "ts": write_clip(folder / "ts.ts", steady(60)),
        "mpeg4": write_clip(folder / "mpeg4.avi", steady(60), codec="mpeg4", time_base=pal),
        "vp9": write_clip(folder / "vp9.webm", steady(60), codec="libvpx-vp9"),
        "mjpeg": write_clip(
            folder / "mjpeg.mov", steady(40), codec="mjpeg", pix_fmt="yuvj420p", b_frames=0
        ),
        "29.97": write_clip(folder / "ntsc.mp4", steady(100, ntsc), rate_hz=ntsc),
        "vfr": write_clip(folder / "vfr.mkv", shaky, time_base=F(1, 1000)),
    }


@pytest.mark.parametrize("rate", [F(1), F(30), F(2, 7)], ids=str)
@pytest.mark.parametrize(
    "name",
    ["h264", "open gop", "hevc", "mpeg2", "ts", "mpeg4", "vp9", "mjpeg", "29.97", "vfr"],
)
def test_samples_equal_a_plain_loop_bit_for_bit(
    clips: dict[str, Path], name: str, rate: Fraction
) -> None:
    wanted = plain_loop(clips[name], rate, (48, 64))
    batches = list(sample_frames(clips[name], rate_hz=rate, size_px=(48, 64), batch_size=7))
    images = np.concatenate([batch.images for batch in batches])
    assert len(images) == len(wanted)
    assert np.array_equal(images, np.stack(wanted))


@pytest.mark.parametrize("name", ["h264", "open gop", "hevc", "mpeg2", "ts", "mpeg4", "vp9"])
def test_pixels_say_that_the_frame_on_display_came_back(clips: dict[str, Path], name: str) -> None:
    found = numbers_and_times(sample_frames(clips[name], rate_hz=4))
    # At 25 frames a second frame n is on display from n / 25 s on.
    assert found == [(math.floor(25 * k / 4), k / 4) for k in range(len(found))]


def test_batch_size_does_not_change_the_samples(clips: dict[str, Path]) -> None:
    one, many = (
        list(sample_frames(clips["h264"], rate_hz=10, batch_size=size)) for size in (1, 64)
    )
    assert [len(batch) for batch in one] == [1] * 32
    assert [len(batch) for batch in many] == [32]
    assert np.array_equal(np.concatenate([batch.images for batch in one]), many[0].images)
    assert np.array_equal(np.concatenate([batch.times_s for batch in one]), many[0].times_s)


def test_each_second_of_29_97_fps_shows_its_own_frame(tmp_path: Path) -> None:
    # A count of 30 frames a second would be a whole frame late after 34 s.
    rate = F(30000, 1001)
    clip = write_clip(
        tmp_path / "c.mp4", steady(1200, rate), rate_hz=rate, size_px=(48, 80), gop=250
    )
    found = numbers_and_times(sample_frames(clip, size_px=None))
    assert found == [(math.floor(second * rate), float(second)) for second in range(41)]
    assert found[-1] == (1198, 40.0)


def test_variable_rate_follows_the_timestamps(tmp_path: Path) -> None:
    times = [F(0), F(1, 10), F(9, 10), F(1), F(11, 10), F(199, 100), F(201, 100), F(3)]
    clip = write_clip(tmp_path / "c.mp4", times)
    assert numbers_and_times(sample_frames(clip)) == [(0, 0.0), (3, 1.0), (5, 2.0), (7, 3.0)]


def test_a_frame_is_on_display_from_exactly_its_pts_on(tmp_path: Path) -> None:
    tick = F(1, 90000)
    clip = write_clip(tmp_path / "c.mp4", [F(0), 1 - tick, F(1), 2 + tick, F(3)])
    found = numbers_and_times(sample_frames(clip))
    assert found == [(0, 0.0), (2, 1.0), (2, 2.0), (4, 3.0)]


def test_sampling_times_and_pts_are_both_told(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "c.mp4", steady(10, 3))
    (batch,) = sample_frames(clip, rate_hz=2)
    assert batch.times_s.tolist() == [0, 0.5, 1, 1.5, 2, 2.5, 3]
    assert batch.pts_s.tolist() == pytest.approx([0, 1 / 3, 1, 4 / 3, 2, 7 / 3, 3])


def test_time_zero_is_the_first_frame_shown(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "c.mkv", [F(500) + t for t in steady(50)])
    assert numbers_and_times(sample_frames(clip)) == [(0, 0.0), (25, 1.0)]
    with open_video(clip) as reader:
        assert reader.info.start_s == pytest.approx(500)


def test_rates_above_the_video_rate_repeat_frames(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "c.mp4", steady(4, 2))
    found = numbers_and_times(sample_frames(clip, rate_hz=4))
    assert [number for number, _ in found] == [0, 0, 1, 1, 2, 2, 3, 3]


def test_a_decimal_rate_means_the_decimal(tmp_path: Path) -> None:
    # 0.1 as a float is a little more than 1/10: its third time would lie before 30 s.
    clip = write_clip(tmp_path / "c.mp4", steady(42, 1))
    assert numbers_and_times(sample_frames(clip, rate_hz=0.1)) == [
        (10 * k, 10.0 * k) for k in range(5)
    ]


@pytest.mark.parametrize("rate_hz", [0, -1, math.nan, math.inf, 1e-9, 1001])
def test_impossible_rates_are_refused(clips: dict[str, Path], rate_hz: float) -> None:
    with pytest.raises(ValueError, match="sampling rate"):
        sample_frames(clips["h264"], rate_hz=rate_hz)


@pytest.mark.parametrize("size_px", [(0, 224), (224, -1)])
def test_impossible_sizes_are_refused(clips: dict[str, Path], size_px: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=r"\(height, width\)"):
        sample_frames(clips["h264"], size_px=size_px)


def test_an_empty_batch_size_is_refused(clips: dict[str, Path]) -> None:
    with pytest.raises(ValueError, match="batch_size=0"):
        sample_frames(clips["h264"], batch_size=0)


def test_size_none_keeps_the_displayed_size(clips: dict[str, Path]) -> None:
    (batch,) = sample_frames(clips["h264"], size_px=None)
    assert batch.images.shape == (4, 120, 160, 3)


def test_size_is_height_then_width(clips: dict[str, Path]) -> None:
    (batch,) = sample_frames(clips["h264"], size_px=(30, 70))
    assert batch.images.shape == (4, 30, 70, 3)


def test_images_are_the_native_picture_resized_by_the_one_rule(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "c.mp4", steady(2), picture=two_coloured, size_px=(240, 320))
    (native,) = sample_frames(clip, size_px=None)
    (small,) = sample_frames(clip, size_px=(100, 90))
    assert np.array_equal(small.images[0], resize_rgb(native.images[0], (100, 90)))


def test_a_batch_ends_where_the_native_size_changes(tmp_path: Path) -> None:
    parts = [
        write_clip(tmp_path / f"{k}.ts", [k + t for t in steady(25)], size_px=size_px)
        for k, size_px in enumerate([(120, 160), (144, 200)])
    ]
    joined = tmp_path / "joined.ts"
    joined.write_bytes(b"".join(part.read_bytes() for part in parts))
    shapes = [batch.images.shape for batch in sample_frames(joined, rate_hz=4, size_px=None)]
    assert shapes == [(4, 120, 160, 3), (4, 144, 200, 3)]
    assert any("size changes to 200 x 144" in text for text in report_on(joined).warnings)


@pytest.fixture(scope="module")
def paused(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """25 frames a second for 3 s, nothing for 17 s, then 3 s more."""
    times = steady(75) + [20 + t for t in steady(75)]
    return write_clip(tmp_path_factory.mktemp("gap") / "paused.mkv", times)


class TestGaps:
    def test_no_frame_is_sampled_again_after_two_seconds(self, paused: Path) -> None:
        found = numbers_and_times(sample_frames(paused))
        # Frame 74 is first shown at 2.96 s.
        assert found == [
            (0, 0.0), (25, 1.0), (50, 2.0), (74, 3.0), (74, 4.0), (75, 20.0), (100, 21.0),
            (125, 22.0),
        ]  # fmt: skip

    def test_the_gap_is_reported_and_its_rows_are_counted(self, paused: Path) -> None:
        report = report_on(paused)
        assert report.gaps == ((3.0, 20.0),)
        assert report.n_seconds == 23
        assert report.duration_s == pytest.approx(23.0)
        assert report.is_complete

    def test_a_pause_of_less_than_two_seconds_is_no_gap(self, tmp_path: Path) -> None:
        clip = write_clip(tmp_path / "c.mkv", steady(25) + [F(29, 10) + t for t in steady(25)])
        assert report_on(clip).gaps == ()
        assert [time for _, time in numbers_and_times(sample_frames(clip))] == [0, 1, 2, 3]

    def test_a_slow_recording_is_no_row_of_gaps(self, tmp_path: Path) -> None:
        clip = write_clip(tmp_path / "c.mp4", steady(10, F(1, 10)))
        found = numbers_and_times(sample_frames(clip))
        assert found == [(second // 10, float(second)) for second in range(100)]
        report = report_on(clip)
        assert (report.gaps, report.n_seconds, report.n_sampled) == ((), 100, 100)

    def test_a_gap_behind_the_very_first_frame_is_seen(self, tmp_path: Path) -> None:
        clip = write_clip(tmp_path / "c.mkv", [F(0), *(10 + t for t in steady(50))])
        assert report_on(clip).gaps == ((0.04, 10.0),)


class TestReport:
    def test_counts(self, clips: dict[str, Path]) -> None:
        report = report_on(clips["h264"], rate_hz=2)
        assert (report.n_shown, report.n_sampled) == (80, 7)
        assert report.n_decoded < 80
        assert report.method == "planned"
        assert (report.n_corrupt, report.n_lost, report.damaged_seconds) == (0, 0, ())
        assert report.is_complete
        assert report.warnings == ()

    def test_is_not_there_before_the_end(self, clips: dict[str, Path]) -> None:
        with open_video(clips["h264"]) as reader:
            sampler = FrameSampler(reader, batch_size=1)
            next(iter(sampler))
            with pytest.raises(RuntimeError, match="every frame"):
                _ = sampler.report

    @pytest.mark.parametrize(
        ("n_frames", "rate", "n_seconds"),
        [
            (75, F(25), 3),
            (76, F(25), 4),
            (90, F(30), 3),
            (90, F(30000, 1001), 4),
            (72, F(24), 3),
            (180, F(60), 3),
            (1, F(25), 1),
        ],
    )
    @pytest.mark.parametrize("suffix", ["mp4", "mkv"])
    def test_rows_are_the_duration_rounded_up(
        self, tmp_path: Path, n_frames: int, rate: Fraction, n_seconds: int, suffix: str
    ) -> None:
        # Matroska rounds times to milliseconds, which must not make a row of its own.
        clip = write_clip(tmp_path / f"c.{suffix}", steady(n_frames, rate), rate_hz=rate)
        report = report_on(clip)
        assert report.n_seconds == n_seconds
        assert report.duration_s == pytest.approx(float(n_frames / rate), abs=0.0015)
        assert report.n_sampled == n_seconds


def test_frames_of_a_closed_iterator_free_the_file(clips: dict[str, Path]) -> None:
    batches = sample_frames(clips["h264"], batch_size=1)
    next(batches)
    batches.close()  # type: ignore[attr-defined]  # it is a generator, though not promised
    with av.open(str(clips["h264"])) as container:
        assert container.streams.video
