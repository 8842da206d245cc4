"""Models of a tool's use: held against every path there is, against hmmlearn, and cut short."""

from __future__ import annotations

import itertools
import math
import time
from dataclasses import replace

import numpy as np
import pytest
from hmmlearn.hmm import GaussianHMM
from numpy.typing import NDArray

from tests.support.uses import random_model
from video_pipeline.timeline.smoothing import Smoothing, SmoothingSettings, UseModel, smooth_tools
from video_pipeline.timeline.smoothing.evidence import logits_of
from video_pipeline.timeline.smoothing.inference import (
    most_probable_path,
    presence_probabilities,
)
from video_pipeline.timeline.smoothing.use_model import (
    CalibratedEvidence,
    Durations,
    Errors,
    FittedEvidence,
)


def random_probabilities(
    rng: np.random.Generator, n: int, n_tools: int, *, gaps: bool = True
) -> NDArray[np.float64]:
    probabilities = 1 / (1 + np.exp(-rng.normal(0, 2.5, (n, n_tools))))
    if gaps and n > 2:
        for start in rng.integers(0, n, rng.integers(0, 3)):
            probabilities[start : start + rng.integers(1, 4)] = np.nan
    return probabilities


def normal(x: float, sd: float) -> float:
    return math.exp(-((x / sd) ** 2) / 2) / (sd * math.sqrt(2 * math.pi))


def density(x: float, errors: Errors) -> float:
    narrow = (1 - errors.outlier_share) * normal(x, errors.sd)
    return max(narrow + errors.outlier_share * normal(x, errors.outlier_sd), 1e-12)


def fit_of_row(logits: list[float], t: int, before: int | None, now: int, of: UseModel) -> float:
    """How well row t fits ``now`` after ``before``, as the definitions say it."""
    evidence = of.evidence
    if math.isnan(logits[t]):
        return 1.0
    if isinstance(evidence, CalibratedEvidence):
        calibrated = evidence.slope * logits[t] + evidence.intercept
        ratio = calibrated - math.log(evidence.prior / (1 - evidence.prior))
        return math.exp(evidence.exponent * ratio * now)
    error = logits[t] - evidence.levels[now]
    if t == 0 or before is None or math.isnan(logits[t - 1]):
        return density(error, evidence.alone[now])
    earlier = logits[t - 1] - evidence.levels[before]
    errors = evidence.alone[before]
    narrow = (1 - errors.outlier_share) * normal(earlier, errors.sd)
    wide = errors.outlier_share * normal(earlier, errors.outlier_sd)
    trusted = narrow / (narrow + wide) * earlier
    return density(error - evidence.correlation * trusted, evidence.following[now])


def weights_of_paths(
    probabilities: NDArray[np.float64], of: UseModel
) -> dict[tuple[tuple[int, int], ...], float]:
    """The weight of every path through (kind, component) there is; a few rows only."""
    logits = logits_of(probabilities).tolist()
    kinds = (of.absent, of.present)
    states = [(kind, k) for kind in range(2) for k in range(len(kinds[kind].shares))]
    weights = {}
    for path in itertools.product(states, repeat=len(logits)):
        kind, k = path[0]
        time_in = [s * m for s, m in zip(kinds[kind].shares, kinds[kind].means_s, strict=True)]
        weight = of.share_present if kind == 1 else 1 - of.share_present
        weight *= time_in[k] / sum(time_in) * fit_of_row(logits, 0, None, kind, of)
        for t, ((kind, k), (then, j)) in enumerate(itertools.pairwise(path), start=1):
            ends = min(1.0, 1 / kinds[kind].means_s[k])
            if then == kind:
                weight *= (1 - ends) if j == k else 0.0
            else:
                weight *= ends * kinds[then].shares[j]
            weight *= fit_of_row(logits, t, kind, then, of)
        weights[path] = weight
    return weights


@pytest.mark.parametrize("seed", range(12))
def test_beliefs_and_paths_are_those_of_all_paths_counted(seed: int) -> None:
    rng = np.random.default_rng(seed)
    model = random_model(rng, fitted=seed % 2 == 0)
    probabilities = random_probabilities(rng, 6, 1)
    weights = weights_of_paths(probabilities[:, 0], model)
    total = sum(weights.values())
    expected = [
        sum(weight for path, weight in weights.items() if path[t][0] == 1) / total for t in range(6)
    ]
    found = presence_probabilities(probabilities, [model], lag_s=None)
    np.testing.assert_allclose(found[:, 0], expected, rtol=0, atol=1e-9)
    best = max(weights, key=lambda path: weights[path])
    path = most_probable_path(probabilities, [model])
    assert path[:, 0].tolist() == [kind == 1 for kind, _ in best]


