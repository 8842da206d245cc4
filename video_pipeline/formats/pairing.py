"""Which prediction belongs to which reference: by the recording's name, then by its number."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from video_pipeline.errors import TableError
from video_pipeline.formats.annotation_search import recording_number
from video_pipeline.formats.folder import read_folder
from video_pipeline.formats.labelled import LabelledRecording
from video_pipeline.formats.losses import listed

__all__ = ["Pair", "pair_ids", "read_pairs"]

_MOST_NAMED = 5

Pair = tuple[LabelledRecording, LabelledRecording]
"""(predicted, reference)"""


def read_pairs(predicted: Path, reference: Path) -> tuple[tuple[Pair, ...], tuple[str, ...]]:
    """Read both and put together what is of one recording; and say in words what stands alone.

    A single file on both sides is a pair whatever the names.

    Raises:
        TableError: one side cannot be read, or the two have no recording in common.
    """
    said, true = read_folder(predicted), read_folder(reference)
    if len(said) == len(true) == 1:
        return ((said[0], true[0]),), ()
    pairs = _pairs(said, true)
    if not pairs:
        raise TableError(
            predicted, f"has no recording in common with {reference}", hint="names must agree"
        )
    return pairs, tuple(
        f"only in the {name}, left out: {listed(alone, most=_MOST_NAMED)}"
        for name, alone in (
            ("predictions", _alone(said, [a for a, _ in pairs])),
            ("references", _alone(true, [b for _, b in pairs])),
        )
        if alone
    )


def _pairs(
    said: Sequence[LabelledRecording], true: Sequence[LabelledRecording]
) -> tuple[Pair, ...]:
    found = pair_ids([one.video_id for one in said], [one.video_id for one in true])
    predicted = {one.video_id: one for one in said}
    reference = {one.video_id: one for one in true}
    return tuple((predicted[a], reference[b]) for a, b in found)


def pair_ids(said: Sequence[str], true: Sequence[str]) -> list[tuple[str, str]]:
    """Pairs of equal names; where no name is equal, pairs of numbers that one name alone has."""
    if set(said) & set(true):
        return [(video_id, video_id) for video_id in said if video_id in set(true)]
    by_number = _by_number(true)
    return [
        (video_id, by_number[number])
        for number, video_id in _by_number(said).items()
        if number in by_number
    ]


def _by_number(video_ids: Sequence[str]) -> dict[str, str]:
    numbers = [recording_number(video_id) for video_id in video_ids]
    return {
        number: video_id
        for number, video_id in zip(numbers, video_ids, strict=True)
        if number is not None and numbers.count(number) == 1
    }


def _alone(all_of: Sequence[LabelledRecording], paired: Sequence[LabelledRecording]) -> list[str]:
    there = {recording.video_id for recording in paired}
    return [recording.video_id for recording in all_of if recording.video_id not in there]
