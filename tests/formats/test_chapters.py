"""Chapters: the copy's packets are the video's own, its chapters are the phases."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from tests.formats.drawn_recordings import labelled, phase_timeline
from tests.support.clips import steady, write_clip
from video_pipeline.errors import OutputError, RecordingError
from video_pipeline.formats import chapters
from video_pipeline.formats.labelled import LabelledRecording, VideoFile, phase_segments_of
from video_pipeline.formats.registry import ExportSettings

Packets = list[tuple[Any, ...]]
SECOND_NAME = 'Größe <b> & "x"'


def write_film(path: Path) -> Path:
    """Four seconds with B-frames and a sound track."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 160, 120, "yuv420p"
        video.codec_context.max_b_frames = 2
        sound = container.add_stream("aac", rate=44100)
        for k in range(100):
            frame = av.VideoFrame.from_ndarray(np.full((120, 160, 3), k, dtype=np.uint8))
            frame.pts, frame.time_base = k, Fraction(1, 25)
            container.mux(video.encode(frame))
            wave = np.sin(np.arange(2 * 1764, dtype=np.float32)).reshape(2, 1764)
            piece = av.AudioFrame.from_ndarray(wave, "fltp", "stereo")
            piece.sample_rate, piece.pts, piece.time_base = 44100, 1764 * k, Fraction(1, 44100)
            container.mux(sound.encode(piece))
        container.mux(video.encode(None))
        container.mux(sound.encode(None))
    return path


def recording_of(video: Path | None, phase: Sequence[int] = (0, 0, 0, 1)) -> LabelledRecording:
    phases = phase_timeline(("Preparation", SECOND_NAME), phase)
    return LabelledRecording(
        "case 12",
        None,
        phases=phases,
        phase_segments=phase_segments_of(phases),
        video=None if video is None else VideoFile(video),
    )


def packets(path: Path, *, n_streams: int) -> Packets:
    """Of the first streams: all that a decoder is given, in order of decoding."""
    with av.open(str(path)) as container:
        found = [
            (p.stream.index, p.dts, p.pts, p.duration, p.time_base, p.is_keyframe, bytes(p))
            for p in container.demux(list(container.streams)[:n_streams])
            if p.size > 0
        ]
    return sorted(found, key=lambda packet: packet[0])


def chapters_of(path: Path) -> list[tuple[float, float, str]]:
    with av.open(str(path)) as container:
        return [
            (
                float(chapter["start"] * (chapter["time_base"] or 0)),
                float(chapter["end"] * (chapter["time_base"] or 0)),
                chapter["metadata"]["title"],
            )
            for chapter in container.chapters()
        ]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov"])
def test_all_packets_are_copied_with_their_times(suffix: str, tmp_path: Path) -> None:
    video = write_film(tmp_path / f"film{suffix}")
    before = video.read_bytes()
    out = tmp_path / "out"
    out.mkdir()
    chapters.write([recording_of(video)], out, ExportSettings())
    copy = out / f"film{suffix}"
    assert len(packets(video, n_streams=2)) > 200
    assert packets(copy, n_streams=2) == packets(video, n_streams=2)
    assert chapters_of(copy) == [(0, 3, "Preparation"), (3, 4, SECOND_NAME)]
    assert video.read_bytes() == before
    assert [path.name for path in out.iterdir()] == [copy.name]


def test_real_video_is_copied_packet_by_packet(shared: Path, tmp_path: Path) -> None:
    video = shared / "data/laparoscopy_clips/VID18_166.mp4"
    chapters.write([recording_of(video, [0] * 20 + [1] * 12)], tmp_path, ExportSettings())
    copy = tmp_path / video.name
    assert packets(copy, n_streams=1) == packets(video, n_streams=1)
    assert chapters_of(copy) == [(0, 20, "Preparation"), (20, 32, SECOND_NAME)]


