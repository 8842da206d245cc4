"""``surgical-video verify``: whether results are still as they were written, byte for byte."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from video_pipeline.cli.console import note, print_result, printable, progress_bar, warn
from video_pipeline.cli.exit_status import DONE, FAILED

if TYPE_CHECKING:
    from video_pipeline.batch.verifying.verification import Verification

__all__ = ["add_parser"]

_EXAMPLES = """\
examples:
  surgical-video verify timelines
  surgical-video verify timelines --recordings /recordings
  surgical-video verify timelines/case12 --json

OUT is what `annotate` or `smooth` wrote, or one recording's folder of it. Every file that a
run.json names is read and its SHA-256 and rows are compared with what stands there; batch.csv is
held against the folders; what a killed call left is named. With --recordings the recordings' own
digests are checked too. What is not as it was written is named, one line each, with what to do.

Exit status: 0 all as it was written; 1 something is not; 2 wrong call; 130 interrupted.
"""


def add_parser(commands: Any) -> None:
    """Describe the command's arguments."""
    parser = commands.add_parser(
        "verify",
        help="check that results are as they were written",
        description="Check every digest and row count of an output folder.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run, after_interruption="nothing was changed")
    parser.add_argument("out", type=Path, metavar="OUT")
    parser.add_argument(
        "--recordings",
        type=Path,
        nargs="+",
        default=[],
        metavar="FOLDER",
        help="folders or files in which the recordings lie, to check their digests too",
    )
    parser.add_argument("--json", action="store_true", help="print what was found as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Check everything, name what is wrong, and sum up."""
    from video_pipeline.batch.verifying.verification import verify_folder

    with _bar() as show:
        found = verify_folder(arguments.out, recordings=arguments.recordings, progress=show)
    for problem in found.problems:
        warn(str(problem))
    if arguments.json:
        print_result(json.dumps(_as_json(found), indent=2))
    else:
        if found.n_foreign:
            note(_n(found.n_foreign, "file or folder there is not ours", "are not ours"))
        print_result(_sum(found, arguments.out))
    return FAILED if found.problems else DONE


@contextmanager
def _bar() -> Iterator[Callable[[int, int], None]]:
    """Bytes checked of all; nothing off a terminal."""
    with progress_bar(desc="checking", unit="B", unit_scale=True, unit_divisor=1024) as bar:

        def show(n_bytes: int, n_total: int) -> None:
            bar.total = n_total
            bar.update(n_bytes - bar.n)

        yield show


def _sum(found: Verification, out: Path) -> str:
    what = (
        f"{_n(found.n_recordings, 'recording')}, {_n(found.n_files, 'file')}, "
        f"{_size(found.n_bytes)} checked in {printable(str(out))}"
    )
    if not found.problems:
        return f"{what}: all as it was written"
    return f"{what}: {_n(len(found.problems), 'problem')}"


def _n(count: int, one: str, many: str | None = None) -> str:
    if many is not None:
        return f"{count} {one}" if count == 1 else f"{count} files or folders there {many}"
    return f"{count} {one}" if count == 1 else f"{count} {one}s"


def _size(n_bytes: int) -> str:
    size, unit = float(n_bytes), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if size < 1024:
            break
        size, unit = size / 1024, larger
    return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"


def _as_json(found: Verification) -> dict[str, Any]:
    return {
        "is_as_written": not found.problems,
        "recordings": found.n_recordings,
        "files": found.n_files,
        "bytes": found.n_bytes,
        "foreign": found.n_foreign,
        "problems": [
            {"path": printable(of.path), "cause": of.cause, "hint": of.hint}
            for of in found.problems
        ],
    }
