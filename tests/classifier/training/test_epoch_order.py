from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from classifier.dataset.record import Dataset
from classifier.training.epoch_order import plan_epoch, whole_batches

TOOLS = ("grasper", "hook", "scissors")
NAN = np.nan


def dataset_of(labels: list[list[float]], videos: list[str] | None = None) -> Dataset:
    return Dataset(
        source=Path("x"),
        paths=tuple(Path(f"{i}.jpg") for i in range(len(labels))),
        labels=np.array(labels, dtype=np.float32),
        tools=TOOLS,
        videos=tuple(videos) if videos is not None else None,
    )


def singles(n: int) -> Dataset:
    """n images of each tool in turn, and n of none."""
    return dataset_of([list(row) for row in np.eye(4, 3)] * n)


def test_an_epoch_shows_every_image_once() -> None:
    assert sorted(plan_epoch(singles(5), seed=(1, 0)).rows) == list(range(20))


def test_the_order_depends_on_the_seed_alone() -> None:
    first, again, other = (plan_epoch(singles(5), seed=s).rows for s in ((1, 0), (1, 0), (1, 1)))
    assert first.tolist() == again.tolist() != other.tolist()


def test_labels_follow_their_images() -> None:
    dataset = singles(5)
    order = plan_epoch(dataset, seed=(2,))
    np.testing.assert_array_equal(order.labels, dataset.labels[order.rows])


def test_a_pair_shows_the_tools_of_both_and_never_the_same_tool_twice() -> None:
    dataset = singles(50)
    order = plan_epoch(dataset, seed=(0,), pair_share=0.5)
    paired = order.partners >= 0
    # A quarter of the images show no tool; the others have a partner every other time.
    assert 0.3 < paired.mean() < 0.45
    own, other = dataset.labels[order.rows[paired]], dataset.labels[order.partners[paired]]
    np.testing.assert_array_equal(order.labels[paired], np.maximum(own, other))
    assert (order.labels[paired].sum(axis=1) == 2).all()
    np.testing.assert_array_equal(order.labels[~paired], dataset.labels[order.rows[~paired]])


def test_what_one_image_leaves_open_stays_open_unless_the_other_shows_it() -> None:
    dataset = dataset_of([[1, 0, NAN], [0, 1, 0]])
    order = plan_epoch(dataset, seed=(3,), pair_share=0.999)
    assert (order.partners >= 0).all()
    np.testing.assert_array_equal(order.labels, [[1, 1, NAN]] * 2)
    both = dataset_of([[1, 0, NAN], [0, 0, 1]])
    labels = plan_epoch(both, seed=(3,), pair_share=0.999).labels
    np.testing.assert_array_equal(labels, [[1, 0, 1]] * 2)


def test_one_tool_alone_has_no_partner() -> None:
    dataset = dataset_of([[1, 0, 0]] * 6)
    assert (plan_epoch(dataset, seed=(0,), pair_share=0.9).partners == -1).all()


def test_balanced_sampling_draws_classes_then_recordings_alike() -> None:
    labels = [[1.0, 0, 0]] * 300 + [[0, 1.0, 0]] * 30 + [[0, 0, 0]] * 70
    videos = ["long"] * 290 + ["short"] * 10 + ["long"] * 30 + ["long"] * 70
    dataset = dataset_of(labels, videos)
    drawn = np.concatenate([plan_epoch(dataset, seed=(i,), balanced=True).rows for i in range(10)])
    share = Counter(tuple(dataset.labels[row].tolist()) for row in drawn)
    assert all(count / len(drawn) == pytest.approx(1 / 3, abs=0.03) for count in share.values())
    grasper = drawn[dataset.labels[drawn, 0] == 1]
    assert (grasper >= 290).mean() == pytest.approx(0.5, abs=0.04)


def test_the_last_batch_is_filled_from_the_front() -> None:
    assert whole_batches(5, 3).tolist() == [0, 1, 2, 3, 4, 0]
    assert whole_batches(2, 5).tolist() == [0, 1, 0, 1, 0]
    assert whole_batches(6, 3).tolist() == list(range(6))
    assert whole_batches(5, 3, after=3).tolist() == [3, 4, 0]
