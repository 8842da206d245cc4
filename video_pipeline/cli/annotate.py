"""``surgical-video annotate``: recordings and a model in, tool timelines out."""

from __future__ import annotations

import argparse
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from video_pipeline.cli.annotation_screen import AnnotationScreen, print_summary
from video_pipeline.cli.arguments import (
    positive_int,
    positive_rate,
)
from video_pipeline.cli.console import printable
from video_pipeline.cli.plots_argument import plot_formats
from video_pipeline.cli.reading_arguments import add_reading_arguments, require_possible_reading
from video_pipeline.cli.smoothing_arguments import add_smoothing_arguments, smoothing_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from classifier.model.bundle import ModelFolder
    from classifier.prediction import ToolClassifier
    from video_pipeline.batch.job import Outcome
    from video_pipeline.batch.recordings import Recording
    from video_pipeline.config import AnnotationSettings
    from video_pipeline.output.manifest import ModelIdentity

__all__ = ["add_parser"]

_EXAMPLES = """\
examples:
  surgical-video annotate operation.mp4 --model samples/model --out timelines
  surgical-video annotate /recordings --model model --out timelines
  surgical-video annotate operation.mp4 --model model --out timelines --median 5 --min-on 0
  surgical-video annotate --join case12/ case13/ --model model --out timelines
  surgical-video annotate --join-parts /recordings --model model --out timelines

Each recording gets a folder OUT/<video_id>/ with timeline.csv, segments.csv, statistics.csv,
timeline.png and run.json; with --features also features.npy, with --plots svg,pdf also timeline.svg
and timeline.pdf. OUT/batch.csv says what became of every recording. The same call again leaves
finished recordings as they are. Exit status: 0 all done; 1 a recording failed or is incomplete;
2 wrong call; 130 interrupted.
"""


