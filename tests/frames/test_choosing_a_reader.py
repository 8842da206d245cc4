"""Which decoder and which stream a recording is read with."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.clips import read_barcode, steady, write_clip, write_streams
from video_pipeline.errors import RecordingError
from video_pipeline.frames import RegularTimes, open_video


def numbers(path: Path, *, decoder: str = "pyav", stream: int | None = None) -> list[int]:
    with open_video(path, decoder=decoder, stream=stream) as reader:
        return [read_barcode(sample.frame.rgb()) for sample in reader.samples(RegularTimes())]


@pytest.mark.parametrize("decoder", ["pyav", "opencv"])
def test_either_decoder_gives_the_frames_on_display(tmp_path: Path, decoder: str) -> None:
    assert numbers(write_clip(tmp_path / "c.mp4", steady(60)), decoder=decoder) == [0, 25, 50]


def test_a_stream_may_be_chosen(tmp_path: Path) -> None:
    clip = write_streams(tmp_path / "c.mp4", [(60, 80), (120, 160), (90, 120)])
    assert numbers(clip) == [1000]
    assert numbers(clip, stream=0) == [0]
    assert numbers(clip, stream=2) == [2000]


def test_a_stream_that_is_not_there_is_refused(tmp_path: Path) -> None:
    clip = write_streams(tmp_path / "c.mp4", [(60, 80), (120, 160)])
    with pytest.raises(RecordingError, match="no video stream 2: it has 2"):
        open_video(clip, stream=2)


def test_opencv_cannot_choose_a_stream(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="first video stream only"):
        open_video(tmp_path / "c.mp4", decoder="opencv", stream=1)


def test_an_unknown_decoder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="a decoder is one of"):
        open_video(tmp_path / "c.mp4", decoder="vlc")
