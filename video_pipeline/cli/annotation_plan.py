"""``annotate --dry-run``: what would be done, and what time and space it needs."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from video_pipeline.cli.annotation_bar import clock_time, duration_text
from video_pipeline.cli.annotation_lines import FootLines, is_terminal
from video_pipeline.cli.console import note, print_result, printable, warn
from video_pipeline.cli.exit_status import DONE
from video_pipeline.cli.table import text_width

if TYPE_CHECKING:
    from pathlib import Path

    from classifier.model.bundle import ModelFolder
    from video_pipeline.batch.engine import BatchEngine
    from video_pipeline.batch.job import BatchJob
    from video_pipeline.batch.plan import Planned
    from video_pipeline.batch.recordings import Recording

__all__ = ["print_plan"]

_WORDS = {"annotate": "to do", "leave": "already done", "cannot": "cannot be read"}


def print_plan(
    recordings: Sequence[Recording],
    job: BatchJob,
    model: ModelFolder,
    engine: BatchEngine,
    arguments: argparse.Namespace,
) -> int:
    """Print a line for each recording, then the sums; nothing is written into the output folder."""
    plan = _looked_up(recordings, job, quiet=arguments.quiet)
    if arguments.json:
        for planned in plan:
            print_result(_json(planned, job.out))
        return DONE
    cells = [_cells(planned) for planned in plan]
    width = max(text_width(name) for _, name, _, _ in cells)
    for action, name, length, reason in cells:
        print_result(f"{action:6}  {name}{' ' * (width - text_width(name))}  {length:>7}  {reason}")
    to_do = [planned for planned in plan if planned.action == "annotate"]
    counts = Counter(planned.action for planned in plan)
    print_result()
    print_result(", ".join(f"{n} {_WORDS[action]}" for action, n in sorted(counts.items())))
    if to_do:
        seconds = _print_video(to_do)
        _print_time(seconds, _pace(to_do, job, model, engine, arguments))
        _print_space(seconds, to_do, job, n_tools=len(model.config.tools))
    return DONE


def _looked_up(recordings: Sequence[Recording], job: BatchJob, *, quiet: bool) -> list[Planned]:
    """The plan, with a line that counts while it is made."""
    from video_pipeline.batch.lengths import lengths_of
    from video_pipeline.batch.plan import plan_recordings

    n, lengths, plan = len(recordings), {}, []
    with ExitStack() as stack:
        shows = is_terminal() and not quiet
        lines = stack.enter_context(FootLines(1)) if shows else None

        def tell(what: str, k: int) -> None:
            if lines is not None:
                lines.draw([f"{what} {k} of {n} recordings ..."])

        for recording, length in lengths_of(recordings, job.settings):
            lengths[recording.video_id] = length
            tell("looked up the length of", len(lengths))
        for planned in plan_recordings(recordings, job, lengths):
            plan.append(planned)
            tell("compared with earlier results", len(plan))
    return plan


def _cells(planned: Planned) -> tuple[str, str, str, str]:
    """What to do, with which recording, how long it is, and why."""
    seconds = planned.length.seconds
    words = {"annotate": "to do", "leave": "done", "cannot": "cannot"}
    reason = {"annotate": "new", "leave": "already done", "cannot": ""}[planned.action]
    if planned.action == "annotate" and planned.reason:
        reason = f"again: {planned.reason}"
    elif planned.action == "cannot":
        reason = planned.reason
    return (
        words[planned.action],
        printable(planned.recording.video_id),
        "-" if seconds is None else duration_text(seconds),
        printable(reason),
    )


def _json(planned: Planned, out: Path) -> str:
    recording, length = planned.recording, planned.length
    return json.dumps(
        {
            "video_id": recording.video_id,
            "path": str(recording.path),
            "action": planned.action,
            "reason": planned.reason or None,
            "claimed_seconds": length.seconds,
            "bytes": length.n_bytes,
            "folder": str(out / recording.video_id),
        }
    )


def _print_video(to_do: Sequence[Planned]) -> float | None:
    """How much video there is, in seconds; None where too few headers tell."""
    from video_pipeline.batch.lengths import expected_seconds

    lengths = {of.recording.video_id: of.length for of in to_do}
    expected = expected_seconds(lengths, lengths)
    n_unknown = sum(length.seconds is None for length in lengths.values())
    if not expected:
        print_result(f"video   not known: {n_unknown} of {len(to_do)} files tell no length")
        return None
    by_size = f"; {n_unknown} tell none and are taken by their size" if n_unknown else ""
    seconds = sum(expected.values())
    print_result(
        f"video   about {duration_text(seconds)}, by what the files' headers claim{by_size}"
    )
    return seconds


def _pace(
    to_do: Sequence[Planned],
    job: BatchJob,
    model: ModelFolder,
    engine: BatchEngine,
    arguments: argparse.Namespace,
) -> float | None:
    """Seconds of video a second, tried out."""
    from video_pipeline.batch.local.engine import n_processors
    from video_pipeline.batch.trial import evenly_chosen, measure_pace
    from video_pipeline.cli.annotation_settings import ClassifierOnDemand

    def say(text: str) -> None:
        if not arguments.quiet:
            note(text)

    n_at_once = arguments.workers or n_processors()
    by_size = sorted((of for of in to_do), key=lambda of: of.length.n_bytes)
    chosen = evenly_chosen([of.recording for of in by_size], 2 * n_at_once)
    say(f"trying the first minute of {len(chosen)} recordings, to tell the time that all need")
    classifier = ClassifierOnDemand(model, batch_size=arguments.batch_size, say=say)
    n_busy = min(n_at_once, len(chosen))
    return measure_pace(engine, chosen, classifier, job, n_at_once=n_busy)


def _print_time(seconds: float | None, pace: float | None) -> None:
    if pace is None:
        print_result(
            "time    not known: the recordings are too short to be tried, or cannot be read"
        )
        return
    measured = f"{pace:.{0 if pace >= 10 else 1}f}x real time on this machine, as tried just now"
    if seconds is None:
        print_result(f"time    not known; {measured}")
        return
    now = datetime.now()
    end = clock_time(now + timedelta(seconds=seconds / pace), now)
    print_result(
        f"time    about {duration_text(seconds / pace)} ({measured}): begun now, done {end}"
    )


def _print_space(
    seconds: float | None, to_do: Sequence[Planned], job: BatchJob, *, n_tools: int
) -> None:
    from video_pipeline.batch.plan import free_bytes, result_bytes

    if seconds is None:
        print_result("space   not known")
        return
    needed = result_bytes(seconds, job.settings, n_tools=n_tools, n_recordings=len(to_do))
    free = free_bytes(job.out)
    there = "" if free is None else f", {_bytes_text(free)} are free there"
    print_result(f"space   about {_bytes_text(needed)} in {printable(str(job.out))}{there}")
    if free is not None and needed > free:
        warn(
            f"{printable(str(job.out))}: too little space for all results; "
            "free some or choose another output folder"
        )


def _bytes_text(n_bytes: int) -> str:
    for factor, unit in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB")):
        if n_bytes >= factor:
            return f"{n_bytes / factor:.3g} {unit}"
    return f"{max(1, round(n_bytes / 1000))} kB"
