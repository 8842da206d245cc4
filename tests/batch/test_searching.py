"""Files that a call means: everything with a video's suffix is found or skipped, none opened."""

from __future__ import annotations

import os
import socket
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from video_pipeline.batch.search.searching import Found, find_files

pytestmark = pytest.mark.skipif(os.name != "posix", reason="pipes and devices are POSIX's")


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")
    return path


def skipped(found: Found, root: Path) -> dict[str, str]:
    return {str(one.path.relative_to(root)): one.cause for one in found.skipped}


def bind(path: Path) -> None:
    """A socket's name may be 107 bytes long at most, so it is made from where it is to lie."""
    here = Path.cwd()
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(path.name)
    finally:
        os.chdir(here)


def make_odd_things(root: Path) -> dict[str, str]:
    """What is no video file, by its name, and what is said of it."""
    root.mkdir(exist_ok=True)
    os.mkfifo(root / "pipe.mp4")
    os.mkfifo(root / "pipe.parts")
    bind(root / "socket.mkv")
    (root / "device.avi").symlink_to("/dev/zero")
    (root / "round.mp4").symlink_to("round.mp4")
    (root / "nowhere.mp4").symlink_to("none")
    (root / "up.mp4").symlink_to(root, target_is_directory=True)
    (root / "elsewhere").symlink_to("/dev", target_is_directory=True)
    return {
        "pipe.mp4": "a pipe, not a file",
        "pipe.parts": "a pipe, not a file",
        "socket.mkv": "a socket, not a file",
        "device.avi": "a device, not a file",
        "round.mp4": "a link that leads in a circle",
        "nowhere.mp4": "a link that leads nowhere",
        "up.mp4": "a link to a folder that is searched already",
        "elsewhere": "a link to a folder, which is not followed",
    }


def test_folders_are_searched_in_the_order_of_names(tmp_path: Path) -> None:
    b, c, a = (touch(tmp_path / name) for name in ("b.mp4", "c.MKV", "a/x.MPG"))
    z = touch(tmp_path / "a" / "deep" / "z.ts")
    for passed_over in ("notes.txt", ".hidden.mp4", ".cache/y.mp4"):
        touch(tmp_path / passed_over)
    assert find_files([tmp_path]) == Found({tmp_path: (b, c, a, z)}, ())
    assert find_files([tmp_path], is_deep=False).files == (b, c)
    assert find_files([tmp_path], {".txt"}).files == (tmp_path / "notes.txt",)


def test_what_is_no_file_is_skipped_with_the_cause_and_never_opened(tmp_path: Path) -> None:
    causes = make_odd_things(tmp_path / "in")
    video = touch(tmp_path / "in" / "video.mp4")
    opened: list[object] = []
    is_listening = True

    def listen(event: str, arguments: tuple[object, ...]) -> None:
        if is_listening and event == "open":
            opened.append(arguments[0])

    sys.addaudithook(listen)
    # Without a writer, opening a pipe would keep the test waiting as it would a batch.
    found = find_files([tmp_path / "in"], {".mp4", ".mkv", ".avi", ".parts"})
    is_listening = False
    assert found.files == (video,)
    assert skipped(found, tmp_path / "in") == causes
    assert opened == []


def test_what_is_no_file_is_skipped_when_it_is_named(tmp_path: Path) -> None:
    causes = make_odd_things(tmp_path)
    folders = {"up.mp4", "elsewhere"}
    found = find_files([tmp_path / name for name in causes if name not in folders])
    assert found.files == ()
    assert skipped(found, tmp_path) == {k: v for k, v in causes.items() if k not in folders}


def test_a_file_that_is_not_there_is_left_to_who_opens_it(tmp_path: Path) -> None:
    path = tmp_path / "none.mp4"
    assert find_files([path]) == Found({path: (path,)}, ())


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("x" * 300, "cannot be looked at (File name too long)"),
        ("a\0b", "no name of a file (embedded null byte)"),
    ],
)
def test_a_name_that_no_file_can_have_is_skipped(tmp_path: Path, name: str, cause: str) -> None:
    (one,) = find_files([tmp_path / name]).skipped
    assert (one.path, one.cause) == (tmp_path / name, cause)


