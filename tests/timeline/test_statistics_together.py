"""Tools used together, one after another and in phases: what the definitions say, by hand."""

from collections import Counter

import numpy as np
import pytest

from tests.timeline.builders import presence, timeline
from video_pipeline.records import PhaseTimeline
from video_pipeline.timeline.statistics.co_use import add_up_co_use, count_co_use
from video_pipeline.timeline.statistics.phase_usage import add_up_phase_usage, count_phase_usage
from video_pipeline.timeline.statistics.transitions import (
    add_up_next_tools,
    count_changes,
    count_next_tools,
)


def phases(text: str, *names: str) -> PhaseTimeline:
    """One digit a second."""
    phase = np.array([int(c) for c in text], dtype=np.int64)
    return PhaseTimeline(names, np.eye(len(names))[phase], phase)


def test_co_use_counts_seconds_and_shares_them_by_their_union() -> None:
    pair = count_co_use(timeline(presence("###...", ".####.", "......")))
    assert pair.both_s.tolist() == [[3, 2, 0], [2, 4, 0], [0, 0, 0]]
    assert pair.either_s.tolist() == [[3, 5, 3], [5, 4, 4], [3, 4, 0]]
    assert pair.jaccard[0, 1] == 2 / 5
    assert pair.jaccard[0, 2] == 0
    assert np.isnan(pair.jaccard[2, 2])


def test_a_pair_is_counted_where_both_tools_are_known() -> None:
    first = count_co_use(timeline(presence("##", "#."), tools=("hook", "clipper")))
    second = count_co_use(timeline(presence("#####"), tools=("hook",)))
    total = add_up_co_use([first, second], tools=("clipper", "hook"))
    assert total.both_s.tolist() == [[1, 1], [1, 7]]
    assert total.either_s.tolist() == [[1, 2], [2, 7]]


def test_a_swap_is_followed_by_what_came_at_once() -> None:
    found = count_next_tools(timeline(presence("##...", "..##.")))
    assert found.n_times.tolist() == [[0, 1], [0, 0]]
    assert (found.n_went.tolist(), found.n_unknown.tolist()) == ([1, 1], [0, 1])


def test_a_tool_that_comes_back_first_follows_itself() -> None:
    found = count_next_tools(timeline(presence("#..#.", "....#")))
    assert found.n_times.tolist() == [[1, 1], [0, 0]]


def test_tools_that_come_at_once_count_each() -> None:
    found = count_next_tools(timeline(presence("#...", "..##", "..##")))
    assert found.n_times.tolist() == [[0, 1, 1], [0, 0, 0], [0, 0, 0]]
    assert found.n_went.tolist() == [1, 0, 0]


def test_a_tool_that_was_there_already_follows_nothing() -> None:
    found = count_next_tools(timeline(presence("##..", "####")))
    assert found.n_times.sum() == 0
    assert found.n_unknown.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("n_frames", "n_went", "n_unknown"),
    [
        ([1, 1, 1, 1], 1, 0),
        ([1, 0, 1, 1], 0, 0),
        ([1, 1, 0, 1], 1, 1),
    ],
)
def test_what_follows_beyond_a_second_without_a_frame_is_unknown(
    n_frames: list[int], n_went: int, n_unknown: int
) -> None:
    seen = np.array(n_frames)
    found = count_next_tools(timeline(presence("#...", "...#"), n_frames=seen))
    assert found.n_went.tolist() == [n_went, 0]
    assert found.n_unknown.tolist() == [n_unknown, 0]


def test_sets_of_tools_change_from_one_into_another() -> None:
    changes = count_changes(timeline(presence("##.##.", ".#..#.")))
    none, a, ab = frozenset[str](), frozenset({"a"}), frozenset({"a", "b"})
    assert changes == Counter({(a, ab): 2, (ab, none): 2, (none, a): 1})


def test_transitions_add_up_by_name() -> None:
    one = count_next_tools(timeline(presence("#.", ".#"), tools=("hook", "clipper")))
    other = count_next_tools(timeline(presence(".#", "#."), tools=("hook", "grasper")))
    total = add_up_next_tools([one, other], tools=("clipper", "grasper", "hook"))
    assert total.n_times.tolist() == [[0, 0, 0], [0, 0, 1], [1, 0, 0]]
    assert total.n_went.tolist() == [0, 1, 1]


def test_usage_is_a_share_of_the_seconds_of_the_phase_that_have_a_frame() -> None:
    seen = np.array([1, 1, 0, 1, 1, 1])
    tools = timeline(presence("##...#", "......"), n_frames=seen)
    usage = count_phase_usage(tools, phases("000111", "preparation", "dissection", "retraction"))
    assert usage.phase_s.tolist() == [[2, 2], [3, 3], [0, 0]]
    assert usage.presence_s.tolist() == [[2, 0], [1, 0], [0, 0]]
    assert usage.share[:2].tolist() == [[1.0, 0.0], [1 / 3, 0.0]]
    assert np.isnan(usage.share[2]).all()


def test_usage_adds_up_where_the_tool_is_known() -> None:
    one = count_phase_usage(timeline(presence("##"), tools=("hook",)), phases("01", "p", "q"))
    other = count_phase_usage(timeline(presence("#."), tools=("clip",)), phases("00", "q"))
    total = add_up_phase_usage([one, other], phases=("p", "q"), tools=("hook", "clip"))
    assert total.phase_s.tolist() == [[1, 0], [1, 2]]
    assert total.presence_s.tolist() == [[1, 0], [1, 1]]


def test_tools_and_phases_must_be_of_the_same_seconds() -> None:
    with pytest.raises(ValueError, match="3 s of tools, 2 s of phases"):
        count_phase_usage(timeline(presence("...")), phases("00", "p"))