@pytest.mark.parametrize("seed", range(6))
def test_one_duration_and_plain_errors_are_hmmlearns_gaussian_model(seed: int) -> None:
    rng = np.random.default_rng(seed)
    sds = rng.uniform(0.8, 2, 2)
    errors = (Errors(sds[0], 0.0, 3.0), Errors(sds[1], 0.0, 3.0))
    means_s = rng.uniform(2, 40, 2)
    model = UseModel(
        Durations((1.0,), (means_s[0],)),
        Durations((1.0,), (means_s[1],)),
        FittedEvidence((-1.5, 1.5), 0.0, errors, errors),
        share_present=0.3,
    )
    # Not so far out that the floor under densities is met, which a Gaussian model has not.
    logits = np.clip(rng.normal(0, 2, 700), -3, 3)
    oracle = GaussianHMM(n_components=2, covariance_type="diag")
    oracle.startprob_ = np.array([0.7, 0.3])
    ends = 1 / means_s
    oracle.transmat_ = np.array([[1 - ends[0], ends[0]], [ends[1], 1 - ends[1]]])
    oracle.means_ = np.array([[-1.5], [1.5]])
    oracle.covars_ = (sds**2)[:, np.newaxis]
    probabilities = (1 / (1 + np.exp(-logits)))[:, np.newaxis]
    observed = logits_of(probabilities)
    found = presence_probabilities(probabilities, [model], lag_s=None)
    np.testing.assert_allclose(found[:, 0], oracle.predict_proba(observed)[:, 1], atol=1e-9)
    path = most_probable_path(probabilities, [model])[:, 0]
    assert path.tolist() == (oracle.predict(observed) == 1).tolist()


@pytest.mark.parametrize("lag", [0, 1, 3, 10])
def test_a_lag_knows_just_so_many_seconds_ahead(lag: int) -> None:
    rng = np.random.default_rng(lag)
    models = [random_model(rng, fitted=True), random_model(rng, fitted=False, n_components=1)]
    probabilities = random_probabilities(rng, 60, 2)
    found = presence_probabilities(probabilities, models, lag_s=lag)
    for t in range(60):
        known = presence_probabilities(probabilities[: t + lag + 1], models, lag_s=None)
        np.testing.assert_allclose(found[t], known[t], atol=1e-9)


@pytest.mark.parametrize("n", [1, 2, 3, 7, 50, 333, 2000])
def test_blocks_side_by_side_are_one_row_after_another(n: int) -> None:
    rng = np.random.default_rng(n)
    models = [random_model(rng, fitted=bool(k % 2)) for k in range(5)]
    probabilities = random_probabilities(rng, n, 5)
    together = presence_probabilities(probabilities, models, lag_s=None)
    logits = logits_of(probabilities)
    for k, model in enumerate(models):
        np.testing.assert_allclose(together[:, k], slowly(logits[:, k].tolist(), model), atol=1e-9)


def slowly(logits: list[float], of: UseModel) -> list[float]:
    """Forward and backward, second by second, as Rabiner writes it."""
    kinds = (of.absent, of.present)
    states = [(kind, k) for kind in range(2) for k in range(2)]

    def step(t: int, a: tuple[int, int], b: tuple[int, int]) -> float:
        ends = min(1.0, 1 / kinds[a[0]].means_s[a[1]])
        stays = 1 - ends if a == b else 0.0
        goes = stays if a[0] == b[0] else ends * kinds[b[0]].shares[b[1]]
        return goes * fit_of_row(logits, t, a[0], b[0], of)

    def scaled(values: list[float]) -> list[float]:
        return [value / sum(values) for value in values]

    first = []
    for kind, k in states:
        time_in = [s * m for s, m in zip(kinds[kind].shares, kinds[kind].means_s, strict=True)]
        share = of.share_present if kind == 1 else 1 - of.share_present
        first.append(share * time_in[k] / sum(time_in) * fit_of_row(logits, 0, None, kind, of))
    ahead = [scaled(first)]
    for t in range(1, len(logits)):
        ahead.append(
            scaled(
                [sum(ahead[-1][i] * step(t, a, b) for i, a in enumerate(states)) for b in states]
            )
        )
    back = [[1.0] * 4]
    for t in range(len(logits) - 1, 0, -1):
        back.append(
            scaled([sum(step(t, a, b) * back[-1][j] for j, b in enumerate(states)) for a in states])
        )
    back.reverse()
    believed = []
    for alpha, beta in zip(ahead, back, strict=True):
        weights = [x * y for x, y in zip(alpha, beta, strict=True)]
        believed.append((weights[2] + weights[3]) / sum(weights))
    return believed


