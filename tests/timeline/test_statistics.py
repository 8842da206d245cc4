import time

import numpy as np
import pytest

from tests.timeline.builders import presence, timeline
from video_pipeline.timeline.statistics import ToolStatistics, summarise_tools
from video_pipeline.timeline.statistics.recording import RecordingStatistics, summarise_recording


def test_statistics_of_a_tool() -> None:
    (tool,) = summarise_tools(timeline(presence(".##..#...#####")))
    assert tool == ToolStatistics(
        tool="a",
        presence_s=8.0,
        share=8 / 14,
        n_uses=3,
        median_use_s=2.0,
        longest_use_s=5.0,
        first_second=1,
        last_second=13,
        n_gaps=2,
        median_gap_s=2.5,
        changes_per_minute=5 * 60 / 14,
    )


def test_what_a_tool_never_used_does_not_have_is_none() -> None:
    (tool,) = summarise_tools(timeline(presence("....")))
    assert (tool.presence_s, tool.share, tool.n_uses) == (0.0, 0.0, 0)
    assert tool.median_use_s is None
    assert tool.longest_use_s is None
    assert tool.first_second is None
    assert tool.last_second is None
    assert (tool.n_gaps, tool.median_gap_s) == (0, None)
    assert tool.changes_per_minute == 0.0


def test_share_is_of_the_seconds_that_have_a_frame() -> None:
    (tool,) = summarise_tools(timeline(presence("##.."), n_frames=np.array([1, 1, 1, 0])))
    assert tool.share == pytest.approx(2 / 3)


def test_share_is_none_where_no_second_has_a_frame() -> None:
    (tool,) = summarise_tools(timeline(presence(".."), n_frames=np.array([0, 0])))
    assert tool.share is None


def test_a_hole_with_a_second_without_a_frame_is_no_gap() -> None:
    seen = np.array([1, 1, 1, 0, 1, 1, 1])
    (tool,) = summarise_tools(timeline(presence("#.#...#"), n_frames=seen))
    assert (tool.n_uses, tool.n_gaps, tool.median_gap_s) == (3, 1, 1.0)


def test_a_change_beside_a_second_without_a_frame_is_not_counted() -> None:
    seen = np.array([1, 1, 0, 1, 1, 1])
    (tool,) = summarise_tools(timeline(presence("##..##"), n_frames=seen))
    assert tool.changes_per_minute == 1 * 60 / 5


@pytest.mark.parametrize("n_frames", [[1], [1, 0, 1, 0], [0, 0], []])
def test_changes_are_undefined_without_two_seen_neighbours(n_frames: list[int]) -> None:
    counts = np.array(n_frames, dtype=np.int64)
    blank = timeline(np.zeros((len(counts), 1), dtype=np.bool_), n_frames=counts)
    (tool,) = summarise_tools(blank)
    assert tool.changes_per_minute is None
    assert summarise_recording(blank).changes_per_minute is None


def test_a_recording_is_idle_where_a_frame_shows_no_tool() -> None:
    seen = np.array([1, 1, 0, 1, 1, 1])
    whole = summarise_recording(timeline(presence("##...#", "#....#"), n_frames=seen))
    assert whole == RecordingStatistics(
        n_seconds=6,
        seen_s=5.0,
        unseen_s=1.0,
        n_tools_used=2,
        idle_s=2.0,
        idle_share=0.4,
        several_s=2.0,
        changes_per_minute=2 * 60 / 5,
    )


def test_two_tools_that_swap_change_the_set_once() -> None:
    whole = summarise_recording(timeline(presence("##..", "..##")))
    assert whole.changes_per_minute == 1 * 60 / 4


def test_what_a_recording_without_a_frame_does_not_have_is_none() -> None:
    whole = summarise_recording(timeline(presence(".."), n_frames=np.array([0, 0])))
    assert (whole.seen_s, whole.unseen_s, whole.idle_s) == (0.0, 2.0, 0.0)
    assert whole.idle_share is None


def test_four_hours_of_twenty_tools_take_a_tenth_of_a_second() -> None:
    long = timeline(np.random.default_rng(0).random((4 * 3600, 20)) > 0.7)
    durations = []
    for _ in range(3):
        start = time.process_time()
        summarise_tools(long)
        summarise_recording(long)
        durations.append(time.process_time() - start)
    assert min(durations) < 0.1
