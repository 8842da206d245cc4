"""Tuning: what is known is found again, and no recording has part in choosing what it judges."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.matching import count_matches
from tests.support.uses import noisy, true_uses
from video_pipeline.timeline.runs import find_runs
from video_pipeline.timeline.smoothing import Smoothing, SmoothingSettings, UseModel, smooth_tools
from video_pipeline.timeline.smoothing.use_model import CalibratedEvidence, FittedEvidence
from video_pipeline.timeline.tuning.candidates import (
    Candidate,
    FittedWay,
    candidates,
    lookahead_s,
)
from video_pipeline.timeline.tuning.choosing import choose, smoothing_of
from video_pipeline.timeline.tuning.counts import Counts, count
from video_pipeline.timeline.tuning.fitting import (
    LabelledColumn,
    fit_calibrated_evidence,
    fit_durations,
    fit_learned_evidence,
)
from video_pipeline.timeline.tuning.trial import Trial, TuningRecording

FEW = (
    Candidate("threshold", SmoothingSettings(on_threshold=0.5, off_threshold=None, min_on_s=None)),
    Candidate("hysteresis", SmoothingSettings(on_threshold=0.8, off_threshold=0.2, min_on_s=None)),
    Candidate("errors learned", FittedWay(2, True, 1.0, "state")),
    Candidate("errors learned", FittedWay(2, True, 1.0, "state", 0.7, 0.3)),
    Candidate("calibrated", FittedWay(1, False, 0.7, "path")),
)


def recordings(n: int, *, seed: int = 0, n_seconds: int = 500) -> list[TuningRecording]:
    rng = np.random.default_rng(seed)
    made = []
    for k in range(n):
        present = np.stack([true_uses(rng, n_seconds) for _ in range(2)], axis=1)
        probabilities = np.stack([noisy(rng, tool) for tool in present.T], axis=1)
        made.append(
            TuningRecording(f"r{k}", probabilities, present, np.ones(n_seconds, dtype=np.bool_))
        )
    return made


def columns(made: list[TuningRecording], tool: int = 0) -> list[LabelledColumn]:
    return [of.column(tool) for of in made]


def test_a_mixture_of_durations_is_found_again() -> None:
    rng = np.random.default_rng(0)
    short, long = rng.geometric(1 / 2.5, 3000), rng.geometric(1 / 40, 2000)
    found = fit_durations(np.concatenate([short, long]).astype(np.float64), 2)
    assert found.shares[0] == pytest.approx(0.6, abs=0.05)
    assert found.means_s == pytest.approx((2.5, 40), rel=0.12)


def test_one_component_has_the_mean_of_all() -> None:
    assert fit_durations(np.array([1.0, 2.0, 9.0]), 1).means_s == (4.0,)


def test_levels_and_errors_are_found_again() -> None:
    found = fit_learned_evidence(columns(recordings(20)))
    assert isinstance(found, FittedEvidence)
    assert found.levels == pytest.approx((-2, 2), abs=0.1)
    assert found.correlation == pytest.approx(0.6, abs=0.05)
    for errors in found.alone:
        assert errors.sd == pytest.approx(1.2, abs=0.12)
    for errors in found.following:
        assert errors.sd == pytest.approx(1.2 * 0.8, abs=0.12)


def test_calibration_finds_the_slope_that_errors_leave() -> None:
    made = recordings(20)
    found = fit_calibrated_evidence(columns(made))
    # The log ratio of two normal densities at -2 and 2 rises by 4 / sd² a logit.
    assert found.slope == pytest.approx(4 / 1.2**2, rel=0.1)
    share = np.mean([of.present[:, 0].mean() for of in made])
    assert found.prior == pytest.approx(share, abs=0.01)


def test_seconds_that_nobody_labelled_teach_nothing() -> None:
    made = columns(recordings(4))
    spoilt = []
    for column in made:
        known = np.ones(len(column.present), dtype=np.bool_)
        known[100:160] = False
        other = np.where(known, column.present, ~column.present)
        spoilt.append(LabelledColumn(column.probabilities, other, known))
    plain = [
        LabelledColumn(c.probabilities, c.present, s.is_known)
        for c, s in zip(made, spoilt, strict=True)
    ]
    assert fit_learned_evidence(spoilt) == fit_learned_evidence(plain)
    assert fit_calibrated_evidence(spoilt) == fit_calibrated_evidence(plain)


@pytest.mark.parametrize("seed", range(20))
def test_counts_are_those_of_the_matching_of_uses(seed: int) -> None:
    rng = np.random.default_rng(seed)
    said, true = rng.random(200) < rng.uniform(0.2, 0.8), true_uses(rng, 200)
    uses = [
        list(zip(runs.start.tolist(), runs.stop.tolist(), strict=True))
        for runs in (find_runs(said[:, np.newaxis]), find_runs(true[:, np.newaxis]))
    ]
    found = count(said, true)
    assert found.n_matched == count_matches(uses[0], uses[1], min_overlap=0.5)
    assert (found.n_predicted, found.n_reference) == (len(uses[0]), len(uses[1]))
    assert found.hit_s == sum(a and b for a, b in zip(said, true, strict=True))


def test_delays_say_how_much_too_late() -> None:
    true = np.zeros(30, dtype=np.bool_)
    true[5:15] = True
    said = np.zeros(30, dtype=np.bool_)
    said[7:16] = True
    found = count(said, true)
    assert (found.onset_delay_s, found.offset_delay_s) == (2.0, 1.0)
    assert Counts().event_f1 is None
    assert Counts().onset_delay_s is None


def test_a_model_never_sees_what_it_is_judged_on() -> None:
    made = recordings(6)
    other = list(made)
    # Recording 0 and 3 are dealt to fold 0 of three.
    for k in (0, 3):
        other[k] = TuningRecording(
            made[k].video_id, made[k].probabilities, ~made[k].present, made[k].is_known
        )
    way = FEW[2]
    kept_back = frozenset({0})
    ours, theirs = (
        Trial(these, ("a", "b"), FEW, n_folds=3).settings(way, 0, kept_back=kept_back)
        for these in (made, other)
    )
    assert ours == theirs
    assert Trial(other, ("a", "b"), FEW, n_folds=3).settings(way, 0) != ours
    with pytest.raises(ValueError, match="kept back"):
        Trial(made, ("a", "b"), FEW, n_folds=3).counts(way, 1, kept_back=kept_back)


def test_the_choice_is_the_best_on_recordings_it_was_not_fitted_to() -> None:
    trial = Trial(recordings(8), ("a", "b"), FEW, n_folds=4)
    for choice in choose(trial):
        assert len(choice.tried) == len(FEW)
        scores = [tried.counts.event_f1 or 0 for tried in choice.tried]
        assert choice.chosen is choice.tried[int(np.argmax(scores))]
        assert isinstance(choice.settings, UseModel)
        assert choice.judged is not None
        n_true = sum(len(find_runs(of.present[:, [0]]).start) for of in trial.recordings)
        if choice.tool == "a":
            assert choice.judged.n_reference == n_true


def test_what_was_chosen_does_better_on_new_recordings_than_a_threshold() -> None:
    trial = Trial(recordings(8), ("a", "b"), FEW, n_folds=4)
    smoothing = smoothing_of(choose(trial))
    scores = []
    for way in (smoothing, smoothing_of([])):
        parts = [
            count(smooth_tools(of.probabilities, ("a", "b"), way)[:, k], of.present[:, k])
            for of in recordings(6, seed=99)
            for k in range(2)
        ]
        scores.append(Counts.total(parts).event_f1)
    assert scores[0] is not None
    assert scores[1] is not None
    assert scores[0] > scores[1] + 0.1


def test_too_few_recordings_choose_but_do_not_judge() -> None:
    trial = Trial(recordings(2), ("a", "b"), FEW, n_folds=2)
    for choice in choose(trial):
        assert choice.chosen is not None
        assert choice.judged is None


def test_a_tool_that_is_never_used_keeps_the_default() -> None:
    made = [
        TuningRecording(
            of.video_id, of.probabilities, of.present & np.array([True, False]), of.is_known
        )
        for of in recordings(4)
    ]
    used, unused = choose(Trial(made, ("a", "b"), FEW, n_folds=4))
    assert used.settings is not None
    assert unused.settings is None
    assert list(smoothing_of([used, unused]).by_tool) == ["a"]


def test_steps_are_as_many_as_were_promised() -> None:
    n_done = 0

    def done() -> None:
        nonlocal n_done
        n_done += 1

    trial = Trial(recordings(5, n_seconds=120), ("a", "b"), FEW, n_folds=5, done=done)
    choose(trial)
    assert n_done == trial.n_steps


@pytest.mark.parametrize("lag_s", [0.0, 1.0, 3.0])
def test_no_candidate_looks_further_ahead_than_the_lag(lag_s: float) -> None:
    rng = np.random.default_rng(0)
    probabilities = noisy(rng, true_uses(rng, 160))[:, np.newaxis]
    cut = 90
    changed = probabilities.copy()
    changed[cut:] = rng.random((len(changed) - cut, 1))
    evidence = CalibratedEvidence()
    for candidate in candidates(lag_s):
        way = candidate.way
        if isinstance(way, FittedWay):
            base = UseModel(
                fit_durations(np.array([1.0, 2, 3, 4, 30, 40, 50, 60, 70]), way.n_components),
                fit_durations(np.array([1.0, 2, 3, 4, 30, 40, 50, 60, 70]), way.n_components),
                evidence,
            )
            settings = Smoothing(way.of(base))
        else:
            settings = Smoothing(way)
        before, after = (smooth_tools(of, ["a"], settings) for of in (probabilities, changed))
        known = cut - int(lag_s)
        assert before[:known].tolist() == after[:known].tolist(), candidate


def test_a_filter_looks_ahead_by_half_its_window_and_what_it_waits_for() -> None:
    settings = SmoothingSettings(median_s=5.0, min_on_s=3.0, min_off_s=2.0)
    assert lookahead_s(settings) == 2 + 2 + 1
