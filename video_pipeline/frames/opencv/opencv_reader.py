"""A recording read by OpenCV: a second opinion, for what OpenCV can be trusted with.

OpenCV decodes and converts; it is believed in nothing else. When each frame is shown, and how many
there are, comes from the packets, and each frame that OpenCV takes is checked against that.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from video_pipeline.frames.container.ending import Ending
from video_pipeline.frames.on_display import Display, n_rows
from video_pipeline.frames.opencv.survey import Survey, refusal, survey
from video_pipeline.frames.pictures.pixels import RESIZE_RULE, resize_rgb
from video_pipeline.frames.reader import DecodeReport, Sample
from video_pipeline.frames.sampling_times import ChosenTimes, SamplingTimes
from video_pipeline.records import VideoInfo

__all__ = ["OpenCvReader"]

# OpenCV's own copy of FFmpeg writes to the terminal whenever a file is opened or damaged. It reads
# this at every opening; -8 is FFmpeg's "quiet". Who wants to see it sets it before.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")

_METHOD = "sequential: OpenCV decodes every frame, and does not tell which ones are damaged"
_NOBODY = ChosenTimes(())


class OpenCvFrame:
    """Satisfies ``ShownFrame``; see there for what it promises."""

    def __init__(self, number: int, pts: Fraction, survey: Survey) -> None:
        self._pts = pts
        self._survey = survey
        self._bgr: NDArray[np.uint8] | None = None
        self.number = number
        """How many frames are shown before it."""

    @property
    def pts(self) -> Fraction:
        """Seconds from time zero, exact."""
        return self._pts

    @property
    def is_corrupt(self) -> bool:
        """False: OpenCV does not tell."""
        return False

    @property
    def has_pixels(self) -> bool:
        """Whether OpenCV's picture was handed in."""
        return self._bgr is not None

    def take(self, bgr: NDArray[np.uint8]) -> None:
        """Keep the picture, (height, width, 3) as stored."""
        self._bgr = bgr

    def rgb(
        self, size_px: tuple[int, int] | None = None, *, resize_rule: str = RESIZE_RULE
    ) -> NDArray[np.uint8]:
        """(height, width, 3) RGB as displayed, or squeezed into ``size_px`` (height, width)."""
        if self._bgr is None:
            raise RuntimeError("only frames that a reader gave have pixels")
        stored = cast("NDArray[np.uint8]", cv2.cvtColor(self._bgr, cv2.COLOR_BGR2RGB))
        upright = self._survey.orientation.apply(stored)
        info = self._survey.info
        displayed_px = (info.height_px, info.width_px)
        if size_px is None:
            return resize_rgb(upright, displayed_px)
        return resize_rgb(upright, size_px, resize_rule)


