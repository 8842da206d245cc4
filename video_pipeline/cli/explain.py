"""``surgical-video explain``: pictures and a model in, pictures of where the model looked out."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from video_pipeline.cli.arguments import WrongCallError, moment, positive_int, whole_number
from video_pipeline.cli.console import note, print_result, printable, progress_bar, warn
from video_pipeline.cli.explain_inputs import Subject, count_pictures, find_inputs, read_subjects

if TYPE_CHECKING:
    from classifier.explanation.explaining import Explainer, Explanation
    from classifier.explanation.files import PeakRow
    from classifier.model.bundle import ModelFolder

__all__ = ["add_parser"]

_AT_ONCE = 8
"""Pictures explained together: on a CPU eight cost no more than one."""
_MOST_LINES = 20

_EXAMPLES = """\
examples:
  surgical-video explain model frame.jpg --out explained
  surgical-video explain model frames/case12 --out explained --tool hook --tool grasper
  surgical-video explain model operation.mp4 --at 1:30 --at 95.5 --out explained
  surgical-video explain model frame.jpg --out explained --all-tools --layer conv4 --overlays

DIR/<name>.png is a contact sheet: the picture, and a panel for each tool that the model holds to be
visible (where it holds none to be, for the most probable one), coloured where the picture speaks
for that tool (Grad-CAM, Selvaraju et al. 2017). A moment of a recording is called
<name>_<seconds>s; it is the frame on display then. Each panel is coloured by its own map alone: a
tool that is certainly absent has a highest place, too. Read the probability first.

DIR/explanations.csv has a row for each picture and tool: image,time_s,tool,probability,visible,
peak_x_px,peak_y_px,map_max,map_mean,sheet. The peak is in the picture's own pixels, and empty where
nothing speaks for the tool; map_max and map_mean are logits, what speaks against it being zero.

A peak of conv5 is good to about half a cell of its grid: of 7 x 7 for an input of 224 px. conv4 has
14 x 14, and lies on the tool more often, at twice the time.

