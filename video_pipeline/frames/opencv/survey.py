"""Whether OpenCV can be trusted with a recording, and when each of its frames is shown.

The file is opened as for PyAV, its first frames are decoded and all of its packets are read once,
before OpenCV sees it. What OpenCV (5.0, FFmpeg 8) gets wrong without a word is refused here.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import av
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from video_pipeline.errors import RecordingError
from video_pipeline.frames.container.demuxing import PacketSource, VideoPacket
from video_pipeline.frames.container.dicom import is_dicom
from video_pipeline.frames.container.findings import Findings
from video_pipeline.frames.container.header import Header, read_header
from video_pipeline.frames.container.opening import LARGEST_PICTURE_PX, open_container, video_stream
from video_pipeline.frames.opencv.picture_parameters import KNOWN_CODECS, PictureParameters
from video_pipeline.frames.pictures.orientation import Orientation
from video_pipeline.frames.planned.access_points import rule_of
from video_pipeline.frames.planned.display_order import DisplayOrder, ShownTimes
from video_pipeline.frames.planned.scanning import CannotPlanError, PacketScan
from video_pipeline.frames.pyav_reader import PyAvReader
from video_pipeline.records import VideoInfo

__all__ = ["Survey", "refusal", "survey"]

_N_FIRST_FRAMES = 8
_LONGEST_GAP_S = 12 * 3600
_LONGEST_RECORDING_S = 7 * 24 * 3600

# Compared with ``pixels.RgbConverter`` on the same clips, OpenCV's pictures differ by about 1 of
# 255 levels in the mean for these, by more along sharp edges of colour: it repeats chroma samples.
_PIXEL_FORMATS = {
    *("yuv420p", "yuv422p", "yuv444p", "yuvj420p", "yuvj422p", "yuvj444p"),
    *("yuv420p10le", "yuv422p10le", "yuv444p10le", "gbrp"),
}
# AVColorSpace (H.273 matrix coefficients): BT.709, FCC, BT.470BG, SMPTE 170M, SMPTE 240M. With
# BT.2020 (9, 10) OpenCV is off by 24 levels in the mean.
_MATRICES = {1, 4, 5, 6, 7}
_UNTAGGED = 2
_HD_HEIGHT_PX = 720
"""From here on untagged pictures are BT.709 by the rule of ``pixels.RgbConverter``."""


@dataclass(frozen=True, eq=False)
class Survey:
    """What is known of a recording that OpenCV may read."""

    info: VideoInfo
    header: Header
    orientation: Orientation
    stored_size_px: tuple[int, int]
    """(height, width) as decoded: neither turned nor with square pixels."""
    pts: NDArray[np.int64]
    """(n,) ticks of the stream's time base at which each frame is shown; strictly rising."""
    start: int
    """Ticks at which the container says that the stream begins; OpenCV counts from there."""
    n_packets: int
    warnings: tuple[str, ...]


def refusal(path: str | os.PathLike[str], cause: str) -> RecordingError:
    """The error for a recording that PyAV may well be able to read."""
    return RecordingError(path, cause, hint="read it with --decoder pyav")


def survey(path: str | os.PathLike[str]) -> Survey:
    """Look through a recording for all that OpenCV cannot do.

    Raises ``RecordingError`` where the file is no recording, or one that OpenCV would misread.
    """
    _require_name(path)
    if is_dicom(path):
        raise refusal(path, "OpenCV cannot read DICOM")
    with PyAvReader(path, n_threads=1) as reader:
        info, warnings = reader.info, reader.report.warnings
        orientation = next(iter(reader.frames())).orientation
    with open_container(path) as container:
        stream = video_stream(path, container, Findings())
        header = read_header(container, stream, Findings())
        _require_stream(path, container, stream, header)
        first = _first_frames(path, container, stream)
    pts, start, n_packets = _scan(path, header)
    return Survey(
        info=info,
        header=header,
        orientation=orientation,
        stored_size_px=(first.height, first.width),
        pts=pts,
        start=start,
        n_packets=n_packets,
        warnings=warnings,
    )


def _require_name(path: str | os.PathLike[str]) -> None:
    try:
        os.fspath(path).encode("utf-8")
    except UnicodeEncodeError as error:
        raise refusal(path, "OpenCV crashes on file names that are not UTF-8") from error
    if "OPENCV_FFMPEG_CAPTURE_OPTIONS" in os.environ:
        raise RecordingError(
            path,
            "OPENCV_FFMPEG_CAPTURE_OPTIONS is set: OpenCV might open something else",
            hint="unset it, or read it with --decoder pyav",
        )


