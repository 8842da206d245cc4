"""WebVTT: read by other readers, and read from other writers."""

from __future__ import annotations

import html
from pathlib import Path

import pysubs2
import pytest
import webvtt as webvtt_py

from tests.formats.drawn_recordings import (
    HOSTILE,
    drawn_at_random,
    labelled,
    phase_timeline,
    phases_of,
    uses_of,
)
from video_pipeline.errors import TableError
from video_pipeline.formats import webvtt
from video_pipeline.formats.labelled import LabelledRecording
from video_pipeline.formats.registry import ExportSettings


def written(recording: LabelledRecording, out: Path) -> Path:
    webvtt.write([recording], out, ExportSettings())
    return next(out.glob("*.vtt"))


def read(tmp_path: Path, text: str) -> LabelledRecording:
    path = tmp_path / "case.vtt"
    path.write_bytes(text.encode())
    return webvtt.read(path)[0]


@pytest.mark.parametrize("seed", range(3))
def test_webvtt_py_reads_a_cue_for_each_use_and_phase(seed: int, tmp_path: Path) -> None:
    tools = tuple(tool for tool in HOSTILE if tool.isprintable())
    sent = drawn_at_random(seed, tools=tools)
    captions = webvtt_py.read(str(written(sent, tmp_path))).captions
    cues = [(html.unescape(of.raw_text), of.identifier) for of in captions]
    assert len(cues) == len(uses_of(sent)) + len(phases_of(sent))
    assert sorted(text for text, identifier in cues if identifier is None) == sorted(
        tool for tool, _, _ in uses_of(sent)
    )


def test_pysubs2_reads_the_same_times(tmp_path: Path) -> None:
    sent = labelled(
        [("Hook", 0.001, 5021.5), ("Clipper", 3, 3.999)], tools=("Hook", "Clipper"), n_seconds=5100
    )
    subtitles = pysubs2.load(str(written(sent, tmp_path)), format_="vtt")
    assert [(e.text, e.start, e.end) for e in subtitles] == [
        ("Hook", 1, 5021500),
        ("Clipper", 3000, 3999),
    ]


def test_markup_and_arrows_are_escaped(tmp_path: Path) -> None:
    sent = labelled([("<b>a --> b</b>", 0, 1)], tools=("<b>a --> b</b>",), n_seconds=2)
    text = written(sent, tmp_path).read_text(encoding="utf-8")
    assert "&lt;b&gt;a --&gt; b&lt;/b&gt;" in text
    assert sum("-->" in line for line in text.splitlines()) == 1


def test_phases_are_shown_at_the_top(tmp_path: Path) -> None:
    phases = phase_timeline(("Preparation", "Dissection"), [0, 0, 1])
    path = written(labelled([], tools=("Hook",), n_seconds=3, phases=phases), tmp_path)
    assert "phase 2\n00:00:02.000 --> 00:00:03.000 line:0\nDissection\n" in path.read_text()


def test_the_file_is_called_like_the_video(tmp_path: Path) -> None:
    recording = labelled([], tools=("Hook",), n_seconds=3, video=tmp_path / "VID 12.mp4")
    assert written(recording, tmp_path).name == "VID 12.vtt"


def test_other_writers_files_are_read(tmp_path: Path) -> None:
    back = read(
        tmp_path,
        "\ufeffWEBVTT - made elsewhere\r\nKind: captions\r\n\r\nSTYLE\r\n::cue { color: red }\r\n"
        "\r\nNOTE a remark\r\nof two lines\r\n\r\n00:01.000 --> 00:02.500 align:start\r\n"
        "<v Nurse>Hook</v>\r\nClipper\r\n\r\nphase\r\n00:00.000 --> 00:03.250\r\nCutting\r\n",
    )
    assert uses_of(back) == [("Hook", 1000, 2500), ("Clipper", 1000, 2500)]
    assert phases_of(back) == [("Cutting", 0, 3250)]
    assert back.n_seconds == 4
    assert any("length is not in the file" in note for note in back.notes)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("", "line 1: does not begin with WEBVTT"),
        ("1\n00:00:01,000 --> 00:00:02,000\nHook\n", "line 1: does not begin with WEBVTT"),
        ("WEBVTT\n\n00:01 --> 00:02\nHook\n", "line 3: '00:01 --> 00:02' are no times"),
        ("WEBVTT\n\na\n00:00:01,000 --> 00:00:02,000\nHook\n", "line 4: .* are no times"),
        ("WEBVTT\n\n00:02.000 --> 00:01.000\nHook\n", "'Hook' ends before it begins, at 2 s"),
        ("WEBVTT\n\nHook from 3 to 5\n", "line 3: 'Hook from 3 to 5' is no cue"),
        ("WEBVTT\n\nNOTE surgical-video {\n", "line 3: is not JSON"),
        ("WEBVTT\n", "says nothing|lasts 0 s"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, cause: str, tmp_path: Path) -> None:
    with pytest.raises(TableError, match=cause):
        read(tmp_path, text)


def test_bytes_that_are_no_text_are_refused_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "latin.vtt"
    path.write_bytes(b"WEBVTT\n\n00:01.000 --> 00:02.000\nGr\xf6\xdfe\n")
    with pytest.raises(TableError, match="line 4: is not UTF-8 text"):
        webvtt.read(path)
