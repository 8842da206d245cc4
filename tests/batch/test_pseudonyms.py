"""Pseudonyms: the same from the same key and place, nothing to be guessed from, nothing mixed."""

from __future__ import annotations

import csv
import hashlib
import hmac
import json
import multiprocessing
import os
import platform
import re
import stat
from pathlib import Path

import av
import pytest

from tests.support.batches import Brightness, annotate_in_turn, files_below, job_of
from tests.support.clips import steady, write_clip, write_streams
from video_pipeline.batch.naming.pseudonyms import (
    Pseudonyms,
    default_key_file,
    is_pseudonym,
)
from video_pipeline.batch.recordings import Operation, name_operations
from video_pipeline.batch.table import update_batch_table
from video_pipeline.errors import KeyFileError, OutputError

KEY = bytes(range(32))


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "site" / "deidentify.key"
    path.parent.mkdir()
    path.write_text(f"{KEY.hex()}\n")
    path.chmod(0o600)
    return path


@pytest.fixture
def out(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


@pytest.fixture
def pseudonyms(key_file: Path, out: Path) -> Pseudonyms:
    return Pseudonyms.of_key_file(key_file, out=out)


def table_beside(key_file: Path) -> dict[str, str]:
    with (key_file.parent / "names.csv").open(
        encoding="utf-8", errors="surrogateescape", newline=""
    ) as file:
        header, *rows = csv.reader(file)
    assert header == ["pseudonym", "path"]
    return {row[0]: row[1] for row in rows}


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_pseudonym_is_the_keyed_digest_of_the_path(
    pseudonyms: Pseudonyms, tmp_path: Path
) -> None:
    path = tmp_path / "Jane Doe.mp4"
    expected = hmac.new(KEY, os.fsencode(path), hashlib.sha256).hexdigest()
    (given,) = pseudonyms.give([path])
    assert (given.name, given.path_digest) == (f"case-{expected[:16]}", expected)
    assert is_pseudonym(given.name)
    assert given.key_id not in {KEY.hex()[:16], expected[:16]}


def test_a_recording_has_one_pseudonym_by_whichever_way_one_gets_there(
    pseudonyms: Pseudonyms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "videos").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "videos")
    monkeypatch.chdir(tmp_path / "videos")
    ways = [Path("a.mp4"), Path("../videos/a.mp4"), tmp_path / "link" / "a.mp4"]
    assert len({of.name for of in pseudonyms.give(ways)}) == 1
    folders = [Path(), Path("../videos"), tmp_path / "videos", Path("../videos/../videos")]
    assert len({of.name for of in pseudonyms.give(folders)}) == 1


def test_what_lies_behind_a_linked_folder_is_not_what_lies_beside_it(
    pseudonyms: Pseudonyms, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere" / "deep").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere" / "deep")
    one, other = pseudonyms.give([tmp_path / "link" / ".." / "a.mp4", tmp_path / "a.mp4"])
    assert one != other


def test_the_table_leads_back_and_only_its_owner_reads_it(
    pseudonyms: Pseudonyms, key_file: Path, tmp_path: Path
) -> None:
    names = [b"a.mp4", b'a,"b"\n.mp4', b"\r.mp4", b"\xff\xfe.mp4", "手術.mp4".encode()]
    paths = [tmp_path / os.fsdecode(name) for name in names]
    first = pseudonyms.give(paths[:2])
    second = pseudonyms.give(paths[1:])
    by_name = dict(zip((of.name for of in [first[0], *second]), map(str, paths), strict=True))
    assert table_beside(key_file) == by_name
    assert mode_of(key_file.parent / "names.csv") == 0o600


def test_nothing_but_key_and_table_is_left(
    pseudonyms: Pseudonyms, key_file: Path, tmp_path: Path
) -> None:
    pseudonyms.give([tmp_path / "a.mp4"])
    left = files_below(key_file.parent)
    assert sorted(left) == ["deidentify.key", "names.csv"]


def test_a_key_is_made_at_its_first_use_for_its_owner_alone(tmp_path: Path, out: Path) -> None:
    key_file = tmp_path / "settings" / "surgical-video" / "deidentify.key"
    before = os.umask(0)
    try:
        first = Pseudonyms.of_key_file(key_file, out=out)
    finally:
        os.umask(before)
    assert (mode_of(key_file), mode_of(key_file.parent)) == (0o600, 0o700)
    assert len(bytes.fromhex(key_file.read_text())) == 32
    again = Pseudonyms.of_key_file(key_file, out=out)
    other = Pseudonyms.of_key_file(tmp_path / "other.key", out=out)
    paths = [tmp_path / "a.mp4"]
    assert first.give(paths) == again.give(paths) != other.give(paths)


def give_at_once(key_file: Path, out: Path, first: int) -> None:
    made = Pseudonyms.of_key_file(key_file, out=out)
    for k in range(first, first + 5):
        made.give([out / f"{k}.mp4"])


