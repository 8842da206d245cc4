"""Uses found by overlap, by ends and by intersection, held against what others compute."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from tests.support.matching import overlap_ratio
from tests.timeline.builders import presence, timeline
from video_pipeline.timeline.events import Interval, find_uses
from video_pipeline.timeline.metrics.alignment import align_tools
from video_pipeline.timeline.metrics.collars import count_within_collars
from video_pipeline.timeline.metrics.intersections import count_intersecting
from video_pipeline.timeline.metrics.tools import compare_timelines, pool_tools
from video_pipeline.timeline.metrics.uses import OVERLAPS

with warnings.catch_warnings():
    # The oracles' own imports speak of what is deprecated in theirs.
    warnings.simplefilter("ignore")
    import pandas as pd
    import sed_eval  # type: ignore[import-untyped]
    from psds_eval import PSDSEval  # type: ignore[import-untyped]


def streaks(rng: np.random.Generator, n_seconds: int, n_tools: int) -> NDArray[np.bool_]:
    """(n_seconds, n_tools) presence that goes on for a while, of many lengths."""
    change = rng.random((n_seconds, n_tools)) < rng.choice([0.05, 0.15, 0.4], n_tools)
    present: NDArray[np.bool_] = np.cumsum(change, axis=0) % 2 == rng.integers(0, 2, n_tools)
    return present


def noisy(rng: np.random.Generator, present: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The same, shifted a little and with some seconds flipped."""
    moved = np.roll(present, int(rng.integers(-2, 3)), axis=0)
    flipped: NDArray[np.bool_] = moved ^ (rng.random(present.shape) < 0.06)
    return flipped


def events(present: NDArray[np.bool_], tools: tuple[str, ...]) -> list[dict[str, Any]]:
    return [
        {"event_label": tool, "event_onset": start, "event_offset": stop, "file": "one"}
        for k, tool in enumerate(tools)
        for start, stop in find_uses(present[:, k]).intervals
    ]


