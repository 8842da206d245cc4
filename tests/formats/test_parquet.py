from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.support.labelled import (
    SETTINGS,
    annotated,
    assert_same_phases,
    assert_same_tools,
    exported,
    plain,
    to_the_millisecond,
    with_phases,
)
from video_pipeline.errors import OutputError, TableError
from video_pipeline.formats.registry import reader_of, writer_of

parquet: Any = importlib.import_module("pyarrow.parquet")

NAME = "timelines.parquet"


def test_everything_comes_back_as_it_was(tmp_path: Path) -> None:
    recordings = [annotated("a"), to_the_millisecond("b"), with_phases(plain("c", ("Hook", "x")))]
    notes, back = exported("parquet", recordings, tmp_path)
    assert notes == []
    for one, other in zip(recordings, back, strict=True):
        assert one.video_id == other.video_id
        assert_same_tools(one, other)
        assert one.timeline is not None
        assert other.timeline is not None
        np.testing.assert_array_equal(one.timeline.probabilities, other.timeline.probabilities)
        np.testing.assert_array_equal(one.timeline.n_frames, other.timeline.n_frames)
        assert one.flags == other.flags
        assert [s.mean_probability for s in one.segments] == pytest.approx(
            [s.mean_probability for s in other.segments], abs=0, nan_ok=True
        )
        if one.phases is None:
            assert other.phases is None
        else:
            assert_same_phases(one, other)
        if one.features is None:
            assert other.features is None
        else:
            np.testing.assert_array_equal(one.features, other.features)


def test_features_with_seconds_that_have_none_come_back(tmp_path: Path) -> None:
    recording = annotated("a")
    assert recording.features is not None
    features = recording.features.copy()
    features[3] = np.nan
    object.__setattr__(recording, "features", features)
    _, (back,) = exported("parquet", [recording], tmp_path)
    np.testing.assert_array_equal(back.features, features)


def test_pandas_reads_a_row_a_second_with_columns_as_in_our_tables(tmp_path: Path) -> None:
    exported("parquet", [annotated("a"), plain("b", ("Hook", "Clip"))], tmp_path)
    table = pd.read_parquet(tmp_path / NAME)
    assert table.groupby("video_id")["second"].max().tolist() == [5, 5]
    assert list(table.columns[:5]) == ["video_id", "second", "Grasper", "Hook", "Clip"]
    assert table["Grasper"][:6].tolist() == [True, True, False, False, True, True]
    assert table["Grasper"][6:].isna().all()
    assert table["Grasper_probability"][0] == 0.9375
    assert np.isnan(table["Grasper_probability"][3])
    assert table["phase"][0] == "Preparation"
    assert table["flag"][3] == "gap"


def test_phases_alone_are_held_too(tmp_path: Path) -> None:
    recording = with_phases(plain("a"))
    object.__setattr__(recording, "timeline", None)
    object.__setattr__(recording, "segments", ())
    _, (back,) = exported("parquet", [recording], tmp_path)
    assert back.timeline is None
    assert_same_phases(back, recording)


def test_the_same_recordings_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        exported("parquet", [annotated("a")], tmp_path / name)
    assert (tmp_path / "one" / NAME).read_bytes() == (tmp_path / "two" / NAME).read_bytes()


@pytest.mark.parametrize("tool", ["phase", "second", "features", "video_id"])
def test_a_tool_that_would_be_a_second_column_is_named(tmp_path: Path, tool: str) -> None:
    with pytest.raises(TableError, match=f"the tool '{tool}' needs a second column '{tool}'"):
        exported("parquet", [plain("a", (tool, "Hook"))], tmp_path)
    with pytest.raises(TableError, match="the tool 'x' needs a second column 'x_probability'"):
        exported("parquet", [plain("a", ("x_probability", "x"))], tmp_path)
    assert list(tmp_path.iterdir()) == []


