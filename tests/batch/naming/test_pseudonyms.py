"""Pseudonyms: the same from the same key and place, nothing to be guessed from, nothing mixed."""

from __future__ import annotations

import hashlib
import hmac
import multiprocessing
import os
from pathlib import Path

import pytest

from tests.batch.naming.keys import KEY, mode_of, table_beside
from tests.support.batches import files_below
from video_pipeline.batch.naming.pseudonyms import Pseudonyms, is_pseudonym
from video_pipeline.batch.recordings import Operation, name_operations
from video_pipeline.errors import KeyFileError


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
