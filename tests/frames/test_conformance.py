"""Every reader, every kind of clip: exactly what a viewer sees and when, or a refusal; never less.

Which clips a reader refuses is written down here, so that it can neither refuse nor accept more.
What is seen comes from the clips' makers, and what is sampled from a plain loop over that, so no
reader is its own witness. Pixels are compared bit by bit between two ways of asking one reader.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from statistics import median_low

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.clips import read_barcode
from tests.support.conformance import CLIPS, Shown
from video_pipeline.errors import RecordingError
from video_pipeline.frames import ChosenTimes, RegularTimes, SamplingTimes, VideoReader
from video_pipeline.frames.opencv.opencv_reader import OpenCvReader
from video_pipeline.frames.pyav_reader import PyAvReader

F = Fraction

Seen = list[tuple[int, Fraction]]

READERS: dict[str, Callable[[Path, int], VideoReader]] = {
    "pyav": lambda path, n_threads: PyAvReader(path, n_threads=n_threads),
    "opencv": lambda path, n_threads: OpenCvReader(path, n_threads=n_threads),
}
REFUSED = {
    "opencv": (
        *("h264 interlaced", "h264 interlaced ts", "mpeg2 interlaced", "mpeg2 interlaced ts"),
        *("h264 raw", "mpeg4 avi b-frames", "h264 avi b-frames", "hevc cut at an open gop"),
        *("vp9", "vp9 superframes", "vp8 hidden frames", "av1", "av1 mkv", "two sizes"),
    )
}
READ = [
    (reader, name) for reader in READERS for name in CLIPS if name not in REFUSED.get(reader, ())
]

_LONGEST_DISPLAY = F(2)
_CLOCK_ROUNDING = F(1, 1000)


def end_of(shown: Shown) -> Fraction:
    """The last frame lasts a usual interval, the median of all."""
    return shown[-1][1] + median_low(after - now for (_, now), (_, after) in pairwise(shown))


def plain_loop(shown: Shown, times: Sequence[Fraction]) -> list[tuple[Fraction, int, Fraction]]:
    """(time, number, pts) of the last frame with pts <= time; none where nothing was recorded."""
    end = end_of(shown) - _CLOCK_ROUNDING
    found = []
    for time in times:
        number, pts = [frame for frame in shown if frame[1] <= time][-1]
        if time < end and time - pts <= _LONGEST_DISPLAY:
            found.append((time, number, pts))
    return found


def every(stride: Fraction, end: Fraction) -> list[Fraction]:
    return [k * stride for k in range(math.ceil(end / stride) + 1)]


def around(shown: Shown) -> list[Fraction]:
    """Just before, exactly at and just after the first showing of a few frames."""
    chosen = [shown[k][1] for k in (1, len(shown) // 3, len(shown) // 3 + 1, -2, -1)]
    return sorted({time + step for time in chosen for step in (-F(1, 10**6), F(0), F(1, 10**6))})


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Makes a clip when it is asked for by its name, once."""
    made: dict[str, Path] = {}

    def path(name: str) -> Path:
        if name not in made:
            made[name] = CLIPS[name](tmp_path_factory.mktemp("clip"))
        return made[name]

    return path


@pytest.mark.parametrize(
    ("reader_name", "name"), [(reader, name) for reader in REFUSED for name in REFUSED[reader]]
)
def test_what_cannot_be_read_rightly_is_refused_at_once(
    paths: Callable[[str], Path], reader_name: str, name: str
) -> None:
    with pytest.raises(RecordingError, match=r"; read it with --decoder pyav$"):
        READERS[reader_name](paths(name), 0)


@pytest.mark.parametrize(("reader_name", "name"), READ)
class TestEveryReader:
    @pytest.mark.parametrize("n_threads", [1, 3])
    def test_shows_each_frame_once_at_its_own_time(
        self, paths: Callable[[str], Path], reader_name: str, name: str, n_threads: int
    ) -> None:
        with READERS[reader_name](paths(name), n_threads) as reader:
            seen = [(read_barcode(frame.rgb()), frame.pts) for frame in reader.frames()]
            report = reader.report
        assert seen == list(CLIPS[name].shown)
        assert report.is_complete
        assert report.n_corrupt == 0

    @pytest.mark.parametrize("n_threads", [1, 3])
    def test_samples_what_a_plain_loop_finds(
        self, paths: Callable[[str], Path], reader_name: str, name: str, n_threads: int
    ) -> None:
        shown = CLIPS[name].shown
        end = end_of(shown)
        cases: list[tuple[SamplingTimes, list[Fraction]]] = [
            (RegularTimes(F(5)), every(F(1, 5), end)),
            (RegularTimes(F(1)), every(F(1), end)),
            (RegularTimes(F(2, 7)), every(F(7, 2), end)),
            (RegularTimes(F(1, 60)), every(F(60), end)),
            (RegularTimes(F(3), start=F(21, 10)), every(F(1, 3), end)[7:]),
            (RegularTimes(F(25)), every(F(1, 25), end)),
            (ChosenTimes(tuple(around(shown))), around(shown)),
        ]
        everything = pictures(READERS[reader_name], paths(name))
        for times, moments in cases:
            with READERS[reader_name](paths(name), n_threads) as reader:
                samples = [(s.time, s.frame.pts, s.frame.rgb()) for s in reader.samples(times)]
            found = [(time, read_barcode(image), pts) for time, pts, image in samples]
            assert found == plain_loop(shown, moments), times
            for (_, number, _), (_, _, image) in zip(found, samples, strict=True):
                assert np.array_equal(image, everything[number]), (times, number)


def pictures(
    open_reader: Callable[[Path, int], VideoReader], path: Path
) -> dict[int, NDArray[np.uint8]]:
    """By its number, each picture that ``frames`` gives."""
    with open_reader(path, 1) as reader:
        images = [frame.rgb() for frame in reader.frames()]
    return {read_barcode(image): image for image in images}
