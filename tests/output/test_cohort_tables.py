"""The tables of a cohort, to the byte."""

from __future__ import annotations

import numpy as np
import pytest

from tests.output.drawn import phases_of
from video_pipeline.output.cohort_tables import TABLE_NAMES, cohort_tables, combination_name
from video_pipeline.output.typed_table import table_csv
from video_pipeline.records import ToolTimeline
from video_pipeline.timeline.statistics.cohort import CohortMember, summarise_cohort
from video_pipeline.timeline.statistics.spread import find_outliers, spread_of_figures


def member(video_id: str, *rows: str, phases: str = "") -> CohortMember:
    """``#`` visible, ``?`` no frame; tools grasper and hook; phases a digit a second."""
    cells = np.array([list(row) for row in rows]).T
    n_frames = (cells[:, 0] != "?").astype(np.int64)
    timeline = ToolTimeline(
        ("grasper", "hook")[: len(rows)],
        np.full(cells.shape, np.nan),
        cells == "#",
        n_frames,
    )
    known = np.array([int(c) for c in phases], dtype=np.int64)
    names = ("preparation", "dissection")
    return CohortMember(video_id, timeline, phases_of(known, *names) if phases else None)


MEMBERS = [
    member("case1", "##..#?", "..##.?", phases="000011"),
    member("case2", "####", "....", phases="0000"),
    member("case3", "..#"),
]


@pytest.fixture(scope="module")
def tables() -> dict[str, list[str]]:
    cohort = summarise_cohort(MEMBERS)
    spreads = spread_of_figures(cohort)
    found = cohort_tables(cohort, spreads, find_outliers(spreads))
    return {table.name: table_csv(table).splitlines() for table in found}


def test_the_tables_are_those_that_are_announced(tables: dict[str, list[str]]) -> None:
    assert tuple(tables) == TABLE_NAMES


def test_a_row_a_recording_and_tool(tables: dict[str, list[str]]) -> None:
    header, *rows = tables["tools_per_recording"]
    assert header == (
        "video_id,tool,presence_s,share,n_uses,median_use_s,longest_use_s,first_second,"
        "last_second,n_gaps,median_gap_s,changes_per_minute"
    )
    assert rows == [
        "case1,grasper,3,0.6000,2,1.5,2,0,4,1,2,24.0000",
        "case1,hook,2,0.4000,1,2,2,2,3,0,,24.0000",
        "case2,grasper,4,1.0000,1,4,4,0,3,0,,0.0000",
        "case2,hook,0,0.0000,0,,,,,0,,0.0000",
        "case3,grasper,1,0.3333,1,1,1,2,2,0,,20.0000",
    ]


def test_a_row_a_recording(tables: dict[str, list[str]]) -> None:
    header, *rows = tables["recordings"]
    assert header == (
        "video_id,n_seconds,seen_s,unseen_s,n_tools_used,idle_s,idle_share,several_s,"
        "changes_per_minute"
    )
    assert rows == [
        "case1,6,5,1,2,0,0.0000,0,24.0000",
        "case2,4,4,0,1,0,0.0000,0,0.0000",
        "case3,3,3,0,1,2,0.6667,0,20.0000",
    ]


def test_the_spread_of_each_figure(tables: dict[str, list[str]]) -> None:
    header, *rows = tables["cohort"]
    assert header == "tool,figure,n,n_recordings,median,low,high,first_quartile,third_quartile"
    assert "grasper,presence_s,3,3,3,1,4,2,3.5" in rows
    assert "hook,presence_s,2,3,1,,,0.5,1.5" in rows
    assert "hook,median_gap_s,0,3,,,,," in rows
    assert rows[0].startswith(",n_seconds,3,3,4,3,6,")
    assert len(rows) == 8 + 2 * 10


def test_each_two_tools_once(tables: dict[str, list[str]]) -> None:
    assert tables["co_use"] == [
        "tool,other_tool,both_s,either_s,jaccard",
        "grasper,hook,0,9,0.0000",
    ]


def test_what_followed_and_what_is_unknown(tables: dict[str, list[str]]) -> None:
    assert tables["transitions"] == [
        "tool,next_tool,n_times,share",
        "grasper,grasper,0,0.0000",
        "grasper,hook,1,1.0000",
        "grasper,,0,",
        "hook,grasper,1,1.0000",
        "hook,hook,0,0.0000",
        "hook,,0,",
    ]


def test_changes_of_the_set_the_most_frequent_first(tables: dict[str, list[str]]) -> None:
    assert tables["combination_changes"] == [
        "before,after,n_times",
        ",grasper,1",
        "grasper,hook,1",
        "hook,grasper,1",
    ]


def test_usage_per_phase_and_recording(tables: dict[str, list[str]]) -> None:
    assert tables["phases_per_recording"] == [
        "video_id,phase,tool,phase_s,presence_s,share",
        "case1,preparation,grasper,4,2,0.5000",
        "case1,preparation,hook,4,2,0.5000",
        "case1,dissection,grasper,1,1,1.0000",
        "case1,dissection,hook,1,0,0.0000",
        "case2,preparation,grasper,4,4,1.0000",
        "case2,preparation,hook,4,0,0.0000",
        "case2,dissection,grasper,0,0,",
        "case2,dissection,hook,0,0,",
    ]
    assert tables["usage_per_phase"] == [
        "phase,tool,phase_s,presence_s,share,n_recordings,median_share",
        "preparation,grasper,8,6,0.7500,2,0.7500",
        "preparation,hook,8,2,0.2500,2,0.2500",
        "dissection,grasper,1,1,1.0000,1,1.0000",
        "dissection,hook,1,0,0.0000,1,0.0000",
    ]


def test_without_phases_there_are_no_tables_of_them() -> None:
    cohort = summarise_cohort([MEMBERS[2]])
    found = cohort_tables(cohort, spread_of_figures(cohort), ())
    assert tuple(table.name for table in found) == TABLE_NAMES[:-2]


def test_a_combination_is_named_in_the_order_of_the_tools() -> None:
    assert combination_name({"a", "b"}, ("b", "c", "a")) == "b + a"
    assert combination_name(frozenset(), ("b", "a")) == ""
