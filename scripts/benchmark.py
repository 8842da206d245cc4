#!/usr/bin/env python
"""Speed as ratios, each measured in one run against a named peer.

    .venv/bin/python scripts/benchmark.py annotate
    .venv/bin/python scripts/benchmark.py frames
    .venv/bin/python scripts/benchmark.py frames clip.mp4 --peers /path/to/python
    .venv/bin/python scripts/benchmark.py batch
    .venv/bin/python scripts/benchmark.py batch --simulate --hours 10000 --gpus 2 ...
    .venv/bin/python scripts/benchmark.py smooth
    .venv/bin/python scripts/benchmark.py train

Machines are noisy, so runs alternate, the median counts, and what is reported is the ratio.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from benchmarks import annotation, batch, frames, smoothing, training


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one benchmark and print its table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(title="benchmarks", metavar="NAME", required=True)
    annotation.add_parser(commands)
    batch.add_parser(commands)
    frames.add_parser(commands)
    smoothing.add_parser(commands)
    training.add_parser(commands)
    chosen = parser.parse_args(arguments)
    return int(chosen.run(chosen))


if __name__ == "__main__":
    sys.exit(main())
