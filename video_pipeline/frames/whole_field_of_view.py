"""The field of view of a whole recording, from a few frames spread over it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from video_pipeline.frames.pictures.field_of_view import FieldOfView, find_field_of_view
from video_pipeline.frames.reader import VideoReader
from video_pipeline.frames.sampling import FrameSampler
from video_pipeline.frames.sampling_times import ChosenTimes

__all__ = ["field_of_view_of"]

_N_FRAMES = 16
"""Of 440 random picks of 8 or more real frames none lost more than 0.8 % of the picture."""
_FINEST = 1000


def field_of_view_of(open_reader: Callable[[], VideoReader]) -> FieldOfView:
    """Look at sixteen frames, one from the middle of each sixteenth of the recording.

    ``open_reader`` opens the recording anew at each call. Where its header lies about the length,
    it is read a second time with the length that was found. Frames are looked at one by one.

    Raises ``RecordingError`` where the recording cannot be read.
    """
    with open_reader() as reader:
        claimed_s = reader.info.duration_s
        looked = _Look(reader, claimed_s if claimed_s is not None and claimed_s > 0 else 1.0)
        found = find_field_of_view(looked.images())
    if looked.n_images == _N_FRAMES and looked.true_s < 1.25 * looked.assumed_s:
        return found
    with open_reader() as reader:
        return find_field_of_view(_Look(reader, looked.true_s).images())


class _Look:
    """One pass over a recording of an assumed length."""

    def __init__(self, reader: VideoReader, assumed_s: float) -> None:
        self._reader = reader
        self.assumed_s = assumed_s
        self.true_s = assumed_s
        self.n_images = 0

    def images(self) -> Iterator[NDArray[np.uint8]]:
        part = Fraction(self.assumed_s).limit_denominator(_FINEST) / (2 * _N_FRAMES)
        times = ChosenTimes.of(part * (2 * k + 1) for k in range(_N_FRAMES))
        sampler = FrameSampler(self._reader, times=times, size_px=None, batch_size=1)
        for batch in sampler:
            self.n_images += 1
            yield batch.images[0]
        self.true_s = sampler.report.duration_s