def _require_stream(
    path: str | os.PathLike[str], container: InputContainer, stream: VideoStream, header: Header
) -> None:
    if header.codec not in KNOWN_CODECS:
        raise refusal(path, f"OpenCV is not known to read {header.codec} video rightly")
    if container.streams.video[0].index != stream.index:
        raise refusal(path, "OpenCV reads the first video stream only, and it is another one")
    if not header.has_times:
        raise refusal(path, "OpenCV does not know when frames without times are shown")
    if header.are_times_counted and stream.codec_context.has_b_frames:
        raise refusal(path, "OpenCV takes the times of B-frames in an AVI for those of others")


def _first_frames(
    path: str | os.PathLike[str], container: InputContainer, stream: VideoStream
) -> VideoFrame:
    """Judge the first few frames; return the very first."""
    stream.codec_context.options = {"max_pixels": str(LARGEST_PICTURE_PX)}
    try:
        frames = list(islice(container.decode(stream), _N_FIRST_FRAMES))
    except av.FFmpegError as error:
        raise refusal(path, "its first frames are damaged, which OpenCV does not tell") from error
    first = frames[0]
    for frame in frames:
        cause = _reason_against(frame)
        if cause is not None:
            raise refusal(path, cause)
    return first


def _reason_against(frame: VideoFrame) -> str | None:
    if frame.interlaced_frame:
        return "OpenCV hands out memory that nobody wrote for interlaced video"
    if frame.is_corrupt:
        return "its first frames are damaged, which OpenCV does not tell"
    if frame.format.name not in _PIXEL_FORMATS:
        return f"OpenCV is not known to convert {frame.format.name} pictures rightly"
    if frame.format.is_rgb or frame.colorspace in _MATRICES:
        return None
    if frame.colorspace != _UNTAGGED:
        return "OpenCV does not know its colour matrix and takes BT.601 instead"
    if frame.height >= _HD_HEIGHT_PX:
        return "its HD pictures name no colour matrix, and OpenCV takes BT.601 instead of BT.709"
    return None


def _scan(path: str | os.PathLike[str], header: Header) -> tuple[NDArray[np.int64], int, int]:
    """Read every packet: when each frame is shown, where the stream starts, number of packets."""
    with open_container(path) as container:
        stream = video_stream(path, container, Findings())
        context = stream.codec_context
        source = _WatchedSource(path, container, stream, PictureParameters(context))
        scan = PacketScan(source, rule_of(context), stores_dts=header.stores_dts)
        try:
            pts = _in_display_order(scan)
        except CannotPlanError as error:
            raise refusal(path, f"OpenCV cannot be checked: {error}") from error
        start = stream.start_time
    cause = source.reason_against or _reason_against_times(pts, header, start)
    if cause is not None:
        raise refusal(path, cause)
    return pts, start or 0, scan.n_packets


def _in_display_order(scan: PacketScan) -> NDArray[np.int64]:
    order = DisplayOrder()
    parts = []
    for chunk in scan.chunks():
        shown = np.flatnonzero(chunk.is_shown)
        parts.append(order.add(ShownTimes(chunk.pts[shown], chunk.first + shown)).pts)
    return np.concatenate([*parts, order.rest().pts])


def _reason_against_times(pts: NDArray[np.int64], header: Header, start: int | None) -> str | None:
    if start is None or len(pts) == 0:
        return "OpenCV needs to know when the stream starts, and the file does not say"
    seconds = (pts - pts[0]) * float(header.time_base)
    if np.any(np.diff(seconds) > _LONGEST_GAP_S) or seconds[-1] > _LONGEST_RECORDING_S:
        return "OpenCV cannot be checked: its clock jumps by hours"
    return None


class _WatchedSource(PacketSource):
    """A source of packets that looks at what each says of its picture."""

    def __init__(
        self,
        path: str | os.PathLike[str],
        container: InputContainer,
        stream: VideoStream,
        parameters: PictureParameters,
    ) -> None:
        super().__init__(path, container, stream)
        self._parameters = parameters

    def packets(self) -> Iterator[VideoPacket]:
        for packet in super().packets():
            self._parameters.add(bytes(packet))
            yield packet

    @property
    def reason_against(self) -> str | None:
        """Why OpenCV must not read the packets that were looked at."""
        if not (self._parameters.are_there and self._parameters.are_constant):
            return "OpenCV reads memory that is not the picture's when size or format change"
        if not self._parameters.is_progressive:
            return "OpenCV hands out memory that nobody wrote for interlaced video"
        if self._parameters.has_hidden_pictures:
            return "OpenCV cannot be checked: it holds pictures that are never shown"
        return None
