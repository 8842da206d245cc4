"""What a container's header claims (rate, length, shape of a pixel), believed where harmless."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from video_pipeline.frames.container.findings import Findings

__all__ = ["ASSUMED_RATE_HZ", "Header", "read_header"]

ASSUMED_RATE_HZ = Fraction(25)
"""Where neither timestamps nor a plausible frame rate are known."""

_SLOWEST_COMMON_HZ = Fraction(1)
_SLOWEST_HZ = Fraction(1, 60)
_FASTEST_HZ = Fraction(240)
_PIXEL_ASPECTS = (Fraction(1, 4), Fraction(4))

# FFmpeg's names of what stores no presentation times: raw streams have none at all, ...
_UNTIMED = {"h264", "hevc", "vvc", "mpegvideo", "m4v", "obu", "vc1"}
# ... and here FFmpeg divides the frame's number by the header's frame rate.
_COUNTED = {"avi"}
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


def read_header(
    container: InputContainer,
    stream: VideoStream,
    findings: Findings,
    *,
    is_cut_short: bool = False,
) -> Header:
    """Copy out what the header says about a stream; what is odd about it goes to ``findings``."""
    rate = stream.average_rate or stream.guessed_rate or None
    if rate is not None and not _SLOWEST_COMMON_HZ <= rate <= _FASTEST_HZ:
        findings.add("rate", f"the header's frame rate is odd: {float(rate):.6g} a second")
    fit_rate = rate if rate is not None and _SLOWEST_HZ <= rate <= _FASTEST_HZ else None
    are_times_counted = container.format.name in _COUNTED
    return Header(
        codec=stream.codec_context.codec.canonical_name,
        time_base=stream.time_base or Fraction(1, av.time_base),
        rate_hz=rate,
        assumed_rate_hz=fit_rate or ASSUMED_RATE_HZ,
        duration=_duration(container, stream),
        n_frames=stream.frames if stream.frames > 0 else None,
        pixel_aspect=_pixel_aspect(stream, findings),
        has_times=container.format.name not in _UNTIMED
        and (fit_rate is not None or not are_times_counted),
        stores_dts=container.format.name not in _WITHOUT_DTS,
        is_cut_short=is_cut_short,
        are_times_counted=are_times_counted,
    )


def _duration(container: InputContainer, stream: VideoStream) -> Fraction | None:
    if stream.duration is not None and stream.duration > 0 and stream.time_base is not None:
        return stream.duration * stream.time_base
    if container.duration is None or container.duration <= 0:
        return None
    duration = Fraction(container.duration, av.time_base)
    start = Fraction(container.start_time or 0, av.time_base)
    # Matroska counts from zero even where the recording starts later.
    return duration - start if 0 < start < duration else duration


def _pixel_aspect(stream: VideoStream, findings: Findings) -> Fraction:
    aspect = stream.sample_aspect_ratio or stream.codec_context.sample_aspect_ratio
    if aspect is None or aspect <= 0:
        return Fraction(1)
    narrowest, widest = _PIXEL_ASPECTS
    if not narrowest <= aspect <= widest:
        findings.add("aspect", f"the pixel aspect {aspect} is nonsense and was taken as 1")
        return Fraction(1)
    if aspect != 1:
        findings.add("aspect", f"its pixels are not square: pictures are {aspect} times as wide")
    return aspect
