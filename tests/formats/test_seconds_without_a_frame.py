"""A second without a frame is no second without a tool, also after a way through an editor."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from tests.formats.drawn_recordings import labelled
from video_pipeline.errors import TableError
from video_pipeline.formats.carried import carried_of, parse_carried
from video_pipeline.formats.json_document import parse_json
from video_pipeline.formats.labelled import LabelledRecording
from video_pipeline.formats.registry import ExportSettings, reader_of, writer_of

EDITORS = ("elan", "label-studio", "via", "boris", "webvtt")


def with_gaps() -> LabelledRecording:
    recording = labelled(
        [("Hook", 0, 2.5), ("Grasper", 5, 7)], tools=("Hook", "Grasper"), n_seconds=12
    )
    assert recording.timeline is not None
    n_frames = np.array([1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1, 0])
    timeline = dataclasses.replace(recording.timeline, n_frames=n_frames)
    return dataclasses.replace(recording, timeline=timeline)


@pytest.mark.parametrize("name", EDITORS)
def test_an_editor_gives_them_back(name: str, tmp_path: Path) -> None:
    notes = writer_of(name)([with_gaps()], tmp_path, ExportSettings())
    assert not [note for note in notes if "without a frame" in note]
    (back,) = reader_of(name)(tmp_path)
    assert back.timeline is not None
    assert back.timeline.n_frames.tolist() == [1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1, 0]
    assert back.segments == with_gaps().segments


def test_what_a_person_drew_there_counts(tmp_path: Path) -> None:
    writer_of("elan")([with_gaps()], tmp_path, ExportSettings())
    (document,) = tmp_path.glob("*.eaf")
    text = document.read_text()
    assert 'TIME_VALUE="2500"' in text
    document.write_text(text.replace('TIME_VALUE="2500"', 'TIME_VALUE="4000"'))
    (back,) = reader_of("elan")(tmp_path)
    assert back.timeline is not None
    assert back.timeline.n_frames.tolist() == [1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 0]
    assert back.timeline.present[:5, 0].tolist() == [True, True, True, True, False]


def test_subtitles_for_players_say_what_they_lose(tmp_path: Path) -> None:
    notes = writer_of("srt")([with_gaps()], tmp_path, ExportSettings())
    assert any("3 s without a frame are written as no tool" in note for note in notes)


def test_a_recording_whose_every_second_has_a_frame_carries_none() -> None:
    recording = labelled([("Hook", 0, 2)], tools=("Hook",), n_seconds=3)
    assert "without_frame" not in carried_of(recording)


@pytest.mark.parametrize("stretch", ["[3, 3]", "[3]", "[-1, 2]", "[0.5, 2]", "3", '["a", "b"]'])
def test_what_is_no_stretch_is_refused(stretch: str, tmp_path: Path) -> None:
    value = parse_json(tmp_path / "a.eaf", "its header", f'{{"without_frame": [{stretch}]}}')
    with pytest.raises(TableError):
        parse_carried(value)
