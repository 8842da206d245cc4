import os
from pathlib import Path

import numpy as np
import pytest

from video_pipeline.errors import TableError
from video_pipeline.output.table_reading import TimelineTable, read_timeline
from video_pipeline.output.tables import timeline_csv, write_timeline
from video_pipeline.records import ToolTimeline

BAD_TABLES = Path(__file__).parents[2].parent / "shared/bad_inputs/tables"
OWN = "second,hook,hook_probability,n_frames,flag\n"


def read(tmp_path: Path, content: str | bytes) -> TimelineTable:
    path = tmp_path / "t.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_timeline(path)


def random_timeline(seed: int, tools: tuple[str, ...]) -> tuple[ToolTimeline, list[str]]:
    rng = np.random.default_rng(seed)
    shape = (int(rng.integers(1, 40)), len(tools))
    n_frames = rng.integers(0, 3, shape[0])
    probabilities = rng.random(shape).round(4)
    probabilities[n_frames == 0] = np.nan
    present = (rng.random(shape) < 0.5) & (n_frames > 0)[:, np.newaxis]
    flags = [str(rng.choice(["", "gap", "black", "=x", 'said "no", twice'])) for _ in n_frames]
    return ToolTimeline(tools, probabilities, present, n_frames), flags


@pytest.mark.parametrize(
    "tools",
    [
        ("hook",),
        ("grasper", "hook", "specimen bag"),
        ("=x", "'=x", "a,b", 'q"', "line\nbreak", " "),
    ],
)
def test_timeline_to_table_to_timeline_is_the_identity(
    tmp_path: Path, tools: tuple[str, ...]
) -> None:
    for seed in range(20):
        timeline, flags = random_timeline(seed, tools)
        write_timeline(tmp_path / "t.csv", timeline, flags=flags)
        back = read_timeline(tmp_path / "t.csv")
        assert back.timeline.tools == tools
        assert list(back.flags) == flags
        np.testing.assert_array_equal(back.timeline.present, timeline.present)
        np.testing.assert_array_equal(back.timeline.n_frames, timeline.n_frames)
        np.testing.assert_array_equal(back.timeline.probabilities, timeline.probabilities)
        assert timeline_csv(back.timeline, flags=back.flags) == (tmp_path / "t.csv").read_text()


def test_names_like_our_own_columns_are_no_trouble(tmp_path: Path) -> None:
    timeline, flags = random_timeline(1, ("second", "flag", "a", "a_probability", "n_frames"))
    write_timeline(tmp_path / "t.csv", timeline, flags=flags)
    assert read_timeline(tmp_path / "t.csv").timeline.tools == timeline.tools


def test_a_plain_reference_has_presence_and_no_probabilities(tmp_path: Path) -> None:
    table = read(tmp_path, "second,grasper,hook\n0,1,0\n1,0,1\n")
    assert table.timeline.tools == ("grasper", "hook")
    assert table.timeline.present.tolist() == [[True, False], [False, True]]
    assert np.isnan(table.timeline.probabilities).all()
    assert table.timeline.n_frames.tolist() == [1, 1]
    assert table.flags == ("", "")


