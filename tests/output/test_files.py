import errno
import os
from pathlib import Path

import pytest

from video_pipeline.errors import OutputError
from video_pipeline.output.files import (
    make_folder,
    remove_file,
    whole_file,
    write_bytes,
    write_text,
)


def test_text_is_written_as_utf8_with_its_own_line_ends(tmp_path: Path) -> None:
    write_text(tmp_path / "a.csv", "Ø\nb\r\n")
    assert (tmp_path / "a.csv").read_bytes() == b"\xc3\x98\nb\r\n"


def test_what_is_no_text_is_written_as_an_escape(tmp_path: Path) -> None:
    write_text(tmp_path / "a.csv", "caf\udce9")
    assert (tmp_path / "a.csv").read_bytes() == b"caf\\udce9"


def test_nothing_but_the_file_is_left(tmp_path: Path) -> None:
    write_bytes(tmp_path / "a.bin", b"\x00\x01")
    assert [path.name for path in tmp_path.iterdir()] == ["a.bin"]


def test_the_file_is_absent_until_it_is_whole(tmp_path: Path) -> None:
    with whole_file(tmp_path / "a") as file:
        file.write(b"half")
        assert not (tmp_path / "a").exists()
    assert (tmp_path / "a").read_bytes() == b"half"


def test_a_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    def fail_halfway() -> None:
        with whole_file(tmp_path / "a") as file:
            file.write(b"half")
            raise RuntimeError("decoder lost")

    with pytest.raises(RuntimeError, match="decoder lost"):
        fail_halfway()
    assert list(tmp_path.iterdir()) == []


def test_an_interruption_leaves_nothing_behind(tmp_path: Path) -> None:
    def interrupt() -> None:
        with whole_file(tmp_path / "a"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupt()
    assert list(tmp_path.iterdir()) == []


def test_a_failure_keeps_the_file_of_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def disk_is_full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    write_text(tmp_path / "a", "old")
    monkeypatch.setattr(os, "fsync", disk_is_full)
    with pytest.raises(
        OutputError, match=r"a: cannot be written \(No space left on device\); free"
    ):
        write_text(tmp_path / "a", "new")
    assert (tmp_path / "a").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_content_is_on_the_disk_before_the_name_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def noted_fsync(descriptor: int) -> None:
        calls.append("folder" if os.path.isdir(f"/proc/self/fd/{descriptor}") else "file")  # noqa: PTH112
        fsync(descriptor)

    def noted_replace(path: Path, target: Path) -> Path:
        calls.append("rename")
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(Path, "replace", noted_replace)
    write_text(tmp_path / "a", "x")
    assert calls == ["file", "rename", "folder"]


def test_a_folder_that_cannot_be_flushed_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync = os.fsync

    def network_share(descriptor: int) -> None:
        if os.path.isdir(f"/proc/self/fd/{descriptor}"):  # noqa: PTH112
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", network_share)
    write_text(tmp_path / "a", "x")
    assert (tmp_path / "a").read_text() == "x"


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"gone/a: cannot be written \(No such file"):
        write_text(tmp_path / "gone" / "a", "x")


def test_a_folder_in_the_files_place_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(OutputError, match="Is a directory"):
        write_text(tmp_path / "a", "x")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_files_get_the_rights_that_any_new_file_gets(tmp_path: Path) -> None:
    write_text(tmp_path / "ours", "x")
    (tmp_path / "plain").write_text("x")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_the_longest_possible_name_can_be_written(tmp_path: Path) -> None:
    write_text(tmp_path / ("n" * 255), "x")


def test_folders_are_made_with_those_above_them(tmp_path: Path) -> None:
    assert make_folder(tmp_path / "a" / "b").is_dir()
    assert make_folder(tmp_path / "a" / "b").is_dir()


def test_a_file_in_the_folders_place_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    with pytest.raises(OutputError, match="cannot be created"):
        make_folder(tmp_path / "a")


def test_removing_says_what_stands_in_the_way(tmp_path: Path) -> None:
    remove_file(tmp_path / "none")
    (tmp_path / "file").write_text("x")
    remove_file(tmp_path / "file")
    assert not (tmp_path / "file").exists()
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError, match="cannot be replaced"):
        remove_file(tmp_path / "folder")
