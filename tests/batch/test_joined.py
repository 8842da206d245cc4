"""Recordings of several files: annotated as one, left alone when finished, else done again."""

from __future__ import annotations

import hashlib
import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tests.support.batches import OUTPUTS, Brightness, annotate_in_turn, job_of
from tests.support.clips import cut_file, steady, write_clip
from video_pipeline.batch.job import Outcome
from video_pipeline.batch.recordings import name_operations
from video_pipeline.batch.search.operations import Joining, find_operations
from video_pipeline.output.provenance import digest_file
from video_pipeline.output.table_reading import read_timeline


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An operation of 4.6 s in three files, 2.4, 1.2 and 1.0 s long."""
    folder = tmp_path / "case12"
    folder.mkdir()
    first = 0
    for name, n in (("part1", 60), ("part2", 30), ("part10", 25)):
        write_clip(folder / f"{name}.mp4", steady(n), numbers=range(first, first + n))
        first += n
    return folder


def annotate(
    paths: list[Path],
    *,
    join: Joining = "all",
    classifier: Brightness | None = None,
) -> list[Outcome]:
    out = paths[0].parent / "out"
    recordings = name_operations(find_operations(paths, join=join), out)
    return annotate_in_turn(recordings, job_of(out, rate_hz=Fraction(5)), classifier)


def test_a_joined_operation_has_the_timeline_of_one_that_was_never_split(
    folder: Path, tmp_path: Path
) -> None:
    whole = write_clip(tmp_path / "whole.mp4", steady(115))
    (joined,), (single,) = annotate([folder]), annotate([whole], join="nothing")
    assert (joined.row.video_id, joined.row.status) == ("case12", "done")
    assert (joined.row.path, joined.row.seconds) == (str(folder), 5)
    one, other = (
        read_timeline(outcome.folder / "timeline.csv").timeline for outcome in (joined, single)
    )
    assert one.n_frames.tolist() == other.n_frames.tolist() == [5, 5, 5, 5, 3]
    # Each file is compressed by itself, so brightness differs in the last digits.
    np.testing.assert_allclose(one.probabilities, other.probabilities, atol=0.01)
    assert sorted(p.name for p in joined.folder.iterdir()) == OUTPUTS


def test_the_manifest_lists_the_parts(folder: Path) -> None:
    (outcome,) = annotate([folder])
    text = (outcome.folder / "run.json").read_text()
    given = json.loads(text)["input"]
    files = [folder / name for name in ("part1.mp4", "part2.mp4", "part10.mp4")]
    assert given["parts"] == [
        {
            "name": file.name,
            "sha256": digest_file(file),
            "size_bytes": file.stat().st_size,
            "start_s": start_s,
            "duration_s": duration_s,
        }
        for file, start_s, duration_s in zip(files, (0.0, 2.4, 3.6), (2.4, 1.2, 1.0), strict=True)
    ]
    digests = "\n".join(digest_file(file) for file in files)
    assert given["sha256"] == hashlib.sha256(digests.encode()).hexdigest()
    assert given["size_bytes"] == sum(file.stat().st_size for file in files)
    assert given["name"] == "case12"
    assert str(folder.parent) not in text


def test_a_single_file_has_its_own_digest_and_no_parts(folder: Path) -> None:
    for name in ("part2.mp4", "part10.mp4"):
        (folder / name).unlink()
    for paths, join in (([folder], "all"), ([folder / "part1.mp4"], "nothing")):
        (outcome,) = annotate(paths, join=join)  # type: ignore[arg-type]
        given = json.loads((outcome.folder / "run.json").read_text())["input"]
        assert given["sha256"] == digest_file(folder / "part1.mp4")
        assert "parts" not in given


def test_a_finished_operation_is_left_alone_and_one_with_a_changed_part_done_again(
    folder: Path,
) -> None:
    annotate([folder])
    classifier = Brightness()
    (again,) = annotate([folder], classifier=classifier)
    assert (again.was_finished, again.row.seconds, classifier.n_images) == (True, 5, 0)
    write_clip(folder / "part2.mp4", steady(60))
    (changed,) = annotate([folder])
    assert (changed.was_finished, changed.row.seconds) == (False, 6)
    write_clip(folder / "part11.mp4", steady(50))
    (longer,) = annotate([folder])
    assert (longer.was_finished, longer.row.seconds) == (False, 8)


def test_another_order_is_another_recording(folder: Path) -> None:
    path = folder / "case.parts"
    path.write_text("part1.mp4\npart2.mp4\n")
    assert not annotate([path])[0].was_finished
    assert annotate([path])[0].was_finished
    path.write_text("part2.mp4\npart1.mp4\n")
    assert not annotate([path])[0].was_finished


def test_a_part_that_cannot_be_read_is_named_and_nothing_is_written(folder: Path) -> None:
    (folder / "part2.mp4").write_text("no video")
    (outcome,) = annotate([folder])
    assert outcome.row.status == "failed"
    assert outcome.row.error.startswith("part2.mp4: not a video container")
    assert not outcome.folder.exists()


def test_a_missing_part_of_a_list_of_files_fails_only_that_operation(folder: Path) -> None:
    files = [folder / "part1.mp4", folder / "none.mp4"]
    (outcome,) = annotate(files)
    assert outcome.row.error.startswith("none.mp4: no such file")


def test_a_cut_part_makes_the_operation_partial(folder: Path) -> None:
    write_clip(folder / "part1.mp4", steady(60), container_options={"movflags": "faststart"})
    cut_file(folder / "part1.mp4", 0.7)
    (outcome,) = annotate([folder])
    assert outcome.row.status == "partial"
    assert "part1.mp4: the recording was cut off" in outcome.row.error


def test_the_same_parts_give_the_same_bytes(folder: Path) -> None:
    (first,) = annotate([folder])
    before = {name: (first.folder / name).read_bytes() for name in OUTPUTS}
    (first.folder / "run.json").unlink()
    (again,) = annotate([folder])
    assert not again.was_finished
    assert {name: (again.folder / name).read_bytes() for name in OUTPUTS} == before
