import numpy as np
import pandas as pd
import pytest

from tests.timeline.builders import cholec80_presence, presence, timeline
from video_pipeline.timeline.statistics import ToolStatistics, summarise_tools


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
    )


def test_what_a_tool_never_used_does_not_have_is_none() -> None:
    (tool,) = summarise_tools(timeline(presence("....")))
    assert (tool.presence_s, tool.share, tool.n_uses) == (0.0, 0.0, 0)
    assert tool.median_use_s is None
    assert tool.longest_use_s is None
    assert tool.first_second is None
    assert tool.last_second is None


def test_share_is_of_the_seconds_that_have_a_frame() -> None:
    (tool,) = summarise_tools(timeline(presence("##.."), n_frames=np.array([1, 1, 1, 0])))
    assert tool.share == pytest.approx(2 / 3)


def test_share_is_none_where_no_second_has_a_frame() -> None:
    (tool,) = summarise_tools(timeline(presence(".."), n_frames=np.array([0, 0])))
    assert tool.share is None


def test_statistics_are_those_of_pandas_on_real_operations() -> None:
    for present in cholec80_presence():
        for k, tool in enumerate(summarise_tools(timeline(present))):
            seen = pd.Series(present[:, k])
            seconds = seen.index[seen]
            uses = seen[seen].groupby((seen != seen.shift()).cumsum()).size()
            assert tool.presence_s == seen.sum()
            assert tool.share == pytest.approx(seen.mean(), rel=1e-12)
            assert tool.n_uses == len(uses)
            assert tool.median_use_s == (uses.median() if len(uses) > 0 else None)
            assert tool.longest_use_s == (uses.max() if len(uses) > 0 else None)
            assert tool.first_second == (seconds[0] if len(seconds) > 0 else None)
            assert tool.last_second == (seconds[-1] if len(seconds) > 0 else None)
