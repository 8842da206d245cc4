"""Where decoding may start afresh: read from real encoders' packets, and from the standards."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from tests.support.clips import steady, write_clip
from video_pipeline.frames.planned.access_points import AccessRule, rule_of


def judged(path: Path) -> list[tuple[bool, bool, bool]]:
    """(key-frame flag, may start there, an H.264 decoder stumbles there) of each packet."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        rule = rule_of(stream.codec_context)
        return [
            (p.is_keyframe, rule.is_access(memoryview(p)), rule.is_open_access(memoryview(p)))
            for p in container.demux(stream)
            if p.size
        ]


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts"])
@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_a_closed_group_may_be_started_at(tmp_path: Path, codec: str, suffix: str) -> None:
    options = {"x265-params": "log-level=none:open-gop=0"} if codec == "libx265" else {}
    clip = write_clip(tmp_path / f"c.{suffix}", steady(60), codec=codec, gop=20, options=options)
    keys = [(access, is_open) for is_key, access, is_open in judged(clip) if is_key]
    assert len(keys) >= 3
    assert set(keys) == {(True, False)}


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts"])
def test_an_open_group_may_be_started_at_by_a_patient_decoder(tmp_path: Path, suffix: str) -> None:
    options = {"x264-params": "open-gop=1:keyint=20:min-keyint=20:bframes=3:b-adapt=0"}
    clip = write_clip(tmp_path / f"c.{suffix}", steady(80), options=options)
    keys = [(access, is_open) for is_key, access, is_open in judged(clip) if is_key]
    assert keys == [(True, False), *[(True, True)] * (len(keys) - 1)]
    assert len(keys) >= 4


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts"])
def test_a_picture_that_heals_little_by_little_is_no_place_to_start(
    tmp_path: Path, suffix: str
) -> None:
    clip = write_clip(
        tmp_path / f"c.{suffix}",
        steady(80),
        b_frames=0,
        options={"x264-params": "intra-refresh=1:keyint=20"},
    )
    keys = [access for is_key, access, _ in judged(clip) if is_key]
    # The container flags these frames as key frames; only the first one is.
    assert len(keys) > 1
    assert keys == [True, *[False] * (len(keys) - 1)]


def test_a_recovery_point_that_is_not_exact_is_no_place_to_start() -> None:
    rule = AccessRule("h264", None)
    slice_ = b"\0\0\1\x41\x9a\x00\x00\x00\x00\x00"

    def with_sei(payload: bytes) -> memoryview:
        return memoryview(b"\0\0\1\x06\x06" + bytes([len(payload)]) + payload + b"\x80" + slice_)

    assert rule.is_access(with_sei(b"\xc4"))  # recovery_frame_cnt 0, exact_match_flag 1
    assert not rule.is_access(with_sei(b"\x84"))  # recovery_frame_cnt 0, exact_match_flag 0
    assert not rule.is_access(with_sei(b"\x50"))  # recovery_frame_cnt 1
    # Behind another message (an unregistered one of 300 bytes), it is found all the same.
    other = b"\x05\xff\x2d" + bytes(300)
    assert rule.is_access(memoryview(b"\0\0\1\x06" + other + b"\x06\x01\xc4\x80" + slice_))


def test_hevc_pictures_above_the_lowest_sub_layer_are_seen() -> None:
    rule = AccessRule("hevc", None)
    lowest, above = (memoryview(b"\0\0\1" + bytes([1 << 1, tid + 1]) + bytes(8)) for tid in (0, 1))
    assert not rule.has_sublayer(lowest)
    assert rule.has_sublayer(above)


def test_a_codec_that_is_not_known_is_decoded_from_its_beginning() -> None:
    assert not AccessRule("cinepak", None).is_access(memoryview(bytes(20)))
    assert not AccessRule("cinepak", None).knows_non_references


@pytest.mark.parametrize("data", [b"", b"\0", b"\0\0\1", b"\0\0\0\x09\x65", b"\xff" * 40])
@pytest.mark.parametrize("length_bytes", [None, 1, 2, 4])
@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_garbage_is_no_place_to_start(codec: str, length_bytes: int | None, data: bytes) -> None:
    rule = AccessRule(codec, length_bytes)
    assert not rule.is_access(memoryview(data))
    rule.has_sublayer(memoryview(data))
