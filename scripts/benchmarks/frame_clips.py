"""Clips to measure decoding on: the rendered sample, enlarged and grained, encoded in several ways.

Grain makes the encoder spend its bits as it does on filmed material; a smooth rendering would be
decoded too cheaply. Frames are written at 25 a second, the sample played forwards and backwards
until the clip is long enough.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import cv2
import numpy as np
from av.video.stream import VideoStream
from numpy.typing import NDArray

__all__ = ["CLIPS", "ClipRecipe", "make_clip"]

SAMPLE = Path(__file__).parents[2] / "samples" / "recordings" / "sample_25fps.mp4"


@dataclass(frozen=True)
class ClipRecipe:
    """How one clip is encoded, and how it is sampled."""

    title: str
    codec: str
    height_px: int
    gop: int
    interval_s: float = 1.0
    seconds: int = 40
    options: dict[str, str] = field(default_factory=dict)
    most_of_full_decode: float | None = None
    """CPU seconds by those of FFmpeg's full decode that are the aim; None where there is none."""
    least_over_naive: float | None = None


_X264 = {"preset": "fast", "crf": "21"}
_X265 = {"preset": "fast", "crf": "24", "x265-params": "log-level=none:keyint=250"}

CLIPS = {
    "h264-gop250": ClipRecipe(
        "1080p H.264, GOP 250", "libx264", 1080, 250, options=_X264, most_of_full_decode=0.60,
        least_over_naive=4,
    ),
    "hevc-gop250": ClipRecipe(
        "720p HEVC, GOP 250", "libx265", 720, 250, options=_X265, most_of_full_decode=0.60
    ),
    "h264-gop25": ClipRecipe(
        "1080p H.264, GOP 25", "libx264", 1080, 25, most_of_full_decode=0.15,
        options=_X264 | {"sc_threshold": "0", "keyint_min": "25"},
    ),
    "h264-every-10s": ClipRecipe(
        "720p H.264, GOP 250, every 10 s", "libx264", 720, 250, interval_s=10, seconds=90,
        options=_X264, most_of_full_decode=0.25,
    ),
    "h264-all-references": ClipRecipe(
        "1080p H.264, GOP 250, no B-frames", "libx264", 1080, 250, most_of_full_decode=1.05,
        options=_X264 | {"bf": "0"},
    ),
}  # fmt: skip


def make_clip(recipe: ClipRecipe, path: Path) -> Path:
    """Encode a clip, unless it is there already."""
    if path.exists():
        return path
    partial = path.with_suffix(".partial.mp4")
    with av.open(str(partial), "w") as container:
        stream = cast("VideoStream", container.add_stream(recipe.codec, rate=25))
        stream.height, stream.width = recipe.height_px, recipe.height_px * 16 // 9 // 2 * 2
        stream.pix_fmt = "yuv420p"
        stream.codec_context.gop_size = recipe.gop
        stream.codec_context.options = recipe.options
        pictures = itertools.islice(_pictures(recipe.height_px), recipe.seconds * 25)
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    partial.rename(path)
    return path


def _pictures(height_px: int) -> Iterator[NDArray[np.uint8]]:
    """The sample to and fro, without end, enlarged and with grain."""
    with av.open(str(SAMPLE)) as container:
        small = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    rng = np.random.default_rng(0)
    size = (height_px * 16 // 9 // 2 * 2, height_px)
    # A few sheets of grain, shifted at random, are as good as a new one for each frame.
    grain = rng.normal(0, 3, (size[1] + 64, size[0] + 64, 1)).astype(np.int16)
    for picture in itertools.cycle([*small, *reversed(small)]):
        y, x = rng.integers(0, 64, 2)
        large = cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC).astype(np.int16)
        large += grain[y : y + size[1], x : x + size[0]]
        yield np.clip(large, 0, 255).astype(np.uint8)
