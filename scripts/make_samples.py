#!/usr/bin/env python3
"""Render the project's samples: a folder dataset, recordings with references, training images.

No real surgery can be shipped, so everything is drawn (see scripts/rendering). The same arguments
write the same bytes on one machine. Scenes of the four commands never meet: see rendering/seeds.py.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

from tqdm import tqdm

PAL = Fraction(25)
NTSC = Fraction(30000, 1001)


def main() -> int:
    """Parse the command and run it; return the exit status."""
    arguments = _parser().parse_args()
    from rendering.seeds import SeedError
    from rendering.workers import settle_down

    settle_down()
    try:
        arguments.run(arguments)
    except SeedError as error:
        print(f"make_samples.py: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"make_samples.py: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, about: str) -> argparse.ArgumentParser:
        return commands.add_parser(
            name,
            help=about,
            description=f"Render {about}.",
            formatter_class=argparse.ArgumentDefaultsHelpFormatter,
        )

    dataset = add("dataset", "train/ and test/ folders of one-tool pictures")
    dataset.add_argument("--seed", type=int, default=7, help="0 to 99")
    dataset.set_defaults(run=_dataset, out=Path("samples/dataset"))

    recordings = add("recordings", "two recordings with reference timelines")
    recordings.add_argument("--seed", type=int, default=11, help="0 to 99")
    recordings.set_defaults(run=_recordings, out=Path("samples/recordings"))

    held_out = add("held-out", "more recordings, to measure a model on")
    held_out.add_argument("--count", type=_positive, default=6, help="how many recordings")
    held_out.add_argument("--duration", type=float, default=60.0, help="of each, in seconds")
    held_out.add_argument("--seed", type=int, default=500_000, help="first scene, below 1000000")
    held_out.set_defaults(run=_held_out, out=Path("held-out"))

    images = add("images", "many labelled training images and labels.csv")
    images.add_argument("--count", type=_positive, default=60_000, help="how many images")
    images.add_argument("--size", type=_positive, default=112, help="side of an image in px")
    images.add_argument("--seed-from", type=int, default=1_000_000, help="first scene")
    images.set_defaults(run=_images, out=Path("training-images"))

    single = add("single-tools", "train/<tool>/ folders of many one-tool images")
    single.add_argument("--scenes", type=_positive, default=400, help="24 images each")
    single.add_argument("--size", type=_positive, default=112, help="side of an image in px")
    single.add_argument("--seed-from", type=int, default=6_000_000, help="first scene")
    single.set_defaults(run=_single_tools, out=Path("single-tools"))

    pairs = add("pairs", "images of two tools each and labels.csv, to measure a model on")
    pairs.add_argument("--scenes", type=_positive, default=30, help="up to 24 images each")
    pairs.add_argument("--size", type=_positive, default=112, help="side of an image in px")
    pairs.add_argument("--seed-from", type=int, default=700_000, help="first scene")
    pairs.set_defaults(run=_pairs, out=Path("pairs"))

    for command in (dataset, recordings, held_out, images, single, pairs):
        command.add_argument("--out", type=Path, metavar="DIR", help="where to write")
        command.add_argument("--workers", type=_positive, default=2, help="processes")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected a positive number, got {text}")
    return number


def _dataset(arguments: argparse.Namespace) -> None:
    from rendering.dataset import SCENES_PER_SPLIT, render_dataset
    from rendering.tools import TOOLS

    total = sum(SCENES_PER_SPLIT.values()) * (len(TOOLS) + 1)
    steps = render_dataset(arguments.out, seed=arguments.seed, workers=arguments.workers)
    _show(steps, total=total, unit="picture")


def _recordings(arguments: argparse.Namespace) -> None:
    from rendering.seeds import sample_recording_seeds

    first, second = sample_recording_seeds(arguments.seed, 2)
    _record(arguments, "sample_25fps", seed=first, rate_hz=PAL, duration_s=75.0)
    _record(arguments, "sample_2997fps", seed=second, rate_hz=NTSC, duration_s=60.0)


def _held_out(arguments: argparse.Namespace) -> None:
    from rendering.seeds import held_out_seeds

    for number, seed in enumerate(held_out_seeds(arguments.seed, arguments.count)):
        rate_hz = (PAL, NTSC)[number % 2]
        _record(
            arguments, f"held_out_{seed}", seed=seed, rate_hz=rate_hz, duration_s=arguments.duration
        )


def _record(
    arguments: argparse.Namespace, stem: str, *, seed: int, rate_hz: Fraction, duration_s: float
) -> None:
    from rendering.recording import RecordingPlan, record

    plan = RecordingPlan(arguments.out / f"{stem}.mp4", seed, rate_hz, duration_s)
    _show(record(plan, workers=arguments.workers), total=plan.n_frames, unit="frame")


def _images(arguments: argparse.Namespace) -> None:
    from rendering.training_images import render_images

    steps = render_images(
        arguments.out,
        count=arguments.count,
        size_px=arguments.size,
        first_seed=arguments.seed_from,
        workers=arguments.workers,
    )
    _show(steps, total=arguments.count, unit="image")


def _single_tools(arguments: argparse.Namespace) -> None:
    from rendering.known_tools import render_single_tools

    _known_tools(arguments, render_single_tools)


def _pairs(arguments: argparse.Namespace) -> None:
    from rendering.known_tools import render_pairs

    _known_tools(arguments, render_pairs)


def _known_tools(arguments: argparse.Namespace, render: Callable[..., Iterator[int]]) -> None:
    steps = render(
        arguments.out,
        n_scenes=arguments.scenes,
        size_px=arguments.size,
        first_seed=arguments.seed_from,
        workers=arguments.workers,
    )
    _show(steps, total=arguments.scenes * 24, unit="image")


def _show(steps: Iterator[int], *, total: int, unit: str) -> None:
    """Run through the steps under a progress bar, on a terminal only."""
    with tqdm(total=total, unit=unit, disable=None, file=sys.stderr) as bar:
        for step in steps:
            bar.update(step)


if __name__ == "__main__":
    sys.exit(main())