def test_an_empty_row_of_a_reference_is_a_second_without_a_frame(tmp_path: Path) -> None:
    table = read(tmp_path, "second,grasper,hook\n0,1,0\n1,,\n2,0,1\n")
    assert table.timeline.n_frames.tolist() == [1, 0, 1]


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfsecond,hook\r\n0,1\r\n1,0\r\n",
        b"time_s,hook\n0,1\n1,0\n",
        b"second, hook\n0, 1\n1, 0\n",
        b"second,hook\n0.0,1.0\n1.0,0.0",
        b'"second","hook"\n"0","1"\n\n"1","0"\n',
    ],
    ids=["bom_crlf", "time_s", "blanks", "decimals", "quotes"],
)
def test_harmless_differences_are_read_the_same(tmp_path: Path, content: bytes) -> None:
    timeline = read(tmp_path, content).timeline
    assert timeline.tools == ("hook",)
    assert timeline.present.tolist() == [[True], [False]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        ("second,hook\n", "no rows"),
        ("second\n0\n", "line 1: has no tool columns"),
        ("Frame,hook\n0,1\n", "line 1: the first column is 'Frame'"),
        ("second,,hook\n0,1,1\n", "line 1, column 2: has no name"),
        ("second,hook,hook\n0,1,1\n", "line 1, column 3: 'hook' occurs twice"),
        ("second;hook\n0;1\n", "separated by semicolons"),
        ("second\thook\n0\t1\n", "separated by tabs"),
        ("second,ciseaux_é\n0,1\n".encode("latin-1"), "line 1: is not UTF-8"),
        (b"second,hook\n0,1\n1,\xff\n", "line 3: is not UTF-8"),
        ("second,hook\n0,1\n0,1\n", "line 3, column 1: second 0 occurs twice or out of order"),
        ("second,hook\n0,1\n2,1\n", "line 3, column 1: second 1 is missing, 2 follows"),
        ("second,hook\n1,1\n", "line 2, column 1: second 0 is missing"),
        ("second,hook\n0,1\n1,1\n0,1\n", "line 4, column 1: second 0 occurs twice"),
        ("second,hook\n0.5,1\n", "line 2, column 1: '0.5' is no whole second"),
        ("second,hook\nzero,1\n", "line 2, column 1: 'zero' is no whole second"),
        ("second,hook\ninf,1\n", "line 2, column 1: 'inf' is no whole second"),
        ("second,hook\n-1,1\n", "line 2, column 1: '-1' is no whole second"),
        ("second,hook\n0,yes\n", "line 2, column 'hook': 'yes' is neither 0 nor 1"),
        ("second,hook\n0,0.5\n", "line 2, column 'hook': '0.5' is neither 0 nor 1"),
        ("second,a,b\n0,1,\n", "line 2, column 'b': '' is neither 0 nor 1"),
        ("second,hook\n0,1\n1\n", "line 3: has 1 columns, the header 2"),
        ("second,hook\n0,1,1\n", "line 2: has 3 columns, the header 2"),
        ('second,hook\n0,"1\n', "is no CSV"),
        (OWN + "0,1,0.5,-1,\n", "line 2, column 'n_frames': '-1' is no count"),
        (OWN + "0,1,nan,1,\n", "line 2, column 'hook_probability': 'nan' is no probability"),
        (OWN + "0,1,1.2,1,\n", "line 2, column 'hook_probability': '1.2' is no probability"),
        (OWN + '0,1,"0,5",1,\n', "line 2, column 'hook_probability': '0,5' is no probability"),
        (OWN + "0,1,,0,\n", "line 2: shows a tool in a second with n_frames 0"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, content: str | bytes, message: str) -> None:
    with pytest.raises(TableError) as error:
        read(tmp_path, content)
    assert str(error.value).startswith(f"{tmp_path / 't.csv'}: ")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"gone\.csv: cannot be read \(No such file"):
        read_timeline(tmp_path / "gone.csv")
    with pytest.raises(TableError, match="Is a directory"):
        read_timeline(tmp_path)


@pytest.mark.skipif(not BAD_TABLES.is_dir(), reason="the bad tables are not here")
@pytest.mark.parametrize(
    ("name", "readable"),
    [
        ("cut", False),
        ("nan", False),
        ("dup_rows", False),
        ("semicolon", False),
        ("latin1", False),
        ("bom_crlf", True),
        ("formula", True),
    ],
)
def test_the_shared_bad_tables(name: str, *, readable: bool) -> None:
    path = BAD_TABLES / f"timeline_{name}.csv"
    if readable:
        assert read_timeline(path).timeline.n_seconds == 1
    else:
        with pytest.raises(TableError, match=f"timeline_{name}"):
            read_timeline(path)


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "timeline.csv")
    with pytest.raises(TableError, match="is no plain file"):
        read_timeline(tmp_path / "timeline.csv")
