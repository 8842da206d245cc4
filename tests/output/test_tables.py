import csv
import io
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from video_pipeline.errors import OutputError
from video_pipeline.output.table_reading import read_timeline
from video_pipeline.output.tables import (
    armoured_cell,
    bare_cell,
    segments_csv,
    statistics_csv,
    timeline_csv,
    write_segments,
    write_statistics,
    write_timeline,
)
from video_pipeline.records import ToolSegment, ToolTimeline
from video_pipeline.timeline.segments import find_segments
from video_pipeline.timeline.statistics import ToolStatistics, summarise_tools


@pytest.fixture
def timeline() -> ToolTimeline:
    return ToolTimeline(
        tools=("grasper", "hook"),
        probabilities=np.array([[0.91239, 0.00004], [1.0, -0.0], [np.nan, np.nan], [0.5, 0.12345]]),
        present=np.array([[True, False], [True, False], [False, False], [False, True]]),
        n_frames=np.array([1, 2, 0, 1]),
    )


def test_timeline_table_to_the_byte(timeline: ToolTimeline, tmp_path: Path) -> None:
    write_timeline(tmp_path / "timeline.csv", timeline, flags=["", "black", "gap", "a, b"])
    assert (tmp_path / "timeline.csv").read_bytes() == (
        b"second,grasper,hook,grasper_probability,hook_probability,n_frames,flag\n"
        b"0,1,0,0.9124,0.0000,1,\n"
        b"1,1,0,1.0000,0.0000,2,black\n"
        b"2,0,0,,,0,gap\n"
        b'3,0,1,0.5000,0.1235,1,"a, b"\n'
    )


def test_segment_table_to_the_byte(timeline: ToolTimeline, tmp_path: Path) -> None:
    write_segments(tmp_path / "segments.csv", find_segments(timeline))
    assert (tmp_path / "segments.csv").read_bytes() == (
        b"tool,start_s,end_s,duration_s,mean_probability,peak_probability\n"
        b"grasper,0,2,2,0.9562,1.0000\n"
        b"hook,3,4,1,0.1235,0.1235\n"
    )


def test_statistics_table_to_the_byte(timeline: ToolTimeline, tmp_path: Path) -> None:
    write_statistics(tmp_path / "statistics.csv", summarise_tools(timeline))
    assert (tmp_path / "statistics.csv").read_bytes() == (
        b"tool,presence_s,share,n_uses,median_use_s,longest_use_s,first_second,last_second,"
        b"n_gaps,median_gap_s,changes_per_minute\n"
        b"grasper,2,0.6667,1,2,2,0,1,0,,0.0000\n"
        b"hook,1,0.3333,1,1,1,3,3,0,,0.0000\n"
    )


def test_what_is_missing_is_an_empty_cell() -> None:
    never = ToolStatistics(
        tool="hook",
        presence_s=0.0,
        share=None,
        n_uses=0,
        median_use_s=None,
        longest_use_s=None,
        first_second=None,
        last_second=None,
        n_gaps=0,
        median_gap_s=None,
        changes_per_minute=None,
    )
    assert statistics_csv([never]).splitlines()[1] == "hook,0,,0,,,,,0,,"
    unknown = ToolSegment("hook", 0.0, 1.0, mean_probability=np.nan, peak_probability=np.nan)
    assert segments_csv([unknown]).splitlines()[1] == "hook,0,1,1,,"


@pytest.mark.parametrize(
    ("start_s", "end_s", "cells"),
    [(0.0, 100.0, "0,100,100"), (0.5, 1.25, "0.5,1.25,0.75"), (1.0004, 2.0006, "1,2.001,1")],
)
def test_times_have_three_decimals_at_most_and_no_trailing_zeros(
    start_s: float, end_s: float, cells: str
) -> None:
    segment = ToolSegment("hook", start_s, end_s, mean_probability=1.0, peak_probability=1.0)
    assert segments_csv([segment]).splitlines()[1] == f"hook,{cells},1.0000,1.0000"


def test_flags_must_be_one_a_second(timeline: ToolTimeline) -> None:
    with pytest.raises(ValueError, match="flag for each of 4 s, got 1"):
        timeline_csv(timeline, flags=["gap"])


@pytest.mark.parametrize("name", ["=cmd|'/c calc'!A0", "+1", "-1", "@SUM(A1)", "\tx", "\rx"])
def test_a_name_that_a_spreadsheet_would_run_is_neutralised(name: str) -> None:
    one = ToolTimeline((name,), np.array([[0.9]]), np.array([[True]]), np.array([1]))
    tables = (
        timeline_csv(one, flags=[name]),
        segments_csv(find_segments(one)),
        statistics_csv(summarise_tools(one)),
    )
    for table in tables:
        for row in csv.reader(io.StringIO(table, newline="")):
            assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)


@pytest.mark.parametrize("name", ["=x", "'=x", "''=x", "'x", "hook", "", "-", "'", "x=1"])
def test_neutralised_names_come_back(name: str) -> None:
    assert bare_cell(armoured_cell(name)) == name


def test_ordinary_names_stay_as_they_are() -> None:
    assert armoured_cell("specimen bag (10 mm)") == "specimen bag (10 mm)"


def test_pandas_reads_the_same_numbers(timeline: ToolTimeline) -> None:
    table = pd.read_csv(io.StringIO(timeline_csv(timeline, flags=["", "", "gap", ""])))
    assert table["hook"].tolist() == [0, 0, 0, 1]
    assert table["hook"].dtype == np.int64
    np.testing.assert_array_equal(
        table["grasper_probability"], np.array([0.9124, 1.0, np.nan, 0.5])
    )


def test_three_hours_of_seven_tools_are_formatted_in_a_fifth_of_a_second() -> None:
    probabilities = np.random.default_rng(0).random((10_800, 7))
    long = ToolTimeline(
        tuple("abcdefg"),
        probabilities,
        probabilities > 0.5,
        np.ones(10_800, dtype=np.int64),
    )
    durations = []
    for _ in range(3):
        start = time.process_time()
        timeline_csv(long)
        durations.append(time.process_time() - start)
    assert min(durations) < 0.2


def test_a_folder_that_is_missing_is_an_output_error(
    timeline: ToolTimeline, tmp_path: Path
) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        write_timeline(tmp_path / "gone" / "timeline.csv", timeline)


def test_a_name_with_a_bare_return_stays_in_its_cell(tmp_path: Path) -> None:
    timeline = ToolTimeline(
        tools=("a\rb", 'c"d,e'),
        probabilities=np.array([[0.5, 0.25]]),
        present=np.array([[True, False]]),
        n_frames=np.array([1], dtype=np.int64),
    )
    write_timeline(tmp_path / "timeline.csv", timeline)
    assert read_timeline(tmp_path / "timeline.csv").timeline.tools == ("a\rb", 'c"d,e')
