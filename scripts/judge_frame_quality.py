#!/usr/bin/env python
"""How often each quality flag is raised on frames as they are, and on the same frames made bad.

.venv/bin/python scripts/judge_frame_quality.py RECORDING.mp4 FOLDER_OF_FRAMES ...

Recordings are sampled once a second, folders searched for pictures and recordings. What is raised
on frames as they are is a false alarm, or is not: the frames are named, to be looked at. What is
raised on degraded frames, which are made here, is a detection.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from time import process_time

import cv2
import numpy as np
from numpy.typing import NDArray

from video_pipeline.errors import RecordingError
from video_pipeline.frames import resize_rgb, sample_frames
from video_pipeline.frames.pictures.faults import (
    are_black,
    are_blurred,
    are_out_of_field,
    brightness_in_blocks,
)
from video_pipeline.frames.pictures.quality import BLACK, BLURRED, OUT_OF_FIELD, is_same_picture
from video_pipeline.records import FrameBatch

Image = NDArray[np.uint8]
Degradation = Callable[[Image, np.random.Generator], Image]

PICTURES = {".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff"}
RECORDINGS = {".avi", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".ts"}
RULES = {BLACK: are_black, BLURRED: are_blurred, OUT_OF_FIELD: are_out_of_field}
AS_IT_IS = "as it is"
MOST_NAMED = 20


def defocused(sigma_px: float, noise: float = 0.0) -> Degradation:
    """Blur of so many pixels at 224 x 224; not of the field's edge, which lies in the endoscope."""

    def degrade(image: Image, rng: np.random.Generator) -> Image:
        scaled = sigma_px * image.shape[1] / 224
        lit = cv2.blur(image, (3, 3)).max(axis=2, keepdims=True) > 25
        return with_noise(np.where(lit, cv2.GaussianBlur(image, (0, 0), scaled), image), noise, rng)

    return degrade


def wiped(length_px: int) -> Degradation:
    """Motion in one direction over so many pixels."""

    def degrade(image: Image, rng: np.random.Generator) -> Image:
        kernel = np.zeros((length_px, length_px), np.float32)
        angle, middle = rng.uniform(0, np.pi), length_px // 2
        reach = (round(middle * np.cos(angle)), round(middle * np.sin(angle)))
        ends = [(middle - reach[0], middle - reach[1]), (middle + reach[0], middle + reach[1])]
        cv2.line(kernel, ends[0], ends[1], 1.0)
        return np.asarray(cv2.filter2D(image, -1, kernel / kernel.sum()), np.uint8)

    return degrade


def with_noise(image: NDArray[np.generic], sigma: float, rng: np.random.Generator) -> Image:
    """Add sensor noise of so many levels."""
    noisy = np.asarray(image, np.float64) + rng.normal(0, sigma, image.shape)
    return np.clip(np.rint(noisy), 0, 255).astype(np.uint8)


def darkened(share: float) -> Degradation:
    """With so much of the light, and noise."""
    return lambda image, rng: with_noise(image * share, 2, rng)


def plain(*colours: tuple[int, int, int], noise: float = 4.0, shade: float = 0.4) -> Degradation:
    """Folds of light in one of the colours: cloth, gauze, a wall; nothing is left of the frame."""

    def degrade(image: Image, rng: np.random.Generator) -> Image:
        height, width = image.shape[:2]
        folds = cv2.resize(rng.random((5, 7)), (width, height), interpolation=cv2.INTER_CUBIC)
        light = 1 - shade * np.clip(folds, 0, 1)[:, :, np.newaxis]
        return with_noise(light * colours[rng.integers(len(colours))], noise, rng)

    return degrade


def colour_bars(image: Image, rng: np.random.Generator) -> Image:
    """The seven bars of the test card."""
    colours = [(r, g, b) for g in (191, 0) for r in (191, 0) for b in (191, 0)][:7]
    bars = np.array([colours], np.uint8)
    size = (image.shape[1], image.shape[0])
    return with_noise(cv2.resize(bars, size, interpolation=cv2.INTER_NEAREST), 1, rng)


