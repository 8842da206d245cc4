"""Sampling from frames that were never encoded: hours of them, long gaps, counted conversions."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tests.support.clips import barcode, read_barcode, steady
from video_pipeline.frames import (
    DecodeReport,
    FrameSampler,
    RegularTimes,
    Sample,
    SamplingTimes,
    VideoReader,
)
from video_pipeline.frames.on_display import Display, n_rows
from video_pipeline.records import VideoInfo

F = Fraction


class CountingFrame:
    """A stand-in for a decoded frame that counts how often it is converted."""

    is_corrupt = False

    def __init__(self, number: int, pts: Fraction) -> None:
        self.number = number
        self.pts = pts
        self.n_converted = 0

    def rgb(
        self, size_px: tuple[int, int] | None = None, *, resize_rule: str = ""
    ) -> NDArray[np.uint8]:
        del resize_rule
        self.n_converted += 1
        return barcode(self.number, size_px or (40, 50))


class MemoryReader:
    """A stand-in for a reader that shows the frames it is given."""

    position_s = 0.0
    info = VideoInfo("memory", 50, 40, None, None, 0.0, "none")

    def __init__(self, times: list[Fraction]) -> None:
        self.shown = [CountingFrame(k, pts) for k, pts in enumerate(times)]
        self.display = Display(interval=F(1, 25))

    def frames(self) -> Iterator[CountingFrame]:
        return iter(self.shown)

    def samples(self, times: SamplingTimes) -> Iterator[Sample]:
        return self.display.samples(self.shown, times)

    @property
    def report(self) -> DecodeReport:
        end = self.display.end
        return DecodeReport(
            float(end), n_rows(end), (), "memory", None, 0, 0, 0, (), None, True, ()
        )

    def close(self) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        pass


def test_only_sampled_frames_are_converted_and_each_only_once() -> None:
    reader = MemoryReader(steady(250))
    contract: VideoReader = reader
    for _ in FrameSampler(contract, times=RegularTimes(F(1))):
        pass
    assert [k for k, frame in enumerate(reader.shown) if frame.n_converted] == list(
        range(0, 250, 25)
    )
    slow = MemoryReader(steady(5, F(1, 10)))
    for _ in FrameSampler(slow, times=RegularTimes(F(3))):
        pass
    assert [frame.n_converted for frame in slow.shown] == [1] * 5


def test_two_frames_of_one_time_show_the_later_one() -> None:
    reader = MemoryReader([F(0), F(1), F(1), F(2)])
    images = [image for batch in FrameSampler(reader) for image in batch.images]
    assert [read_barcode(image) for image in images] == [0, 2, 3]


def test_an_hour_of_29_97_fps_do_not_drift() -> None:
    rate = F(30000, 1001)
    reader = MemoryReader([])
    reader.shown = [CountingFrame(k, k / rate) for k in range(math.ceil(3600 * rate))]
    found = [pts for batch in FrameSampler(reader, size_px=(8, 10)) for pts in batch.pts_s]
    wanted = [float(math.floor(second * rate) / rate) for second in range(3601)]
    assert found == wanted


def test_a_long_gap_costs_no_time() -> None:
    reader = MemoryReader([*steady(50), *(F(500_000_000) + t for t in steady(50))])
    sampler = FrameSampler(reader, times=RegularTimes(F(1000)), size_px=(8, 10))
    # Frame 49, of 1.96 s, is sampled up to 3.96 s; the second part lasts 2 s.
    assert sum(len(batch) for batch in sampler) == 3961 + 1999
    assert sampler.report.n_seconds == 500_000_002
