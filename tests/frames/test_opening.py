"""Opening: only a local, regular file that is a recording; else one line with the cause."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from tests.support.clips import barcode, patch_bytes, steady, write_clip
from video_pipeline.errors import RecordingError
from video_pipeline.frames import open_video, sample_frames
from video_pipeline.frames.container import opening


@pytest.fixture(scope="module")
def mp4(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write_clip(tmp_path_factory.mktemp("mp4") / "c.mp4", steady(30)).read_bytes()


def refusal(path: Path) -> RecordingError:
    with pytest.raises(RecordingError) as caught:
        sample_frames(path)
    line = str(caught.value)
    assert line.startswith(f"{path}: ")
    assert "\n" not in line
    return caught.value


CONTENTS: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "the file is empty"),
    "zeros": (b"\0" * 65536, "nothing was ever written"),
    "text": (b"Surgical report\nno video here\n" * 200, "the file is text"),
    "ansi art": (b"\x1b[31mnot\x1b[0m a picture\r\n" * 200, "the file is text"),
    "a play-list": (b"#EXTM3U\n#EXTINF:10.0,\nhttp://127.0.0.1:9/a.ts\n", "the file is text"),
    "a script": (b"ffconcat version 1.0\nfile other.mp4\n", "the file is text"),
    "a session": (b"v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 9 RTP/AVP 96\n", "the file is text"),
    "noise": (np.random.default_rng(0).bytes(65536), "not a video container"),
    "an archive": (b"PK\x03\x04" + bytes(range(256)) * 8, "not a video container"),
    "jpeg": (bytes(cv2.imencode(".jpg", barcode(5))[1]), "a still image, not a video"),
    "png": (bytes(cv2.imencode(".png", barcode(5))[1]), "a still image, not a video"),
}


@pytest.mark.parametrize("kind", CONTENTS)
@pytest.mark.parametrize("name", ["c.mp4", "c.m3u8", "c.ffconcat", "c.sdp", "c.ans", "c.jpg"])
def test_what_is_no_video_is_refused_under_any_name(tmp_path: Path, kind: str, name: str) -> None:
    content, cause = CONTENTS[kind]
    path = tmp_path / name
    path.write_bytes(content)
    assert cause in refusal(path).cause


def test_a_missing_file(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none.mp4").cause == "no such file"


def test_a_file_behind_a_file(tmp_path: Path) -> None:
    (tmp_path / "c").write_bytes(b"x")
    assert "not a directory" in refusal(tmp_path / "c" / "d.mp4").cause


def test_a_name_with_a_nul(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="cannot be looked up"):
        open_video(tmp_path / "a\0b.mp4")


def test_a_folder(tmp_path: Path) -> None:
    assert refusal(tmp_path).cause == "a folder, not a recording"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "c.mp4")
    assert refusal(tmp_path / "c.mp4").cause == "not a regular file"


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no devices here")
def test_a_device() -> None:
    assert refusal(Path("/dev/zero")).cause == "not a regular file"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
def test_a_file_that_may_not_be_read(tmp_path: Path, mp4: bytes) -> None:
    path = tmp_path / "c.mp4"
    path.write_bytes(mp4)
    path.chmod(0)
    assert refusal(path).cause == "cannot be read: permission denied"


def test_a_recording_that_was_never_finished(tmp_path: Path, mp4: bytes) -> None:
    path = tmp_path / "c.mp4"
    path.write_bytes(mp4[: mp4.index(b"moov") - 4])
    assert "index (moov) is missing" in refusal(path).cause


def test_a_recording_cut_in_its_index(tmp_path: Path, mp4: bytes) -> None:
    path = tmp_path / "c.mp4"
    path.write_bytes(mp4[: mp4.index(b"stsz")])
    assert "cut off in its index" in refusal(path).cause


def test_sound_alone(tmp_path: Path) -> None:
    path = tmp_path / "c.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=48000)
        assert isinstance(stream, av.AudioStream)
        silence = np.zeros((2, 48000), dtype=np.float32)
        sound = av.AudioFrame.from_ndarray(silence, format="fltp", layout="stereo")
        sound.sample_rate = 48000
        container.mux(stream.encode(sound))
        container.mux(stream.encode(None))
    assert refusal(path).cause == "no video stream: the file holds only audio"


def test_an_unknown_codec(tmp_path: Path, mp4: bytes) -> None:
    path = tmp_path / "c.mp4"
    path.write_bytes(mp4.replace(b"avc1\0\0", b"zzzz\0\0"))
    assert refusal(path).cause == "no decoder for its video codec"


def test_an_encrypted_recording(tmp_path: Path) -> None:
    key = {
        "encryption_scheme": "cenc-aes-ctr",
        "encryption_key": "76a6c65c5ea762046bd749a2e632ccbb",
        "encryption_kid": "a7e61c373e219033c21091fa607bf3b8",
    }
    path = write_clip(tmp_path / "c.mp4", steady(10), container_options=key)
    assert refusal(path).cause == "the video is encrypted"


def test_a_header_without_frames(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "c.mkv", steady(10))
    data = path.read_bytes()
    path.write_bytes(data[: data.index(b"\x1f\x43\xb6\x75")])  # where the first cluster begins
    assert "no frames" in refusal(path).cause or "no frame" in refusal(path).cause


def test_frames_that_are_all_noise(tmp_path: Path, mp4: bytes) -> None:
    path = tmp_path / "c.mp4"
    path.write_bytes(mp4)
    start = mp4.index(b"mdat") + 4
    noise = np.random.default_rng(0).bytes(mp4.index(b"moov") - 4 - start)
    assert refusal(patch_bytes(path, start, noise)).cause == "no frame could be decoded"


def test_too_many_pixels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mp4: bytes) -> None:
    path = tmp_path / "c.mp4"
    path.write_bytes(mp4)
    monkeypatch.setattr(opening, "LARGEST_PICTURE_PX", 160 * 120 - 1)
    assert refusal(path).cause == "too many pixels: 160 x 120"


def test_a_small_header_does_not_smuggle_in_a_large_picture(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "c.ts", steady(2), size_px=(4400, 8200), picture=blank, gop=1)
    assert refusal(path).cause == "too many pixels: 8200 x 4400"


def blank(number: int, size_px: tuple[int, int]) -> np.ndarray:
    return np.full((*size_px, 3), number, dtype=np.uint8)


def test_a_script_that_names_a_recording_beside_it_is_not_followed(
    tmp_path: Path, mp4: bytes
) -> None:
    (tmp_path / "other.mp4").write_bytes(mp4)
    path = tmp_path / "c.mp4"
    path.write_text("ffconcat version 1.0\nfile other.mp4\n")
    assert "the file is text" in refusal(path).cause


def test_nothing_is_printed(tmp_path: Path, mp4: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    for kind, (content, _) in CONTENTS.items():
        path = tmp_path / f"{kind}.mp4"
        path.write_bytes(content)
        refusal(path)
    path = tmp_path / "c.mp4"
    path.write_bytes(mp4)
    patch_bytes(path, mp4.index(b"mdat") + 900, np.random.default_rng(0).bytes(300))
    with open_video(path) as reader:
        list(reader.frames())
    assert capfd.readouterr() == ("", "")


def test_refusals_leave_no_threads_and_no_open_files(tmp_path: Path) -> None:
    path = tmp_path / "c.mp4"
    path.write_bytes(CONTENTS["noise"][0])
    threads = threading.active_count()
    refusal(path)
    assert threading.active_count() == threads
    fds = Path("/proc/self/fd")
    if fds.exists():
        assert not [fd for fd in fds.iterdir() if fd.exists() and fd.resolve() == path]
