"""What a container's header claims (rate, length, shape of a pixel), believed where harmless."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from video_pipeline.frames.container.findings import Findings
from video_pipeline.frames.container.written_header import WrittenHeader, read_written_header

__all__ = ["ASSUMED_RATE_HZ", "Header", "read_header"]

ASSUMED_RATE_HZ = Fraction(25)
"""Where neither timestamps nor a plausible frame rate are known."""

_SLOWEST_COMMON_HZ = Fraction(1)
_SLOWEST_HZ = Fraction(1, 60)
_FASTEST_HZ = Fraction(240)
_LONGEST = Fraction(7 * 24 * 3600)
"""Seconds; a header that claims more for an operation claims nothing."""
_LATEST_START = Fraction(2**33, 90_000)
"""Seconds at which the clock of a transport stream begins anew: 26.5 hours."""
_EARLIEST_START = Fraction(-1, 2)
_PIXEL_ASPECTS = (Fraction(1, 4), Fraction(4))

_FINEST_ASPECT = 1000

# FFmpeg's names of what stores no presentation times: raw streams have none at all, ...
_UNTIMED = {"h264", "hevc", "vvc", "mpegvideo", "m4v", "obu", "vc1"}
# ... and here FFmpeg divides the frame's number by the header's frame rate.
_COUNTED = {"avi"}
# Those whose header has a place for the length; it may have been left empty.
_SAY_LENGTH = {"mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "avi", "asf", "flv", "mxf"}
_TRACK_LENGTH = re.compile(r"([0-9]{1,4}):([0-9]{1,2}):([0-9]{1,2}(?:\.[0-9]{1,12})?)")
_WITHOUT_DTS = {"matroska,webm"}


@dataclass(frozen=True)
class Header:
    """One stream's claims, copied out of FFmpeg: they outlive the open file."""

    codec: str
    time_base: Fraction
    """Seconds that one unit of a timestamp means."""
    rate_hz: Fraction | None
    """Frames a second, as declared."""
    assumed_rate_hz: Fraction
    """For frames without timestamps: the declared rate, or 25 where that is no frame rate."""
    duration: Fraction | None
    """Seconds from the first frame to the end."""
    n_frames: int | None
    """Entries in the container's index; None where it has none."""
    pixel_aspect: Fraction
    """Width of a pixel by its height."""
    has_times: bool
    """Whether timestamps are worth anything; counted ones are as good as the declared rate."""
    stores_dts: bool
    """Whether times of decoding are the container's own; FFmpeg guesses them where they are not."""
    is_cut_short: bool
    """Whether what wraps the video (a DICOM object) ends too early by its own account."""
    are_times_counted: bool
    """Whether timestamps are but frame numbers: then B-frames have those of others."""
    written_duration: Fraction | None = None
    """Seconds of the whole in the header's own words, where FFmpeg puts them right in silence."""


def read_header(
    container: InputContainer,
    stream: VideoStream,
    findings: Findings,
    *,
    is_cut_short: bool = False,
) -> Header:
    """Copy out what the header says about a stream; what is odd about it goes to ``findings``."""
    are_times_counted = container.format.name in _COUNTED
    rate = _rate(stream, are_times_counted=are_times_counted)
    if rate is not None and not _is_common(rate):
        findings.add("rate", f"the header's frame rate is odd: {float(rate):.6g} a second")
    fit_rate = rate if rate is not None and _SLOWEST_HZ <= rate <= _FASTEST_HZ else None
    written = read_written_header(container)
    if written.counts_frames and rate is not None:
        findings.add("rate", f"frames are but counted: {float(rate):.6g} a second were assumed")
    _note_start(stream, findings)
    return Header(
        codec=stream.codec_context.codec.canonical_name,
        time_base=stream.time_base or Fraction(1, av.time_base),
        rate_hz=rate,
        assumed_rate_hz=fit_rate or ASSUMED_RATE_HZ,
        duration=_duration(container, stream, written, findings),
        n_frames=stream.frames if stream.frames > 0 else None,
        pixel_aspect=_pixel_aspect(stream, findings),
        has_times=container.format.name not in _UNTIMED
        and (fit_rate is not None or not are_times_counted),
        stores_dts=container.format.name not in _WITHOUT_DTS,
        is_cut_short=is_cut_short,
        are_times_counted=are_times_counted,
        written_duration=written.duration,
    )


def _rate(stream: VideoStream, *, are_times_counted: bool) -> Fraction | None:
    rates = [rate for rate in (stream.average_rate, stream.guessed_rate) if rate]
    if are_times_counted:
        return rates[0] if rates else None
    # Of some formats FFmpeg's average is but the unit of time; its guess looks at the frames.
    return next(filter(_is_common, rates), rates[0] if rates else None)


def _is_common(rate: Fraction) -> bool:
    return _SLOWEST_COMMON_HZ <= rate <= _FASTEST_HZ


def _note_start(stream: VideoStream, findings: Findings) -> None:
    if stream.start_time is None or stream.time_base is None:
        return
    start = stream.start_time * stream.time_base
    if not _EARLIEST_START <= start <= _LATEST_START:
        findings.add("start", f"its clock begins at {float(start):.2f} s, which is taken as zero")


def _duration(
    container: InputContainer, stream: VideoStream, written: WrittenHeader, findings: Findings
) -> Fraction | None:
    duration = _claimed_duration(container, stream)
    if duration is not None and duration > _LONGEST:
        findings.add(
            "length", f"the header says {float(duration):.6g} s, longer than any operation"
        )
        return None
    says_none = duration is None or written.lacks_duration
    if says_none and container.format.name in _SAY_LENGTH:
        findings.add("length", "the header does not say how long the recording is")
    return duration


def _claimed_duration(container: InputContainer, stream: VideoStream) -> Fraction | None:
    if stream.duration is not None and stream.duration > 0 and stream.time_base is not None:
        return stream.duration * stream.time_base
    duration = _track_length(stream) or Fraction(container.duration or 0, av.time_base)
    if duration <= 0:
        return None
    start = Fraction(container.start_time or 0, av.time_base)
    # Matroska counts from zero even where the recording starts later.
    return duration - start if 0 < start < duration else duration


def _track_length(stream: VideoStream) -> Fraction | None:
    """What a tag of Matroska says of this stream alone: sound may outlast the picture by far."""
    found = _TRACK_LENGTH.fullmatch(stream.metadata.get("DURATION", ""))
    if found is None:
        return None
    hours, minutes, seconds = map(Fraction, found.groups())
    return 3600 * hours + 60 * minutes + seconds


def _pixel_aspect(stream: VideoStream, findings: Findings) -> Fraction:
    aspect = stream.sample_aspect_ratio or stream.codec_context.sample_aspect_ratio
    if aspect is None or aspect <= 0:
        return Fraction(1)
    narrowest, widest = _PIXEL_ASPECTS
    if not narrowest <= aspect <= widest:
        findings.add("aspect", f"the pixel aspect {aspect} is nonsense and was taken as 1")
        return Fraction(1)
    if aspect != 1:
        wider = aspect.limit_denominator(_FINEST_ASPECT)
        findings.add("aspect", f"its pixels are not square: pictures are {wider} times as wide")
    return aspect
