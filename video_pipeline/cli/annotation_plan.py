"""``annotate --dry-run``: what would be done, and what time and space it needs."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from functools import partial
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
    from video_pipeline.batch.planning.plan import Planned
    from video_pipeline.batch.recordings import Recording

__all__ = ["print_plan"]

_SHORT = {"annotate": "to do", "leave": "done", "cannot": "cannot", "skip": "skip"}
_WORDS = {
    "annotate": "to do",
    "leave": "already done",
    "cannot": "cannot be read",
    "skip": "skipped",
}


def print_plan(
    recordings: Sequence[Recording],
    job: BatchJob,
    model: ModelFolder,
    engine: BatchEngine,
    arguments: argparse.Namespace,
) -> int:
    """Print a line for each recording, then the sums; nothing is written into the output folder."""
    plan = _looked_up(recordings, job, quiet=arguments.quiet)
    for line in map(partial(_json, out=job.out), plan) if arguments.json else _lines(plan):
        print_result(line)
    # Another program reads objects only; a person may look on all the same.
    say = print_result if not arguments.json else _say_nothing if arguments.quiet else note
    to_do = [planned for planned in plan if planned.action == "annotate"]
    counts = Counter(planned.action for planned in plan)
    say("")
    say(", ".join(f"{n} {_WORDS[action]}" for action, n in sorted(counts.items())))
    if to_do:
        seconds = _said_video(to_do, say)
        say(_time_text(seconds, _pace(to_do, job, model, engine, arguments)))
        say(_space_text(seconds, to_do, job, n_tools=len(model.config.tools)))
    return DONE


def _looked_up(recordings: Sequence[Recording], job: BatchJob, *, quiet: bool) -> list[Planned]:
    """The plan, with a line that counts while it is made."""
    from video_pipeline.batch.planning.lengths import lengths_of
    from video_pipeline.batch.planning.plan import plan_recordings

    n, lengths, plan = len(recordings), {}, []
    with ExitStack() as stack:
        shows = is_terminal() and not quiet
        lines = stack.enter_context(FootLines(1)) if shows else None

        def tell(what: str, k: int) -> None:
            if lines is not None:
                lines.draw([f"{what} {k} of {n} recordings ..."])

        tried = [of for of in recordings if of.why_skipped is None]
        for recording, length in lengths_of(tried, job.settings):
            lengths[recording.video_id] = length
            tell("looked up the length of", len(lengths))
        for planned in plan_recordings(recordings, job, lengths):
            plan.append(planned)
            tell("compared with earlier results", len(plan))
    return plan


def _lines(plan: Sequence[Planned]) -> Iterator[str]:
    """What to do, with which recording, how long it is, and why."""
    width = max(text_width(printable(of.recording.video_id)) for of in plan)
    for of in plan:
        name = printable(of.recording.video_id)
        padding = " " * (width - text_width(name))
        seconds = of.length.seconds
        length = "-" if seconds is None else duration_text(seconds)
        reason = {"annotate": "new", "leave": "", "cannot": "", "skip": ""}[of.action]
        if of.reason:
            again = "again: " if of.action == "annotate" else ""
            reason = f"{again}{printable(of.reason)}"
        yield f"{_SHORT[of.action]:6}  {name}{padding}  {length:>8}  {reason}".rstrip()


def _json(planned: Planned, *, out: Path) -> str:
    recording, length = planned.recording, planned.length
    return json.dumps(
        {
            "video_id": recording.video_id,
            "path": recording.shown_as,
            "action": planned.action,
            "reason": planned.reason or None,
            "claimed_seconds": length.seconds,
            "bytes": length.n_bytes,
            "folder": str(out / recording.video_id),
        }
    )


def _said_video(to_do: Sequence[Planned], say: Callable[[str], None]) -> float | None:
    """Say how much video there is; in seconds, None where too few headers tell."""
    from video_pipeline.batch.planning.lengths import expected_seconds

    lengths = {of.recording.video_id: of.length for of in to_do}
    expected = expected_seconds(lengths, lengths)
    n_unknown = sum(length.seconds is None for length in lengths.values())
    if not expected:
        say(f"video   not known: {n_unknown} of {len(to_do)} recordings tell no length")
        return None
    by_size = f"; {n_unknown} tell none and are taken by their size" if n_unknown else ""
    seconds = sum(expected.values())
    say(f"video   about {duration_text(seconds)}, by what headers claim{by_size}")
    return seconds


def _pace(
    to_do: Sequence[Planned],
    job: BatchJob,
    model: ModelFolder,
    engine: BatchEngine,
    arguments: argparse.Namespace,
) -> float | None:
    """Seconds of video a second, tried out."""
    from video_pipeline.batch.planning.trial import evenly_chosen, measure_pace
    from video_pipeline.cli.annotation_settings import ClassifierOnDemand
    from video_pipeline.processors import n_processors

    def say(text: str) -> None:
        if not arguments.quiet:
            note(text)

    n_at_once = arguments.workers or n_processors()
    # The longest first: the clock stops where a worker has nothing left to do.
    by_size = sorted(to_do, key=lambda of: -of.length.n_bytes)
    chosen = evenly_chosen([of.recording for of in by_size], 2 * n_at_once)
    say(f"trying the first minute of {len(chosen)} recordings, to tell the time that all need")
    classifier = ClassifierOnDemand(model, batch_size=arguments.batch_size, say=say)
    n_busy = min(n_at_once, len(chosen))
    return measure_pace(engine, chosen, classifier, job, n_at_once=n_busy)


def _time_text(seconds: float | None, pace: float | None) -> str:
    if pace is None:
        return "time    not known: too little could be read of the recordings that were tried"
    measured = f"{pace:.{0 if pace >= 10 else 1}f}x real time on this machine, as tried just now"
    if seconds is None:
        return f"time    not known; {measured}"
    now = datetime.now()
    end = clock_time(now + timedelta(seconds=seconds / pace), now)
    return f"time    about {duration_text(seconds / pace)} ({measured}): begun now, done {end}"


def _space_text(
    seconds: float | None, to_do: Sequence[Planned], job: BatchJob, *, n_tools: int
) -> str:
    """What results need and what there is; warns where that is not enough."""
    from video_pipeline.batch.planning.plan import free_bytes, result_bytes

    if seconds is None:
        return "space   not known"
    needed = result_bytes(seconds, job.settings, n_tools=n_tools, n_recordings=len(to_do))
    free = free_bytes(job.out)
    out = printable(str(job.out))
    if free is not None and needed > free:
        warn(f"{out}: too little space for all results; free some or choose another output folder")
    there = "" if free is None else f", {_bytes_text(free)} are free there"
    return f"space   about {_bytes_text(needed)} in {out}{there}"


def _say_nothing(text: str) -> None:
    del text


def _bytes_text(n_bytes: int) -> str:
    for factor, unit in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB")):
        if n_bytes >= factor:
            return f"{n_bytes / factor:.3g} {unit}"
    return f"{max(1, round(n_bytes / 1000))} kB"