def damaged(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Write the table again with other metadata."""
    table = parquet.read_table(path)
    content = json.loads(table.schema.metadata[b"surgical_video"])
    change(content)
    metadata = {"surgical_video": json.dumps(content)}
    parquet.write_table(table.replace_schema_metadata(metadata), path)


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (lambda c: c.update(version=2), "is of version 2; update this program"),
        (lambda c: c.pop("recordings"), "has damaged metadata"),
        (lambda c: c.update(recordings={}), "holds no recording"),
        (lambda c: c.update(recordings={"../up": c["recordings"]["a"]}), "'../up' cannot be"),
        (lambda c: c.update(recordings={"b": c["recordings"]["a"]}), "second 0 of 'b' is expected"),
        (lambda c: c["recordings"]["a"].update(n_seconds=5), "has 6 rows, but its metadata"),
        (lambda c: c["recordings"]["a"].update(n_seconds=-1), "damaged metadata.*n_seconds"),
        (lambda c: c["recordings"]["a"].update(n_seconds=True), "damaged metadata.*n_seconds"),
        (lambda c: c["recordings"]["a"].update(tools=["Saw"]), "rows and metadata do not agree"),
        (lambda c: c["recordings"]["a"].update(tools=7), "rows and metadata do not agree"),
        (lambda c: c["recordings"]["a"].update(segments=[[9, 0, 1, None, None]]), "do not agree"),
        (lambda c: c["recordings"]["a"].update(segments=[[0, 1, 1, None, None]]), "do not agree"),
        (lambda c: c["recordings"]["a"].update(segments=[["0"]]), "do not agree"),
        (lambda c: c["recordings"]["a"].update(phases=["x"]), "do not agree"),
    ],
)
def test_metadata_that_do_not_fit_the_rows_are_refused(
    tmp_path: Path, change: Callable[[dict[str, Any]], object], cause: str
) -> None:
    exported("parquet", [annotated("a")], tmp_path)
    damaged(tmp_path / NAME, change)
    with pytest.raises(TableError, match=cause) as caught:
        reader_of("parquet")(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_table_of_another_making_is_refused_with_a_hint(tmp_path: Path) -> None:
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "x.parquet")
    with pytest.raises(TableError, match="has no metadata of ours in its schema; expected is"):
        reader_of("parquet")(tmp_path / "x.parquet")


def test_what_is_no_parquet_is_refused_in_one_line(tmp_path: Path) -> None:
    exported("parquet", [annotated("a")], tmp_path)
    whole = (tmp_path / NAME).read_bytes()
    for content in (b"", b"text", whole[:-20], whole[: len(whole) // 2], b"PAR1" + b"\xff" * 99):
        (tmp_path / NAME).write_bytes(content)
        with pytest.raises(TableError, match="is no Parquet table that can be read, or damaged"):
            reader_of("parquet")(tmp_path)
    with pytest.raises(TableError, match="no such file"):
        reader_of("parquet")(tmp_path / "none.parquet")


def test_a_flipped_byte_is_no_traceback(tmp_path: Path) -> None:
    exported("parquet", [annotated("a")], tmp_path)
    whole = (tmp_path / NAME).read_bytes()
    rng = np.random.default_rng(0)
    for place in rng.integers(0, len(whole), 150).tolist():
        content = bytearray(whole)
        content[place] ^= 0x55
        (tmp_path / NAME).write_bytes(bytes(content))
        # Many are read all the same; nothing but an error of ours comes out of it.
        with suppress(TableError):
            reader_of("parquet")(tmp_path)


def test_without_pyarrow_both_ways_say_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    hint = r"pyarrow is not installed; pip install 'surgical-video\[parquet\]'"
    with pytest.raises(OutputError, match=hint):
        writer_of("parquet")([plain("a")], tmp_path, SETTINGS)
    with pytest.raises(TableError, match=hint):
        reader_of("parquet")(tmp_path)