def test_calls_at_once_make_one_key_and_lose_no_row(tmp_path: Path, out: Path) -> None:
    key_file = tmp_path / "site" / "deidentify.key"
    apart = multiprocessing.get_context("fork")
    calls = [apart.Process(target=give_at_once, args=(key_file, out, 5 * k)) for k in range(4)]
    for call in calls:
        call.start()
    for call in calls:
        call.join()
    assert [call.exitcode for call in calls] == [0] * 4
    expected = Pseudonyms.of_key_file(key_file, out=out).give([out / f"{k}.mp4" for k in range(20)])
    assert sorted(table_beside(key_file)) == sorted(of.name for of in expected)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601, 0o644])
def test_a_key_that_others_may_use_is_refused(key_file: Path, out: Path, mode: int) -> None:
    key_file.chmod(mode)
    with pytest.raises(KeyFileError, match=f"others may use it.*{mode:04o}"):
        Pseudonyms.of_key_file(key_file, out=out)


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", KEY, KEY.hex().encode()[:-1], KEY.hex().encode() + b"00", b"g" * 64 + b"\n"],
)
def test_a_broken_key_is_refused_and_kept(key_file: Path, out: Path, content: bytes) -> None:
    key_file.write_bytes(content)
    with pytest.raises(KeyFileError, match="holds no key"):
        Pseudonyms.of_key_file(key_file, out=out)
    assert key_file.read_bytes() == content


def test_a_link_a_folder_and_a_pipe_are_no_key(key_file: Path, out: Path, tmp_path: Path) -> None:
    link, loose, pipe = tmp_path / "link", tmp_path / "loose", tmp_path / "pipe"
    link.symlink_to(key_file)
    loose.symlink_to(tmp_path / "nowhere")
    os.mkfifo(pipe, 0o600)
    for place, said in ((link, "a link"), (loose, "a link"), (pipe, "regular"), (out, "regular")):
        with pytest.raises(KeyFileError, match=said) as caught:
            Pseudonyms.of_key_file(place, out=tmp_path / "elsewhere")
        assert "\n" not in str(caught.value)
    assert not (tmp_path / "nowhere").exists()


def test_a_key_within_the_output_folder_is_refused(
    key_file: Path, out: Path, tmp_path: Path
) -> None:
    (out / "deep").mkdir()
    (tmp_path / "way").symlink_to(out / "deep")
    (out / "to-key").symlink_to(key_file.parent)
    inside = [out / "k", out / "deep" / "k", tmp_path / "way" / "k", out / ".." / "out" / "k"]
    for place in inside:
        with pytest.raises(KeyFileError, match="lies in the output folder"):
            Pseudonyms.of_key_file(place, out=out)
        assert not place.exists()
    with pytest.raises(KeyFileError, match="lies in the output folder"):
        Pseudonyms.of_key_file(key_file, out=key_file.parent)
    with pytest.raises(KeyFileError, match="lies in the output folder"):
        Pseudonyms.of_key_file(tmp_path / "new" / "k", out=tmp_path / "new")


def test_a_key_folder_that_cannot_be_written_is_named(out: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(KeyFileError, match="cannot be"):
        Pseudonyms.of_key_file(tmp_path / "file" / "deeper" / "k", out=out)


def test_the_key_lies_with_the_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    assert default_key_file() == tmp_path / "xdg" / "surgical-video" / "deidentify.key"
    for unusable in ("", "relative/place"):
        monkeypatch.setenv("XDG_CONFIG_HOME", unusable)
        expected = tmp_path / ".config" / "surgical-video" / "deidentify.key"
        assert default_key_file() == expected


@pytest.mark.parametrize(
    "content",
    [b"name,place\n", b"pseudonym,path\nonly-one\n", b'pseudonym,path\n"a', b""],
)
def test_a_table_of_something_else_is_refused_and_kept(
    pseudonyms: Pseudonyms, key_file: Path, content: bytes
) -> None:
    table = key_file.parent / "names.csv"
    table.write_bytes(content)
    table.chmod(0o600)
    with pytest.raises(KeyFileError, match="no table of pseudonyms"):
        pseudonyms.give([Path("a.mp4")])
    assert table.read_bytes() == content


def test_a_table_that_others_may_read_or_that_says_otherwise_is_refused(
    pseudonyms: Pseudonyms, key_file: Path
) -> None:
    (given,) = pseudonyms.give([Path("a.mp4")])
    table = key_file.parent / "names.csv"
    table.chmod(0o644)
    with pytest.raises(KeyFileError, match="others may use it"):
        pseudonyms.give([Path("a.mp4")])
    table.write_text(f"pseudonym,path\n{given.name},/elsewhere\n")
    table.chmod(0o600)
    with pytest.raises(KeyFileError, match="to a path that is not its own"):
        pseudonyms.give([Path("a.mp4")])


def test_results_carry_the_pseudonym_and_the_recording_keeps_its_files(
    pseudonyms: Pseudonyms, out: Path, tmp_path: Path
) -> None:
    files = (tmp_path / "a1.mp4", tmp_path / "a2.mp4")
    operation = Operation(files[0], "a", files)
    (named,) = name_operations([operation], out, pseudonyms=pseudonyms)
    (given,) = pseudonyms.give([files[0]])
    assert (named.video_id, named.shown_as) == (given.name, given.name)
    assert (named.path, named.paths) == (files[0], files)
    assert named.part_names == ("part 1", "part 2")
    (plain,) = name_operations([operation], out)
    assert (plain.video_id, plain.shown_as, plain.part_names) == ("a", str(files[0]), None)


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
