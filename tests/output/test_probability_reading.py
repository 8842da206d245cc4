"""Probabilities of any model, read by the second or by the time, and mistakes named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from video_pipeline.errors import TableError
from video_pipeline.output.probability_reading import read_probabilities


def table(folder: Path, text: str, *, encoding: str = "utf-8") -> Path:
    path = folder / "case.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_seconds_are_read_and_empty_ones_are_missing(tmp_path: Path) -> None:
    path = table(
        tmp_path, "second,hook_probability,clip applier_probability\n0,0.5,1\n1,,\n2,0,0.25\n"
    )
    found = read_probabilities(path)
    assert found.tools == ("hook", "clip applier")
    np.testing.assert_array_equal(found.probabilities, [[0.5, 1], [np.nan, np.nan], [0, 0.25]])
    assert found.n_frames.tolist() == [1, 0, 1]
    assert found.flags is None


def test_frames_by_time_become_means_of_seconds(tmp_path: Path) -> None:
    rows = "0.0,0.2\n0.5,0.4\n1.25,0.5\n3.9,1\n"
    found = read_probabilities(table(tmp_path, f"time_s,hook_probability\n{rows}"))
    np.testing.assert_allclose(found.probabilities[:, 0], [0.3, 0.5, np.nan, 1], atol=1e-7)
    assert found.n_frames.tolist() == [2, 1, 0, 1]


def test_our_own_timeline_is_such_a_table(tmp_path: Path) -> None:
    text = (
        "second,hook,hook_probability,n_frames,flag\n0,1,0.9000,25,\n1,0,,0,gap\n2,0,0.1000,25,\n"
    )
    found = read_probabilities(table(tmp_path, text))
    assert found.tools == ("hook",)
    assert found.n_frames.tolist() == [25, 0, 25]
    assert found.flags == ("", "gap", "")


def test_a_spreadsheets_mark_and_line_ends_are_fine(tmp_path: Path) -> None:
    text = "second,hook_probability\r\n0,0.5\r\n"
    assert read_probabilities(table(tmp_path, text, encoding="utf-8-sig")).tools == ("hook",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("second,hook_probability\n", "has a header but no rows"),
        ("second;hook_probability\n0;0,5\n", "line 1: columns are separated by semicolons"),
        ("frame,hook_probability\n0,0.5\n", "line 1: the first column is 'frame'"),
        ("second,hook\n0,1\n", "line 1: has no column <tool>_probability"),
        ("second,_probability\n0,1\n", "line 1: has no column <tool>_probability"),
        ("second,a_probability,a_probability\n0,1,1\n", "line 1, column 3: 'a_probability' occurs"),
        ("second,a_probability\n0,1,1\n", "line 2: has 3 columns, the header 2"),
        ("second,a_probability\n0,1\n2,1\n", "line 3, column 'second': second 1 is missing"),
        ("second,a_probability\n1,1\n", "line 2, column 'second': second 0 is missing"),
        ("second,a_probability\n0,1\n0,1\n", "line 3, column 'second': 0 occurs twice"),
        ("second,a_probability\n0.5,1\n", "'0.5' is no whole second"),
        ("second,a_probability\nnan,1\n", "'nan' is no whole second"),
        ("time_s,a_probability\n0,1\n0,1\n", "line 3, column 'time_s': 0 occurs twice"),
        ("time_s,a_probability\n1e99,1\n", "'1e99' is no time in seconds"),
        ("second,a_probability\n0,1.5\n", "line 2, column 'a_probability': '1.5' is no probab"),
        ("second,a_probability\n0,nan\n", "'nan' is no probability"),
        (
            "second,a_probability,b_probability\n0,,0.5\n",
            "line 2, column 'a_probability': is empty",
        ),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(TableError) as caught:
        read_probabilities(table(tmp_path, text))
    assert said in str(caught.value)


def test_text_of_another_encoding_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="is not UTF-8"):
        read_probabilities(table(tmp_path, "second,ü_probability\n0,1\n", encoding="latin-1"))
