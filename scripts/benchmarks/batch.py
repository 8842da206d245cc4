"""The local engine against its stages alone, and what a large batch costs from their rates.

Rates in images a second by the clock, in alternating runs:

    decoders     as many processes as the engine has, each sampling recordings and no more
    classifier   the model alone, on images that lie ready
    engine       on these recordings, with a classifier that answers at once (a stub); on recordings
                 of 64 x 64 px that cost next to nothing to decode (a stub of the decoder); on both
                 as they are

The engine also digests the files, looks for black and blurred frames and writes every output. On a
machine without a GPU both stages live on the same processors: no engine can then be faster than
1 / (1 / decoders + 1 / classifier), which is printed beside the slower of the two. ``--apart``
gives each stage half of the processors to itself, as where a GPU classifies: then the slower stage
is the bound.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from benchmarks import processors
from benchmarks.batch_costs import add_simulation, simulate
from benchmarks.frame_clips import ClipRecipe, make_clip

__all__ = ["add_parser"]

ROOT = Path(__file__).parents[2]
_SECONDS = 60


def add_parser(commands: Any) -> None:
    """Describe the benchmark's arguments."""
    parser = commands.add_parser("batch", help="the batch engine against its stages alone")
    parser.add_argument("--model", type=Path, default=ROOT / "samples" / "model")
    parser.add_argument("--workers", type=int, default=None, metavar="N")
    parser.add_argument("--minutes", type=int, default=10, help="of each of the four recordings")
    parser.add_argument("--height", type=int, default=720, metavar="PX", help="of their pictures")
    parser.add_argument("--gop", type=int, default=50, help="frames from key frame to key frame")
    parser.add_argument(
        "--apart", action="store_true", help="half of the processors for each of the two stages"
    )
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--keep", type=Path, metavar="DIR", help="where clips are made and kept")
    add_simulation(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Measure and print, or only reckon."""
    if arguments.simulate:
        return simulate(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        _measure(arguments, folder, Path(temporary))
    return 0


def _measure(arguments: argparse.Namespace, folder: Path, scratch: Path) -> None:
    from classifier.prediction import load_classifier

    recipe = _recipe(height_px=arguments.height, gop=arguments.gop)
    of = processors.halves() if arguments.apart else processors.shared()
    with processors.on(of.classifying):
        loaded = load_classifier(arguments.model)
    classifier = Pinned(loaded, of.classifying)
    size_px = loaded.input_size_px
    n_workers = arguments.workers or len(of.decoding)
    real = _recordings(recipe, folder, minutes=arguments.minutes)
    cheap = _cheap_recordings(folder, minutes=arguments.minutes)
    images = np.random.default_rng(0).integers(0, 255, (160, *size_px, 3), dtype=np.uint8)
    stub = Instant(loaded)
    with (
        processors.on(of.decoding),
        multiprocessing.get_context("spawn").Pool(n_workers) as pool,
    ):
        pool.map(_sampled, [(cheap[0], size_px)] * n_workers)

        def decoders() -> int:
            return sum(pool.imap_unordered(_sampled, [(path, size_px) for path in real]))

        def classifier_alone() -> int:
            with processors.on(of.classifying):
                for start in range(0, len(images), 8):
                    classifier.predict(images[start : start + 8])
            return len(images)

        def engine(paths: Sequence[Path], used: Any) -> Callable[[], int]:
            def run_it() -> int:
                with processors.on(of.decoding):
                    return _annotated(paths, used, scratch, n_workers)

            return run_it

        runs = {
            "decoders": decoders,
            "classifier": classifier_alone,
            "engine, classifier a stub": engine(real, stub),
            "engine, decoder a stub": engine(cheap, classifier),
            "engine": engine(real, classifier),
        }
        rates = _alternate(runs, repeats=arguments.repeats)
    print(
        f"four recordings of {arguments.minutes} min at one image a second, {recipe.title}; "
        f"{n_workers} decoding processes"
    )
    print(of)
    _print_rates(rates, are_shared=of.are_shared)
    print(
        f"for --simulate: --decode-images-s {rates['decoders'] / n_workers:.1f} "
        f"--cpu-images-s {rates['classifier'] / len(of.classifying):.1f}"
    )


def _alternate(runs: dict[str, Callable[[], int]], *, repeats: int) -> dict[str, float]:
    found: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(repeats):
        for name, once in runs.items():
            started = time.perf_counter()
            n = once()
            found[name].append(n / (time.perf_counter() - started))
    return {name: statistics.median(values) for name, values in found.items()}


def _print_rates(rates: dict[str, float], *, are_shared: bool) -> None:
    decode, classify = rates["decoders"], rates["classifier"]
    as_it_is = f"{rates['engine'] / min(decode, classify):.2f} of the slower stage"
    if are_shared:
        bound = 1 / (1 / decode + 1 / classify)
        as_it_is += (
            f", {rates['engine'] / bound:.2f} of what processors shared by both allow "
            f"({bound:.1f} images/s)"
        )
    print(f"{'':28}{'images/s':>10}  ratio")
    against = {
        "decoders": "",
        "classifier": "",
        "engine, classifier a stub": f"{rates['engine, classifier a stub'] / decode:.2f} of the "
        "decoders alone",
        "engine, decoder a stub": f"{rates['engine, decoder a stub'] / classify:.2f} of the "
        "classifier alone",
        "engine": as_it_is,
    }
    for name, rate in rates.items():
        print(f"{name:28}{rate:10.1f}  {against[name]}")


class Shaped:
    """What an engine asks a classifier beforehand, as the model says it."""

    def __init__(self, classifier: Any) -> None:
        self.tools = classifier.tools
        self.input_size_px = classifier.input_size_px
        self.resize_rule = classifier.resize_rule
        self.crops_field_of_view = classifier.crops_field_of_view


class Instant(Shaped):
    """An answer at once: a classifier of infinite speed."""

    def predict(self, images: NDArray[np.uint8]) -> tuple[NDArray[np.float32], None]:
        """Zeros."""
        return np.zeros((len(images), len(self.tools)), np.float32), None


class Pinned(Shaped):
    """A model whose caller moves to the classifier's processors, and stays there.

    An engine's workers are started before its first question, so they stay where it began.
    """

    def __init__(self, classifier: Any, on: frozenset[int]) -> None:
        super().__init__(classifier)
        self._classifier, self._on = classifier, on

    def predict(self, images: NDArray[np.uint8]) -> Any:
        """The model's own answer."""
        os.sched_setaffinity(0, self._on)
        return self._classifier.predict(images)


def _annotated(paths: Sequence[Path], classifier: Any, scratch: Path, n_workers: int) -> int:
    """One batch into a folder of its own; how many images it sampled."""
    from video_pipeline.batch.job import BatchJob
    from video_pipeline.batch.local.engine import LocalEngine
    from video_pipeline.batch.recordings import name_recordings
    from video_pipeline.config import AnnotationSettings
    from video_pipeline.output.provenance import ModelIdentity

    with tempfile.TemporaryDirectory(dir=scratch) as out:
        settings = AnnotationSettings(resize_rule=classifier.resize_rule)
        job = BatchJob(Path(out), settings, ModelIdentity("0" * 64, "benchmark", "sigmoid"))
        recordings = name_recordings(paths, Path(out))
        outcomes = list(LocalEngine(n_workers=n_workers).annotate(recordings, classifier, job))
    failed = [of.row.error for of in outcomes if of.row.status != "done"]
    if failed:
        raise SystemExit(f"not all recordings were done: {failed[0]}")
    return sum(of.row.seconds or 0 for of in outcomes)


def _sampled(what: tuple[Path, tuple[int, int]]) -> int:
    """In a process of the pool: sample one recording and forget the images."""
    from video_pipeline.frames import FrameSampler, open_video

    path, size_px = what
    with open_video(path, n_threads=1) as reader:
        return sum(len(batch) for batch in FrameSampler(reader, size_px=size_px, batch_size=8))


def _recipe(*, height_px: int, gop: int) -> ClipRecipe:
    return ClipRecipe(
        f"{height_px}p H.264, GOP {gop}",
        "libx264",
        height_px,
        gop,
        seconds=_SECONDS,
        options={"preset": "fast", "crf": "23"},
    )


def _recordings(recipe: ClipRecipe, folder: Path, *, minutes: int) -> list[Path]:
    """Four recordings of filmed-like material: one minute, repeated without encoding it again."""
    kind = f"{recipe.height_px}p_{recipe.gop}"
    minute = make_clip(recipe, folder / f"minute_{kind}.mp4")
    return [_repeated(minute, folder / f"real{k}_{kind}_{minutes}.mp4", minutes) for k in range(4)]


def _repeated(clip: Path, path: Path, times: int) -> Path:
    if path.exists():
        return path
    with av.open(str(path), "w") as target:
        stream = None
        for turn in range(times):
            with av.open(str(clip)) as source:
                of = source.streams.video[0]
                stream = stream or target.add_stream_from_template(of)
                for packet in source.demux(of):
                    if packet.dts is None or packet.pts is None or of.time_base is None:
                        continue
                    shift = int(turn * _SECONDS / of.time_base)
                    packet.dts, packet.pts = packet.dts + shift, packet.pts + shift
                    packet.stream = stream
                    target.mux(packet)
    return path


def _cheap_recordings(folder: Path, *, minutes: int) -> list[Path]:
    """Four recordings of 64 x 64 px, one frame a second, every one a key frame."""
    paths = [folder / f"cheap{k}_{minutes}.mp4" for k in range(4)]
    rng = np.random.default_rng(0)
    for path in paths:
        if path.exists():
            continue
        with av.open(str(path), "w") as container:
            stream = container.add_stream("libx264", rate=1)
            stream.width = stream.height = 64
            stream.pix_fmt = "yuv420p"
            stream.codec_context.options = {"preset": "ultrafast", "g": "1"}
            for number in range(minutes * 60):
                picture = rng.integers(60, 200, (64, 64, 3), dtype=np.uint8)
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
                frame.pts, frame.time_base = number, Fraction(1)
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    return paths
