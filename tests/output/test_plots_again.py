"""A picture drawn again from the table is the one that was drawn with the table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from video_pipeline.output.plots import encode_timeline_plot
from video_pipeline.output.table_reading import read_timeline
from video_pipeline.output.tables import write_timeline
from video_pipeline.records import ToolTimeline


def exact_timeline(n_seconds: int) -> ToolTimeline:
    """Probabilities that four decimals do not hold, ties among them, and a second without any."""
    rng = np.random.default_rng(n_seconds)
    probabilities = rng.random((n_seconds, 3))
    probabilities[::7, 0] = (np.arange(len(probabilities[::7])) % 1000) / 1000 + 0.00005
    n_frames = np.ones(n_seconds, dtype=np.int64)
    n_frames[n_seconds // 2] = 0
    probabilities[n_seconds // 2] = np.nan
    present = np.nan_to_num(probabilities) > 0.5
    return ToolTimeline(("hook", "=cmd", "a, b"), probabilities, present, n_frames)


@pytest.mark.parametrize("file_format", ["png", "svg", "pdf"])
@pytest.mark.parametrize("n_seconds", [90, 3000])
def test_a_table_gives_the_bytes_of_its_timeline(
    tmp_path: Path, file_format: str, n_seconds: int
) -> None:
    timeline = exact_timeline(n_seconds)
    flags = ["", "gap", *[""] * (n_seconds - 2)]
    write_timeline(tmp_path / "timeline.csv", timeline, flags=flags)
    table = read_timeline(tmp_path / "timeline.csv")
    first = encode_timeline_plot(file_format, timeline, title="case 12", flags=flags)
    again = encode_timeline_plot(file_format, table.timeline, title="case 12", flags=table.flags)
    assert first == again


def test_rounding_is_what_makes_them_equal(tmp_path: Path) -> None:
    timeline = exact_timeline(3000)
    write_timeline(tmp_path / "timeline.csv", timeline)
    read = read_timeline(tmp_path / "timeline.csv").timeline.probabilities
    assert not np.array_equal(read, timeline.probabilities, equal_nan=True)
    assert not np.array_equal(read, np.round(timeline.probabilities, 4), equal_nan=True)


@pytest.mark.parametrize("n_known", [0, 1])
def test_the_key_speaks_of_probabilities_where_there_are_any(n_known: int) -> None:
    probabilities = np.full((9, 1), np.nan)
    probabilities[:n_known] = 0.5
    timeline = ToolTimeline(
        ("hook",), probabilities, np.ones((9, 1), dtype=np.bool_), np.ones(9, dtype=np.int64)
    )
    picture = encode_timeline_plot("svg", timeline, title="labels").decode()
    assert ("probability 0 to 1" in picture) == (n_known > 0)