def quietly(call: Callable[[], Any]) -> Any:
    """The oracles divide by zero and use what pandas will drop."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return call()


def same(value: float | None, expected: float) -> bool:
    return value is not None and value == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("seed", range(12))
def test_ends_within_a_collar_are_those_of_sed_eval(seed: int) -> None:
    rng = np.random.default_rng(seed)
    true = streaks(rng, 150, 3)
    said = noisy(rng, true)
    result = compare_timelines(timeline(said), timeline(true))
    names = tuple(tool.tool for tool in result.tools)
    oracle = sed_eval.sound_event.EventBasedMetrics(
        event_label_list=list(names),
        t_collar=2.0,
        percentage_of_length=0.2,
        event_matching_type="optimal",
    )
    quietly(lambda: oracle.evaluate(events(true, names), events(said, names)))
    compared = 0
    for tool in result.tools:
        expected = quietly(partial(oracle.class_wise_f_measure, tool.tool))["f_measure"]
        if tool.events.n_within_collars > 0:
            assert same(tool.events.collar_f1, expected)
            compared += 1
    assert compared > 0
    whole = quietly(oracle.overall_f_measure)["f_measure"]
    assert same(result.events.collar_f1, whole)


@pytest.mark.parametrize("seed", range(12))
def test_segments_of_one_second_are_those_of_sed_eval(seed: int) -> None:
    rng = np.random.default_rng(seed)
    true = streaks(rng, 90, 4)
    said = noisy(rng, true)
    result = compare_timelines(timeline(said), timeline(true))
    names = tuple(tool.tool for tool in result.tools)
    oracle = sed_eval.sound_event.SegmentBasedMetrics(list(names), time_resolution=1.0)
    quietly(
        lambda: oracle.evaluate(
            events(true, names), events(said, names), evaluated_length_seconds=len(true)
        )
    )
    whole = quietly(oracle.results_overall_metrics)
    assert same(result.segments.f1, whole["f_measure"]["f_measure"])
    assert same(result.segments.error_rate, whole["error_rate"]["error_rate"])
    n_true = int(true.sum())
    assert same(result.segments.n_substitutions / n_true, whole["error_rate"]["substitution_rate"])
    each = quietly(oracle.results_class_wise_metrics)
    for k, tool in enumerate(result.tools):
        if true[:, k].any():
            assert same(tool.segments.error_rate, each[tool.tool]["error_rate"]["error_rate"])
            assert tool.segments.n_substitutions == 0
        assert tool.segments.f1 == tool.frames.f1


def psds_table(present: NDArray[np.bool_], tools: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            (
                f"{e['file']}.wav",
                float(e["event_onset"]),
                float(e["event_offset"]),
                e["event_label"],
            )
            for e in events(present, tools)
        ],
        columns=["filename", "onset", "offset", "event_label"],
    )


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(("of_predicted", "of_reference"), [(0.5, 0.5), (0.7, 0.3), (0.1, 0.9)])
def test_intersections_are_those_of_psds_eval(
    seed: int, of_predicted: float, of_reference: float
) -> None:
    rng = np.random.default_rng(seed)
    true = streaks(rng, 120, 3)
    said = noisy(rng, true)
    tools = ("a", "b", "c")
    oracle = quietly(
        partial(
            PSDSEval,
            dtc_threshold=of_predicted,
            gtc_threshold=of_reference,
            ground_truth=psds_table(true, tools),
            metadata=pd.DataFrame([("one.wav", 120.0)], columns=["filename", "duration"]),
        )
    )
    _, expected = quietly(lambda: oracle.compute_macro_f_score(psds_table(said, tools)))
    for k, tool in enumerate(tools):
        predicted, reference = find_uses(said[:, k]), find_uses(true[:, k])
        found, false = count_intersecting(
            predicted, reference, min_of_predicted=of_predicted, min_of_reference=of_reference
        )
        if found == 0:  # of which psds_eval makes 0 / 0
            assert np.isnan(expected[tool])
        else:
            assert same(2 * found / (found + len(reference) + false), expected[tool])


def assigned(
    predicted: list[Interval], reference: list[Interval], fits: Callable[[Interval, Interval], bool]
) -> int:
    """The largest matching as the cheapest assignment."""
    if not predicted or not reference:
        return 0
    gain = np.array([[fits(p, r) for r in reference] for p in predicted], dtype=float)
    return int(gain[linear_sum_assignment(gain, maximize=True)].sum())


@pytest.mark.parametrize("seed", range(20))
def test_matchings_are_the_best_assignments(seed: int) -> None:
    rng = np.random.default_rng(seed)
    true = streaks(rng, 200, 3)
    said = noisy(rng, true)
    result = compare_timelines(timeline(said), timeline(true))
    for k, tool in enumerate(result.tools):
        predicted, reference = find_uses(said[:, k]).intervals, find_uses(true[:, k]).intervals
        for overlap, matched in zip(OVERLAPS, tool.events.n_matched_at, strict=True):
            assert matched == assigned(predicted, reference, partial(overlaps, at=overlap))
        assert tool.events.n_within_collars == assigned(predicted, reference, within_collars)


def overlaps(p: Interval, r: Interval, *, at: float) -> bool:
    return overlap_ratio(p, r) >= at


def within_collars(p: Interval, r: Interval) -> bool:
    return abs(p[0] - r[0]) <= 2 and abs(p[1] - r[1]) <= max(2, 0.2 * (r[1] - r[0]))


def test_collars_at_any_time_find_the_best_assignment() -> None:
    rng = np.random.default_rng(11)
    for _ in range(300):
        sides = []
        for _ in range(2):
            ends = np.unique(rng.uniform(0, 60, 2 * int(rng.integers(1, 25))).round(1))
            ends = ends[: len(ends) // 2 * 2]
            sides.append([(float(a), float(b)) for a, b in ends.reshape(-1, 2)])
        predicted, reference = sides
        assert count_within_collars(predicted, reference) == assigned(
            predicted, reference, within_collars
        )


def test_a_long_use_may_end_earlier_or_later_by_a_fifth() -> None:
    assert count_within_collars([(0, 80)], [(0, 100)]) == 1
    assert count_within_collars([(0, 79)], [(0, 100)]) == 0
    assert count_within_collars([(3, 100)], [(0, 100)]) == 0


def test_a_share_above_one_half_is_refused() -> None:
    with pytest.raises(ValueError, match="share_of_length"):
        count_within_collars([(0, 1)], [(0, 1)], share_of_length=0.6)


def test_pieces_of_a_use_find_it_by_intersection_though_none_overlaps_enough() -> None:
    result = compare_timelines(timeline(presence("###.###.###")), timeline(presence("#" * 11)))
    assert list(result.events.f1_at) == pytest.approx([2 / 4, 0, 0])
    assert result.events.intersection_f1 == 1.0
    assert result.events.segment_ratio == 3.0


def test_recordings_are_pooled_by_adding_their_uses_and_joining_their_seconds() -> None:
    rng = np.random.default_rng(3)
    aligned, each = [], []
    for _ in range(4):
        true = streaks(rng, 60, 2)
        said = noisy(rng, true)
        aligned.append(align_tools(timeline(said), timeline(true)))
        each.append(compare_timelines(timeline(said), timeline(true)))
    pooled = pool_tools(aligned)
    assert pooled.n_seconds == 240
    assert pooled.events.n_reference == sum(one.events.n_reference for one in each)
    assert pooled.events.n_matched_at[2] == sum(one.events.n_matched_at[2] for one in each)
    assert pooled.segments.n_insertions == sum(one.segments.n_insertions for one in each)
    joined = compare_timelines(
        timeline(np.concatenate([one.said for one in aligned])),
        timeline(np.concatenate([one.true for one in aligned])),
    )
    assert pooled.micro == joined.micro
    assert pooled.macro == joined.macro


def test_a_use_does_not_go_on_into_the_next_recording() -> None:
    one = align_tools(timeline(presence("##")), timeline(presence("##")))
    assert pool_tools([one, one]).events.n_reference == 2


def test_average_precision_is_pooled_or_the_mean_over_videos_with_the_tool() -> None:
    from sklearn.metrics import average_precision_score

    rng = np.random.default_rng(5)
    aligned = []
    for present in (rng.random((50, 2)) < 0.4, rng.random((80, 2)) < 0.2, rng.random((30, 2)) < 0):
        probabilities = np.clip(present * 0.3 + rng.random(present.shape) * 0.7, 0, 1)
        aligned.append(
            align_tools(
                timeline(probabilities >= 0.5, probabilities=probabilities), timeline(present)
            )
        )
    pooled = pool_tools(aligned)
    true = np.concatenate([one.true for one in aligned])
    probabilities = np.concatenate([one.probabilities for one in aligned])
    for k, tool in enumerate(pooled.tools):
        assert same(
            tool.average_precision, average_precision_score(true[:, k], probabilities[:, k])
        )
        of_videos = [
            average_precision_score(one.true[:, k], one.probabilities[:, k])
            for one in aligned
            if one.true[:, k].any()
        ]
        assert len(of_videos) == 2
        assert same(tool.average_precision_videowise, float(np.mean(of_videos)))


def test_a_tool_that_only_some_recordings_have_is_pooled_over_those() -> None:
    both = timeline(presence("##", ".#"), tools=("hook", "clip"))
    one = timeline(presence("#."), tools=("hook",))
    pooled = pool_tools([align_tools(both, both), align_tools(one, one)])
    assert [(tool.tool, tool.n_recordings) for tool in pooled.tools] == [("hook", 2), ("clip", 1)]
    assert pooled.tools[1].frames.f1 == 1.0
