"""Opening a recording safely: one regular file, as a video container, and nothing else.

FFmpeg opens whatever it is told to: play-lists that name other files, SDP files that listen on
the network, pictures, even text that it renders as video. A recorder writes none of those. Here
only the local file itself may be read, only containers for recordings are allowed, and pictures
beyond 8192 x 4352 px are refused before they are decoded.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from video_pipeline.errors import RecordingError
from video_pipeline.frames.container.dicom import is_dicom, open_dicom_video
from video_pipeline.frames.container.file_kind import explain_unreadable
from video_pipeline.frames.container.findings import Findings
from video_pipeline.frames.container.mp4_index import Mp4Index, read_mp4_index

__all__ = [
    "LARGEST_PICTURE_PX",
    "StreamId",
    "is_cut_short",
    "open_container",
    "open_stream",
    "video_stream",
]

LARGEST_PICTURE_PX = 8192 * 4352
"""Pixels of the largest picture that is decoded: 8K video and a little more."""

_CONTAINERS = (
    "mov,mp4,matroska,webm,mpegts,mpeg,avi,asf,flv,mxf,ogg,ivf,nut,dv,wtv,gxf,"
    "h264,hevc,vvc,mpegvideo,m4v,obu,vc1"
)

_OPTIONS = {
    "protocol_whitelist": "file",
    "format_whitelist": _CONTAINERS,
    "max_pixels": str(LARGEST_PICTURE_PX),
}

# What may lie inside a DICOM object: nothing there can name another file.
_DICOM_OPTIONS = _OPTIONS | {
    "protocol_whitelist": "none",
    "format_whitelist": "mov,mp4,mpegts,mpeg,mpegvideo,h264,hevc",
}

_GIVE_VIDEO = "name the file that holds the picture"

_NO_VIDEO = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image


@dataclass(frozen=True)
class StreamId:
    """One video stream of one file, to be found again when the file is opened once more."""

    path: str
    index: int


def open_container(path: str | os.PathLike[str]) -> InputContainer:
    """Open a local regular file as a video container; its name may be any bytes.

    A DICOM object is opened as the video inside it. Raises ``RecordingError`` with the cause:
    missing, empty, a folder, a pipe, no video container.
    """
    file = Path(path).absolute()
    _require_regular_file(path, file)
    if is_dicom(file):
        return _open_dicom(path)
    _require_honest_index(path, file)
    try:
        # The prefix keeps a name such as "concat:..." or "http:..." from being taken for more.
        return av.open(f"file:{file}", "r", options=_OPTIONS, metadata_errors="replace")
    except (av.FFmpegError, OSError, ValueError) as error:
        raise _refusal(path, file) from error


@contextmanager
def open_stream(stream_id: StreamId) -> Iterator[tuple[InputContainer, VideoStream]]:
    """Open a file once more for one of its streams, at its beginning."""
    with open_container(stream_id.path) as container:
        yield container, cast("VideoStream", container.streams[stream_id.index])


def is_cut_short(path: str | os.PathLike[str]) -> bool:
    """Whether a DICOM object ends before its video does; other files cannot tell beforehand."""
    if not is_dicom(path):
        return False
    video = open_dicom_video(path)
    video.file.close()
    return video.is_cut


def video_stream(
    path: str | os.PathLike[str],
    container: InputContainer,
    findings: Findings,
    *,
    wanted: int | None = None,
) -> VideoStream:
    """Find the endoscope's stream: the default one among those with the largest picture.

    ``wanted`` names one instead: 0 is the file's first video stream. Cover pictures and thumbnails
    are no video. Raises ``RecordingError`` where no stream is left, where none has a decoder, or
    where the picture is too large.
    """
    moving = [s for s in container.streams.video if not s.disposition & _NO_VIDEO]
    if wanted is not None:
        if wanted >= len(moving):
            raise RecordingError(
                path,
                f"no video stream {wanted}: it has {len(moving)}",
                hint="they are counted from 0",
            )
        moving = [moving[wanted]]
    if not moving:
        found = sorted({s.type for s in container.streams})
        held = f"only {' and '.join(found)}" if found else "nothing"
        if container.streams.video:
            raise RecordingError(
                path, "a still image, not a video: it holds a cover picture only", hint=_GIVE_VIDEO
            )
        raise RecordingError(path, f"no video stream: the file holds {held}", hint=_GIVE_VIDEO)
    # PyAV's stubs do not say so, but a stream without a decoder has no codec context.
    decodable = [s for s in moving if getattr(s, "codec_context", None) is not None]
    if not decodable:
        raise RecordingError(
            path,
            "no decoder for its video codec",
            hint="convert the recording to H.264 with the recorder's own software",
        )
    largest = max(
        decodable,
        key=lambda s: (
            s.codec_context.width * s.codec_context.height,
            bool(s.disposition & Disposition.default),
        ),
    )
    context = largest.codec_context
    _require_allowed_size(path, width_px=context.width, height_px=context.height)
    if len(moving) > 1:
        findings.add(
            "streams", f"{len(moving)} video streams: the one with the largest picture is read"
        )
    return largest


def _open_dicom(path: str | os.PathLike[str]) -> InputContainer:
    video = open_dicom_video(path)
    try:
        _refuse_lie(path, read_mp4_index(video.file))
    except RecordingError:
        video.file.close()
        raise
    options = dict(_DICOM_OPTIONS)
    if video.rate_hz is not None:
        # Elementary streams have no times of their own; other formats pass over this.
        options["framerate"] = str(video.rate_hz)
    try:
        return av.open(video.file, "r", options=options, metadata_errors="replace")
    except (av.FFmpegError, OSError, ValueError) as error:
        video.file.close()
        raise RecordingError(
            path,
            "its pixel data hold no video container that is known here",
            hint="export it from the archive as mp4",
        ) from error


def _require_allowed_size(path: str | os.PathLike[str], *, width_px: int, height_px: int) -> None:
    """Raise ``RecordingError`` for a picture of more than ``LARGEST_PICTURE_PX`` pixels."""
    if width_px * height_px > LARGEST_PICTURE_PX:
        raise RecordingError(
            path,
            f"too many pixels: {width_px} x {height_px}",
            hint="at most 8192 x 4352 px are decoded",
        )


def _require_regular_file(path: str | os.PathLike[str], file: Path) -> None:
    try:
        status = file.stat()
    except FileNotFoundError as error:
        raise RecordingError(path, "no such file", hint="check the name") from error
    except (OSError, ValueError) as error:
        raise RecordingError(path, f"cannot be looked up: {_reason(error)}") from error
    if stat.S_ISDIR(status.st_mode):
        raise RecordingError(path, "a folder, not a recording", hint="name a file inside it")
    if not stat.S_ISREG(status.st_mode):
        raise RecordingError(
            path,
            "not a regular file",
            hint="pipes and devices cannot be recordings: save to a file",
        )
    if status.st_size == 0:
        raise RecordingError(path, "the file is empty", hint="copy it again from the recorder")


def _require_honest_index(path: str | os.PathLike[str], file: Path) -> None:
    try:
        with file.open("rb", buffering=0) as opened:
            index = read_mp4_index(opened)
    except OSError as error:
        raise RecordingError(path, f"cannot be read: {_reason(error)}") from error
    _refuse_lie(path, index)


def _refuse_lie(path: str | os.PathLike[str], index: Mp4Index) -> None:
    if index.lie is not None:
        raise RecordingError(
            path,
            f"its index promises more than the file can hold: {index.lie}",
            hint="export it anew from the recorder's own software",
        )


def _refusal(path: str | os.PathLike[str], file: Path) -> RecordingError:
    try:
        cause, hint = explain_unreadable(file)
    except OSError as error:
        return RecordingError(path, f"cannot be read: {_reason(error)}")
    return RecordingError(path, cause, hint=hint)


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error)).lower()
