"""``surgical-video compare``: predictions and references in, their agreement out."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from video_pipeline.cli.console import print_result

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from video_pipeline.formats.labelled import LabelledRecording
    from video_pipeline.timeline.metrics.cohort import CohortComparison, RecordingComparison

__all__ = ["add_parser", "compare_pairs"]

_EXAMPLES = """\
examples:
  surgical-video compare timelines/case12 case12.reference.csv
  surgical-video compare timelines annotations --json
  surgical-video compare timelines annotations --against other_timelines

PREDICTED and REFERENCE are each one recording's file or folder, or a folder of many: what
`annotate` writes, tables second,<tool>,<tool>,... of 0 and 1, Cholec80's videoXX-tool.txt.
Recordings are paired by name, then by number; tools and phases by name, each where both sides have
them. Lengths may differ by one second. Seconds without a frame, on either side, are left out.

figures (--json says of each its definition and source):
  by the second  accuracy, precision, recall, F1 per tool, micro (pooled) and macro (mean over
                 tools); average precision: scikit-learn's, pooled over all seconds (Cholec80) and
                 video-wise, the mean over videos in which the tool occurs (CholecT50); error rate
                 (S + D + I) / N at 1 s (Mesaros et al. 2016, sed_eval)
  by the use     F1 of uses matched one to one at an overlap (IoU) of 0.25, 0.5, 0.75 (Lea et al.
                 2017); at both ends within 2 s, or 20 % of the length at its end (sed_eval,
                 optimal matching); by intersection (PSDS, at 0.5); predicted / true uses
  phases         accuracy, precision, recall, Jaccard, F1, strict and relaxed by 10 s (m2cai16's
                 evaluation; Funke et al., arXiv 2305.13961; depends on the order of phases); edit
                 score and F1@10, 25, 50 (Lea et al. 2017)
  recordings     mean, standard deviation (n - 1), 95 % bootstrap interval over recordings, from 3
                 on; with --against also the mean difference with its interval and the p-value of
                 Wilcoxon's signed-rank test, over the recordings that both runs have
What is undefined, such as the average precision of a tool that never occurs, is no zero: it is
shown as -, and left out of means.

Exit status: 0 compared, 1 not comparable, 2 wrong call.
"""


def add_parser(commands: Any) -> None:
    """Describe the command's arguments."""
    parser = commands.add_parser(
        "compare",
        help="hold predicted timelines against references",
        description="Print how well predicted tools and phases agree with references: by the "
        "second, by the use, and over recordings.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run, after_interruption="nothing was written")
    parser.add_argument("predicted", type=Path, metavar="PREDICTED")
    parser.add_argument("reference", type=Path, metavar="REFERENCE")
    parser.add_argument(
        "--against",
        type=Path,
        metavar="OTHER",
        help="another prediction of the same recordings, to be tested against the first",
    )
    parser.add_argument("--json", action="store_true", help="print every figure as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Read, compare, print."""
    from video_pipeline.cli.compare_json import as_json
    from video_pipeline.cli.compare_screen import print_comparison
    from video_pipeline.cli.compare_spread_screen import print_differences
    from video_pipeline.errors import TableError
    from video_pipeline.timeline.metrics.cohort import compare_runs

    first, notes = _compare(arguments.predicted, arguments.reference)
    differences = other = None
    if arguments.against is not None:
        other, notes_on_other = _compare(arguments.against, arguments.reference)
        notes = (*notes, *(f"{arguments.against}: {text}" for text in notes_on_other))
        differences = compare_runs(first, other)
        if not differences:
            raise TableError(
                arguments.against, f"has no recording in common with {arguments.predicted}"
            )
    if arguments.json:
        content = as_json(first, other=other, differences=differences, notes=notes)
        print_result(json.dumps(content, indent=2, ensure_ascii=False))
        return 0
    print_comparison(first, notes=notes)
    if differences is not None:
        names = str(arguments.predicted), str(arguments.against)
        print_differences(differences, names=names)
    return 0


def _compare(predicted: Path, reference: Path) -> tuple[CohortComparison, tuple[str, ...]]:
    """Read and compare; with what stands alone, in words."""
    from video_pipeline.errors import TableError
    from video_pipeline.formats.pairing import read_pairs
    from video_pipeline.timeline.metrics import IncomparableError

    pairs, notes = read_pairs(predicted, reference)
    try:
        return compare_pairs(pairs), notes
    except IncomparableError as error:
        raise TableError(predicted, f"cannot be compared with {reference}: {error}") from error


def compare_pairs(
    pairs: Sequence[tuple[LabelledRecording, LabelledRecording]],
) -> CohortComparison:
    """Compare (predicted, reference) of each recording; raises ``IncomparableError``."""
    from video_pipeline.timeline.metrics import IncomparableError
    from video_pipeline.timeline.metrics.cohort import compare_cohort

    recordings = []
    for predicted, reference in pairs:
        try:
            recordings.append(_compare_pair(predicted, reference))
        except IncomparableError as error:
            if len(pairs) == 1:
                raise
            raise IncomparableError(f"{reference.video_id}: {error}") from error
    return compare_cohort(recordings)


def _compare_pair(
    predicted: LabelledRecording, reference: LabelledRecording
) -> RecordingComparison:
    from video_pipeline.timeline.metrics import IncomparableError
    from video_pipeline.timeline.metrics.alignment import align_tools
    from video_pipeline.timeline.metrics.cohort import compare_recording
    from video_pipeline.timeline.metrics.phases import compare_phases

    aligned = phases = None
    if predicted.timeline is not None and reference.timeline is not None:
        aligned = align_tools(predicted.timeline, reference.timeline)
    if predicted.phases is not None and reference.phases is not None:
        phases = compare_phases(
            predicted.phases,
            reference.phases,
            predicted_seen=_seen(predicted),
            reference_seen=_seen(reference),
        )
    if aligned is None and phases is None:
        raise IncomparableError("one has tools only, the other phases only")
    return compare_recording(reference.video_id, aligned=aligned, phases=phases)


def _seen(recording: LabelledRecording) -> NDArray[Any] | None:
    """(n_seconds,) whether a frame was decoded; phases do not say so by themselves."""
    return None if recording.timeline is None else recording.timeline.n_frames > 0