Exit status: 0 all done; 1 a picture could not be explained; 2 wrong call; 130 interrupted.
"""


def add_parser(commands: Any) -> None:
    """Describe the command's arguments."""
    parser = commands.add_parser(
        "explain",
        help="show where in a picture a model found each tool",
        description="Draw, for each tool, which places of a picture made the model answer so.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run, after_interruption="nothing was written")
    parser.add_argument("model", type=Path, metavar="MODEL")
    parser.add_argument(
        "inputs",
        type=Path,
        nargs="+",
        metavar="IMAGE|FOLDER|RECORDING",
        help="image files, folders of images, or recordings (with --at)",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--overwrite", action="store_true", help="replace the folder DIR")
    parser.add_argument(
        "--at",
        type=moment,
        action="append",
        default=[],
        metavar="TIME",
        help="a moment of each recording: seconds, M:SS or H:MM:SS; may be given several times",
    )
    parser.add_argument(
        "--stream", type=whole_number, metavar="N", help="which video stream of a file, from 0"
    )
    panels = parser.add_mutually_exclusive_group()
    panels.add_argument(
        "--tool",
        dest="tools",
        action="append",
        metavar="NAME",
        help="a panel for this tool, visible or not; may be given several times",
    )
    panels.add_argument("--all-tools", action="store_true", help="a panel for every tool")
    panels.add_argument("--top", type=positive_int, metavar="K", help="for the K most probable")
    parser.add_argument(
        "--layer",
        choices=("conv5", "conv4"),
        default="conv4",
        help="whose gradient: the last convolutions, or finer ones (default conv4)",
    )
    parser.add_argument(
        "--overlays",
        action="store_true",
        help="also write the coloured pictures at full size: DIR/overlays/<name>/<NN>_<tool>.png",
    )
    parser.add_argument("--quiet", action="store_true", help="print errors only")


@dataclass
class _Done:
    """What has been written so far."""

    rows: list[PeakRow] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    """For a person: one a picture."""
    n_failed: int = 0


def run(arguments: argparse.Namespace) -> int:
    """Explain each picture, and fail if one cannot be."""
    from classifier.folders import require_free
    from classifier.model.bundle import read_model_folder

    # What can be refused is refused before TensorFlow is loaded.
    folder = read_model_folder(arguments.model)
    _require_known(arguments.tools or (), folder.config.tools)
    inputs, problems = find_inputs(arguments.inputs, arguments.out, has_moments=bool(arguments.at))
    require_free(arguments.out, overwrite=arguments.overwrite)
    done = _Done(n_failed=len(problems))
    for problem in problems:
        warn(str(problem))
    subjects = read_subjects(inputs, arguments.at, folder.config, stream=arguments.stream)
    total = count_pictures(inputs, arguments.at)
    with progress_bar(desc="pictures", unit="picture", total=total, leave=False) as bar:
        _explain_all(_readable(subjects, done), folder, arguments, done, bar)
    _print_summary(done, arguments)
    return 1 if done.n_failed > 0 else 0


def _require_known(names: Sequence[str], tools: Sequence[str]) -> None:
    for name in names:
        if name not in tools:
            known = ", ".join(tools)
            raise WrongCallError(f"this model knows no tool {name!r}, only {known}")


def _readable(subjects: Iterable[Any], done: _Done) -> Iterator[Subject]:
    """Those that could be read; the others are reported."""
    for subject in subjects:
        if isinstance(subject, Subject):
            yield subject
        else:
            done.n_failed += 1
            warn(str(subject))


def _explain_all(
    subjects: Iterator[Subject],
    folder: ModelFolder,
    arguments: argparse.Namespace,
    done: _Done,
    bar: Any,
) -> None:
    """Fill a folder that takes its place when all is done; where nothing can be read, none."""
    first = next(subjects, None)
    if first is None:
        return
    if not arguments.quiet:
        note("loading the model ...")
    from classifier.explanation.explaining import load_explainer
    from classifier.explanation.files import write_peaks
    from classifier.folders import new_folder

    explainer = load_explainer(folder.path, layer=arguments.layer)
    with new_folder(arguments.out) as place:
        for batch in _batches(first, subjects):
            _explain_batch(batch, explainer, place, arguments, done)
            bar.update(len(batch))
        write_peaks(place, done.rows)


def _batches(first: Subject, others: Iterator[Subject]) -> Iterator[list[Subject]]:
    batch = [first]
    for subject in others:
        if len(batch) == _AT_ONCE:
            yield batch
            batch = []
        batch.append(subject)
    yield batch


def _explain_batch(
    batch: list[Subject],
    explainer: Explainer,
    place: Path,
    arguments: argparse.Namespace,
    done: _Done,
) -> None:
    from classifier.explanation.files import peak_rows, write_overlays, write_sheet

    model = arguments.model.resolve().name
    for subject, explanation in zip(
        batch, explainer.explain([subject.seen for subject in batch]), strict=True
    ):
        tools = _chosen_tools(arguments, explanation)
        title, sheet = printable(subject.path.name), f"{subject.name}.png"
        if subject.time_ms is not None:
            title += f" at {subject.time_ms / 1000:.3f} s"
        subtitle = f"model: {printable(model)}; Grad-CAM of {arguments.layer}"
        write_sheet(place / sheet, explanation, tools, title=title, subtitle=subtitle)
        if arguments.overlays:
            write_overlays(place / "overlays" / subject.name, explanation, tools)
        done.rows += peak_rows(
            explanation, image=str(subject.path), time_ms=subject.time_ms, sheet=sheet
        )
        done.lines.append(f"{sheet}: {_in_words(explanation)}")


def _chosen_tools(arguments: argparse.Namespace, explanation: Explanation) -> list[int]:
    if arguments.tools is not None:
        return [explanation.tools.index(tool) for tool in dict.fromkeys(arguments.tools)]
    if arguments.all_tools:
        return list(range(len(explanation.tools)))
    return explanation.most_telling(arguments.top)


def _in_words(explanation: Explanation) -> str:
    shown = [
        f"{explanation.tools[k]} {explanation.probabilities[k]:.3f}"
        for k in explanation.most_telling()
    ]
    return ", ".join(shown) if explanation.visible.any() else f"no tool; nearest is {shown[0]}"


def _print_summary(done: _Done, arguments: argparse.Namespace) -> None:
    failed = f", {done.n_failed} failed" if done.n_failed > 0 else ""
    n = len(done.lines)
    if n == 0:
        print_result(f"no picture was explained{failed}")
        return
    if arguments.quiet:
        return
    for line in done.lines[:_MOST_LINES]:
        print_result(line)
    if n > _MOST_LINES:
        print_result(f"... and {n - _MOST_LINES} more")
    out = printable(str(arguments.out))
    print_result(f"{n} {'picture' if n == 1 else 'pictures'} explained{failed}")
    print_result(f"sheets: {out}/<name>.png; peaks and probabilities: {out}/explanations.csv")
    if arguments.overlays:
        print_result(f"at the pictures' own size: {out}/overlays/<name>/")
