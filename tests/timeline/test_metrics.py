import math
import subprocess
import sys

import numpy as np
import pytest
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    precision_recall_fscore_support,
)

from tests.timeline.builders import cholec80_presence, presence, timeline
from video_pipeline.records import ToolTimeline
from video_pipeline.timeline.metrics import IncomparableError, compare_timelines


def same(value: float | None, expected: float) -> bool:
    """None of ours is scikit-learn's NaN."""
    return math.isnan(expected) if value is None else value == pytest.approx(expected, rel=1e-12)


def noisy(reference: ToolTimeline, seed: int) -> ToolTimeline:
    rng = np.random.default_rng(seed)
    noise = rng.normal(0, 0.35, reference.present.shape)
    probabilities = np.clip(reference.present + noise, 0, 1).round(2)
    return timeline(probabilities >= 0.5, probabilities=probabilities, tools=reference.tools)


def test_a_timeline_agrees_with_itself() -> None:
    one = timeline(presence("##..##.", "..###..", "......."))
    result = compare_timelines(one, one)
    assert result.micro.f1 == result.macro.f1 == 1.0
    assert result.mean_average_precision == 1.0
    assert result.macro_event_f1 == result.events.f1 == 1.0
    assert result.events.segment_ratio == 1.0
    assert result.n_seconds == 7
    assert result.notes == ()


def test_a_tool_that_is_absent_and_not_predicted_is_undefined() -> None:
    one = timeline(presence("##", ".."))
    absent = compare_timelines(one, one).tools[1]
    assert (absent.frames.precision, absent.frames.recall, absent.frames.f1) == (None, None, None)
    assert absent.average_precision is None
    assert absent.events.f1 is None
    assert absent.events.segment_ratio is None


def test_a_tool_wrongly_predicted_has_no_average_precision_but_f1_zero() -> None:
    result = compare_timelines(timeline(presence("##")), timeline(presence("..")))
    (tool,) = result.tools
    assert tool.frames.precision == tool.frames.f1 == 0.0
    assert tool.frames.recall is None
    assert tool.average_precision is None
    assert result.mean_average_precision is None


def test_average_precision_needs_probabilities() -> None:
    present = presence("#.#")
    unknown = timeline(present, probabilities=np.full(present.shape, np.nan))
    assert compare_timelines(unknown, timeline(present)).tools[0].average_precision is None


@pytest.mark.parametrize("seed", range(20))
def test_frame_scores_are_those_of_scikit_learn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    reference = timeline(rng.random((80, 5)) < rng.random(5) * 0.5)
    predicted = noisy(reference, seed)
    result = compare_timelines(predicted, reference)
    for k, tool in enumerate(result.tools):
        said, true = predicted.present[:, k], reference.present[:, k]
        precision, recall, f1, _ = precision_recall_fscore_support(
            true, said, average="binary", zero_division=np.nan
        )
        assert same(tool.frames.precision, precision)
        assert same(tool.frames.recall, recall)
        assert same(tool.frames.f1, f1)
        if true.any():
            expected = average_precision_score(true, predicted.probabilities[:, k])
            assert tool.average_precision == pytest.approx(expected, abs=1e-12)
        assert tool.frames.accuracy == pytest.approx(accuracy_score(true, said), abs=1e-12)
    for average, ours in (("micro", result.micro), ("macro", result.macro)):
        precision, recall, f1, _ = precision_recall_fscore_support(
            reference.present, predicted.present, average=average, zero_division=np.nan
        )
        assert same(ours.precision, precision)
        assert same(ours.recall, recall)
        assert same(ours.f1, f1)


def test_events_are_counted_per_tool() -> None:
    predicted = timeline(presence("##..#..", ".###..."))
    reference = timeline(presence("##..###", "#####.."))
    result = compare_timelines(predicted, reference)
    first, second = result.tools
    # [0, 2) is found; [4, 5) covers a third of [4, 7). [1, 4) covers 0.6 of [0, 5).
    assert (first.events.n_predicted, first.events.n_reference) == (2, 2)
    assert first.events.n_matched == second.events.n_matched == 1
    assert first.events.f1 == 0.5
    assert result.macro_event_f1 == 0.75
    assert result.events.f1 == pytest.approx(4 / 6)
    assert compare_timelines(predicted, reference, min_overlap=0.7).events.n_matched == 1


def test_over_segmentation_is_a_ratio_above_one() -> None:
    result = compare_timelines(timeline(presence("#.#.#.#")), timeline(presence("#######")))
    assert result.events.segment_ratio == 4.0


def test_tools_are_matched_by_name_and_the_others_named() -> None:
    predicted = timeline(presence("##..", "..##", "...."), tools=("hook", "grasper", "clip"))
    reference = timeline(presence("..##", "##..", "...."), tools=("grasper", "hook", "bag"))
    result = compare_timelines(predicted, reference)
    assert [tool.tool for tool in result.tools] == ["grasper", "hook"]
    assert result.micro.f1 == 1.0
    assert result.notes == (
        "only in the predicted timeline, left out: clip",
        "only in the reference timeline, left out: bag",
    )


def test_no_tool_in_common_is_refused() -> None:
    one = timeline(presence("#"), tools=("Hook",))
    with pytest.raises(IncomparableError, match="predicted hook; reference Hook"):
        compare_timelines(timeline(presence("#"), tools=("hook",)), one)


@pytest.mark.parametrize(("predicted", "longer"), [("##.#", "predicted"), ("##", "reference")])
def test_lengths_that_differ_by_one_are_aligned_and_said(predicted: str, longer: str) -> None:
    result = compare_timelines(timeline(presence(predicted)), timeline(presence("##.")))
    assert result.n_seconds == min(len(predicted), 3)
    assert result.micro.f1 == 1.0
    assert result.notes == (
        f"the {longer} timeline is one second longer; its last second was left out",
    )


def test_lengths_that_differ_by_more_are_refused() -> None:
    with pytest.raises(IncomparableError, match="predicted 5 s, reference 3 s"):
        compare_timelines(timeline(presence("#####")), timeline(presence("###")))


def test_seconds_without_a_frame_are_cut_out_of_both() -> None:
    predicted = timeline(presence("##..##"), n_frames=np.array([1, 1, 0, 0, 1, 1]))
    result = compare_timelines(predicted, timeline(presence("######")))
    assert result.n_seconds == 4
    assert result.micro.f1 == 1.0
    assert result.events.n_matched == result.events.n_reference == 1
    assert result.notes == ("2 s without a frame were left out",)


def test_nothing_to_compare_is_undefined() -> None:
    blind = timeline(presence(".."), n_frames=np.array([0, 0]))
    result = compare_timelines(blind, timeline(presence("#.")))
    assert result.n_seconds == 0
    assert result.micro.f1 is None
    assert result.macro_event_f1 is None


@pytest.mark.parametrize("min_overlap", [0.0, 1.1])
def test_an_impossible_overlap_is_refused(min_overlap: float) -> None:
    one = timeline(presence("#"))
    with pytest.raises(ValueError, match="min_overlap"):
        compare_timelines(one, one, min_overlap=min_overlap)


def test_real_operations_agree_with_themselves() -> None:
    for present in cholec80_presence()[::10]:
        result = compare_timelines(timeline(present), timeline(present))
        assert result.micro.f1 == result.events.f1 == 1.0


def test_importing_the_metrics_does_not_import_scikit_learn() -> None:
    script = "import sys, video_pipeline.timeline.metrics; sys.exit('sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
