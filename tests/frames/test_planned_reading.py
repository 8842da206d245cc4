"""Planned decoding: only what is needed, never silently wrong, whatever is damaged."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.clips import cut_file, damage_packet, read_barcode, steady, write_clip
from video_pipeline.frames import ChosenTimes, DecodeReport, RegularTimes, SamplingTimes, open_video
from video_pipeline.frames.on_display import Display

F = Fraction

Sampled = list[tuple[Fraction, Fraction, NDArray[np.uint8]]]


def sampled(
    path: Path, times: SamplingTimes | None = None, *, n_threads: int = 0
) -> tuple[Sampled, DecodeReport]:
    with open_video(path, n_threads=n_threads) as reader:
        samples = reader.samples(times if times is not None else RegularTimes())
        found = [(s.time, s.frame.pts, s.frame.rgb()) for s in samples]
        return found, reader.report


def sequentially(path: Path, times: SamplingTimes | None = None) -> Sampled:
    """Every frame decoded, one after another, and the rule of display applied to them."""
    with open_video(path, n_threads=1) as reader:
        samples = Display(interval=F(1, 25)).samples(
            reader.frames(), times if times is not None else RegularTimes()
        )
        return [(s.time, s.frame.pts, s.frame.rgb()) for s in samples]


def are_same(some: Sampled, others: Sampled) -> bool:
    return len(some) == len(others) and all(
        a[:2] == b[:2] and np.array_equal(a[2], b[2]) for a, b in zip(some, others, strict=True)
    )


@pytest.mark.parametrize("n_threads", [0, 1, 3])
@pytest.mark.parametrize("index", [0, 20, 25, 26, 40, 70, 95])
def test_damage_in_the_way_is_decoded_as_a_sequential_reader_does(
    tmp_path: Path, index: int, n_threads: int
) -> None:
    # P frames only: everything behind the damage leans on it, up to the next key frame.
    clip = write_clip(tmp_path / "c.mkv", steady(100), gop=25, b_frames=0)
    damage_packet(clip, index)
    times = RegularTimes(F(5))
    found, report = sampled(clip, times, n_threads=n_threads)
    assert are_same(found, sequentially(clip, times))
    assert report.n_corrupt + report.n_lost > 0
    assert report.damaged_seconds
    # Without its first frame a recording cannot be planned.
    assert "once more in full" in report.method or (index == 0 and "sequential" in report.method)


def test_damage_that_no_sample_leans_on_changes_nothing(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "c.mp4", steady(100), gop=25, b_frames=0)
    whole, _ = sampled(clip)
    damage_packet(clip, 60)  # the key frame at 2 s is shown; 60 comes after it
    found, report = sampled(clip)
    assert are_same(found, whole)
    assert report.method == "planned"


def test_other_stretches_stay_cheap_after_damage(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "c.mp4", steady(500), gop=50, b_frames=3)
    damage_packet(clip, 100)
    _, report = sampled(clip)
    assert report.method == "planned, 1 stretches once more in full"
    assert report.n_decoded < 250


def test_a_second_whose_frame_is_lost_has_none_and_says_so(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "c.mp4", steady(100), gop=1, b_frames=0)
    damage_packet(clip, 50)
    found, report = sampled(clip)
    assert [time for time, _, _ in found] == [0, 1, 3]
    assert report.damaged_seconds == (2,)
    assert report.n_lost == 1


def test_the_frame_before_a_lost_one_stays_on_display(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "c.mkv", steady(60), gop=60, b_frames=0)
    damage_packet(clip, 30)
    found, _ = sampled(clip, ChosenTimes((F(28, 25), F(30, 25))))
    expected = sequentially(clip, ChosenTimes((F(28, 25), F(30, 25))))
    assert are_same(found, expected)


def test_a_stretch_too_large_to_be_kept_is_read_once_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("video_pipeline.frames.planned.run_decoding._MOST_KEPT_BYTES", 100)
    clip = write_clip(tmp_path / "c.mkv", steady(100), gop=50, b_frames=0)
    damage_packet(clip, 20)
    times = RegularTimes(F(5))
    found, report = sampled(clip, times)
    assert are_same(found, sequentially(clip, times))
    assert report.method.startswith("planned")


def test_interlaced_frames_that_turn_up_later_get_their_neighbours(tmp_path: Path) -> None:
    from video_pipeline.frames.container.findings import Findings
    from video_pipeline.frames.planned.planned_reading import PlannedReading
    from video_pipeline.frames.sequential.sequential_reading import SequentialReading

    clip = write_clip(
        tmp_path / "c.mp4", steady(100), options={"x264-params": "interlaced=1"}, gop=50
    )
    opened = SequentialReading(clip, stream=None, n_threads=1, findings=Findings())
    times = RegularTimes(F(4))
    # As if the first frame had not been interlaced.
    planned = PlannedReading(
        opened.stream_id,
        times,
        header=opened.header,
        findings=Findings(),
        n_threads=0,
        is_interlaced=False,
    )
    opened.close()
    found = list(planned.samples())
    assert [s.time for s in found] == [F(k, 4) for k in range(16)]
    assert all(s.picture.after is not None for s in found)
    assert all(s.picture.before is not None for s in found[1:])


def test_only_what_is_needed_is_decoded(tmp_path: Path) -> None:
    exact = {"sc_threshold": "0"}
    short = write_clip(tmp_path / "a.mp4", steady(500), gop=25, options=exact)
    long = write_clip(tmp_path / "b.mp4", steady(500), gop=250, b_frames=3)
    assert sampled(short)[1].n_decoded == 20
    assert sampled(short, RegularTimes(F(1, 10)))[1].n_decoded == 2
    assert sampled(long)[1].n_decoded < 300
    assert sampled(short, RegularTimes(start=F(10), end=F(12)))[1].n_decoded == 2
    assert sampled(short)[1].n_shown == 500


def test_the_end_of_a_recording_without_an_index_is_proved(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "c.mkv", steady(120), gop=120)
    assert sampled(clip)[1].is_complete
    found, report = sampled(cut_file(clip, 0.6))
    assert not report.is_complete
    assert [read_barcode(image) for _, _, image in found] == [25 * k for k in range(len(found))]


@pytest.mark.parametrize("is_planned", [False, True])
def test_a_closed_reader_gives_no_more_samples(tmp_path: Path, is_planned: bool) -> None:
    name = "c.mp4" if is_planned else "c.h264"
    reader = open_video(write_clip(tmp_path / name, steady(100)))
    samples = reader.samples(RegularTimes())
    next(samples)
    reader.close()
    with pytest.raises(RuntimeError, match="closed"):
        list(samples)


def test_samples_are_taken_once(tmp_path: Path) -> None:
    with open_video(write_clip(tmp_path / "c.mp4", steady(50))) as reader:
        list(reader.samples(RegularTimes()))
        with pytest.raises(RuntimeError, match="once"):
            reader.samples(RegularTimes())
