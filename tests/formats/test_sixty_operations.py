"""Sixty real operations through every format that is read: what comes back is what went in."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

from tests.support.labelled import assert_same_phases, assert_same_tools, exported
from tests.timeline.builders import LABELS
from video_pipeline.formats.folder import read_folder
from video_pipeline.formats.labelled import LabelledRecording, from_segments
from video_pipeline.formats.labelled_folder import write_labelled_folder
from video_pipeline.formats.registry import reader_of

BOTH = {"cholec80", "m2cai16", "cholect50", "parquet"}
TOOLS = {"rttm"}
PHASES = {"tmrnet", "surgformer", "ms-tcn"}


@cache
def operations() -> Sequence[LabelledRecording]:
    if not LABELS.is_dir():
        pytest.skip("the Cholec80 labels are not here")
    return reader_of("cholec80")(LABELS.parent)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(BOTH | TOOLS | PHASES))
def test_export_then_import_is_the_identity(name: str, tmp_path: Path) -> None:
    _, back = exported(name, operations(), tmp_path)
    assert len(back) == len(operations()) == 60
    for one, other in zip(operations(), back, strict=True):
        assert one.video_id == other.video_id
        if name in BOTH | TOOLS:
            assert_same_tools(one, other)
        if name in BOTH | PHASES:
            assert_same_phases(one, other)


def test_the_texts_are_written_byte_for_byte_as_they_were(tmp_path: Path) -> None:
    exported("cholec80", operations(), tmp_path)
    written = sorted(tmp_path.rglob("*.txt"))
    assert len(written) == 120
    for path in written:
        assert path.read_bytes() == (LABELS.parent / path.relative_to(tmp_path)).read_bytes()


@pytest.mark.slow
def test_our_own_folders_hold_all_of_it(tmp_path: Path) -> None:
    for recording in operations():
        write_labelled_folder(tmp_path / recording.video_id, recording)
    for one, other in zip(operations(), read_folder(tmp_path), strict=True):
        assert_same_tools(one, other)
        assert_same_phases(one, other)
        assert other.notes == ()


def test_segments_are_the_seconds_and_back() -> None:
    for recording in operations():
        assert recording.timeline is not None
        timeline, segments = from_segments(
            recording.segments, tools=recording.tools, n_seconds=recording.n_seconds
        )
        assert (timeline.present == recording.timeline.present).all()
        assert [dataclasses.astuple(s)[:3] for s in segments] == [
            dataclasses.astuple(s)[:3] for s in recording.segments
        ]


def test_published_predictions_by_number_are_read(shared: Path) -> None:
    folder = shared / "data" / "cholec80_phase_predictions"
    if not folder.is_dir():
        pytest.skip("no predictions here")
    predicted = reader_of("tmrnet")(folder / "predicted")
    reference = reader_of("tmrnet")(folder / "reference")
    known = {recording.video_id: recording for recording in operations()}
    assert [of.video_id for of in predicted] == [of.video_id for of in reference]
    assert len(reference) == 20
    for recording in reference:
        assert recording.phases is not None
        own = known[recording.video_id].phases
        assert own is not None
        n = min(len(own.phase), len(recording.phases.phase))
        assert (own.phase[:n] == recording.phases.phase[:n]).mean() > 0.99
