"""A video inside a DICOM object: what its header says, and the video itself as a file.

Operating-room recorders and archives hand out recordings as DICOM objects whose pixel data are an
MPEG-2, H.264 or HEVC stream, whole, in whatever container the recorder used. The header is read by
pydicom, and only what says how to read the video; it is about a patient, so nothing that it holds,
and no error or warning that may quote it, leaves this file. The video is read where it lies.
"""

from __future__ import annotations

import io
import logging
import os
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal, cast

from video_pipeline.errors import RecordingError
from video_pipeline.frames.container.dicom_fragments import EncapsulatedVideo, find_fragments

if TYPE_CHECKING:
    from pydicom import FileDataset

__all__ = ["DicomVideo", "VideoCodec", "is_dicom", "open_dicom_video"]

VideoCodec = Literal["mpeg2video", "h264", "hevc"]

_SYNTAXES = "1.2.840.10008.1.2.4."
_CODECS: dict[str, VideoCodec] = {
    **dict.fromkeys(("100", "101"), "mpeg2video"),
    **dict.fromkeys(("102", "103", "104", "105", "106"), "h264"),
    **dict.fromkeys(("107", "108"), "hevc"),
}
"""Last part of the transfer syntax (DICOM PS3.6, A); a further ``.1`` means many fragments."""

_UNCOMPRESSED = {"1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"}
_RUN_LENGTH = "1.2.840.10008.1.2.5"

_FRAME_TIME = 0x00181063
_CINE_RATE = 0x00180040
_DISPLAY_RATE = 0x00082144
_NUMBER_OF_FRAMES = 0x00280008

_PIXEL_DATA = (b"\xe0\x7f\x10\x00", b"\x7f\xe0\x00\x10")
"""Its tag in either byte order."""
_LONG_FORMS = (b"OB\0\0", b"OW\0\0", b"UN\0\0")
"""Kinds of value whose length has 32 bits, behind two bytes of nothing."""

_MOST_HEADER_BYTES = 16 << 20
_MOST_HEADER_READS = 100_000
"""Far more than a video's header has; a hostile one ends here, within a second."""

_SLOWEST_HZ, _FASTEST_HZ = 1, 240
_SHORTEST_MS, _LONGEST_MS = Decimal(1000) / _FASTEST_HZ, Decimal(1000) / _SLOWEST_HZ
_COMMON_HZ = [
    *(Fraction(rate) for rate in (24, 25, 30, 50, 60)),
    *(Fraction(rate * 1000, 1001) for rate in (24, 30, 60)),
]
_LONGEST_NUMBER = 64

_GIVE_VIDEO = "export the recording as MPEG-4 from the archive"
_EXPORT_AGAIN = "export it again from the archive"
_COPY_AGAIN = "copy it again from the archive"

_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class DicomVideo:
    """A DICOM object's video, and what its header claims about it."""

    file: EncapsulatedVideo
    """The elementary stream, program or transport stream, or MP4; whoever opened it closes it."""
    codec: VideoCodec
    """By FFmpeg's name."""
    rate_hz: Fraction | None
    """Frames a second, for a stream that has no times of its own; None where nothing plausible."""
    n_frames: int | None
    """Number of frames."""
    is_cut: bool
    """Whether the file ends before the video does."""


def is_dicom(path: str | os.PathLike[str]) -> bool:
    """Whether a regular file begins as a DICOM object does: 128 bytes of anything, then DICM."""
    try:
        if not Path(path).is_file():
            return False
        with Path(path).open("rb") as file:
            return file.read(132)[128:] == b"DICM"
    except (OSError, ValueError):
        return False


def open_dicom_video(path: str | os.PathLike[str]) -> DicomVideo:
    """Find the video in a DICOM object; nothing of it is read yet.

    Raises ``RecordingError``: pydicom is missing, the file is no DICOM object or a broken one, it
    has no pixel data, or they are no encapsulated video.
    """
    try:
        with Path(path).open("rb") as whole:
            header = _read_header(path, whole)
            _require_pixel_data(path, whole, header.pixels_at)
            codec = _codec(path, header.syntax)
            first_item_at = _first_item_at(path, whole, header.pixels_at)
        file = io.FileIO(path)
        try:
            fragments = find_fragments(path, file, first_item_at)
        except BaseException:
            file.close()
            raise
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise RecordingError(path, f"cannot be read: {reason}") from error
    return DicomVideo(
        file=EncapsulatedVideo(file, fragments),
        codec=codec,
        rate_hz=header.rate_hz,
        n_frames=header.n_frames,
        is_cut=fragments.is_cut,
    )


@dataclass(frozen=True)
class _Header:
    """The few things in a DICOM header that are not about the patient."""

    syntax: str
    """Transfer syntax."""
    rate_hz: Fraction | None
    n_frames: int | None
    pixels_at: int
    """Where the header ends, in bytes."""