def menu(image: Image, rng: np.random.Generator) -> Image:
    """White text on a dark, slightly coloured ground."""
    shown = np.empty_like(image)
    shown[:] = rng.integers(15, 70, 3)
    for k in range(5):
        at = (image.shape[1] // 10, image.shape[0] * (k + 1) // 6)
        cv2.putText(shown, "SETTINGS 12", at, cv2.FONT_HERSHEY_SIMPLEX, 0.7, (230, 230, 230), 2)
    return shown


def hand_on_drapes(image: Image, rng: np.random.Generator) -> Image:
    """Skin on a sixth of green or blue cloth."""
    shown = plain((40, 120, 100), (50, 90, 150))(image, rng)
    height, width = image.shape[:2]
    shown[height // 3 : 2 * height // 3, width // 4 : 3 * width // 4] = (205, 150, 125)
    return shown


def warm_room(image: Image, rng: np.random.Generator) -> Image:
    """Wood, skin and lamp light: colours that tissue has, too."""
    return plain((190, 130, 90), (210, 160, 120), (160, 100, 70))(image, rng)


DEGRADATIONS: dict[str, Degradation] = {
    "out of focus, 1 px": defocused(1),
    "out of focus, 1.5 px": defocused(1.5),
    "out of focus, 2 px": defocused(2),
    "out of focus, 4 px": defocused(4),
    "out of focus, 2 px, noise 2": defocused(2, noise=2),
    "out of focus, 4 px, noise 4": defocused(4, noise=4),
    "moved by 9 px": wiped(9),
    "moved by 15 px": wiped(15),
    "noise 4": lambda image, rng: with_noise(image, 4, rng),
    "a third of the light": darkened(1 / 3),
    "a tenth of the light": darkened(1 / 10),
    "black, noise 5": lambda image, rng: with_noise(np.full_like(image, 16), 5, rng),
    "grey or white": plain((128, 128, 128), (235, 235, 235)),
    "gauze": plain((230, 220, 200), (215, 210, 205)),
    "drapes": plain((40, 120, 100), (50, 90, 150), (30, 100, 60)),
    "colour bars": colour_bars,
    "menu, any dark colour": menu,
    "hand on drapes": hand_on_drapes,
    "warm room": warm_room,
}


class Tally:
    """Counts frames and what was raised on them."""

    def __init__(self, size_px: tuple[int, int], every: int) -> None:
        self._size_px, self._every = size_px, every
        self._n: Counter[str] = Counter()
        self._raised: Counter[tuple[str, str]] = Counter()
        self._named: list[str] = []
        self._seconds = 0.0
        self._pairs: Counter[str] = Counter()
        self._previous: NDArray[np.float32] | None = None

    def add_picture(self, image: Image, name: str) -> None:
        """Judge a frame as it is and, each ``every``-th, degraded."""
        image = resize_rgb(image, self._size_px)
        started = process_time()
        raised = self._judge(image, AS_IT_IS)
        self._seconds += process_time() - started
        if raised:
            self._named.append(f"{name}: {', '.join(raised)}")
        if self._n[AS_IT_IS] % self._every == 0:
            for k, (kind, degrade) in enumerate(DEGRADATIONS.items()):
                rng = np.random.default_rng((self._n[AS_IT_IS], k))
                self._judge(degrade(image, rng), kind)

    def add_batch(self, batch: FrameBatch, name: str) -> None:
        """Judge successive frames of a recording at its own size, also against the ones before."""
        for image, time_s in zip(batch.images, batch.times_s, strict=True):
            self.add_picture(image, f"{name} {time_s:g} s")
            luma = self._luma(image)
            if self._previous is not None:
                self._pairs["a second apart"] += 1
                self._pairs["a second apart, same"] += is_same_picture(luma, self._previous)
            self._previous = luma
            self._pairs["encoded anew"] += 1
            again = self._luma(encoded_anew(image))
            self._pairs["encoded anew, same"] += is_same_picture(luma, again)

    def end_recording(self) -> None:
        """Compare no frame with one of another recording."""
        self._previous = None

    def print(self) -> None:
        """Print a row for each kind of picture, and the frames to be looked at."""
        wide = max(map(len, (AS_IT_IS, *DEGRADATIONS)))
        print(f"{'pictures':{wide}}{'n':>7}" + "".join(f"{flag:>14}" for flag in RULES))
        for kind in (AS_IT_IS, *DEGRADATIONS):
            shares = [self._raised[kind, flag] / max(self._n[kind], 1) for flag in RULES]
            row = "".join(f"{share:>14.1%}" for share in shares)
            print(f"{kind:{wide}}{self._n[kind]:>7}{row}")
        print(f"\n{'frozen':{wide}}{'pairs':>7}{'same':>14}")
        for kind in ("a second apart", "encoded anew"):
            n, n_same = self._pairs[kind], self._pairs[f"{kind}, same"]
            print(f"{kind:{wide}}{n:>7}{n_same / max(n, 1):>14.1%}")
        print(
            f"\n{1000 * self._seconds / max(self._n[AS_IT_IS], 1):.2f} ms a frame for three rules"
        )
        print(f"\nraised on {len(self._named)} frames as they are; look at them:")
        for line in self._named[:MOST_NAMED]:
            print(f"  {line}")

    def _luma(self, image: Image) -> NDArray[np.float32]:
        shrunk = resize_rgb(image, self._size_px)[np.newaxis]
        return np.asarray(brightness_in_blocks(shrunk)[0], np.float32)

    def _judge(self, image: Image, kind: str) -> list[str]:
        raised = [flag for flag, rule in RULES.items() if rule(image[np.newaxis])[0]]
        self._n[kind] += 1
        self._raised.update((kind, flag) for flag in raised)
        return raised


def encoded_anew(image: Image) -> Image:
    """The picture with the noise of a coarse codec."""
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 85])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def files(paths: list[Path]) -> Iterator[Path]:
    """All pictures and recordings, folders searched to the bottom, in the order of their names."""
    for path in paths:
        found = sorted(path.rglob("*")) if path.is_dir() else [path]
        yield from (file for file in found if file.suffix.lower() in PICTURES | RECORDINGS)


def main() -> int:
    """Judge all files, print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("paths", nargs="+", type=Path, metavar="FOLDER_OR_RECORDING")
    parser.add_argument("--size", type=int, default=224, help="height and width judged, in px")
    parser.add_argument("--every", type=int, default=1, help="degrade each N-th frame only")
    arguments = parser.parse_args()
    if arguments.size < 16 or arguments.every < 1:
        parser.error("--size is at least 16, --every at least 1")
    size_px = (arguments.size, arguments.size)
    tally, n_files = Tally(size_px, arguments.every), 0
    for path in files(arguments.paths):
        n_files += 1
        if path.suffix.lower() in PICTURES:
            image = cv2.imread(str(path), cv2.IMREAD_COLOR)
            if image is None:
                print(f"{path}: not a picture that can be read; passed over", file=sys.stderr)
                continue
            rgb = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
            tally.add_picture(np.asarray(rgb, np.uint8), str(path))
            continue
        try:
            for batch in sample_frames(path, size_px=None, batch_size=4):
                tally.add_batch(batch, str(path))
        except RecordingError as error:
            print(error, file=sys.stderr)
        tally.end_recording()
    if n_files == 0:
        parser.error("no pictures and no recordings there")
    tally.print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
