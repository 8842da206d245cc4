"""Figures held against scikit-learn called directly, against plain loops, and by hand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    f1_score,
    precision_score,
    recall_score,
)

from classifier.config import ModelConfig
from classifier.dataset.record import Dataset
from classifier.evaluation.judging import Evaluation, judge
from classifier.evaluation.reliability import measure_reliability

TOOLS = ("hook", "grasper", "bag", "clipper")


def judged(
    labels: Sequence[Sequence[float]] | NDArray[np.float64],
    said: Sequence[Sequence[float]] | NDArray[np.float64],
    *,
    videos: Sequence[str] | None = None,
) -> Evaluation:
    table = np.array(labels, dtype=np.float32)
    tools = TOOLS[: table.shape[1]]
    images = Dataset(
        source=Path("test"),
        paths=tuple(Path(f"{i}.jpg") for i in range(len(table))),
        labels=table,
        tools=tools,
        videos=tuple(videos) if videos is not None else None,
    )
    config = ModelConfig(tools=tools, head="sigmoid")
    return judge(config, images, np.array(said, dtype=np.float32), n_replicates=20)


@pytest.fixture(params=range(6))
def seed(request: pytest.FixtureRequest) -> int:
    return int(request.param)


def random_answers(seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64], list[str]]:
    """120 images of 6 recordings, a tenth of the labels unknown, some probabilities equal."""
    rng = np.random.default_rng(seed)
    labels = (rng.random((120, 4)) < (0.5, 0.3, 0.1, 0.05)).astype(float)
    said = np.clip(rng.normal(0.3 + 0.4 * labels, 0.25), 0, 1).round(2).astype(np.float32)
    labels[rng.random(labels.shape) < 0.1] = np.nan
    return labels, said.astype(np.float64), [f"v{rng.integers(6)}" for _ in range(120)]


def test_each_tools_figures_are_scikit_learns_over_the_known_labels(seed: int) -> None:
    labels, said, _ = random_answers(seed)
    for k, scores in enumerate(judged(labels, said).tools):
        known = ~np.isnan(labels[:, k])
        true, p = labels[known, k], said[known, k]
        assert (scores.n_known, scores.n_images) == (known.sum(), true.sum())
        assert scores.precision == pytest.approx(precision_score(true, p >= 0.5))
        assert scores.recall == pytest.approx(recall_score(true, p >= 0.5))
        assert scores.f1 == pytest.approx(f1_score(true, p >= 0.5))
        assert scores.average_precision == pytest.approx(average_precision_score(true, p))
        assert scores.brier_score == pytest.approx(brier_score_loss(true, p))
        wrong = (scores.false_positives, scores.false_negatives)
        assert wrong == (((p >= 0.5) & (true == 0)).sum(), ((p < 0.5) & (true == 1)).sum())
        assert scores.true_positives + scores.true_negatives + sum(wrong) == scores.n_known


def test_means_and_pools_are_scikit_learns_over_the_known_labels(seed: int) -> None:
    labels, said, _ = random_answers(seed)
    result = judged(labels, said)
    known = ~np.isnan(labels)
    # Where nobody knows, both say no: that is counted in no F1.
    true, predicted = np.where(known, labels, 0), np.where(known, said >= 0.5, 0)
    assert result.micro_f1 == pytest.approx(f1_score(true, predicted, average="micro"))
    assert result.macro_f1 == pytest.approx(f1_score(true, predicted, average="macro"))
    precisions = [
        average_precision_score(labels[known[:, k], k], said[known[:, k], k]) for k in range(4)
    ]
    assert result.mean_average_precision == pytest.approx(np.mean(precisions))
    assert result.brier_score == pytest.approx(brier_score_loss(labels[known], said[known]))
    right = [(row[ok] == (p[ok] >= 0.5)).all() for row, p, ok in zip(labels, said, known)]  # noqa: B905
    assert result.accuracy == pytest.approx(np.mean(right))


def test_precision_per_recording_is_the_mean_over_recordings_that_show_the_tool(seed: int) -> None:
    labels, said, videos = random_answers(seed)
    result = judged(labels, said, videos=videos)
    means = []
    for k, scores in enumerate(result.tools):
        found = []
        for video in sorted(set(videos)):
            rows = (np.array(videos) == video) & ~np.isnan(labels[:, k])
            if labels[rows, k].any():
                found.append(average_precision_score(labels[rows, k], said[rows, k]))
        means.append(np.mean(found))
        assert scores.n_recordings == len(found)
        assert scores.average_precision_per_recording == pytest.approx(means[-1])
    assert result.mean_average_precision_per_recording == pytest.approx(np.mean(means))


def test_calibration_errors_equal_a_loop_over_bins(seed: int) -> None:
    labels, said, _ = random_answers(seed)
    result = judged(labels, said)
    for scores, true, p in zip(result.tools, labels.T, said.T, strict=True):
        known = ~np.isnan(true)
        assert scores.expected_calibration_error == pytest.approx(loop(true[known], p[known]))
    known = ~np.isnan(labels)
    assert result.expected_calibration_error == pytest.approx(loop(labels[known], said[known]))


def loop(true: NDArray[np.float64], p: NDArray[np.float64]) -> float:
    error = 0.0
    for k in range(15):
        rows = (p > k / 15) & (p <= (k + 1) / 15) if k > 0 else p <= 1 / 15
        if rows.any():
            error += rows.mean() * abs(true[rows].mean() - p[rows].mean())
    return error


def test_the_calibration_error_of_four_images_by_hand() -> None:
    # 0.05 and 0.06 share the first bin, 0.90 and 0.92 the 14th: half of each pair shows the tool.
    error = judged([[0], [1], [1], [0]], [[0.05], [0.06], [0.90], [0.92]])
    by_hand = 2 / 4 * (0.5 - 0.055) + 2 / 4 * (0.91 - 0.5)
    assert error.tools[0].expected_calibration_error == pytest.approx(by_hand, abs=1e-6)
    bins = measure_reliability(np.array([True, False]), np.array([1 / 15, 1.0]))
    assert bins.counts.tolist() == [1, *[0] * 13, 1]
    assert bins.expected_calibration_error == pytest.approx((14 / 15 + 1) / 2)


def test_average_precision_by_hand() -> None:
    result = judged([[1], [0], [1], [0]], [[0.9], [0.8], [0.7], [0.1]])
    assert result.mean_average_precision == pytest.approx(1 / 2 * 1 + 1 / 2 * 2 / 3)
    assert result.micro_f1 == pytest.approx(4 / 5)
    assert result.accuracy == 3 / 4
    assert result.brier_score == pytest.approx((0.01 + 0.64 + 0.09 + 0.01) / 4)


def test_two_recordings_by_hand() -> None:
    # In a the tool is ranked first, in b second; of the pooled images it is first and third.
    result = judged([[1], [0], [1], [0]], [[0.9], [0.2], [0.5], [0.6]], videos=["a", "a", "b", "b"])
    assert result.mean_average_precision_per_recording == pytest.approx((1 + 1 / 2) / 2)
    assert result.mean_average_precision == pytest.approx((1 + 2 / 3) / 2)


def test_a_perfect_detector_scores_one_though_recordings_lack_tools() -> None:
    labels = [[1, 0, 0, 0], [0, 0, 0, 0], [0, 1, 0, 0], [0, 1, 1, 0], [0, 0, 0, 0]]
    said = 0.1 + 0.8 * np.array(labels)
    result = judged(labels, said, videos=["a", "a", "b", "c", "c"])
    assert result.mean_average_precision_per_recording == 1.0
    assert result.mean_average_precision == 1.0
    assert (result.accuracy, result.micro_f1, result.macro_f1) == (1.0, 1.0, 1.0)
    assert [t.n_recordings for t in result.tools] == [1, 2, 1, 0]


def test_a_tool_that_no_image_shows_has_no_figures_but_its_false_alarms_count() -> None:
    result = judged([[1, 0], [0, 0]], [[0.9, 0.8], [0.1, 0.1]], videos=["a", "b"])
    absent = result.tools[1]
    assert (absent.precision, absent.recall, absent.f1) == (None, None, None)
    assert (absent.average_precision, absent.average_precision_per_recording) == (None, None)
    assert (absent.brier_score, absent.expected_calibration_error) == (None, None)
    assert absent.false_positives == 1
    assert (result.mean_average_precision, result.macro_f1) == (1, 1)
    assert result.micro_f1 == pytest.approx(2 / 3)


def test_a_tool_that_is_never_reported_has_no_precision_but_a_recall() -> None:
    (scores,) = judged([[1], [0]], [[0.2], [0.1]]).tools
    assert (scores.precision, scores.recall, scores.f1) == (None, 0, 0)


def test_nothing_true_and_nothing_said_leaves_f1_undefined() -> None:
    result = judged([[0], [0]], [[0.2], [0.1]])
    assert (result.micro_f1, result.macro_f1, result.mean_average_precision) == (None, None, None)
    assert result.accuracy == 1


def test_an_image_of_which_nothing_is_known_changes_nothing() -> None:
    labels, said = [[1.0, 0.0], [0.0, 1.0]], [[0.9, 0.6], [0.3, 0.8]]
    without = judged(labels, said)
    with_it = judged([*labels, [np.nan, np.nan]], [*said, [0.9, 0.9]])
    assert with_it.accuracy == without.accuracy == 0.5
    assert with_it.micro_f1 == without.micro_f1
    assert with_it.confusion.tolist() == without.confusion.tolist()


def test_one_tools_micro_f1_is_its_f1() -> None:
    result = judged([[1], [1], [0], [0]], [[0.9], [0.2], [0.8], [0.1]])
    assert result.micro_f1 == result.tools[0].f1 == pytest.approx(0.5)


def test_images_without_a_recordings_name_are_in_no_recordings_precision() -> None:
    labels, said = [[1], [0], [1], [0]], [[0.9], [0.1], [0.1], [0.9]]
    result = judged(labels, said, videos=["a", "a", "", ""])
    assert result.mean_average_precision_per_recording == 1
    assert result.recordings == ("a",)
    assert judged(labels, said, videos=[""] * 4).mean_average_precision_per_recording is None
