import math

import numpy as np
import pytest

from tests.timeline.builders import cholec80_presence, presence, timeline
from video_pipeline.records import ToolSegment
from video_pipeline.timeline.segments import find_segments, presence_from_segments


def segment(tool: str, start_s: float, end_s: float) -> ToolSegment:
    return ToolSegment(tool, start_s, end_s, mean_probability=0.5, peak_probability=0.5)


def test_segments_begin_and_end_at_whole_seconds() -> None:
    found = find_segments(timeline(presence(".##..#")))
    assert [(s.start_s, s.end_s) for s in found] == [(1.0, 3.0), (5.0, 6.0)]


def test_segments_are_ordered_by_start_then_by_tool() -> None:
    found = find_segments(timeline(presence("##.#", "##..", "#..."), tools=("c", "a", "b")))
    assert [(s.start_s, s.tool) for s in found] == [(0, "c"), (0, "a"), (0, "b"), (3, "c")]


def test_segment_probabilities_are_those_of_its_seconds() -> None:
    probabilities = np.array([[0.1, 0.9], [0.8, 0.2], [0.4, 0.3], [0.3, 1.0]])
    found = find_segments(timeline(presence(".##.", "...#"), probabilities=probabilities))
    assert found[0].mean_probability == pytest.approx(0.6)
    assert found[0].peak_probability == 0.8
    assert found[1].mean_probability == found[1].peak_probability == 1.0


def test_probabilities_of_a_reference_are_missing_not_zero() -> None:
    present = presence("##")
    found = find_segments(timeline(present, probabilities=np.full(present.shape, np.nan)))
    assert math.isnan(found[0].mean_probability)
    assert math.isnan(found[0].peak_probability)


def test_segment_probabilities_are_those_of_a_plain_loop() -> None:
    rng = np.random.default_rng(2)
    present = rng.random((300, 5)) < 0.6
    one = timeline(present, probabilities=rng.random((300, 5)))
    for found in find_segments(one):
        seconds = slice(int(found.start_s), int(found.end_s))
        values = one.probabilities[seconds, one.tools.index(found.tool)]
        assert found.mean_probability == pytest.approx(values.mean(), rel=1e-12)
        assert found.peak_probability == values.max()


def test_a_timeline_without_uses_has_no_segments() -> None:
    assert find_segments(timeline(presence("....", "...."))) == []
    assert find_segments(timeline(np.zeros((0, 2), dtype=np.bool_))) == []


def test_seconds_to_segments_to_seconds_is_the_identity() -> None:
    rng = np.random.default_rng(1)
    for _ in range(100):
        shape = (int(rng.integers(0, 50)), int(rng.integers(1, 8)))
        one = timeline(rng.random(shape) < rng.random())
        back = presence_from_segments(find_segments(one), tools=one.tools, n_seconds=one.n_seconds)
        assert np.array_equal(back, one.present)


def test_seconds_to_segments_to_seconds_is_the_identity_on_real_operations() -> None:
    for present in cholec80_presence():
        one = timeline(present)
        segments = find_segments(one)
        back = presence_from_segments(segments, tools=one.tools, n_seconds=one.n_seconds)
        assert np.array_equal(back, present)
        assert find_segments(timeline(back)) == segments


def test_overlapping_segments_of_one_tool_join() -> None:
    joined = presence_from_segments(
        [segment("a", 0, 3), segment("a", 2, 4)], tools=("a",), n_seconds=5
    )
    assert np.array_equal(joined, presence("####."))


@pytest.mark.parametrize(("start_s", "end_s"), [(0.5, 2), (0, 1.5), (-1, 2), (3, 6)])
def test_a_segment_that_fits_no_seconds_is_refused(start_s: float, end_s: float) -> None:
    with pytest.raises(ValueError, match="whole seconds from 0 to 5"):
        presence_from_segments([segment("a", start_s, end_s)], tools=("a",), n_seconds=5)


def test_a_segment_of_an_unknown_tool_is_refused() -> None:
    with pytest.raises(ValueError, match="'b' is none of the tools"):
        presence_from_segments([segment("b", 0, 1)], tools=("a",), n_seconds=5)
