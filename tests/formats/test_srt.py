"""SubRip: what is in use in one line, nothing where nothing is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pysubs2
import pytest
import webvtt as webvtt_py

from tests.formats.drawn_recordings import HOSTILE, drawn_at_random, labelled, uses_of
from video_pipeline.formats import srt
from video_pipeline.formats.labelled import LabelledRecording
from video_pipeline.formats.registry import ExportSettings


def written(recording: LabelledRecording, out: Path) -> Path:
    srt.write([recording], out, ExportSettings())
    return next(out.glob("*.srt"))


def states(path: Path) -> Sequence[tuple[int, int, str]]:
    return [(e.start, e.end, e.text) for e in pysubs2.load(str(path), format_="srt")]


def test_uses_that_overlap_are_merged_into_states(tmp_path: Path) -> None:
    sent = labelled(
        [("Hook", 1, 4), ("Grasper", 2.5, 6), ("Grasper", 6, 7), ("Hook", 9, 9.25)],
        tools=("Grasper", "Hook"),
        n_seconds=12,
    )
    assert states(written(sent, tmp_path)) == [
        (1000, 2500, "Hook"),
        (2500, 4000, "Grasper + Hook"),
        (4000, 7000, "Grasper"),
        (9000, 9250, "Hook"),
    ]


@pytest.mark.parametrize("seed", range(4))
def test_every_millisecond_shows_what_is_in_use(seed: int, tmp_path: Path) -> None:
    tools = ("Grasper", "Hook", "Clipper", "Scissors")
    sent = drawn_at_random(seed, tools=tools)
    length_ms = 1000 * sent.n_seconds
    expected = np.zeros((length_ms, len(tools)), dtype=bool)
    for tool, start, end in uses_of(sent):
        expected[start:end, tools.index(tool)] = True
    shown = np.zeros_like(expected)
    before = 0
    for start, end, text in states(written(sent, tmp_path)):
        assert before <= start < end
        before = end
        for tool in text.split(" + "):
            shown[start:end, tools.index(tool)] = True
    np.testing.assert_array_equal(shown, expected)


def test_names_that_players_take_for_commands_are_written_alike(tmp_path: Path) -> None:
    sent = drawn_at_random(1)
    notes = srt.write([sent], tmp_path, ExportSettings())
    text = (tmp_path / "case 12.srt").read_text(encoding="utf-8")
    assert "<" not in text
    assert "{" not in text
    assert sum(line.count("-->") for line in text.splitlines()) == text.count(" --> 0")
    assert any("'<b>Hook</b>' is written as '‹b›Hook‹/b›'" in note for note in notes)
    assert any("phases" in note for note in notes)
    assert {tool for tool in HOSTILE if f"{tool!r} is written" in "".join(notes)}


def test_webvtt_py_converts_it(tmp_path: Path) -> None:
    path = written(labelled([("Hook", 1, 2)], tools=("Hook",), n_seconds=3), tmp_path)
    assert [caption.text for caption in webvtt_py.from_srt(str(path)).captions] == ["Hook"]


def test_nothing_in_use_makes_an_empty_file(tmp_path: Path) -> None:
    assert written(labelled([], tools=("Hook",), n_seconds=3), tmp_path).read_bytes() == b""
