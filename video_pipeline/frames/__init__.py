"""Frames: a recording in, the frames that a viewer sees at given times out.

    opening ─▶ demuxing ─▶ decoding ─▶ clock ─▶ pyav_reader ─▶ sampling ─▶ prefetch
    one file   packets     frames      times    VideoReader    FrameBatch   a thread ahead

Beside them: ``header`` (claims), ``reading_log`` and ``findings`` (what was odd), ``orientation``
and ``pixels`` (upright RGB of the right size), ``file_kind`` (why something is no recording).
A second reader satisfies the contract in ``reader``; nothing after it knows PyAV.
"""

from video_pipeline.frames.pixels import RESIZE_RULE, resize_rgb
from video_pipeline.frames.prefetch import prefetch
from video_pipeline.frames.reader import DecodeReport, Sample, ShownFrame, VideoReader
from video_pipeline.frames.sampling import (
    FrameSampler,
    SamplingReport,
    open_video,
    sample_frames,
)
from video_pipeline.frames.sampling_times import ChosenTimes, RegularTimes, SamplingTimes

__all__ = [
    "RESIZE_RULE",
    "ChosenTimes",
    "DecodeReport",
    "FrameSampler",
    "RegularTimes",
    "Sample",
    "SamplingReport",
    "SamplingTimes",
    "ShownFrame",
    "VideoReader",
    "open_video",
    "prefetch",
    "resize_rgb",
    "sample_frames",
]
