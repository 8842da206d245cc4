"""export then import is the identity at one millisecond, whatever tools are called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tests.formats.drawn_recordings import (
    HOSTILE,
    assert_same,
    drawn_at_random,
    labelled,
    phase_timeline,
    uses_of,
)
from video_pipeline.formats.folder import read_folder
from video_pipeline.formats.labelled import LabelledRecording, phase_segments_of
from video_pipeline.formats.registry import ExportSettings, reader_of, writer_of
from video_pipeline.records import ToolTimeline

EDITORS = ("elan", "webvtt", "label-studio", "via", "boris")
PLAIN = ExportSettings()


def there_and_back(
    name: str,
    recordings: Sequence[LabelledRecording],
    out: Path,
    *,
    settings: ExportSettings = PLAIN,
) -> dict[str, LabelledRecording]:
    out.mkdir(exist_ok=True)
    writer_of(name)(recordings, out, settings)
    return {back.video_id: back for back in reader_of(name)(out)}


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("name", EDITORS)
def test_what_was_written_is_read(name: str, seed: int, tmp_path: Path) -> None:
    sent = drawn_at_random(seed)
    assert_same(there_and_back(name, [sent], tmp_path)["case 12"], sent)


@pytest.mark.parametrize("name", EDITORS)
def test_several_recordings_keep_their_own_tools_and_lengths(name: str, tmp_path: Path) -> None:
    sent = [
        drawn_at_random(7, tools=HOSTILE[:9], video_id="a"),
        drawn_at_random(8, tools=HOSTILE[5:], video_id="b"),
        drawn_at_random(9, tools=("Hook", "Grasper"), video_id="c"),
    ]
    back = there_and_back(name, sent, tmp_path)
    assert sorted(back) == ["a", "b", "c"]
    for recording in sent:
        assert_same(back[recording.video_id], recording)


@pytest.mark.parametrize("name", EDITORS)
def test_real_operations_come_back_second_by_second(
    name: str, tmp_path: Path, shared: Path
) -> None:
    labels = shared / "data/cholec80_labels/tool_annotations"
    sent = [read_folder(labels / f"video{k:02}-tool.txt")[0] for k in (1, 17, 41)]
    back = there_and_back(name, sent, tmp_path)
    for recording in sent:
        assert_same(back[recording.video_id], recording)


@pytest.mark.parametrize("name", EDITORS)
def test_phases_alone_come_back(name: str, tmp_path: Path) -> None:
    phases = phase_timeline(("Preparation", "Dissection", "Packaging"), [0] * 5 + [1] * 9 + [2])
    sent = LabelledRecording("p", None, phases=phases, phase_segments=phase_segments_of(phases))
    back = there_and_back(name, [sent], tmp_path)["p"]
    assert_same(back, sent)
    assert back.timeline is None


@pytest.mark.parametrize("name", EDITORS)
def test_an_unused_tool_and_the_seconds_after_the_last_use_come_back(
    name: str, tmp_path: Path
) -> None:
    sent = labelled([("Hook", 1, 2)], tools=("Grasper", "Hook"), n_seconds=3600)
    assert_same(there_and_back(name, [sent], tmp_path)["case 12"], sent)


@pytest.mark.parametrize("name", EDITORS)
def test_a_recording_without_any_use_comes_back(name: str, tmp_path: Path) -> None:
    sent = labelled([], tools=("Grasper", "Hook"), n_seconds=7)
    assert_same(there_and_back(name, [sent], tmp_path)["case 12"], sent)


@pytest.mark.parametrize("name", [*EDITORS, "srt"])
def test_the_same_labels_give_the_same_bytes(name: str, tmp_path: Path) -> None:
    written = []
    for folder in ("a", "b"):
        out = tmp_path / folder
        out.mkdir()
        writer_of(name)([drawn_at_random(3)], out, PLAIN)
        written.append({path.name: path.read_bytes() for path in out.iterdir()})
    assert written[0]
    assert written[0] == written[1]


@pytest.mark.parametrize("rate_hz", [Fraction(30000, 1001), Fraction(1), Fraction(50)])
def test_frames_of_any_rate_keep_the_milliseconds(rate_hz: Fraction, tmp_path: Path) -> None:
    sent = drawn_at_random(4)
    settings = ExportSettings(frame_rate=rate_hz)
    back = there_and_back("label-studio", [sent], tmp_path, settings=settings)
    assert_same(back["case 12"], sent)


@pytest.mark.parametrize("name", [*EDITORS, "srt"])
def test_what_is_lost_is_said(name: str, tmp_path: Path) -> None:
    present = np.array([[True], [False], [True]])
    timeline = ToolTimeline(
        ("Hook",),
        np.array([[0.9], [np.nan], [0.75]]),
        present,
        np.array([1, 0, 2], dtype=np.int64),
    )
    recording = LabelledRecording.of("x", timeline, flags=("", "gap", "black"))
    recording = replace(recording, features=np.zeros((3, 2), dtype=np.float16))
    notes = "\n".join(writer_of(name)([recording], tmp_path, PLAIN))
    for lost in ("probabilities", "flags of 2 s", "features"):
        assert lost in notes
    # The others carry it, for an import.
    assert ("1 s without a frame" in notes) == (name == "srt")


@pytest.mark.parametrize("name", EDITORS)
def test_a_second_without_a_frame_is_no_use(name: str, tmp_path: Path) -> None:
    timeline = ToolTimeline(
        ("Hook",),
        np.full((3, 1), np.nan),
        np.array([[True], [False], [True]]),
        np.array([1, 0, 1], dtype=np.int64),
    )
    back = there_and_back(name, [LabelledRecording.of("x", timeline)], tmp_path)["x"]
    assert uses_of(back) == [("Hook", 0, 1000), ("Hook", 2000, 3000)]
