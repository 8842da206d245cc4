"""Results under pseudonyms are found again, and never joined with those under names."""

from __future__ import annotations

import json
import os
import platform
import re
from pathlib import Path

import av
import pytest

from tests.support.batches import Brightness, annotate_in_turn, files_below, job_of
from tests.support.clips import steady, write_clip, write_streams
from video_pipeline.batch.naming.pseudonyms import Pseudonyms
from video_pipeline.batch.recordings import Operation, name_operations
from video_pipeline.batch.table import update_batch_table
from video_pipeline.errors import OutputError


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clips") / "doe.mp4", steady(50))


def annotate(
    clip: Path, out: Path, pseudonyms: Pseudonyms | None, classifier: Brightness | None = None
) -> bool:
    """Whether it had been finished before."""
    named = name_operations([Operation.of_file(clip)], out, pseudonyms=pseudonyms)
    (outcome,) = annotate_in_turn(named, job_of(out), classifier)
    update_batch_table(out, [outcome.row])
    assert outcome.row.status == "done"
    return outcome.was_finished


def test_the_same_key_finds_its_results_again(clip: Path, out: Path, key_file: Path) -> None:
    assert not annotate(clip, out, Pseudonyms.of_key_file(key_file, out=out))
    before = files_below(out)
    classifier = Brightness()
    assert annotate(clip, out, Pseudonyms.of_key_file(key_file, out=out), classifier)
    assert classifier.n_images == 0
    assert files_below(out) == before


def test_seconds_are_those_of_a_run_under_names(
    clip: Path, out: Path, pseudonyms: Pseudonyms, tmp_path: Path
) -> None:
    annotate(clip, out, pseudonyms)
    annotate(clip, tmp_path / "plain", None)
    (hidden,) = (of for of in out.iterdir() if of.is_dir())
    for name in ("timeline.csv", "segments.csv", "statistics.csv"):
        assert (hidden / name).read_bytes() == (tmp_path / "plain/doe" / name).read_bytes()


@pytest.mark.parametrize("is_without", ["batch.csv", "folders"])
def test_names_do_not_join_pseudonyms(
    clip: Path, out: Path, pseudonyms: Pseudonyms, is_without: str
) -> None:
    annotate(clip, out, pseudonyms)
    take_away(out, is_without)
    before = files_below(out)
    with pytest.raises(OutputError, match="holds results under pseudonyms"):
        annotate(clip, out, None)
    assert files_below(out) == before


@pytest.mark.parametrize("is_without", ["batch.csv", "folders"])
def test_pseudonyms_do_not_join_names(
    clip: Path, out: Path, pseudonyms: Pseudonyms, key_file: Path, is_without: str
) -> None:
    annotate(clip, out, None)
    take_away(out, is_without)
    before = files_below(out)
    with pytest.raises(OutputError, match="holds results under recordings' names"):
        annotate(clip, out, pseudonyms)
    assert files_below(out) == before
    assert not (key_file.parent / "names.csv").exists()


def take_away(out: Path, what: str) -> None:
    if what == "batch.csv":
        (out / "batch.csv").unlink()
        return
    for folder in [of for of in out.iterdir() if of.is_dir()]:
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()


def test_what_a_killed_call_under_names_had_begun_is_not_joined(
    out: Path, pseudonyms: Pseudonyms
) -> None:
    (out / ".doe.unfinished").mkdir()
    with pytest.raises(OutputError, match="under recordings' names"):
        name_operations([], out, pseudonyms=pseudonyms)


def test_a_name_that_looks_like_a_pseudonym_is_a_name(
    clip: Path, out: Path, tmp_path: Path, pseudonyms: Pseudonyms
) -> None:
    twin = tmp_path / "case-0123456789abcdef.mp4"
    twin.write_bytes(clip.read_bytes())
    assert not annotate(twin, out, None)
    assert annotate(twin, out, None)
    (out / "batch.csv").unlink()
    with pytest.raises(OutputError, match="under recordings' names"):
        annotate(clip, out, pseudonyms)


def test_pseudonyms_of_another_key_are_not_joined(
    clip: Path, out: Path, pseudonyms: Pseudonyms, tmp_path: Path
) -> None:
    annotate(clip, out, pseudonyms)
    other = Pseudonyms.of_key_file(tmp_path / "other.key", out=out)
    with pytest.raises(OutputError, match="of another key; name that key by --key-file"):
        annotate(clip, out, other)


def test_other_things_in_the_output_folder_are_no_ones_business(
    clip: Path, out: Path, pseudonyms: Pseudonyms
) -> None:
    (out / "notes").mkdir()
    (out / "notes" / "readme.txt").write_text("ours")
    annotate(clip, out, pseudonyms)
    assert annotate(clip, out, pseudonyms)


def test_the_manifest_says_which_key_and_which_stream(
    clip: Path, out: Path, pseudonyms: Pseudonyms
) -> None:
    annotate(clip, out, pseudonyms)
    (folder,) = (of for of in out.iterdir() if of.is_dir())
    content = json.loads((folder / "run.json").read_text())
    (given,) = pseudonyms.give([clip])
    assert content["input"]["name"] == folder.name == given.name
    assert content["input"]["path_sha256"] == given.path_digest
    assert content["parameters"]["deidentified"] == pseudonyms.key_id
    assert (content["input"]["stream_index"], content["input"]["codec"]) == (0, "h264")


def test_the_manifest_says_what_read_the_file_and_neither_when_nor_where(
    clip: Path, out: Path
) -> None:
    annotate(clip, out, None)
    text = (out / "doe" / "run.json").read_text()
    versions = json.loads(text)["versions"]
    codec = ".".join(map(str, av.library_versions["libavcodec"]))
    assert (versions["av"], versions["libavcodec"]) == (av.__version__, codec)
    # No date and no time of day, this machine, or a folder of it.
    there = rf"\d{{4}}-\d\d-\d\d|\d\d:\d\d|\b{re.escape(platform.node())}\b|{os.sep}"
    assert re.findall(there, text) == []


def test_the_manifest_names_the_stream_that_was_chosen(tmp_path: Path, out: Path) -> None:
    path = write_streams(tmp_path / "two.mkv", [(60, 80), (120, 160)], n_frames=30)
    for stream, index, width_px in ((None, 1, 160), (0, 0, 80)):
        (named,) = name_operations([Operation.of_file(path)], out)
        annotate_in_turn([named], job_of(out, stream=stream))
        content = json.loads((out / "two" / "run.json").read_text())
        assert content["parameters"]["stream"] == stream
        assert (content["input"]["stream_index"], content["input"]["width_px"]) == (index, width_px)
