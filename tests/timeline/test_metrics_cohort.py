"""Figures over recordings: spread, intervals, paired tests; what a perfect detector gets."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.stats import bootstrap

from tests.timeline.builders import cholec80_presence, presence, timeline
from video_pipeline.records import PhaseTimeline
from video_pipeline.timeline.metrics.alignment import align_tools
from video_pipeline.timeline.metrics.cohort import (
    CohortComparison,
    compare_cohort,
    compare_recording,
    compare_runs,
)
from video_pipeline.timeline.metrics.definitions import DEFINITIONS
from video_pipeline.timeline.metrics.figures import PHASE_FIGURES, TOOL_FIGURES
from video_pipeline.timeline.metrics.phases import compare_phases
from video_pipeline.timeline.metrics.spread import compare_paired, spread_of


def recording(name: str, predicted: str, reference: str) -> CohortComparison:
    aligned = align_tools(timeline(presence(predicted)), timeline(presence(reference)))
    return compare_cohort([compare_recording(name, aligned=aligned, phases=None)])


def cohort(*pairs: tuple[str, str]) -> CohortComparison:
    return compare_cohort(
        [one for k, pair in enumerate(pairs) for one in recording(f"case{k}", *pair).recordings]
    )


def test_mean_and_deviation_are_those_of_a_sample() -> None:
    spread = spread_of([0.2, None, 0.5, 0.8])
    assert spread.n == 3
    assert spread.mean == pytest.approx(0.5)
    assert spread.standard_deviation == pytest.approx(0.3)


def test_what_no_recording_defines_has_no_mean() -> None:
    spread = spread_of([None, None])
    assert (spread.n, spread.mean, spread.standard_deviation, spread.low) == (0, None, None, None)


@pytest.mark.parametrize("n", [1, 2])
def test_fewer_than_three_recordings_have_no_interval(n: int) -> None:
    spread = spread_of([0.4] * n)
    assert (spread.low, spread.high) == (None, None)
    assert compare_paired([0.4] * n, [0.1] * n).p_value is None


def test_the_interval_is_that_of_scipys_bootstrap() -> None:
    values = np.random.default_rng(1).beta(5, 2, 25)
    ours = spread_of(values.tolist())
    theirs = bootstrap(
        (values,), np.mean, method="percentile", n_resamples=20000, rng=np.random.default_rng(2)
    ).confidence_interval
    assert ours.low == pytest.approx(theirs.low, abs=0.01)
    assert ours.high == pytest.approx(theirs.high, abs=0.01)


def test_the_same_seed_gives_the_same_interval() -> None:
    values = np.random.default_rng(0).random(20).tolist()
    assert spread_of(values) == spread_of(values)
    assert spread_of(values, seed=1) != spread_of(values, seed=2)


def test_the_paired_interval_is_narrower_than_recordings_are_apart() -> None:
    rng = np.random.default_rng(0)
    hard = rng.uniform(0.1, 0.9, 30)
    first, second = hard + 0.05 + rng.normal(0, 0.01, 30), hard
    difference = compare_paired(first.tolist(), second.tolist())
    assert difference.low is not None
    assert difference.high is not None
    assert 0.04 < difference.low < 0.05 < difference.high < 0.06
    assert difference.p_value is not None
    assert difference.p_value < 1e-6


def exact_signed_rank(differences: list[float]) -> float:
    """Over all signs that the differences might have had; no ties."""
    ranks = np.argsort(np.argsort(np.abs(differences))) + 1
    signs = np.array(list(itertools.product([0, 1], repeat=len(ranks))))
    sums = signs @ ranks
    seen = float(ranks[np.array(differences) > 0].sum())
    return float(min(1, 2 * min((sums >= seen).mean(), (sums <= seen).mean())))


@pytest.mark.parametrize("seed", range(5))
def test_the_p_value_is_that_of_all_signs(seed: int) -> None:
    differences = np.random.default_rng(seed).normal(0.3, 1, 9).tolist()
    ours = compare_paired(differences, [0.0] * 9).p_value
    assert ours == pytest.approx(exact_signed_rank(differences), abs=1e-9)


def test_runs_that_do_not_differ_have_no_p_value() -> None:
    difference = compare_paired([0.5] * 5, [0.5] * 5)
    assert (difference.mean, difference.low, difference.p_value) == (0.0, 0.0, None)


def test_recordings_that_one_run_does_not_define_are_left_out_of_both() -> None:
    difference = compare_paired([0.5, None, 0.7, 0.4], [0.4, 0.1, None, 0.3])
    assert difference.n == 2
    assert difference.mean == pytest.approx(0.1)
    assert difference.first == pytest.approx(0.45)
    assert difference.second == pytest.approx(0.35)


def test_runs_are_paired_by_recording() -> None:
    first = cohort(("##..", "##.."), ("#...", "##.."), ("....", "##.."))
    second = compare_cohort(tuple(reversed(first.recordings)))
    for difference in compare_runs(first, second).values():
        assert difference.mean in (0.0, None)


def test_a_cohort_has_each_recording_all_together_and_the_spread() -> None:
    one = cohort(("##..", "##.."), ("#...", "##.."), ("..##", "##.."))
    assert one.tools is not None
    assert one.tools.n_seconds == 12
    f1 = [recording.figures["micro_f1"] for recording in one.recordings]
    assert f1 == [1.0, pytest.approx(2 / 3), 0.0]
    assert one.summary["micro_f1"].mean == pytest.approx(5 / 9)
    assert one.summary["micro_f1"].n == 3
    assert one.tools.micro.f1 == pytest.approx(2 * 3 / (5 + 6))


def phase_timeline(labels: list[int]) -> PhaseTimeline:
    return PhaseTimeline(("a", "b", "c"), np.eye(3)[labels], np.array(labels))


def test_a_perfect_detector_is_perfect_in_every_figure() -> None:
    # The third tool is never used: it is undefined, and must not count as a failure.
    aligned = align_tools(*[timeline(presence("##..#.##", ".####...", "........"))] * 2)
    phases = compare_phases(*[phase_timeline([0, 0, 1, 1, 1, 1, 0, 0])] * 2)
    one = compare_cohort([compare_recording("a", aligned=aligned, phases=phases)] * 3)
    perfect = {name: figure.perfect for name, figure in (TOOL_FIGURES | PHASE_FIGURES).items()}
    assert one.recordings[0].figures == perfect
    assert {name: spread.mean for name, spread in one.summary.items()} == perfect


def test_phases_are_averaged_over_the_recordings_that_define_them() -> None:
    pairs = [([0, 0, 1], [0, 1, 1]), ([0, 0, 0], [0, 0, 0])]
    one = compare_cohort(
        [
            compare_recording(
                str(k),
                aligned=None,
                phases=compare_phases(phase_timeline(said), phase_timeline(true)),
            )
            for k, (said, true) in enumerate(pairs)
        ]
    )
    assert one.tools is None
    assert one.phases[0].strict.precision == pytest.approx((0.5 + 1) / 2)
    assert one.phases[1].strict.recall == 0.5
    assert one.phases[2].strict.f1 is None
    assert one.phases[0].n_reference == 4


def test_every_figure_has_a_definition_with_its_source() -> None:
    assert set(TOOL_FIGURES) | set(PHASE_FIGURES) <= set(DEFINITIONS)
    assert all(one.definition and one.source for one in DEFINITIONS.values())


def test_real_operations_compared_with_themselves_are_perfect() -> None:
    recordings = [
        compare_recording(
            str(k), aligned=align_tools(timeline(present), timeline(present)), phases=None
        )
        for k, present in enumerate(cholec80_presence()[:4])
    ]
    one = compare_cohort(recordings)
    for name, figure in TOOL_FIGURES.items():
        assert one.summary[name].mean == figure.perfect
