"""``surgical-video annotate``: recordings and a model in, tool timelines out."""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING, Any

from video_pipeline.cli.annotation_arguments import EXAMPLES, add_arguments
from video_pipeline.cli.arguments import WrongCallError
from video_pipeline.cli.console import note, printable, warn
from video_pipeline.cli.exit_status import DONE, FAILED, INTERRUPTED
from video_pipeline.cli.stopping_in_time import ends_in_time

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from classifier.model.bundle import ModelFolder
    from video_pipeline.batch.engine import BatchEngine
    from video_pipeline.batch.job import BatchJob, Outcome
    from video_pipeline.batch.naming.pseudonyms import Pseudonyms
    from video_pipeline.batch.recordings import Operation, Recording
    from video_pipeline.batch.table import BatchRow
    from video_pipeline.cli.annotation_screen import AnnotationScreen

__all__ = ["add_parser"]


def add_parser(commands: Any) -> None:
    """Describe the command's arguments."""
    parser = commands.add_parser(
        "annotate",
        help="turn recordings into tool timelines",
        description="Say for every second of every recording which tools are visible.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run, after_interruption="the same call goes on with what is left")
    add_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Annotate each recording, report each, and fail if one did."""
    from classifier.model.bundle import read_model_folder
    from video_pipeline.batch.job import BatchJob
    from video_pipeline.batch.recordings import name_operations
    from video_pipeline.cli.annotation_plan import print_plan
    from video_pipeline.cli.annotation_settings import identity_of, settings_of
    from video_pipeline.output.files import make_folder
    from video_pipeline.processors import n_processors

    # What can be refused is refused before TensorFlow is loaded or a recording opened.
    model = read_model_folder(arguments.model)
    settings = settings_of(arguments, model)
    pseudonyms = _pseudonyms(arguments)
    operations = _operations(arguments, pseudonyms)
    job = BatchJob(arguments.out, settings, identity_of(model), force=arguments.force)
    recordings = name_operations(operations, job.out, pseudonyms=pseudonyms)
    if arguments.join == "nothing" and not arguments.quiet:
        _tell_of_parts(recordings)
    if arguments.dry_run:
        # A trial is too short for the engine to find out how many workers there have to be.
        engine = _engine(arguments, n_workers=arguments.workers or n_processors())
        return print_plan(recordings, job, model, engine, arguments)
    make_folder(job.out)
    return _annotate(recordings, job, model, arguments)


def _operations(
    arguments: argparse.Namespace, pseudonyms: Pseudonyms | None
) -> Sequence[Operation]:
    from video_pipeline.batch.search.operations import find_operations
    from video_pipeline.errors import RecordingError

    try:
        return find_operations(arguments.recordings, join=arguments.join)
    except RecordingError as error:
        if pseudonyms is None:
            raise
        raise pseudonyms.hide(error) from None


def _pseudonyms(arguments: argparse.Namespace) -> Pseudonyms | None:
    """What makes pseudonyms; None where recordings keep their names."""
    from video_pipeline.batch.naming.pseudonyms import Pseudonyms, default_key_file

    if not arguments.deidentify:
        if arguments.key_file is not None:
            raise WrongCallError("--key-file is of use with --deidentify only")
        return None
    return Pseudonyms.of_key_file(arguments.key_file or default_key_file(), out=arguments.out)


def _engine(arguments: argparse.Namespace, *, n_workers: int | None) -> BatchEngine:
    """Who does the work; it changes no result."""
    from video_pipeline.batch.local.engine import LocalEngine

    if arguments.engine == "ray":
        from video_pipeline.batch.cluster.engine import RayEngine

        if arguments.workers is not None:
            raise WrongCallError("--workers is of the local engine: Ray knows its processors")
        return RayEngine(
            address=arguments.address,
            stall_limit_s=arguments.stall_limit,
            shows_tracebacks=arguments.debug,
        )
    if arguments.address is not None:
        raise WrongCallError("--address is of use with --engine ray only")
    return LocalEngine(
        n_workers=n_workers,
        stall_limit_s=arguments.stall_limit,
        shows_tracebacks=arguments.debug,
    )


def _annotate(
    recordings: Sequence[Recording],
    job: BatchJob,
    model: ModelFolder,
    arguments: argparse.Namespace,
) -> int:
    from video_pipeline.batch.planning.lengths import Surveying
    from video_pipeline.batch.planning.plan import presumed_finished
    from video_pipeline.cli.annotation_progress import BatchProgress
    from video_pipeline.cli.annotation_screen import AnnotationScreen

    table = _Table(job.out)
    outcomes: list[Outcome] = []

    def stopped_text() -> str:
        return _stopped_text(outcomes, len(recordings))

    try:
        tried = [of for of in recordings if of.why_skipped is None]
        with ends_in_time(stopped_text), Surveying(tried, job.settings) as surveying:
            progress = BatchProgress(
                recordings,
                job.settings,
                clock=time.monotonic,
                presumed_finished=presumed_finished(recordings, job),
                find_lengths=lambda: surveying.lengths,
            )
            with AnnotationScreen(
                progress, quiet=arguments.quiet, as_json=arguments.json
            ) as screen:
                _work(recordings, job, model, arguments, screen, table, outcomes)
    except KeyboardInterrupt:
        warn(stopped_text())
        return INTERRUPTED
    _sum_up(outcomes, recordings, job, arguments)
    return _status(outcomes) if table.is_whole() else FAILED


def _work(
    recordings: Sequence[Recording],
    job: BatchJob,
    model: ModelFolder,
    arguments: argparse.Namespace,
    screen: AnnotationScreen,
    table: _Table,
    outcomes: list[Outcome],
) -> None:
    """Put each outcome into ``outcomes``, on the screen, and into batch.csv, as it comes."""
    from video_pipeline.batch.one_recording import skipped_outcome
    from video_pipeline.cli.annotation_settings import ClassifierOnDemand

    def take(outcome: Outcome) -> None:
        outcomes.append(outcome)
        screen.report(outcome)
        table.add(outcome.row)

    for of in recordings:
        if of.why_skipped is not None:
            take(skipped_outcome(of, job.out, of.why_skipped))

    classifier = ClassifierOnDemand(
        model, batch_size=arguments.batch_size, say=screen.say, begin=screen.begin
    )
    engine = _engine(arguments, n_workers=arguments.workers)
    if arguments.engine == "ray":
        # Its models are loaded elsewhere, and nobody tells when.
        screen.begin()
    tried = [of for of in recordings if of.why_skipped is None]
    for outcome in engine.annotate(tried, classifier, job, progress=screen.show):
        take(outcome)


class _Table:
    """``batch.csv``, kept up to date; that it cannot be written now does not end a batch."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self._unwritten: list[BatchRow] = []
        self._has_warned = False

    def add(self, row: BatchRow) -> None:
        """Write a row, and those that could not be written before."""
        from video_pipeline.batch.table import update_batch_table
        from video_pipeline.errors import OutputError

        self._unwritten.append(row)
        try:
            update_batch_table(self._out, self._unwritten)
            self._unwritten.clear()
        except OutputError as error:
            if not self._has_warned:
                warn(f"{error} (the batch goes on, and each further recording tries again)")
            self._has_warned = True

    def is_whole(self) -> bool:
        """Whether every row has been written."""
        return not self._unwritten


def _sum_up(
    outcomes: Sequence[Outcome],
    recordings: Sequence[Recording],
    job: BatchJob,
    arguments: argparse.Namespace,
) -> None:
    from video_pipeline.cli.annotation_problems import in_order_of_naming, print_problems
    from video_pipeline.cli.annotation_screen import print_summary, sum_text

    if arguments.quiet:
        return
    ordered = in_order_of_naming(outcomes, recordings)
    print_problems(ordered, job.out)
    if arguments.json:
        note(sum_text(ordered, job.out))
    else:
        print_summary(ordered, job.out)


def _status(outcomes: Sequence[Outcome]) -> int:
    """Skipped recordings are no failure, but a call that gave nothing at all is one."""
    statuses = {outcome.row.status for outcome in outcomes}
    return DONE if "done" in statuses and statuses <= {"done", "skipped"} else FAILED


def _stopped_text(outcomes: Sequence[Outcome], n_recordings: int) -> str:
    n_left = n_recordings - len(outcomes)
    n_failed = sum(of.row.status == "failed" for of in outcomes)
    n_skipped = sum(of.row.status == "skipped" for of in outcomes)
    n_done = len(outcomes) - n_failed - n_skipped
    parts = [f"{n_done} of {n_recordings} recordings done"]
    parts += [f"{n} {what}" for n, what in ((n_failed, "failed"), (n_skipped, "skipped")) if n]
    goes_on = "; the same call goes on with them" if n_left else ""
    return f"stopped: {', '.join(parts)}, {n_left} left{goes_on}"


def _tell_of_parts(recordings: Sequence[Recording]) -> None:
    """Say so where files are annotated singly whose names look like parts of one operation."""
    from video_pipeline.batch.search.parts import group_parts

    single = [of.path for of in recordings if of.paths == (of.path,)]
    groups = [group for group in group_parts(single) if len(group) > 1]
    if groups:
        first, second, *_ = groups[0]
        is_hidden = any(of.pseudonym is not None for of in recordings)
        such = f" (such as {printable(first.name)}, {printable(second.name)})"
        note(
            f"{sum(map(len, groups))} files look like parts of longer recordings"
            f"{'' if is_hidden else such}; each is annotated by itself, "
            "--join-parts reads parts as one recording"
        )