def test_seconds_without_a_frame_show_nothing_and_bridge_what_is_sure() -> None:
    model = UseModel(Durations((1.0,), (100.0,)), Durations((1.0,), (100.0,)), CalibratedEvidence())
    probabilities = np.full((30, 1), 0.95)
    probabilities[10:14] = np.nan
    believed = presence_probabilities(probabilities, [model], lag_s=None)
    assert believed[10:14].min() > 0.9, "the model goes on where nothing was seen"
    present = smooth_tools(probabilities, ["hook"], Smoothing(model))
    assert present[:, 0].tolist() == [True] * 10 + [False] * 4 + [True] * 16


def test_every_tool_goes_its_own_way() -> None:
    rng = np.random.default_rng(3)
    model = random_model(rng, fitted=True)
    ways: dict[str, SmoothingSettings | UseModel] = {
        "a": SmoothingSettings(),
        "b": model,
        "c": replace(model, decision="path"),
        "d": replace(model, lag_s=0.0, on_threshold=0.7, off_threshold=0.2),
        "e": SmoothingSettings(median_s=5.0),
    }
    probabilities = random_probabilities(rng, 200, 5)
    together = smooth_tools(probabilities, list(ways), Smoothing(by_tool=ways))
    for k, (tool, way) in enumerate(ways.items()):
        alone = smooth_tools(probabilities[:, [k]], [tool], Smoothing(way))
        assert together[:, k].tolist() == alone[:, 0].tolist()


def test_no_rows_have_no_answer() -> None:
    model = random_model(np.random.default_rng(0), fitted=True)
    nothing = np.zeros((0, 1))
    assert presence_probabilities(nothing, [model], lag_s=None).shape == (0, 1)
    assert most_probable_path(nothing, [model]).shape == (0, 1)


@pytest.mark.parametrize("decision", ["state", "path", "at once", "lag"])
def test_seven_tools_in_three_hours_cost_less_than_a_tenth_of_a_second(decision: str) -> None:
    rng = np.random.default_rng(0)
    lag_s = {"at once": 0.0, "lag": 3.0}.get(decision)
    models = {
        f"tool {k}": replace(
            random_model(rng, fitted=True),
            decision="path" if decision == "path" else "state",
            lag_s=lag_s,
        )
        for k in range(7)
    }
    probabilities = random_probabilities(rng, 3 * 3600, 7)
    times = []
    for _ in range(5):
        begin = time.process_time()
        smooth_tools(probabilities, list(models), Smoothing(by_tool=models))
        times.append(time.process_time() - begin)
    assert min(times) < 0.1, times


@pytest.mark.parametrize(
    ("record", "values", "said"),
    [
        (Durations, {"shares": (0.5,), "means_s": (1.0,)}, "sum to 1"),
        (Durations, {"shares": (1.0,), "means_s": (0.0,)}, "positive seconds"),
        (Durations, {"shares": (), "means_s": ()}, "1 to 2 components"),
        (Errors, {"sd": 0.0, "outlier_share": 0.1, "outlier_sd": 1.0}, "positive"),
        (Errors, {"sd": 1.0, "outlier_share": 1.1, "outlier_sd": 1.0}, "outlier_share"),
        (CalibratedEvidence, {"exponent": 0.0}, "exponent"),
        (CalibratedEvidence, {"prior": 1.0}, "prior"),
        (CalibratedEvidence, {"slope": -1.0}, "slope"),
    ],
)
def test_impossible_models_are_refused(record: type, values: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        record(**values)
