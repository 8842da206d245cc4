"""Finished recordings are known again without being read, unless somebody has touched them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.batches import annotate_in_turn, job_of
from tests.support.clips import steady, write_clip
from video_pipeline.batch.job import Outcome
from video_pipeline.batch.one_recording import why_to_annotate
from video_pipeline.batch.recordings import name_recordings
from video_pipeline.output.provenance import InputFile


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "clip.mp4", steady(50))


def annotate(clip: Path, **settings: object) -> Outcome:
    out = clip.parent / "out"
    (outcome,) = annotate_in_turn(name_recordings([clip], out), job_of(out, **settings))
    return outcome


def as_if_written_later(clip: Path, by_s: float = 10.0) -> None:
    """Set the manifest's time forward: no test waits for two seconds to go by."""
    manifest = clip.parent / "out" / "clip" / "run.json"
    later = manifest.stat().st_mtime + by_s
    os.utime(manifest, (later, later))


def forbid_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> InputFile:
        raise AssertionError(f"{path} was read for its digest")

    monkeypatch.setattr(InputFile, "of", refuse)


def test_an_untouched_recording_is_not_read_again(
    clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = annotate(clip)
    as_if_written_later(clip)
    forbid_reading(monkeypatch)
    again = annotate(clip)
    assert again.was_finished
    assert again.row == first.row
    out = clip.parent / "out"
    (recording,) = name_recordings([clip], out)
    assert why_to_annotate(recording, job_of(out)) is None
    assert why_to_annotate(recording, job_of(out, features=True)) is not None


def test_a_recording_that_was_just_written_is_read(
    clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    annotate(clip)
    forbid_reading(monkeypatch)
    with pytest.raises(AssertionError, match="was read for its digest"):
        annotate(clip)


@pytest.mark.parametrize("keeps_time", [False, True])
def test_another_file_of_the_same_size_is_seen_also_where_it_looks_old(
    clip: Path, keeps_time: bool
) -> None:
    annotate(clip)
    as_if_written_later(clip, by_s=1.0)
    content, times = bytearray(clip.read_bytes()), clip.stat()
    content[-1] ^= 1
    clip.write_bytes(content)
    if keeps_time:
        # As a copy that keeps times does; when that was done stays noted all the same.
        os.utime(clip, (0, 0))
    assert len(content) == times.st_size
    assert not annotate(clip).was_finished


def test_another_size_is_seen_whatever_the_times_say(clip: Path) -> None:
    annotate(clip)
    with clip.open("ab") as file:
        file.write(b"\0" * 8)
    as_if_written_later(clip)
    assert not annotate(clip).was_finished


def test_what_is_annotated_again_is_read_for_its_manifest(clip: Path) -> None:
    first = annotate(clip)
    before = (first.folder / "run.json").read_text()
    as_if_written_later(clip)
    changed = annotate(clip, batch_size=3, stream=0)
    assert not changed.was_finished
    as_if_written_later(clip)
    annotate(clip)
    assert (first.folder / "run.json").read_text() == before
