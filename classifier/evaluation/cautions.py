"""What a reader must know before believing the figures, in whole sentences, the gravest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from classifier.evaluation.record import Evaluation, ToolScores
from classifier.evaluation.resampling import FEWEST_GROUPS

__all__ = ["cautions"]

_ROUGH_BELOW = 10
"""Units below which percentile intervals are known to come out too narrow."""

_FEW_IMAGES = 20
_MOST_NAMES = 8


def cautions(evaluation: Evaluation) -> tuple[str, ...]:
    """Sentences for the page, for metrics.json and for the terminal."""
    return (
        *_about_learned(evaluation),
        *_about_intervals(evaluation),
        *_about_perfection(evaluation.tools),
        *_about_few(evaluation),
        *_about_training(evaluation),
        *_about_gaps(evaluation),
    )


def _about_learned(evaluation: Evaluation) -> Iterator[str]:
    if evaluation.n_learned is not None and evaluation.n_learned > 0:
        yield (
            f"{evaluation.n_learned} of the {len(evaluation.images)} images were among those that "
            "the model learned from: the figures are too good. Judge it on images that it has "
            "never seen."
        )


def _about_intervals(evaluation: Evaluation) -> Iterator[str]:
    resampling, n_recordings = evaluation.resampling, len(evaluation.recordings)
    if resampling.unit == "image":
        known = (
            f"The images are known to be from {n_recordings} recording"
            f"{'s' if n_recordings != 1 else ''}, and intervals by whole recordings need at least "
            f"{FEWEST_GROUPS}"
            if n_recordings > 0
            else "Nothing says which recording each image is from"
        )
        hint = "" if n_recordings > 0 else " A label table with a column video tells it."
        yield (
            f"{known}, so the intervals treat every image as independent. Frames of one operation "
            f"are not independent: the intervals are too narrow, possibly by far.{hint}"
        )
    elif resampling.n_units < _ROUGH_BELOW:
        yield (
            f"The intervals rest on {resampling.n_units} {resampling.unit}s only: they are rough, "
            "and rather too narrow."
        )
    if resampling.unit == "recording" and evaluation.images.patients is not None:
        yield (
            f"Fewer than {FEWEST_GROUPS} patients are known, so recordings are treated as "
            "independent; those of one patient are not."
        )


def _about_perfection(tools: Sequence[ToolScores]) -> Iterator[str]:
    without_miss = [t for t in tools if t.n_images > 0 and t.false_negatives == 0]
    if not without_miss:
        return
    fewest = min(without_miss, key=lambda t: t.n_images)
    # Clopper and Pearson's exact lower limit for n of n.
    lowest = 0.025 ** (1 / fewest.n_images)
    yield (
        f"No miss was seen of {_listed([t.tool for t in without_miss])}. A recall of 1.000 with an "
        f"interval of no width is no certainty: {fewest.n_images} of {fewest.n_images} found "
        f"({fewest.tool}) agree with a true recall of {lowest:.2f}, even if the images are "
        "independent."
    )


def _about_few(evaluation: Evaluation) -> Iterator[str]:
    few = [t for t in evaluation.tools if 0 < t.n_images < _FEW_IMAGES]
    if few:
        yield (
            f"Fewer than {_FEW_IMAGES} images show "
            f"{_listed([f'{t.tool} ({t.n_images})' for t in few])}: "
            "a few more could change these figures much."
        )
    absent = [t.tool for t in evaluation.tools if t.n_images == 0]
    if absent:
        yield f"No image shows {_listed(absent)}: nothing is said about finding it (n/a)."


def _about_training(evaluation: Evaluation) -> Iterator[str]:
    if str(evaluation.config.training.get("validation_split", "")).startswith("random"):
        yield (
            "In training, the validation images were a random share of the frames: the "
            "validation figures in the training curves and in the model's description are too "
            "good. The figures here do not depend on them, if the test images are from other "
            "operations."
        )


def _about_gaps(evaluation: Evaluation) -> Iterator[str]:
    unknown = [
        f"{t.tool} ({len(evaluation.images) - t.n_known})"
        for t in evaluation.tools
        if t.n_known < len(evaluation.images)
    ]
    if unknown:
        yield (
            f"Labels are unknown for {_listed(unknown)}; those images are left out of that tool's "
            "figures."
        )
    if evaluation.problems:
        n = len(evaluation.problems)
        yield f"{n} file{'s' if n != 1 else ''} could not be used and {_was(n)} left out."


def _was(n: int) -> str:
    return "was" if n == 1 else "were"


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_MOST_NAMES])
    more = len(names) - _MOST_NAMES
    return f"{shown} and {more} more" if more > 0 else shown
