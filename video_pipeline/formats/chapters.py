"""Chapters: a copy of the video in which players can jump to a phase; nothing is encoded anew.

Packets are copied one by one with their times. MP4, QuickTime and Matroska have chapters; what lies
in another container is copied into Matroska.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from video_pipeline.errors import OutputError, RecordingError
from video_pipeline.formats.file_names import file_stems
from video_pipeline.formats.labelled import LabelledRecording, VideoFile
from video_pipeline.formats.registry import ExportSettings
from video_pipeline.formats.stretches import Stretch, phase_stretches
from video_pipeline.output.files import whole_file

if TYPE_CHECKING:
    from av.container import InputContainer, OutputContainer
    from av.stream import Stream
    from av.video.stream import VideoStream

__all__ = ["write"]

_MUXERS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska", ".webm": "webm"}
_OTHERS_SUFFIX = ".mkv"
_MILLISECOND = Fraction(1, 1000)


def write(
    recordings: Sequence[LabelledRecording],
    out: Path,
    settings: ExportSettings,  # noqa: ARG001  every format is called alike
) -> list[str]:
    """Write a copy of each recording's video, its phases as chapters; return what is lost.

    Raises:
        RecordingError: a recording's video or its phases are not known, before anything is written;
            or the video cannot be read.
        OutputError: the copy cannot be written, or would replace the video itself.
    """
    jobs = [
        (recording, *_video_and_phases(recording), stem)
        for recording, stem in zip(recordings, file_stems(recordings), strict=True)
    ]
    notes = []
    for recording, video, phases, stem in jobs:
        suffix = video.path.suffix.lower()
        target = out / f"{stem}{suffix if suffix in _MUXERS else _OTHERS_SUFFIX}"
        _require_other_file(video.path, target)
        left_out = _copy(video.path, target, phases)
        if suffix not in _MUXERS:
            notes.append(
                f"{recording.video_id}: {suffix} has no chapters: copied into {_OTHERS_SUFFIX}"
            )
        if left_out:
            notes.append(f"{recording.video_id}: not copied: {', '.join(left_out)}")
        if recording.timeline is not None:
            notes.append(f"{recording.video_id}: tools overlap, so they are no chapters: left out")
    return notes


def _video_and_phases(recording: LabelledRecording) -> tuple[VideoFile, tuple[Stretch, ...]]:
    phases = phase_stretches(recording)
    if not phases:
        raise RecordingError(
            recording.video_id,
            "its phases are not known, so there are no chapters to write",
            hint="export a folder with phases.csv, or labels that hold phases",
        )
    if recording.video is None:
        raise RecordingError(
            recording.video_id,
            "its video is not known, so there is nothing to write chapters into",
            hint="name the folder of the videos with --videos",
        )
    return recording.video, phases


def _require_other_file(video: Path, target: Path) -> None:
    if target.exists() and video.exists() and video.samefile(target):
        raise OutputError(target, "would replace the video itself", hint="choose another --out")


def _copy(video: Path, target: Path, phases: Sequence[Stretch]) -> list[str]:
    """Copy all packets and add the chapters; return the streams that could not be copied."""
    import av

    from video_pipeline.frames.container.dicom import is_dicom
    from video_pipeline.frames.container.findings import Findings
    from video_pipeline.frames.container.opening import open_container, video_stream

    if is_dicom(video):
        raise RecordingError(video, "is a DICOM object, which has no chapters")
    with open_container(video) as source, whole_file(target) as file:
        stream = video_stream(video, source, Findings())
        try:
            muxer = _MUXERS[target.suffix]
            return _remux(source, stream, file, path=target, muxer=muxer, phases=phases)
        except av.FFmpegError as error:
            # Some of these are OSErrors, which would be told as the disk's.
            raise OutputError(
                target, f"the video's streams cannot be copied as they are ({error.strerror})"
            ) from error


def _remux(
    source: InputContainer,
    video: VideoStream,
    file: BinaryIO,
    *,
    path: Path,
    muxer: str,
    phases: Sequence[Stretch],
) -> list[str]:
    import av

    # Without this, times would be moved so that the first time of decoding is not negative.
    options = {"avoid_negative_ts": "disabled"}
    with av.open(file, "w", format=muxer, container_options=options) as target:
        target.metadata.update(source.metadata)
        copies, left_out = _copied_streams(source, target)
        if video.index not in copies:
            raise OutputError(
                path, f"{video.name} cannot be copied into {muxer} without encoding it anew"
            )
        target.set_chapters(list(_chapters(source, video, phases)))
        for packet in source.demux([source.streams[index] for index in copies]):
            # The demuxer's last word is an empty packet.
            if packet.dts is None and packet.size == 0:
                continue
            packet.stream = copies[packet.stream.index]
            target.mux_one(packet)
    return left_out


def _copied_streams(
    source: InputContainer, target: OutputContainer
) -> tuple[dict[int, Stream], list[str]]:
    """The copy of each stream by the number of its original, and those that have none."""
    copies: dict[int, Stream] = {}
    left_out = []
    for stream in source.streams:
        if stream.type == "data" and stream.name == "bin_data" and source.chapters():
            # Where MP4 keeps its old chapters' names; the new chapters have a stream like it.
            continue
        try:
            copy = target.add_stream_from_template(stream)
        except (ValueError, TypeError) as error:
            left_out.append(f"stream {stream.index} ({stream.type}: {error})")
            continue
        copy.time_base = stream.time_base
        copy.metadata.update(stream.metadata)
        copy.disposition = stream.disposition
        copies[stream.index] = copy
    return copies, left_out


def _chapters(
    source: InputContainer, video: VideoStream, phases: Sequence[Stretch]
) -> Iterator[Any]:
    """Of phases since the first picture; none goes on behind the video's own end."""
    first_ms = 0
    if video.start_time is not None and video.time_base is not None:
        first_ms = round(video.start_time * video.time_base * 1000)
    end_ms = None if source.duration is None else (source.start_time + source.duration) // 1000
    for k, phase in enumerate(phases):
        start_ms, stop_ms = phase.start_ms + first_ms, phase.end_ms + first_ms
        if end_ms is not None:
            stop_ms = min(stop_ms, end_ms)
        if start_ms < stop_ms:
            yield {
                "id": k,
                "start": start_ms,
                "end": stop_ms,
                "time_base": _MILLISECOND,
                "metadata": {"title": phase.label},
            }
