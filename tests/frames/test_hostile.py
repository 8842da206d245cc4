"""Hostile files that were never handed to us: refused in one line, or read for what they are.

Each is read in a process apart, so that a hang, a crash or a flood of memory is a failed test and
not the end of all of them. What must come out is what the file's maker knows, not what it says.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import av
import numpy as np
import pytest

from tests.support.clips import read_barcode, steady, write_clip
from tests.support.conformance import moving
from tests.support.hostile import HOSTILE, REFERENCE_FILES, TEXTS, HostileFile
from tests.support.hostile_file import clip
from tests.support.hostile_references import text_file
from tests.support.reading_apart import ReaderApart, Seen
from video_pipeline.errors import RecordingError
from video_pipeline.frames import FrameSampler, SamplingReport, open_video

MOST_BYTES = 300 * 2**20
LONGEST_S = 10.0

pytestmark = pytest.mark.skipif(os.name != "posix", reason="pipes and descriptors are POSIX's")


@pytest.fixture(scope="module")
def apart() -> Iterator[ReaderApart]:
    with closing(ReaderApart()) as reader:
        yield reader


@pytest.fixture
def address() -> Iterator[list[socket.socket]]:
    """Sockets of one port at which something would ask or listen: TCP and UDP."""
    with ExitStack() as stack:
        tcp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
        tcp.bind(("127.0.0.1", 0))
        tcp.listen()
        udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        for one in (tcp, udp):
            one.setblocking(False)
        yield [tcp, udp]


def check(file: HostileFile, seen: Seen) -> None:
    """Hold what was seen against the truth."""
    assert seen.opened == []
    assert seen.n_bytes < MOST_BYTES
    assert seen.lasted_s < LONGEST_S
    if file.verdict == "REJECT":
        assert seen.line.startswith(f"{file.path}: ")
        assert "\n" not in seen.line
        assert seen.cause
        assert file.says in seen.cause
        return
    assert seen.line == ""
    assert any(file.says in text for text in seen.warnings) or file.says == ""
    assert seen.is_whole == (file.verdict != "PARTIAL"), seen.warnings
    assert (len(seen.warnings) > 0) == (file.verdict != "OK"), seen.warnings
    assert file.n_shown in (None, seen.n_shown)
    assert file.n_rows in (None, seen.n_rows)
    if file.first is not None:
        wanted = [(time_s, file.first + round(25 * time_s)) for time_s, _ in seen.samples]
        assert seen.samples == wanted
        assert seen.samples


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_read_for_what_it_is(tmp_path: Path, apart: ReaderApart, name: str) -> None:
    file = HOSTILE[name](tmp_path)
    check(file, apart.read(file.path))


class TestReferences:
    """No other file is opened, no address is asked, nothing is waited for."""

    @pytest.mark.parametrize("name", REFERENCE_FILES)
    def test_are_not_followed(
        self, tmp_path: Path, apart: ReaderApart, address: list[socket.socket], name: str
    ) -> None:
        file = REFERENCE_FILES[name](tmp_path, address[0].getsockname()[1])
        check(file, apart.read(file.path))
        assert_nobody_asked(address)

    @pytest.mark.parametrize("kind", TEXTS)
    def test_in_text_are_not_followed_under_any_name(
        self, tmp_path: Path, apart: ReaderApart, address: list[socket.socket], kind: str
    ) -> None:
        for name in (f"x.{kind.partition('.')[2]}", "x.mp4", "x.avi", "x.ts"):
            file = text_file(tmp_path / name, kind, address[0].getsockname()[1])
            check(file, apart.read(file.path))
        assert_nobody_asked(address)

    def test_would_be_followed_by_an_ffmpeg_that_may(self, tmp_path: Path) -> None:
        # The bait is real: what is refused above is not merely misspelt.
        path = REFERENCE_FILES["mov_with_pictures_in_another_file"](tmp_path, 9).path
        assert first_number(path, {"enable_drefs": "1"}) == 500
        path = tmp_path / "x.mp4"
        path.write_text("ffconcat version 1.0\nfile other.mp4\n")
        assert first_number(path, {}) == 500


def first_number(path: Path, options: dict[str, str]) -> int:
    """What FFmpeg shows first when nobody guards it."""
    with av.open(str(path), options=options) as container:
        image = next(container.decode(video=0)).to_ndarray(format="rgb24")
    return read_barcode(np.asarray(image, dtype=np.uint8))


def assert_nobody_asked(address: list[socket.socket]) -> None:
    tcp, udp = address
    with pytest.raises(BlockingIOError):
        tcp.accept()
    with pytest.raises(BlockingIOError):
        udp.recv(1)


class TestNames:
    """Whatever a file is called, it is that file."""

    @pytest.mark.parametrize(
        "name",
        [
            *("pipe:0", "file:c.mp4", "data:,x", "-i c.mp4", "--help", "~", " ", "c.mp4 "),
            *(
                "%d.mp4",
                "%00",
                "=HYPERLINK(A1).mp4",
                "a\r\nb.mp4",
                "\x1b[31m.mp4",
                "a\u202e4pm.exe",
            ),
            *("subfile,,start,1,end,9,,:c.mp4", "crypto:c.mp4", "http:x", "n" * 255),
            *("async:c.mp4", "e\u0301\u00e9.mp4", "a|b.mp4", "\\\\server\\share.mp4", "c.m3u8"),
        ],
    )
    def test_are_data(self, tmp_path: Path, apart: ReaderApart, name: str) -> None:
        path = tmp_path / name
        (clip(tmp_path / "whole.mp4")).rename(path)
        check(HostileFile(path, "OK", n_shown=50), apart.read(path))

    def test_stay_in_their_line(self, tmp_path: Path) -> None:
        path = tmp_path / "a\nb\x1b[2J\u202e\udcff.mp4"
        path.write_bytes(b"no video")
        with pytest.raises(RecordingError) as caught:
            open_video(path)
        assert str(caught.value).startswith(f"{tmp_path}/a\\nb\\x1b[2J\\u202e\\udcff.mp4: not a ")


class TestWhatIsNoFile:
    def test_a_socket(self, tmp_path: Path) -> None:
        path = tmp_path / "c.mp4"
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(str(path))
            assert refusal(path).cause == "not a regular file"

    def test_a_link_to_itself(self, tmp_path: Path) -> None:
        path = tmp_path / "c.mp4"
        path.symlink_to(path)
        assert "cannot be looked up" in refusal(path).cause

    def test_a_link_to_a_device(self, tmp_path: Path) -> None:
        (tmp_path / "c.mp4").symlink_to("/dev/zero")
        assert refusal(tmp_path / "c.mp4").cause == "not a regular file"

    def test_a_link_to_nowhere(self, tmp_path: Path) -> None:
        (tmp_path / "c.mp4").symlink_to(tmp_path / "gone.mp4")
        assert refusal(tmp_path / "c.mp4").cause == "no such file"

    def test_a_folder_named_like_a_recording(self, tmp_path: Path) -> None:
        (tmp_path / "c.mp4").mkdir()
        assert refusal(tmp_path / "c.mp4").cause == "a folder, not a recording"

    def test_a_link_to_a_recording_is_one(self, tmp_path: Path, apart: ReaderApart) -> None:
        whole = clip(tmp_path / "whole.mp4")
        (tmp_path / "c.mp4").symlink_to(whole)
        seen = apart.read(tmp_path / "c.mp4")
        assert (seen.is_whole, seen.n_shown) == (True, 50)


def refusal(path: Path) -> RecordingError:
    with pytest.raises(RecordingError) as caught:
        open_video(path)
    assert str(caught.value).startswith(f"{path}: ")
    return caught.value


class TestAFileThatChangesWhileItIsRead:
    """Other programs copy, cut and delete: what was there is given, and the rest owned up to."""

    @pytest.mark.parametrize("name", ["c.mp4", "c.mkv", "c.ts"])
    def test_cut(self, tmp_path: Path, name: str) -> None:
        report = sampled(tmp_path / name, cut_in_half)
        assert not report.is_whole
        assert report.warnings

    def test_cut_with_its_index(self, tmp_path: Path) -> None:
        with pytest.raises(RecordingError, match="index \\(moov\\) is missing"):
            sampled(tmp_path / "c.mov", cut_in_half)

    @pytest.mark.parametrize("name", ["c.mp4", "c.mkv", "c.ts"])
    def test_grown(self, tmp_path: Path, name: str) -> None:
        def grow(path: Path) -> None:
            with path.open("ab") as file:
                file.write(bytes(300_000))

        assert sampled(tmp_path / name, grow).n_sampled >= 1

    def test_deleted_or_replaced(self, tmp_path: Path) -> None:
        def replace(path: Path) -> None:
            write_clip(path.with_name("new.mp4"), steady(10), numbers=range(500, 510))
            path.with_name("new.mp4").replace(path)

        with pytest.raises(RecordingError, match="no such file"):
            sampled(tmp_path / "a.mp4", Path.unlink)
        assert sampled(tmp_path / "b.mp4", replace).n_sampled >= 1


def cut_in_half(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def sampled(path: Path, change: Callable[[Path], None]) -> SamplingReport:
    """Open a recording of 8 s, change its file in another thread, and sample it.

    It is large enough that its end was not read yet.
    """
    how = {"movflags": "faststart"} if path.suffix == ".mp4" else {}
    write_clip(path, steady(200), b_frames=0, gop=10, container_options=how, picture=moving)
    with open_video(path) as reader:
        sampler = FrameSampler(reader, size_px=(60, 80))
        thread = threading.Thread(target=change, args=(path,))
        thread.start()
        thread.join()
        for _ in sampler:
            pass
        return sampler.report
