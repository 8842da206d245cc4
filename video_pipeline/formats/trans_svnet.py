"""Trans-SVNet's files: the features of all recordings in one array a split, and their labels.

    LFB/g_LFB50_{train,val,test}.pkl    float32 (sum T, D), recordings one after another
    train_val_paths_labels1.pkl         a list of nine: paths of train and val, labels of both, and
                                        lengths of both; then paths, labels and lengths of test

A label is a row whose first value is the phase's id.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from video_pipeline.formats.exportable import (
    features_without_gaps,
    file_names,
    loss_notes,
    with_features,
)
from video_pipeline.formats.labelled import LabelledRecording
from video_pipeline.formats.phase_names import ID_ORDER, phase_ids
from video_pipeline.formats.pickles import write_pickle
from video_pipeline.formats.registry import ExportSettings
from video_pipeline.output.files import make_folder

__all__ = ["write"]

_SPLITS = ("train", "val", "test")
_HOLDS = frozenset({"phases", "features"})
_CHOLEC80 = re.compile(r"video(\d\d)")
_FIRST_OF_VAL, _FIRST_OF_TEST, _LAST = 41, 49, 80


def write(
    recordings: Sequence[LabelledRecording], out: Path, settings: ExportSettings
) -> Sequence[str]:
    """Write the arrays and the labels; every recording has phases and features.

    Raises:
        TableError: one has not, or a phase has no id.
    """
    del settings
    complete = with_features(recordings, out)
    ids = {recording.video_id: phase_ids(out, recording) for recording in recordings}
    file_names(recordings, out)
    splits, how = _splits([recording.video_id for recording in recordings])
    folder = make_folder(out / "LFB")
    notes: list[str] = []
    lists: dict[str, list[Any]] = {}
    for split in _SPLITS:
        own = [pair for pair in complete if splits[pair[0].video_id] == split]
        n_features = complete[0][1].shape[1]
        matrices = [np.zeros((0, n_features), dtype=np.float32)]
        for recording, features in own:
            matrix, n_missing = features_without_gaps(features)
            matrices.append(matrix)
            if n_missing > 0:
                notes.append(
                    f"{recording.video_id}: {n_missing} s have no features, which are written as 0"
                )
        array = np.concatenate(matrices)
        lists[split] = _lists([(of.video_id, ids[of.video_id]) for of, _ in own])
        if len(array) != len(lists[split][1]):
            raise ValueError(f"{len(array)} rows of features for {len(lists[split][1])} labels")
        write_pickle(folder / f"g_LFB50_{split}.pkl", array)
    train, val, test = (lists[split] for split in _SPLITS)
    nine = [entry for pair in zip(train, val, strict=True) for entry in pair] + test
    write_pickle(out / "train_val_paths_labels1.pkl", nine)
    notes += [note for recording in recordings for note in loss_notes(recording, _HOLDS)]
    return [
        *notes,
        how,
        f"phases are written as {ID_ORDER}",
        "paths are <video>/0.jpg and so on, a picture a second",
    ]


def _splits(video_ids: Sequence[str]) -> tuple[dict[str, str], str]:
    """The split of each recording: that of Cholec80's, if all are named as its are."""
    numbers = {
        video_id: int(match[1])
        for video_id in video_ids
        for match in (_CHOLEC80.fullmatch(video_id),)
        if match is not None and 1 <= int(match[1]) <= _LAST
    }
    if len(numbers) < len(video_ids):
        return dict.fromkeys(video_ids, "train"), (
            "every recording is in the split train, and val and test are empty; "
            "which of them train and which test is yours to say"
        )
    return {
        video_id: "train"
        if number < _FIRST_OF_VAL
        else "val"
        if number < _FIRST_OF_TEST
        else "test"
        for video_id, number in numbers.items()
    }, "recordings are split as Cholec80's are: 1 to 40 train, 41 to 48 val, 49 to 80 test"


def _lists(labels: Sequence[tuple[str, NDArray[np.int64]]]) -> list[Any]:
    """Paths, labels and lengths, recordings one after another."""
    paths = [f"{video_id}/{k}.jpg" for video_id, ids in labels for k in range(len(ids))]
    rows = [[number] for _, ids in labels for number in ids.tolist()]
    return [paths, rows, [len(ids) for _, ids in labels]]
