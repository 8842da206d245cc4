from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from video_pipeline.errors import TableError
from video_pipeline.output.segment_reading import read_segments
from video_pipeline.output.tables import segments_csv
from video_pipeline.records import ToolSegment

HEADER = "tool,start_s,end_s,duration_s,mean_probability,peak_probability\n"


def test_segments_are_read_to_the_millisecond(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    marks = np.unique(rng.integers(0, 10_000_000, 400)) / 1000
    written = [
        ToolSegment(f"tool {k % 3}", start, end, round(k / 400, 4), 1.0)
        for k, (start, end) in enumerate(marks[: len(marks) // 2 * 2].reshape(-1, 2).tolist())
    ]
    path = tmp_path / "segments.csv"
    path.write_text(segments_csv(written))
    assert list(read_segments(path)) == written


def test_names_are_data_and_missing_probabilities_none(tmp_path: Path) -> None:
    names = ["=cmd", "a,b", "two\nlines", "Ciseaux é", " blank "]
    path = tmp_path / "segments.csv"
    path.write_text(
        segments_csv(ToolSegment(n, k, k + 1, np.nan, np.nan) for k, n in enumerate(names))
    )
    read = read_segments(path)
    assert [segment.tool for segment in read] == names
    assert all(np.isnan(segment.mean_probability) for segment in read)


def test_a_recording_without_uses_has_no_segments(tmp_path: Path) -> None:
    (tmp_path / "segments.csv").write_text(HEADER)
    assert read_segments(tmp_path / "segments.csv") == ()


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        ("", "is empty"),
        ("tool,start,end\n", "line 1: is 'tool,start,end'"),
        (HEADER.replace(",", ";"), "line 1: columns are separated by semicolons"),
        (HEADER + "a,0,1,1,\n", "line 2: has 5 columns, the header 6"),
        (HEADER + ",0,1,1,,\n", "line 2, column 'tool': is empty"),
        (HEADER + "a,x,1,1,,\n", "line 2, column 'start_s': 'x' is no number"),
        (HEADER + "a,-1,1,2,,\n", "line 2, column 'start_s': '-1' is no number"),
        (HEADER + "a,0,inf,1,,\n", "line 2, column 'end_s': 'inf' is no number"),
        (HEADER + "a,2,2,0,,\n", "line 2, column 'end_s': 2 is not after 2"),
        (HEADER + "a,0,2,1,,\n", "line 2, column 'duration_s': 1, but from start to end it is 2"),
        (HEADER + "a,0,2,2,1.1,\n", "line 2, column 'mean_probability': '1.1' is no number from"),
        (HEADER + "a,0,2,2,,\nb,0,2,2,,\na,1,3,2,,\n", "line 4: overlaps line 2, of the same"),
    ],
)
def test_what_is_wrong_is_named_by_line_and_column(
    tmp_path: Path, content: str, cause: str
) -> None:
    path = tmp_path / "segments.csv"
    path.write_text(content)
    with pytest.raises(TableError, match=cause) as caught:
        read_segments(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)
