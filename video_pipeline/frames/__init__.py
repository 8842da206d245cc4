"""Frames: a recording in, the frames that a viewer sees at given times out.

    reader (the contract) ◀── pyav_reader ─┬─ planned/      timestamps first, then what they need
                          ◀── opencv/      └─ sequential/   every frame, whatever is odd
                          ◀── joined/         several files on one clock
    sampling_times ─▶ samples ─▶ sampling: FrameBatch ─▶ prefetch: a thread ahead

Below them ``container/`` (opening one file safely, its packets and claims) and ``pictures/``
(upright, deinterlaced RGB; its size, its field of view, its faults). ``on_display`` is the rule of
what is shown when, frame by frame; ``planned/planning`` applies it to timestamps alone. Nothing
outside this room knows PyAV.
"""

from video_pipeline.frames.pictures.pixels import RESIZE_RULE, resize_rgb
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
