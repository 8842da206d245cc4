"""What is held back from learning, and that no patient or recording is on both sides."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from classifier.dataset.folds import Folds, group_folds
from classifier.dataset.record import Dataset
from classifier.dataset.splits import kept_together, split_validation
from classifier.errors import DatasetError

UNKNOWN = np.nan


def listed(
    labels: list[list[float]],
    *,
    videos: list[str] | None = None,
    patients: list[str] | None = None,
) -> Dataset:
    return Dataset(
        source=Path("table.csv"),
        paths=tuple(Path(f"{i}.jpg") for i in range(len(labels))),
        labels=np.array(labels, dtype=np.float32),
        tools=tuple("abcdefg"[: len(labels[0])]),
        videos=tuple(videos) if videos is not None else None,
        patients=tuple(patients) if patients is not None else None,
    )


def recordings(sizes: list[int], *, seed: int = 0) -> Dataset:
    """Recordings v0, v1, ... of so many images, their images in a mixed order."""
    videos = [f"v{k}" for k, size in enumerate(sizes) for _ in range(size)]
    mixed = np.random.default_rng(seed).permutation(videos).tolist()
    return listed([[i % 2, 1 - i % 2] for i in range(len(mixed))], videos=mixed)


def test_patients_are_never_split_even_where_recordings_could_be() -> None:
    videos = [f"v{i // 5}" for i in range(60)]
    patients = [f"p{i // 15}" for i in range(60)]
    dataset = listed([[i % 2, 1] for i in range(60)], videos=videos, patients=patients)
    assert kept_together(dataset)[0] == "patient"
    for seed in range(5):
        train, validation = split_validation(dataset, share=0.25, seed=seed)
        assert not set(train.patients or ()) & set(validation.patients or ())
        assert len(validation) == 15


@pytest.mark.parametrize("groups", [None, ["v"] * 4, [""] * 4])
def test_one_recording_or_none_can_only_be_split_by_frames(groups: list[str] | None) -> None:
    dataset = listed([[1], [0], [1], [0]], videos=groups)
    assert kept_together(dataset) == ("random frames", None)


def test_one_patient_is_parted_by_recordings_and_it_is_said() -> None:
    dataset = listed([[1], [0]] * 4, videos=list("aabbccdd"), patients=["p"] * 8)
    assert kept_together(dataset) == ("recording", dataset.videos)
    train, validation = split_validation(dataset, share=0.25, seed=0)
    assert not set(train.videos or ()) & set(validation.videos or ())
    assert group_folds(dataset, n_folds=2, seed=0).by == "recording"


def test_an_unknown_label_is_no_example_that_could_stay_for_learning() -> None:
    """v1 alone is known to show b; where it may be shown as well counts for nothing."""
    labels: list[list[float]] = [[1, 1], [1, UNKNOWN], [1, UNKNOWN], [1, 0]]
    dataset = listed(labels, videos=["v1", "v2", "v3", "v4"])
    for seed in range(8):
        train, _ = split_validation(dataset, share=0.5, seed=seed)
        assert train.counts["b"] == 1


def test_images_with_the_same_unknown_labels_give_their_share_together() -> None:
    dataset = listed([[1, UNKNOWN]] * 20 + [[UNKNOWN, 1]] * 40)
    train, validation = split_validation(dataset, share=0.25, seed=0)
    assert validation.counts == {"a": 5, "b": 10}
    assert len(train) == 45


@pytest.mark.parametrize("n_folds", [2, 3, 5, 8, None])
def test_each_recording_is_judged_in_exactly_one_fold(n_folds: int | None) -> None:
    dataset = recordings([7, 12, 3, 30, 9, 9, 1, 18])
    videos = np.array(dataset.videos)
    folds = group_folds(dataset, n_folds=n_folds, seed=1)
    assert folds.by == "recording"
    assert len(folds) == len(list(folds)) == (n_folds or 8)
    judged = []
    for learned, tested in folds:
        assert not set(videos[learned]) & set(videos[tested])
        assert sorted([*learned, *tested]) == list(range(len(dataset)))
        judged += tested.tolist()
    assert sorted(judged) == list(range(len(dataset)))


def test_each_recording_left_out_is_a_fold_by_its_name() -> None:
    dataset = listed([[1]] * 4, videos=["b", "a", "b", "c"])
    assert group_folds(dataset, n_folds=None, seed=0).fold_of.tolist() == [1, 0, 1, 2]


def test_folds_hold_about_equally_many_images() -> None:
    """The oracle: no fold is larger than the share by more than the largest recording."""
    rng = np.random.default_rng(4)
    for seed in range(20):
        sizes = rng.integers(1, 40, 25).tolist()
        folds = group_folds(recordings(sizes, seed=seed), n_folds=5, seed=seed)
        counts = np.bincount(folds.fold_of)
        assert counts.max() <= sum(sizes) / 5 + max(sizes)
        assert counts.max() - counts.min() <= 10


def test_patients_make_the_folds_where_they_are_known() -> None:
    dataset = listed([[1]] * 6, videos=list("abcdef"), patients=list("ppqqrr"))
    folds = group_folds(dataset, n_folds=None, seed=0)
    assert (folds.by, folds.fold_of.tolist()) == ("patient", [0, 0, 1, 1, 2, 2])


def test_the_same_seed_gives_the_same_folds_and_another_one_others() -> None:
    dataset = recordings([5] * 12)
    first, again, other = (group_folds(dataset, n_folds=3, seed=s).fold_of for s in (1, 1, 2))
    assert first.tolist() == again.tolist()
    assert first.tolist() != other.tolist()


def test_frames_without_recordings_are_dealt_out_and_it_is_said() -> None:
    labels = [[1.0, 0.0]] * 30 + [[0.0, 1.0]] * 12 + [[UNKNOWN, 1.0]] * 6
    dataset = listed(labels)
    folds = group_folds(dataset, n_folds=3, seed=0)
    assert folds.by == "random frames"
    for _, tested in folds:
        assert dataset.take(tested).counts == {"a": 10, "b": 6}


@pytest.mark.parametrize(
    ("dataset", "n_folds", "cause"),
    [
        (recordings([3, 4]), 3, "its 2 recordings do not make 3 folds; take at most 2"),
        (listed([[1]] * 3), 4, "3 images do not make 4 folds"),
        (listed([[1]] * 3), None, "nothing tells two recordings apart"),
        (recordings([3]), None, "nothing tells two recordings apart"),
    ],
)
def test_folds_that_cannot_be_are_refused(
    dataset: Dataset, n_folds: int | None, cause: str
) -> None:
    with pytest.raises(DatasetError, match=cause):
        group_folds(dataset, n_folds=n_folds, seed=0)


def test_one_fold_is_a_wrong_call() -> None:
    with pytest.raises(ValueError, match="at least 2, got 1"):
        group_folds(recordings([3, 4]), n_folds=1, seed=0)


@pytest.mark.parametrize("fold_of", [[0, 0], [0, 2], [1, 2], []])
def test_folds_without_images_are_refused(fold_of: list[int]) -> None:
    with pytest.raises(ValueError, match="none of them empty"):
        Folds(np.array(fold_of, dtype=np.int64), "recording")
