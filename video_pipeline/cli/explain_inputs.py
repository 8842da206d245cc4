"""What ``explain`` is given: images, folders of them, moments of recordings; each one prepared."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from video_pipeline.cli.arguments import WrongCallError
from video_pipeline.cli.console import printable
from video_pipeline.cli.field_of_view import find_crop

if TYPE_CHECKING:
    from classifier.config import ModelConfig
    from classifier.errors import ClassifierError
    from classifier.explanation.explaining import SeenPicture
    from video_pipeline.errors import PipelineError
    from video_pipeline.frames import ShownFrame
    from video_pipeline.frames.pictures.field_of_view import FieldOfView

    Problem = ClassifierError | PipelineError

__all__ = ["Input", "Subject", "count_pictures", "find_inputs", "read_subjects"]


@dataclass(frozen=True)
class Input:
    """One file, and the name that its results carry."""

    path: Path
    name: str
    is_recording: bool


@dataclass(frozen=True, eq=False)
class Subject:
    """One picture that is to be explained."""

    path: Path
    name: str
    """Of its files, without a suffix; other subjects have others."""
    time_ms: int | None
    """When the recording shows it; None for an image."""
    seen: SeenPicture


def find_inputs(
    paths: Sequence[Path], out: Path, *, has_moments: bool
) -> tuple[list[Input], list[Problem]]:
    """Files as they are named, folders searched for images in the order of their names.

    Raises:
        WrongCallError: a recording without moments, or moments without a recording.
    """
    from classifier.dataset.images import IMAGE_SUFFIXES
    from video_pipeline.batch.recordings import name_recordings

    found, problems = _listed(paths)
    named = name_recordings(found, out)
    inputs = [
        Input(one.path, one.video_id, one.path.suffix.casefold() not in IMAGE_SUFFIXES)
        for one in named
    ]
    recordings = [one for one in inputs if one.is_recording]
    if recordings and not has_moments:
        raise WrongCallError(
            f"{printable(str(recordings[0].path))} is no image; of a recording name the moments to "
            "explain, such as --at 1:30 --at 95.5"
        )
    if has_moments and not recordings and not problems:
        raise WrongCallError("--at is for recordings, and none was named")
    return inputs, problems


def _listed(paths: Sequence[Path]) -> tuple[list[Path], list[Problem]]:
    """Each file once."""
    from classifier.dataset.images import IMAGE_SUFFIXES
    from classifier.errors import DatasetError
    from video_pipeline.batch.search.searching import find_files

    found = find_files(paths, IMAGE_SUFFIXES)
    hint = "name the files themselves; recordings are not searched for"
    problems: list[Problem] = [
        DatasetError(one.path, "no image in this folder", hint=hint)
        if one.is_empty_folder
        else DatasetError(one.path, one.cause, hint=one.hint)
        for one in found.skipped
    ]
    there = {path: os.path.exists(path) for path in found.files}  # noqa: PTH110  never raises
    problems += [
        DatasetError(path, "no such file or folder") for path in found.files if not there[path]
    ]
    return [path for path in found.files if there[path]], problems


def count_pictures(inputs: Sequence[Input], moments: Sequence[Fraction]) -> int:
    """How many pictures there will be if none fails."""
    return sum(len(set(moments)) if one.is_recording else 1 for one in inputs)


def read_subjects(
    inputs: Sequence[Input],
    moments: Sequence[Fraction],
    config: ModelConfig,
    *,
    stream: int | None = None,
) -> Iterator[Subject | Problem]:
    """Prepare one picture after the other; what cannot be read comes as its error, in its place."""
    from classifier.errors import ClassifierError
    from video_pipeline.errors import PipelineError

    used: set[str] = set()
    for one in inputs:
        try:
            if one.is_recording:
                shown = _moments_of(one, moments, config, stream)
            else:
                shown = _image_of(one, config)
            for subject in shown:
                yield _with_own_name(subject, used) if isinstance(subject, Subject) else subject
        except (ClassifierError, PipelineError) as error:
            yield error


def _with_own_name(subject: Subject, used: set[str]) -> Subject:
    """An image may be called as a moment of a recording is: ``case12_000090.500s``."""
    name, n = subject.name, 1
    while name.casefold() in used:
        n += 1
        name = f"{subject.name}-{n}"
    used.add(name.casefold())
    return Subject(subject.path, name, subject.time_ms, subject.seen)


def _image_of(one: Input, config: ModelConfig) -> Iterator[Subject]:
    from classifier.dataset.images import read_image
    from classifier.explanation.explaining import see_picture

    image = read_image(one.path)
    yield Subject(
        one.path, one.name, None, see_picture(image, config, field_of_view_finder=find_crop)
    )


def _moments_of(
    one: Input, moments: Sequence[Fraction], config: ModelConfig, stream: int | None
) -> Iterator[Subject | Problem]:
    """The frames on display, prepared as ``annotate`` does it."""
    from video_pipeline.errors import RecordingError
    from video_pipeline.extraction.pictures import milliseconds, picture_name
    from video_pipeline.frames import ChosenTimes, open_video
    from video_pipeline.frames.whole_field_of_view import field_of_view_of

    open_reader = partial(open_video, one.path, stream=stream)
    field_of_view = field_of_view_of(open_reader) if config.crops_field_of_view else None
    times = ChosenTimes.of(moments)
    shown = set()
    with open_reader() as reader:
        for sample in reader.samples(times):
            shown.add(sample.time)
            time_ms = milliseconds(float(sample.time))
            name = Path(picture_name(one.name, time_ms, "png")).stem
            yield Subject(one.path, name, time_ms, _seen(sample.frame, config, field_of_view))
            if sample.frame.is_corrupt:
                cause = (
                    f"the frame at {float(sample.time):g} s is damaged; explained as it is shown"
                )
                yield RecordingError(one.path, cause)
        lasts = f"the recording lasts {reader.report.duration_s:.1f} s"
    for time in times.times:
        if time not in shown:
            yield RecordingError(one.path, f"shows nothing at {float(time):g} s", hint=lasts)


def _seen(frame: ShownFrame, config: ModelConfig, field_of_view: FieldOfView | None) -> SeenPicture:
    from classifier.explanation.explaining import SeenPicture
    from classifier.explanation.overlay import Place
    from video_pipeline.frames import resize_rgb

    image = frame.rgb()
    if field_of_view is None:
        network_input = frame.rgb(config.input_size_px, resize_rule=config.resize_rule)
        return SeenPicture(image, network_input, Place.of_whole(image))
    cropped = field_of_view.crop(image)
    network_input = resize_rgb(cropped, config.input_size_px, config.resize_rule)
    return SeenPicture(image, network_input, Place.of_crop(field_of_view.crop, image))
