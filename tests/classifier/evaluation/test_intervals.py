"""Intervals held against the plain bootstrap: draw, gather the images, judge them, a loop."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from classifier.config import ModelConfig
from classifier.dataset.record import Dataset
from classifier.evaluation import resampling as resampling_module
from classifier.evaluation.answers import line_up
from classifier.evaluation.figures import precision_per_recording
from classifier.evaluation.intervals import interval_of
from classifier.evaluation.judging import judge
from classifier.evaluation.record import OVERALL_FIGURES, TOOL_FIGURES
from classifier.evaluation.replicates import average_precisions, replicate_figures
from classifier.evaluation.resampling import choose_resampling

SIGMOID = ModelConfig(tools=("hook", "grasper", "bag"), head="sigmoid", thresholds=(0.5, 0.4, 0.6))
SOFTMAX = ModelConfig(tools=("hook", "grasper", "bag"), head="softmax", background=("no_tool",))


def some_images(
    seed: int = 0, *, n: int = 70, n_recordings: int | None = 6, head: str = "sigmoid"
) -> tuple[Dataset, NDArray[np.float32]]:
    """Images with unknown labels (softmax: one tool each), equal probabilities among the others."""
    rng = np.random.default_rng(seed)
    if head == "softmax":
        labels = np.eye(4)[rng.integers(4, size=n)]
        said = rng.dirichlet(np.ones(4), size=n) * 0.6 + labels * 0.4
        labels, said = labels[:, :3], said[:, :3]
    else:
        labels = (rng.random((n, 3)) < (0.4, 0.2, 0.04)).astype(float)
        said = np.clip(rng.normal(0.3 + 0.3 * labels, 0.25), 0, 1).round(2)
        labels[rng.random((n, 3)) < 0.1] = np.nan
    images = Dataset(
        source=Path("test"),
        paths=tuple(Path(f"{i}.jpg") for i in range(n)),
        labels=labels.astype(np.float32),
        tools=SIGMOID.tools,
        videos=tuple(f"v{rng.integers(n_recordings)}" for _ in range(n))
        if n_recordings is not None
        else None,
    )
    return images, said.astype(np.float32)


@pytest.mark.parametrize("config", [SIGMOID, SOFTMAX], ids=["sigmoid", "softmax"])
@pytest.mark.parametrize("n_recordings", [7, 3, None], ids=["recordings", "few", "unknown"])
def test_each_replicate_is_the_judgement_of_the_images_that_were_drawn(
    config: ModelConfig, n_recordings: int | None
) -> None:
    images, said = some_images(n_recordings=n_recordings, head=config.head)
    answers = line_up(config, images, said)
    resampling = choose_resampling(images, n_replicates=25, seed=3)
    by_recording = n_recordings == 7
    assert resampling.unit == ("recording" if by_recording else "image")
    overall, tools = replicate_figures(answers, precision_per_recording(answers), resampling)
    rng = np.random.default_rng(3)
    names = sorted(set(images.videos or ())) if by_recording else list(map(str, range(len(images))))
    unit = images.videos if by_recording else tuple(map(str, range(len(images))))
    for r in range(25):
        drawn = [names[i] for i in rng.integers(len(names), size=len(names))]
        rows = np.concatenate([np.flatnonzero(np.array(unit) == name) for name in drawn])
        again = images.take(rows)
        if by_recording:
            # A recording that was drawn twice is two recordings.
            parts = [
                f"{j}" for j, name in enumerate(drawn) for _ in range((unit or ()).count(name))
            ]
            again = replace(again, videos=tuple(parts))
        judged = judge(config, again, said[rows], n_replicates=1)
        for name in OVERALL_FIGURES:
            assert_same(overall[name][r], getattr(judged, name), name)
        for k, scores in enumerate(judged.tools):
            for name in TOOL_FIGURES:
                assert_same(tools[name][r, k], getattr(scores, name), f"{name} of {scores.tool}")


def assert_same(replicate: float, judged: float | None, name: str) -> None:
    expected = np.nan if judged is None else judged
    assert replicate == pytest.approx(expected, abs=1e-6, nan_ok=True), name


@pytest.mark.parametrize("seed", range(5))
def test_weighted_average_precision_is_scikit_learns(seed: int) -> None:
    rng = np.random.default_rng(seed)
    true, said = rng.random(50) < 0.3, rng.random(50).round(1)
    weights = rng.integers(0, 3, (40, 50)).astype(np.int32)
    expected = [average_precision_score(true, said, sample_weight=w) for w in weights]
    assert average_precisions(weights, true, said) == pytest.approx(expected)


def test_without_a_positive_of_any_weight_average_precision_is_undefined() -> None:
    weights = np.array([[0, 2], [1, 1]], dtype=np.int32)
    values = average_precisions(weights, np.array([True, False]), np.array([0.1, 0.9]))
    assert np.isnan(values[0])
    assert values[1] == pytest.approx(0.5)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("n_recordings", [6, None])
def test_an_interval_covers_the_figure_and_stays_in_its_range(
    seed: int, n_recordings: int | None
) -> None:
    images, said = some_images(seed, n_recordings=n_recordings)
    result = judge(SIGMOID, images, said)
    pairs = [(getattr(result, name), result.intervals[name]) for name in OVERALL_FIGURES]
    for scores in result.tools:
        pairs += [(getattr(scores, name), scores.intervals[name]) for name in TOOL_FIGURES]
    covered = 0
    for value, interval in pairs:
        if value is not None and interval.low is not None and interval.high is not None:
            assert 0 <= interval.low <= value <= interval.high <= 1
            covered += 1
    assert covered >= 15


def test_the_same_seed_gives_the_same_intervals_however_many_fit_into_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    images, said = some_images()
    first = judge(SIGMOID, images, said, n_replicates=50)
    assert judge(SIGMOID, images, said, n_replicates=50).intervals == first.intervals
    assert judge(SIGMOID, images, said, n_replicates=50, seed=1).intervals != first.intervals
    monkeypatch.setattr(resampling_module, "_MOST_COUNTS", 7 * len(images))
    parts = judge(SIGMOID, images, said, n_replicates=50)
    for name in OVERALL_FIGURES:
        assert parts.intervals[name].low == pytest.approx(first.intervals[name].low)


def test_an_interval_is_the_percentiles_of_what_is_defined() -> None:
    replicates = np.append(np.linspace(0.5, 0.9, 41), [np.nan] * 4)
    interval = interval_of("f1", 0.7, replicates)
    assert (interval.low, interval.high) == pytest.approx((0.51, 0.89))
    assert interval.n_undefined == 4
    assert interval_of("f1", 0.7, np.array([0.7, np.nan, np.nan])).low is None
    assert interval_of("f1", None, replicates).low is None


def test_the_calibration_errors_replicates_are_moved_to_its_value() -> None:
    replicates = np.linspace(0.1, 0.3, 101)
    interval = interval_of("expected_calibration_error", 0.12, replicates)
    assert (interval.low, interval.high) == pytest.approx((0.025, 0.215))
    assert interval_of("expected_calibration_error", 0.01, replicates).low == 0


def test_replicates_without_the_tool_are_counted() -> None:
    labels = np.zeros((10, 3), dtype=np.float32)
    labels[0] = labels[1, 0] = 1
    images = replace(some_images(n=10, n_recordings=None)[0], labels=labels)
    result = judge(SIGMOID, images, np.full((10, 3), 0.7, dtype=np.float32), n_replicates=400)
    rng = np.random.default_rng(0)
    without = sum(0 not in rng.integers(10, size=10) for _ in range(400))
    assert without > 100
    assert result.tools[2].intervals["recall"].n_undefined == without
    assert result.tools[2].intervals["recall"].low == 1


def test_patients_are_drawn_before_recordings_and_recordings_before_images() -> None:
    images, _ = some_images(n=60)
    patients = tuple(f"p{i % 5}" for i in range(60))
    assert choose_resampling(
        replace(images, patients=patients), n_replicates=1, seed=0
    ).unit == "patient"  # fmt: skip
    few = tuple(f"p{i % 4}" for i in range(60))
    chosen = choose_resampling(replace(images, patients=few), n_replicates=1, seed=0)
    assert (chosen.unit, chosen.n_units) == ("recording", 6)
    without = replace(images, videos=few)
    assert choose_resampling(without, n_replicates=1, seed=0).unit == "image"
    with pytest.raises(ValueError, match="at least 1"):
        choose_resampling(images, n_replicates=0, seed=0)


def test_whole_recordings_widen_the_interval_where_frames_resemble_one_another() -> None:
    rng = np.random.default_rng(0)
    easy = np.repeat(rng.random(10) < 0.6, 30)
    labels = np.tile([1.0, 0.0], 150)[:, np.newaxis]
    said = np.where(easy[:, np.newaxis], labels, 1 - labels)
    images = Dataset(
        source=Path("test"),
        paths=tuple(Path(f"{i}.jpg") for i in range(300)),
        labels=labels.astype(np.float32),
        tools=("hook",),
        videos=tuple(f"v{i // 30}" for i in range(300)),
    )
    config = ModelConfig(tools=("hook",), head="sigmoid")
    by_recording = judge(config, images, said.astype(np.float32)).intervals["accuracy"]
    by_image = judge(config, replace(images, videos=None), said.astype(np.float32))
    widths = [
        (interval.high or 0) - (interval.low or 0)
        for interval in (by_recording, by_image.intervals["accuracy"])
    ]
    # 10 recordings of 30 like frames hold the information of 10 frames: the root of 30, 5.5.
    assert widths[0] > 3 * widths[1]