def _read_header(path: str | os.PathLike[str], whole: BinaryIO) -> _Header:
    """Read up to the pixel data; pydicom's own words stay here, they may quote the patient."""
    file = _HeaderFile(whole)
    with _silence():
        try:
            from pydicom import dcmread
            from pydicom.errors import InvalidDicomError
        except ImportError as error:
            raise RecordingError(
                path,
                "a DICOM object, and pydicom is not installed",
                hint="pip install 'surgical-video[dicom]'",
            ) from error
        try:
            dataset = dcmread(
                cast("BinaryIO", file),
                stop_before_pixels=True,
                specific_tags=[_FRAME_TIME, _CINE_RATE, _DISPLAY_RATE, _NUMBER_OF_FRAMES],
            )
            syntax = str(dataset.file_meta.get("TransferSyntaxUID")).strip()
        except InvalidDicomError:
            raise RecordingError(path, "not a DICOM object") from None
        except Exception:  # noqa: BLE001  whatever a stranger's bytes make it raise may quote them
            raise RecordingError(path, file.refusal, hint=_EXPORT_AGAIN) from None
    return _Header(
        syntax=syntax,
        rate_hz=_rate_hz(dataset),
        n_frames=_count(_text(dataset, _NUMBER_OF_FRAMES)),
        pixels_at=file.tell(),
    )


class _HeaderFile:
    """What pydicom reads a header from: a file that refuses to be read in vast amounts.

    Sequences are read whole and within each other, whether they are asked for or not, and a
    deflated header is inflated in one go: each might take all memory.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._n_bytes_left = _MOST_HEADER_BYTES
        self._n_reads_left = _MOST_HEADER_READS
        self.refusal = "its DICOM header is broken"
        """Why the header could not be read, in words."""
        self.seek = file.seek
        self.tell = file.tell

    def read(self, n_bytes: int = -1, /) -> bytes:
        if n_bytes < 0:
            self.refusal = "a deflated DICOM object, not a video"
            raise OSError(self.refusal)
        self._n_bytes_left -= n_bytes
        self._n_reads_left -= 1
        if self._n_bytes_left < 0 or self._n_reads_left < 0:
            self.refusal = "its DICOM header is far too large"
            raise OSError(self.refusal)
        return self._file.read(n_bytes)


@contextmanager
def _silence() -> Iterator[None]:
    """Keep pydicom from warning and logging: it would quote values. One thread at a time."""
    logger = logging.getLogger("pydicom")
    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        was_disabled, logger.disabled = logger.disabled, True
        try:
            yield
        finally:
            logger.disabled = was_disabled


def _require_pixel_data(path: str | os.PathLike[str], file: BinaryIO, at: int) -> None:
    size = file.seek(0, os.SEEK_END)
    file.seek(min(at, size))
    if file.read(4) in _PIXEL_DATA:
        return
    if at > size:
        raise RecordingError(path, "the file ends within its DICOM header", hint=_COPY_AGAIN)
    raise RecordingError(path, "a DICOM object without pixel data", hint=_GIVE_VIDEO)


def _codec(path: str | os.PathLike[str], syntax: str) -> VideoCodec:
    family, _, kind = syntax.removesuffix(".1").rpartition(".")
    if f"{family}." == _SYNTAXES and kind in _CODECS:
        return _CODECS[kind]
    if syntax in _UNCOMPRESSED:
        cause = "a DICOM image, not a video: its pixels are not compressed"
    elif syntax.startswith(_SYNTAXES) or syntax == _RUN_LENGTH:
        cause = "a DICOM image, not a video: its frames are single pictures"
    else:
        cause = "a DICOM object in an unknown transfer syntax: its pixels are no encapsulated video"
    raise RecordingError(path, cause, hint=_GIVE_VIDEO)


def _first_item_at(path: str | os.PathLike[str], file: BinaryIO, at: int) -> int:
    """Where the chain of items starts: behind the tag, the kind and the length "undefined"."""
    file.seek(at)
    element = file.read(12)
    if len(element) < 12:
        raise RecordingError(path, "the file ends where its video begins", hint=_COPY_AGAIN)
    if element[4:8] not in _LONG_FORMS or element[8:] != b"\xff\xff\xff\xff":
        raise RecordingError(
            path, "its pixels are not encapsulated video, as it claims", hint=_EXPORT_AGAIN
        )
    return at + len(element)


def _text(dataset: FileDataset, tag: int) -> str:
    """A value as it stands in the file, unconverted: pydicom would quote it in a warning."""
    value = dataset.get_item(tag).value if tag in dataset else None
    return value.decode("latin-1").strip(" \0") if isinstance(value, bytes) else ""


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text) if len(text) <= _LONGEST_NUMBER else Decimal("nan")
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _count(text: str) -> int | None:
    number = _number(text)
    return int(number) if number is not None and 1 <= number < 1 << 31 else None


def _rate_hz(dataset: FileDataset) -> Fraction | None:
    """The first plausible one of frame time, cine rate and recommended display rate."""
    milliseconds = _number(_text(dataset, _FRAME_TIME))
    if milliseconds is not None and _SHORTEST_MS <= milliseconds <= _LONGEST_MS:
        return _rate_of(milliseconds)
    for tag in (_CINE_RATE, _DISPLAY_RATE):
        rate = _number(_text(dataset, tag))
        if rate is not None and _SLOWEST_HZ <= rate <= _FASTEST_HZ:
            return Fraction(rate)
    return None


def _rate_of(milliseconds: Decimal) -> Fraction:
    """33.33 ms means 30 Hz, not 30.003: a second would be lost in three hours.

    The nearest common rate whose frame time is the same up to the last decimal that was written.
    """
    exact = Fraction(milliseconds)
    last_place = Fraction(10) ** min(0, int(milliseconds.as_tuple().exponent))
    nearest = min(_COMMON_HZ, key=lambda rate: abs(1000 / rate - exact))
    return nearest if abs(1000 / nearest - exact) < last_place else 1000 / exact