def test_a_folder_without_videos_does_not_stop_the_others(tmp_path: Path) -> None:
    video = touch(tmp_path / "full" / "a.mp4")
    (tmp_path / "empty").mkdir()
    found = find_files([tmp_path / "empty", tmp_path / "full"])
    assert found.files == (video,)
    (one,) = found.skipped
    assert one.path == tmp_path / "empty"
    assert one.is_empty_folder
    assert one.reason == "no video in this folder; name the files themselves"


def test_a_file_is_taken_once_under_its_own_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = touch(tmp_path / "in" / "z.mp4")
    (tmp_path / "in" / "a.mp4").symlink_to("z.mp4")
    (tmp_path / "b.mp4").symlink_to(video)
    (tmp_path / "other").symlink_to("in", target_is_directory=True)
    for paths in (
        [video, video],
        [tmp_path / "in"],
        [tmp_path / "b.mp4", tmp_path / "in", video],
        [tmp_path / "other", tmp_path / "in"],
        [tmp_path / "in" / ".." / "in", video],
    ):
        assert [p.resolve() for p in find_files(paths).files] == [video]
        assert find_files(paths).files == find_files(paths[::-1]).files
    monkeypatch.chdir(tmp_path)
    assert len(find_files([Path("in"), tmp_path / "in"]).files) == 1
    # Nothing but links: the first in the order of names, however they were named.
    links = [tmp_path / "b.mp4", tmp_path / "in" / "a.mp4"]
    assert find_files(links).files == find_files(links[::-1]).files == (links[0],)


def test_hard_links_are_as_many_files(tmp_path: Path) -> None:
    video = touch(tmp_path / "a.mp4")
    os.link(video, tmp_path / "b.mp4")
    assert len(find_files([tmp_path]).files) == 2


def test_what_is_skipped_twice_is_said_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    found = find_files([tmp_path, tmp_path / "pipe.mp4", tmp_path])
    assert skipped(found, tmp_path) == {"pipe.mp4": "a pipe, not a file"}


def test_folders_may_lie_deeper_than_python_recurses(tmp_path: Path) -> None:
    here = Path.cwd()
    os.chdir(tmp_path)
    try:
        for _ in range(1500):
            Path("d").mkdir()
            os.chdir("d")
        touch(Path("video.mp4"))
    finally:
        os.chdir(here)
    found = find_files([tmp_path])
    assert [path.name for path in found.files] == ["video.mp4"]
    os.chdir(tmp_path)
    try:
        # pytest itself cannot take so deep a tree away.
        for _ in range(1500):
            os.chdir("d")
        for _ in range(1500):
            Path("video.mp4").unlink(missing_ok=True)
            os.chdir("..")
            Path("d").rmdir()
    finally:
        os.chdir(here)


@contextmanager
def as_a_person() -> Iterator[None]:
    """Root may look everywhere."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that nobody may look into, beside a video."""
    root = tmp_path / "in"
    touch(root / "video.mp4")
    folder = root / "closed"
    touch(folder / "hidden.mp4")
    root.chmod(0o755)
    # From there on nobody needs to be let through the folders above.
    monkeypatch.chdir(root)
    folder.chmod(0)
    yield Path("closed")
    folder.chmod(stat.S_IRWXU)


def test_a_folder_that_cannot_be_searched_is_named(closed: Path) -> None:
    for paths in ([Path()], [Path("video.mp4"), closed]):
        with as_a_person():
            found = find_files(paths)
        assert found.files == (Path("video.mp4"),)
        (one,) = found.skipped
        assert one.path == closed
        assert one.cause == "a folder that cannot be searched (Permission denied)"
        assert not one.is_empty_folder


def test_a_file_that_may_not_be_looked_at_is_skipped(closed: Path) -> None:
    with as_a_person():
        found = find_files([closed / "hidden.mp4"])
    (one,) = found.skipped
    assert one.cause == "cannot be looked at (Permission denied)"