def test_the_last_chapter_ends_with_the_video(tmp_path: Path) -> None:
    video = write_clip(tmp_path / "short.mp4", steady(90))
    out = tmp_path / "out"
    out.mkdir()
    chapters.write([recording_of(video)], out, ExportSettings())
    assert chapters_of(out / "short.mp4")[-1] == (3, 3.6, SECOND_NAME)
    with av.open(str(video)) as one, av.open(str(out / "short.mp4")) as other:
        assert one.duration == other.duration


def test_chapters_of_before_are_replaced(tmp_path: Path) -> None:
    video = write_film(tmp_path / "film.mp4")
    for name in ("once", "twice"):
        (tmp_path / name).mkdir()
    chapters.write([recording_of(video, [0, 1, 0, 1])], tmp_path / "once", ExportSettings())
    again = recording_of(tmp_path / "once" / "film.mp4")
    notes = chapters.write([again], tmp_path / "twice", ExportSettings())
    copy = tmp_path / "twice" / "film.mp4"
    assert chapters_of(copy) == [(0, 3, "Preparation"), (3, 4, SECOND_NAME)]
    assert packets(copy, n_streams=2) == packets(video, n_streams=2)
    assert not any("not copied" in note for note in notes)


def test_a_container_without_chapters_becomes_matroska(tmp_path: Path) -> None:
    video = write_clip(
        tmp_path / "old.mpg", steady(100), codec="mpeg2video", time_base=Fraction(1, 25)
    )
    notes = chapters.write([recording_of(video)], tmp_path, ExportSettings())
    copy = tmp_path / "old.mkv"
    assert any(".mpg has no chapters: copied into .mkv" in note for note in notes)
    assert [p[-1] for p in packets(copy, n_streams=1)] == [
        p[-1] for p in packets(video, n_streams=1)
    ]
    with av.open(str(video)) as container:
        start = container.streams.video[0].start_time
        first_s = float((start or 0) * Fraction(1, 90000))
    assert first_s > 0
    starts = [start for start, _, _ in chapters_of(copy)]
    assert starts == pytest.approx([first_s, first_s + 3], abs=0.001)


def test_tools_are_said_to_be_left_out(tmp_path: Path) -> None:
    video = write_clip(tmp_path / "film.mp4", steady(100))
    phases = phase_timeline(("a",), [0] * 4)
    out = tmp_path / "out"
    out.mkdir()
    recording = labelled([("Hook", 1, 2)], tools=("Hook",), n_seconds=4, phases=phases, video=video)
    notes = chapters.write([recording], out, ExportSettings())
    assert any("tools overlap" in note for note in notes)
    assert chapters.write([recording_of(video)], out, ExportSettings()) == []


def test_without_phases_nothing_is_written(tmp_path: Path) -> None:
    video = write_clip(tmp_path / "film.mp4", steady(100))
    out = tmp_path / "out"
    out.mkdir()
    unknown = labelled([("Hook", 1, 2)], tools=("Hook",), n_seconds=4, video=video)
    with pytest.raises(RecordingError, match="case 12: its phases are not known"):
        chapters.write([recording_of(video), unknown], out, ExportSettings())
    assert list(out.iterdir()) == []


def test_without_a_video_the_option_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"its video is not known.*--videos"):
        chapters.write([recording_of(None)], tmp_path, ExportSettings())


def test_the_video_itself_is_never_replaced(tmp_path: Path) -> None:
    video = write_clip(tmp_path / "film.mp4", steady(100))
    before = video.read_bytes()
    with pytest.raises(OutputError, match="would replace the video itself; choose another --out"):
        chapters.write([recording_of(video)], tmp_path, ExportSettings())
    assert video.read_bytes() == before


def test_what_cannot_be_read_leaves_no_copy(tmp_path: Path) -> None:
    video = tmp_path / "broken.mp4"
    video.write_bytes(b"no video at all" * 100)
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(RecordingError, match=r"broken\.mp4"):
        chapters.write([recording_of(video)], out, ExportSettings())
    assert list(out.iterdir()) == []
