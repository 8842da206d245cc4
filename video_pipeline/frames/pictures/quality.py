"""Which seconds of a recording are not to be believed: black, frozen, blurred, without tissue."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from video_pipeline.frames.pictures.faults import (
    are_black,
    are_blurred,
    are_colourless,
    are_out_of_field,
    brightness_in_blocks,
    in_blocks,
)
from video_pipeline.records import FrameBatch

__all__ = [
    "BLACK",
    "BLURRED",
    "FROZEN",
    "OUT_OF_FIELD",
    "QUALITY_SIZE_PX",
    "JudgedPictures",
    "QualityWatch",
    "is_same_picture",
]

QUALITY_SIZE_PX = (224, 224)
"""(height, width) of the pictures on which the thresholds were measured."""

BLACK = "black"
"""Nothing is to be seen; such a picture is none of the following."""
FROZEN = "frozen"
"""The picture has stood still, but for the codec's noise, while the recording went on."""
BLURRED = "blurred"
"""Nothing in the picture is in focus."""
OUT_OF_FIELD = "out_of_field"
"""The picture has not the colours of the inside of a body: a trocar, gauze, drapes, a menu."""

MOST_FROZEN_CHANGE = 3.0
"""Levels by which the luma of no block (of 32 x 32) differs between two copies of one picture.

A freeze that was encoded anew differs by 0.3 to 1.7 from second to second (MPEG-2, MPEG-4, H.264 up
to CRF 23, also with sensor noise below it) or up to 2.7 (CRF 28); coarser encoders sharpen a freeze
for a second before they let it stand. Of 248 pairs of real frames a second apart each has a block
that differs by 34 or more, of pairs a fifth of a second apart by 10 or more.
"""
SHORTEST_FREEZE_S = 0.9
"""A picture is frozen once it has stood for so long, whatever the sampling rate.

A second less the rounding of clocks to frames: at 25 samples a second a quiet view hardly changes
from one sample to the next, and that is no freeze.
"""

_GREY = "grey"
"""Out of field where the recording is one in colour."""
_SAMPLES = "samples"
_NEW_FRAMES = "new frames"


@dataclass(frozen=True, eq=False)
class JudgedPictures:
    """What a watch has to know of the frames of a batch; (n,) each, but for ``luma``."""

    times_s: NDArray[np.float64]
    pts_s: NDArray[np.float64]
    are_black: NDArray[np.bool_]
    are_blurred: NDArray[np.bool_]
    are_out_of_field: NDArray[np.bool_]
    """Grey ones included."""
    are_grey: NDArray[np.bool_]
    luma: NDArray[np.float32]
    """(n, 32, 32) in blocks."""

    @classmethod
    def of(cls, batch: FrameBatch) -> JudgedPictures:
        """Judge each picture by itself."""
        blocks = in_blocks(batch.images)
        black = are_black(blocks)
        return cls(
            times_s=batch.times_s,
            pts_s=batch.pts_s,
            are_black=black,
            are_blurred=are_blurred(batch.images) & ~black,
            are_out_of_field=are_out_of_field(blocks),
            are_grey=are_colourless(blocks),
            luma=brightness_in_blocks(blocks),
        )

    def __len__(self) -> int:
        return len(self.times_s)


class QualityWatch:
    """Judges frames while they arrive; holds a few numbers a second and one small picture.

    A second is flagged where more than half of its samples have the fault. A sample that shows the
    frame of the sample before it once more (``pts_s`` is the same) votes on everything but
    ``frozen``: the sampling was faster than the recording, which tells nothing. The picture that a
    freeze begins with is a good one; those after ``SHORTEST_FREEZE_S`` are frozen.

    Grey pictures are flagged ``out_of_field`` only where the recording shows tissue in colour at
    some time: a monochrome camera shows everything in grey. Frames are judged one by one, so the
    result does not depend on how they were cut into batches.
    """

    def __init__(self) -> None:
        self._flagged: dict[str, list[int]] = {
            fault: [] for fault in (BLACK, FROZEN, BLURRED, OUT_OF_FIELD, _GREY)
        }
        self._has_shown_tissue = False
        self._second = 0
        self._votes: Counter[str] = Counter()
        self._last_s = -math.inf
        self._last_pts_s: float | None = None
        self._standing: _StandingPicture | None = None

    def add(self, pictures: JudgedPictures) -> None:
        """Take the next frames; each batch begins after the one before it."""
        if len(pictures) == 0:
            return
        first_s = pictures.times_s[0]
        if first_s <= self._last_s:
            raise ValueError(
                f"frames come in order of time, got {first_s} s after {self._last_s} s"
            )
        self._last_s = float(pictures.times_s[-1])
        black, out = pictures.are_black, pictures.are_out_of_field
        self._has_shown_tissue |= bool(np.any(~black & ~out))
        for k, time_s in enumerate(pictures.times_s):
            self._enter(math.floor(time_s))
            self._votes[_SAMPLES] += 1
            self._votes[BLACK] += int(black[k])
            self._votes[BLURRED] += int(pictures.are_blurred[k])
            self._votes[_GREY] += int(out[k])
            self._votes[OUT_OF_FIELD] += int(out[k] & ~pictures.are_grey[k])
            luma = None if black[k] else pictures.luma[k]
            self._watch_for_a_freeze(float(pictures.pts_s[k]), luma)

    def flagged_seconds(self) -> Mapping[str, tuple[int, ...]]:
        """For each fault the seconds k, rising, of which [k, k + 1) s shows it; all four names."""
        flagged = {fault: list(seconds) for fault, seconds in self._flagged.items()}
        for fault in _faults(self._votes):
            flagged[fault].append(self._second)
        grey = flagged.pop(_GREY)
        if self._has_shown_tissue:
            flagged[OUT_OF_FIELD] = sorted({*flagged[OUT_OF_FIELD], *grey})
        return {fault: tuple(seconds) for fault, seconds in flagged.items()}

    def _enter(self, second: int) -> None:
        if second != self._second:
            for fault in _faults(self._votes):
                self._flagged[fault].append(self._second)
            self._second, self._votes = second, Counter()

    def _watch_for_a_freeze(self, pts_s: float, luma: NDArray[np.float32] | None) -> None:
        """Compare the next picture, None: a black one, with the one that stands."""
        if pts_s == self._last_pts_s:
            return
        self._last_pts_s = pts_s
        self._votes[_NEW_FRAMES] += 1
        if luma is None:
            self._standing = None
        elif self._standing is None or not is_same_picture(luma, self._standing.luma):
            self._standing = _StandingPicture(pts_s, luma.copy())
        elif pts_s - self._standing.since_s >= SHORTEST_FREEZE_S:
            self._votes[FROZEN] += 1


@dataclass(frozen=True, eq=False)
class _StandingPicture:
    since_s: float
    luma: NDArray[np.float32]
    """(32, 32) in blocks."""


def is_same_picture(luma: NDArray[np.float32], other: NDArray[np.float32]) -> bool:
    """Whether two pictures, (32, 32) luma in blocks, are copies of one but for a codec's noise."""
    return bool(np.abs(luma - other).max() <= MOST_FROZEN_CHANGE)


def _faults(votes: Counter[str]) -> list[str]:
    """The faults of most samples of a second; of an even split, none."""
    faults = [f for f in (BLACK, BLURRED, OUT_OF_FIELD, _GREY) if votes[f] * 2 > votes[_SAMPLES]]
    if votes[FROZEN] * 2 > votes[_NEW_FRAMES]:
        faults.append(FROZEN)
    return faults