def add_parser(commands: Any) -> None:
    """Describe the command's arguments."""
    parser = commands.add_parser(
        "annotate",
        help="turn recordings into tool timelines",
        description="Say for every second of every recording which tools are visible.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run, after_interruption="the same call goes on with what is left")
    parser.add_argument(
        "recordings",
        type=Path,
        nargs="+",
        metavar="RECORDING",
        help="video files, folders, or lists of files that are one operation (NAME.parts)",
    )
    joining = parser.add_mutually_exclusive_group()
    joining.add_argument(
        "--join",
        dest="join",
        action="store_const",
        const="all",
        default="nothing",
        help="each folder named is one operation, and all files named are one together: "
        "read in natural order (part2 before part10) as one recording",
    )
    joining.add_argument(
        "--join-parts",
        dest="join",
        action="store_const",
        const="parts",
        help="files whose names say that they are parts of one operation (case12_part1, "
        "case12_part2; GX010012, GX020012) are read as one recording",
    )
    parser.add_argument("--model", type=Path, required=True, metavar="MODEL")
    parser.add_argument("--out", type=Path, required=True, metavar="OUT")
    parser.add_argument(
        "--rate",
        type=positive_rate,
        default=Fraction(1),
        metavar="HZ",
        help="frames sampled a second (default 1)",
    )
    add_reading_arguments(parser)
    parser.add_argument(
        "--crop-field-of-view",
        action=argparse.BooleanOptionalAction,
        help="crop frames to the endoscope's picture (default: as the model was trained)",
    )
    parser.add_argument(
        "--batch-size",
        type=positive_int,
        metavar="N",
        help="frames classified at once; changes no result (default 8 on a CPU, 64 on a GPU)",
    )
    parser.add_argument(
        "--features",
        action="store_true",
        help="also write features.npy: float16, a row of the network's features a second",
    )
    parser.add_argument(
        "--plots",
        type=plot_formats,
        default=(),
        metavar="FORMATS",
        help="also write timeline.svg and timeline.pdf: svg, pdf or svg,pdf; `report --plots` adds "
        "them to finished recordings without annotating these again",
    )
    add_smoothing_arguments(parser, defaults="the model")
    parser.add_argument("--quiet", action="store_true", help="print errors only")


def run(arguments: argparse.Namespace) -> int:
    """Annotate each recording, report each, and fail if one did."""
    from classifier.model.bundle import read_model_folder
    from video_pipeline.batch.job import BatchJob
    from video_pipeline.batch.local.engine import LocalEngine
    from video_pipeline.batch.operations import find_operations
    from video_pipeline.batch.recordings import name_operations
    from video_pipeline.batch.table import update_batch_table
    from video_pipeline.output.files import make_folder

    # What can be refused is refused before TensorFlow is loaded or a recording opened.
    model_folder = read_model_folder(arguments.model)
    settings = _settings(arguments, model_folder)
    operations = find_operations(arguments.recordings, join=arguments.join)
    out = make_folder(arguments.out)
    recordings = name_operations(operations, out)
    outcomes: list[Outcome] = []
    with AnnotationScreen(len(recordings), quiet=arguments.quiet) as screen:
        if arguments.join == "nothing":
            _tell_of_parts(recordings, screen)
        engine = LocalEngine(shows_tracebacks=arguments.debug)
        classifier = _ClassifierOnDemand(
            model_folder, batch_size=arguments.batch_size, screen=screen
        )
        job = BatchJob(out, settings, _identity(model_folder))
        for outcome in engine.annotate(recordings, classifier, job, progress=screen.show):
            outcomes.append(outcome)
            screen.report(outcome)
            update_batch_table(out, [outcome.row])
    if not arguments.quiet:
        print_summary(outcomes, out)
    return 0 if all(outcome.row.status == "done" for outcome in outcomes) else 1


def _tell_of_parts(recordings: Sequence[Recording], screen: AnnotationScreen) -> None:
    """Say so where files are annotated singly whose names look like parts of one operation."""
    from video_pipeline.batch.parts import group_parts

    single = [of.path for of in recordings if of.paths == (of.path,)]
    groups = [group for group in group_parts(single) if len(group) > 1]
    if groups:
        first, second, *_ = groups[0]
        screen.say(
            f"{sum(map(len, groups))} files look like parts of longer recordings "
            f"(such as {printable(first.name)}, {printable(second.name)}); "
            "each is annotated by itself, --join-parts reads parts as one recording"
        )


def _settings(arguments: argparse.Namespace, model: ModelFolder) -> AnnotationSettings:
    from classifier.errors import ModelFolderError
    from video_pipeline.config import AnnotationSettings

    try:
        smoothing = smoothing_of(arguments, model.config.smoothing, head=model.config.head)
    except ValueError as error:
        raise ModelFolderError(
            model.path,
            f"holds smoothing settings that are not known here ({error})",
            hint="tune it again",
        ) from error
    require_possible_reading(arguments)
    return AnnotationSettings(
        rate_hz=arguments.rate,
        start=arguments.start,
        end=arguments.end,
        decoder=arguments.decoder,
        stream=arguments.stream,
        resize_rule=model.config.resize_rule,
        crop_field_of_view=_crops(arguments, model),
        batch_size=arguments.batch_size or _batch_size_by_device(),
        smoothing=smoothing,
        features=arguments.features,
        # A PNG is drawn whether it is named or not.
        plots=tuple(name for name in arguments.plots if name != "png"),
    )


def _crops(arguments: argparse.Namespace, model: ModelFolder) -> bool:
    trained: bool = getattr(model.config, "crops_field_of_view", False)
    return trained if arguments.crop_field_of_view is None else arguments.crop_field_of_view


def _batch_size_by_device() -> int:
    """Frames handed over at once; asking TensorFlow for the device would cost seconds."""
    nvidia, windows_subsystem = Path("/dev/nvidiactl"), Path("/dev/dxg")
    return 64 if nvidia.exists() or windows_subsystem.exists() else 8


class _ClassifierOnDemand:
    """Knows its tools at once and loads TensorFlow with the first frame, if there is one."""

    def __init__(
        self, folder: ModelFolder, *, batch_size: int | None, screen: AnnotationScreen
    ) -> None:
        self._folder = folder
        self._batch_size = batch_size
        self._screen = screen
        self._classifier: ToolClassifier | None = None
        self.tools = folder.config.tools
        self.input_size_px = folder.config.input_size_px

    def predict(self, images: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float16]]:
        """See ``FrameClassifier``."""
        if self._classifier is None:
            self._screen.say("loading the model ...")
            from classifier.prediction import load_classifier

            self._classifier = load_classifier(self._folder.path, batch_size=self._batch_size)
        return self._classifier.predict(images)


def _identity(folder: ModelFolder) -> ModelIdentity:
    from video_pipeline.output.manifest import ModelIdentity

    return ModelIdentity(
        sha256=folder.digest, name=folder.path.resolve().name, head=folder.config.head
    )