class OpenCvReader:
    """Satisfies ``VideoReader``, or refuses; see there for what it promises.

    Beyond the contract, taking frames raises ``RecordingError`` as soon as OpenCV gives fewer or
    other frames than the recording holds. It is blind to damage that FFmpeg conceals.
    """

    def __init__(self, path: str | os.PathLike[str], *, n_threads: int = 0) -> None:
        """Open ``path``; ``n_threads`` decoder threads, 0 for as many as there are processors."""
        self._path = os.fspath(path)
        self._survey = survey(path)
        header = self._survey.header
        self._display = Display(interval=1 / header.assumed_rate_hz)
        self._expected_s = (self._survey.pts - self._survey.start) * float(header.time_base)
        """(n,) what OpenCV calls the time of each frame."""
        self._n_taken = 0
        self._position = Fraction(0)
        self._is_handed_out = False
        self._is_closed = False
        self._is_finished = False
        self._capture = self._captured(n_threads)
        try:
            self._take_next()
        except BaseException:
            self.close()
            raise

    def _captured(self, n_threads: int) -> cv2.VideoCapture:
        # The prefix keeps a name such as "http:..." from being taken for more.
        capture = cv2.VideoCapture(
            f"file:{Path(self._path).absolute()}",
            cv2.CAP_FFMPEG,
            [
                *(cv2.CAP_PROP_N_THREADS, n_threads),
                *(cv2.CAP_PROP_HW_ACCELERATION, cv2.VIDEO_ACCELERATION_NONE),
            ],
        )
        if not capture.isOpened():
            raise refusal(self._path, "OpenCV cannot open it")
        capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 0)
        return capture

    @property
    def info(self) -> VideoInfo:
        """What the header and the first frame say."""
        return self._survey.info

    @property
    def position_s(self) -> float:
        """Presentation time of the frame given last."""
        return float(self._position)

    @property
    def report(self) -> DecodeReport:
        """What reading has brought so far; it may be asked for after closing, too."""
        header, end = self._survey.header, self._display.end
        ending = Ending(
            header,
            end=end,
            usual_interval=self._display.usual_interval,
            n_read=self._survey.n_packets,
            is_damaged=False,
        )
        return DecodeReport(
            duration_s=float(end),
            n_seconds=n_rows(end),
            gaps=tuple(self._display.gaps),
            method=_METHOD,
            n_shown=len(self._survey.pts),
            n_decoded=self._n_taken,
            n_corrupt=0,
            n_lost=0,
            damaged_seconds=(),
            declared_duration_s=None if header.duration is None else float(header.duration),
            is_complete=self._is_finished and not ending.is_cut,
            warnings=(
                *self._survey.warnings,
                *(ending.sentences() if self._is_finished else ()),
            ),
        )

    def frames(self) -> Iterator[OpenCvFrame]:
        """Every shown frame, in presentation order, once."""
        self._hand_out()
        return self._every_frame()

    def samples(self, times: SamplingTimes) -> Iterator[Sample]:
        """See ``VideoReader``; only the frames that are asked for are converted."""
        self._hand_out()
        return self._sampled(times)

    def close(self) -> None:
        """Let go of the file; frames that were given keep their pixels."""
        self._is_closed = True
        self._capture.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _hand_out(self) -> None:
        if self._is_handed_out:
            raise RuntimeError("a reader gives its frames once; open the recording again")
        self._is_handed_out = True

    def _every_frame(self) -> Iterator[OpenCvFrame]:
        for frame in self._without_pixels():
            self._fill(frame)
            yield frame
        for _ in self._display.samples(self._without_pixels(), _NOBODY):
            pass
        self._finish()

    def _sampled(self, times: SamplingTimes) -> Iterator[Sample]:
        for sample in self._display.samples(self._without_pixels(), times):
            frame = cast("OpenCvFrame", sample.frame)
            if not frame.has_pixels:
                self._fill(frame)
            yield sample
        self._finish()

    def _without_pixels(self) -> Iterator[OpenCvFrame]:
        zero, time_base = int(self._survey.pts[0]), self._survey.header.time_base
        for number, pts in enumerate(self._survey.pts):
            yield OpenCvFrame(number, (int(pts) - zero) * time_base, self._survey)

    def _fill(self, frame: OpenCvFrame) -> None:
        while self._n_taken <= frame.number:
            self._take_next()
        self._require_open()
        is_there, bgr = self._capture.retrieve()
        if not is_there or bgr.shape != (*self._survey.stored_size_px, 3):
            raise refusal(self._path, f"OpenCV cannot convert its frame {frame.number}")
        frame.take(cast("NDArray[np.uint8]", bgr))
        self._position = frame.pts

    def _take_next(self) -> None:
        """Have OpenCV decode one frame, and see to it that it is the one that is due."""
        self._require_open()
        n, n_due = self._n_taken, len(self._survey.pts)
        if not self._capture.grab():
            raise refusal(self._path, f"OpenCV gave {n} of {n_due} frames")
        self._n_taken += 1
        found_s = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        if not self._is_due(n, found_s):
            raise refusal(
                self._path,
                f"OpenCV's frame {n} is another one: of {found_s:.3f} s, "
                f"not of {self._expected_s[n]:.3f} s",
            )

    def _is_due(self, n: int, found_s: float) -> bool:
        if abs(found_s - self._expected_s[n]) <= self._survey.header.time_base / 2:
            return True
        # Where a time is 0, OpenCV gives that of decoding; where it has none (the last picture of
        # an MPEG programme stream), 0. That one is the last, the count of frames has yet to prove.
        is_last_without_time = found_s == 0 and n == len(self._survey.pts) - 1
        return is_last_without_time or bool(self._survey.pts[n] == 0)

    def _finish(self) -> None:
        """Decode what nobody asked for, too: only so it is known that nothing was lost."""
        while self._n_taken < len(self._survey.pts):
            self._take_next()
        self._require_open()
        if self._capture.grab():
            raise refusal(self._path, f"OpenCV gave more than its {self._n_taken} frames")
        self._is_finished = True

    def _require_open(self) -> None:
        if self._is_closed:
            raise RuntimeError("the reader was closed before its last frame was taken")
