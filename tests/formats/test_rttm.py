from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.support.labelled import (
    annotated,
    assert_same_tools,
    exported,
    plain,
    to_the_millisecond,
    uses,
)
from video_pipeline.errors import TableError
from video_pipeline.formats.labelled import LabelledRecording, from_segments
from video_pipeline.formats.registry import reader_of
from video_pipeline.records import ToolSegment


def foreign_read(path: Path) -> list[tuple[str, float, float, str]]:
    """As speaker diarisation reads it: blank-separated fields, comments passed by."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith(";;"):
            continue
        kind, uri, channel, start, duration, a, b, label, c, d = line.split()
        assert (kind, channel, {a, b, c, d}) == ("SPEAKER", "1", {"<NA>"})
        found.append((uri, float(start), float(duration), label))
    return found


def test_a_use_is_a_line_that_others_read(tmp_path: Path) -> None:
    exported("rttm", [plain("video41")], tmp_path)
    assert foreign_read(tmp_path / "tools.rttm") == [
        ("video41", 0.0, 2.0, "Grasper"),
        ("video41", 1.0, 3.0, "Hook"),
        ("video41", 4.0, 2.0, "Grasper"),
    ]


def test_uses_come_back_to_the_millisecond_and_tools_in_their_order(tmp_path: Path) -> None:
    recordings = [plain("a"), to_the_millisecond("b")]
    notes, back = exported("rttm", recordings, tmp_path)
    assert notes == []
    for one, other in zip(recordings, back, strict=True):
        assert_same_tools(one, other)
        assert other.notes == ()
    assert back[1].tools == ("Grasper", "Hook", "Clip", "Unused")
    assert back[1].n_seconds == 12


def test_random_uses_come_back_to_the_millisecond(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    marks = np.unique(rng.integers(0, 100_000_000, 1000)).reshape(-1, 2)[:-1] / 1000
    segments = [
        ToolSegment(("a", "b")[k % 2], start, end, np.nan, np.nan)
        for k, (start, end) in enumerate(marks.tolist())
    ]
    timeline, ordered = from_segments(segments, tools=("a", "b"), n_seconds=100_000)
    recording = LabelledRecording("x", timeline, ordered)
    _, (back,) = exported("rttm", [recording], tmp_path)
    assert_same_tools(recording, back)


def test_what_rttm_cannot_hold_is_said(tmp_path: Path) -> None:
    notes, _ = exported("rttm", [annotated("a")], tmp_path)
    assert notes == [
        "a: the probabilities of its tools are left out",
        "a: 1 s without a frame are written as no tool",
        "a: the flags of 2 s are left out",
        "a: its phases are left out",
        "a: its features are left out",
    ]


def test_a_file_of_another_program_is_read_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "x.rttm"
    path.write_text(
        ";; made elsewhere\n\nSPEAKER rec 1 1.5 2.25 <NA> <NA> b%20c <NA>\n"
        "SPEAKER rec 1 0.100 0.700 <NA> <NA> a <NA> <NA>\n"
    )
    (recording,) = reader_of("rttm")(tmp_path)
    assert recording.tools == ("a", "b%20c")
    assert uses(recording) == [("a", 100, 800), ("b%20c", 1500, 3750)]
    assert recording.n_seconds == 4
    assert recording.notes == ("its length is not given; it was taken to end with its last use",)


OURS = ";; surgical-video rec 5 a b\n"


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        ("", "is empty"),
        (";; nothing\n", "holds no use of a tool"),
        ("SPEAKER rec 1 0 1\n", "line 1: has 5 fields, 'SPEAKER' first"),
        ("LEXEME rec 1 0 1 <NA> <NA> a <NA> <NA>\n", "line 1: has 10 fields, 'LEXEME' first"),
        ("SPEAKER rec 1 x 1 <NA> <NA> a <NA> <NA>\n", "line 1, column 'start': 'x' is no number"),
        ("SPEAKER rec 1 0 -1 <NA> <NA> a <NA> <NA>\n", "line 1, column 'duration': '-1' is no"),
        ("SPEAKER rec 1 0 nan <NA> <NA> a <NA> <NA>\n", "line 1, column 'duration': 'nan' is no"),
        ("SPEAKER rec 1 0 1e8 <NA> <NA> a <NA> <NA>\n", "line 1, column 'duration': '1e8' is no"),
        ("SPEAKER rec 1 0 0.0001 <NA> <NA> a <NA> <NA>\n", "0.0001 is no length of a use"),
        ("SPEAKER ../up 1 0 1 <NA> <NA> a <NA> <NA>\n", "'../up' cannot be the name of a folder"),
        (
            "SPEAKER rec 1 0 2 <NA> <NA> a <NA> <NA>\nSPEAKER rec 1 1 2 <NA> <NA> a <NA> <NA>\n",
            "line 2: overlaps another use of 'a'",
        ),
        (OURS + OURS, "line 2: the recording 'rec' begins twice"),
        (";; surgical-video rec\n", "line 1: names no recording, its seconds and its tools"),
        (";; surgical-video rec 5 a a\n", "line 1: names a tool twice"),
        (";; surgical-video rec 999999999999 a\n", "line 1: names a tool twice, or no possible"),
        (";; surgical-video rec 5 %ff\n", "line 1: '%ff' is no escaped UTF-8"),
        (OURS + "SPEAKER rec 1 0 6 <NA> <NA> a <NA> <NA>\n", "line 2: is not among the 5 s"),
        (OURS + "SPEAKER rec 1 0 1 <NA> <NA> c <NA> <NA>\n", "line 2: is not among the 5 s"),
    ],
)
def test_what_is_wrong_is_named_by_its_line(tmp_path: Path, content: str, cause: str) -> None:
    path = tmp_path / "x.rttm"
    path.write_text(content)
    with pytest.raises(TableError, match=cause) as caught:
        reader_of("rttm")(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)
