"""Damaged recordings: what can be decoded is, in its place, and the report says what cannot."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from tests.support.clips import (
    cut_file,
    damage_packet,
    patch_bytes,
    read_barcode,
    steady,
    write_clip,
)
from video_pipeline.frames import DecodeReport, FrameSampler, open_video

F = Fraction
FASTSTART = {"movflags": "faststart"}


def readable(path: Path, *, n_threads: int = 0) -> tuple[dict[int, Fraction], DecodeReport]:
    """The numbers that can be read, with their times, and the report."""
    found: dict[int, Fraction] = {}
    with open_video(path, n_threads=n_threads) as reader:
        for frame in reader.frames():
            try:
                found[read_barcode(frame.rgb())] = frame.pts
            except ValueError:
                continue
        return found, reader.report


def is_in_place(found: dict[int, Fraction]) -> bool:
    return all(pts == F(number, 25) for number, pts in found.items())


@pytest.mark.parametrize("n_threads", [0, 1, 5])
def test_a_broken_packet_costs_its_own_frame_only(tmp_path: Path, n_threads: int) -> None:
    # In a stream of key frames nothing leans on the broken one.
    clip = write_clip(tmp_path / "c.mp4", steady(60), gop=1, b_frames=0)
    damage_packet(clip, 20)
    found, report = readable(clip, n_threads=n_threads)
    assert set(range(60)) - set(found) == {20}
    assert is_in_place(found)
    assert (report.n_decoded, report.n_lost) == (59, 1)
    assert report.damaged_seconds == (0,)
    assert report.is_complete


def test_damage_ends_at_the_next_key_frame(tmp_path: Path) -> None:
    clip = damage_packet(write_clip(tmp_path / "c.mp4", steady(100), gop=25), 27)
    found, report = readable(clip)
    assert {*range(25), *range(50, 100)} <= set(found)
    assert is_in_place(found)
    assert report.n_lost + report.n_corrupt >= 1
    assert report.damaged_seconds == (1,)


@pytest.mark.parametrize("n_damaged", [1, 3])
def test_damage_at_the_very_end_costs_no_frame_before_it(tmp_path: Path, n_damaged: int) -> None:
    # With frame threads an error while the decoder is drained used to swallow the last frames.
    clip = write_clip(tmp_path / "c.mp4", steady(60), b_frames=0)
    for k in range(n_damaged):
        damage_packet(clip, 59 - k)
    found, report = readable(clip)
    assert set(range(60 - n_damaged)) <= set(found)
    assert report.n_decoded + report.n_lost == 60


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_cut_recording_is_read_up_to_the_cut(tmp_path: Path, share: float) -> None:
    clip = write_clip(tmp_path / "c.mp4", steady(100), container_options=FASTSTART, b_frames=0)
    cut_file(clip, share)
    found, report = readable(clip)
    assert sorted(found) == list(range(len(found)))
    assert is_in_place(found)
    assert not report.is_complete
    assert report.declared_duration_s == pytest.approx(4.0)
    assert "the recording was cut off or cannot be read to its end" in report.warnings


@pytest.mark.parametrize("name", ["c.mkv", "c.ts"])
def test_a_cut_without_an_index_is_seen_too(tmp_path: Path, name: str) -> None:
    clip = write_clip(tmp_path / name, steady(150))
    assert readable(clip)[1].is_complete
    found, report = readable(cut_file(clip, 0.6))
    assert len(found) > 50
    assert is_in_place(found)
    assert not report.is_complete


def test_a_recording_that_starts_between_key_frames_starts_with_its_first_whole_frame(
    tmp_path: Path,
) -> None:
    clip = write_clip(tmp_path / "c.ts", steady(75), b_frames=0)
    data = clip.read_bytes()
    with av.open(str(clip)) as container:
        positions = [p.pos for p in container.demux(video=0) if p.size and p.pos is not None]
    clip.write_bytes(data[: 188 * 3] + data[positions[10] // 188 * 188 :])
    found, report = readable(clip)
    assert sorted(found) == list(range(25, 75))
    assert found[25] == 0
    assert report.n_lost > 0


def test_bit_flips_never_stop_a_transport_stream(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "c.ts", steady(250), gop=10)
    data = bytearray(clip.read_bytes())
    rng = np.random.default_rng(3)
    for position in rng.integers(188 * 4, len(data), len(data) * 8 // 100_000):
        data[position] ^= 1 << int(rng.integers(8))
    clip.write_bytes(data)
    found, report = readable(clip)
    assert len(found) > 150
    assert report.n_decoded > 230
    assert max(found.values()) > 9
    assert sum(pts == F(number, 25) for number, pts in found.items()) >= 0.95 * len(found)


@pytest.mark.parametrize("n_threads", [2, 3, 8])
def test_damage_gives_the_same_frames_whatever_the_threads(tmp_path: Path, n_threads: int) -> None:
    clip = write_clip(tmp_path / "c.mkv", steady(75), gop=250, b_frames=0)
    for index in (10, 30, 31, 60):
        damage_packet(clip, index)

    def pictures(n_threads: int) -> list[tuple[Fraction, bool, bytes]]:
        with open_video(clip, n_threads=n_threads) as reader:
            return [(f.pts, f.is_corrupt, f.rgb((60, 80)).tobytes()) for f in reader.frames()]

    assert pictures(n_threads) == pictures(1)


def test_taking_over_in_mid_stream_neither_repeats_nor_drops_a_frame(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "c.mkv", steady(120), gop=20, b_frames=3)
    damage_packet(clip, 70)
    with open_video(clip) as reader:
        times = [frame.pts for frame in reader.frames()]
    assert len(times) >= 119
    assert times == sorted(set(times))


def test_a_recording_without_a_second_key_frame_is_decoded_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nothing may be kept for ever while a key frame is awaited that never comes.
    monkeypatch.setattr("video_pipeline.frames.sequential.decoding._MOST_KEPT_BYTES", 10_000)
    clip = write_clip(tmp_path / "c.mkv", steady(300), gop=1000, b_frames=3)
    found, report = readable(clip)
    assert found == dict(enumerate(steady(300)))
    assert report.n_lost == 0


def test_an_open_group_of_pictures_survives_a_change_of_decoder(tmp_path: Path) -> None:
    options = {"x264-params": "open-gop=1:keyint=20:min-keyint=20:bframes=3:b-adapt=0"}
    clip = damage_packet(write_clip(tmp_path / "c.mkv", steady(100), options=options), 95)
    found, _ = readable(clip)
    assert set(range(90)) <= set(found)


def test_corrupt_seconds_reach_the_sampling_report(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "c.mp4", steady(100), gop=1, b_frames=0)
    for index in (25, 75):
        damage_packet(clip, index)
    with open_video(clip) as reader:
        sampler = FrameSampler(reader, size_px=(16, 16))
        # Nothing can be shown at 1 s and 3 s: in a stream of key frames no other is decoded.
        assert sum(len(batch) for batch in sampler) == 2
        report = sampler.report
    assert report.damaged_seconds == (1, 3)
    assert report.n_lost == 2
    assert report.n_seconds == 4


def test_a_picture_that_outgrows_the_limit_in_mid_stream_is_not_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small, large = (
        write_clip(tmp_path / f"{k}.ts", [k + t for t in steady(25)], size_px=size_px)
        for k, size_px in enumerate([(120, 160), (240, 320)])
    )
    small.write_bytes(small.read_bytes() + large.read_bytes())
    monkeypatch.setattr("video_pipeline.frames.container.decoders.LARGEST_PICTURE_PX", 30_000)
    with open_video(small) as reader:
        shapes = {frame.rgb().shape for frame in reader.frames()}
        report = reader.report
    assert shapes == {(120, 160, 3)}
    assert report.n_lost == 25


def test_a_wrong_frame_count_in_the_header_sizes_nothing(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "c.avi", steady(50), codec="mpeg4", time_base=F(1, 25))
    data = clip.read_bytes()
    patch_bytes(clip, data.index(b"strh") + 8 + 32, (2**31 - 1).to_bytes(4, "little"))
    found, report = readable(clip)
    assert len(found) == 50
    assert any("the header says" in text for text in report.warnings)


@pytest.mark.parametrize("rate", [(1, 1000), (1_000_000, 1)], ids=["1000 Hz", "1e-6 Hz"])
def test_an_impossible_rate_in_an_avi_is_named_and_25_assumed(
    tmp_path: Path, rate: tuple[int, int]
) -> None:
    clip = write_clip(tmp_path / "c.avi", steady(50), codec="mpeg4", time_base=F(1, 25))
    scale_and_rate = b"".join(number.to_bytes(4, "little") for number in rate)
    patch_bytes(clip, clip.read_bytes().index(b"strh") + 8 + 20, scale_and_rate)
    found, report = readable(clip)
    assert found == dict(enumerate(steady(50)))
    assert report.warnings[0].startswith("the header's frame rate is odd")
