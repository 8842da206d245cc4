"""DICOM objects: the video inside gives the frames of the plain file, and the patient stays in."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
import tracemalloc
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from tests.support.clips import read_barcode, steady, write_clip
from tests.support.dicom_files import END, IRREGULAR, item, refusal_of, write_dicom
from video_pipeline.frames.container.dicom import is_dicom, open_dicom_video

BAD_INPUTS = Path(__file__).parents[3] / "shared" / "bad_inputs"

FORMATS = "mov,mp4,mpegts,mpeg,mpegvideo,h264,hevc"
SYNTAXES = "1.2.840.10008.1.2.4."
N_FRAMES = 40

CLIPS = {  # name: encoder, transfer syntax
    "h264.mp4": ("libx264", "102"),
    "h264.ts": ("libx264", "103"),
    "h264.h264": ("libx264", "104.1"),
    "mpeg2.mpg": ("mpeg2video", "100"),
    "mpeg2.ts": ("mpeg2video", "101"),
    "mpeg2.m2v": ("mpeg2video", "100.1"),
    "hevc.hevc": ("libx265", "107"),
    "hevc.mp4": ("libx265", "108"),
}
NAMES = {"libx264": "h264", "libx265": "hevc", "mpeg2video": "mpeg2video"}


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("clips")
    pal = Fraction(1, 25)
    return {
        name: write_clip(folder / name, steady(N_FRAMES), codec=encoder, time_base=pal)
        for name, (encoder, _) in CLIPS.items()
    }


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "c.dcm"


def shown(source: str | io.RawIOBase, **options: str) -> list[tuple[int, int | None]]:
    """Barcode and timestamp of every frame."""
    protocols = "file" if isinstance(source, str) else "none"
    allowed = {"format_whitelist": FORMATS, "protocol_whitelist": protocols, **options}
    with av.open(source, "r", options=allowed) as container:
        return [
            (read_barcode(frame.to_ndarray(format="rgb24").astype(np.uint8)), frame.pts)
            for frame in container.decode(video=0)
        ]


@pytest.mark.parametrize("sizes", [None, IRREGULAR, [2]], ids=["one", "many", "tiny"])
@pytest.mark.parametrize("name", CLIPS)
def test_frames_are_those_of_the_plain_file(
    path: Path, clips: dict[str, Path], name: str, sizes: list[int] | None
) -> None:
    encoder, syntax = CLIPS[name]
    write_dicom(path, clips[name].read_bytes(), syntax=SYNTAXES + syntax, sizes=sizes)
    video = open_dicom_video(path)
    with video.file:
        frames = shown(video.file)
    assert [number for number, _ in frames] == list(range(N_FRAMES))
    assert frames == shown(f"file:{clips[name]}")
    assert (video.codec, video.is_cut) == (NAMES[encoder], False)


@pytest.mark.parametrize("name", ["h264.h264", "mpeg2.m2v", "hevc.hevc"])
def test_the_headers_rate_can_be_handed_on(path: Path, clips: dict[str, Path], name: str) -> None:
    syntax = SYNTAXES + CLIPS[name][1]
    video = open_dicom_video(
        write_dicom(path, clips[name].read_bytes(), syntax=syntax, FrameTime="33.37")
    )
    allowed = {"format_whitelist": FORMATS, "framerate": str(video.rate_hz)}
    with video.file, av.open(video.file, "r", options=allowed) as container:
        assert container.streams.video[0].average_rate == Fraction(30000, 1001)


def test_closing_the_container_leaves_the_file_open(path: Path, clips: dict[str, Path]) -> None:
    video = open_dicom_video(write_dicom(path, clips["h264.mp4"].read_bytes()))
    with video.file:
        once = shown(video.file)
        assert not video.file.closed
        video.file.seek(0)
        assert shown(video.file) == once


def test_two_containers_read_one_object_side_by_side(path: Path, clips: dict[str, Path]) -> None:
    write_dicom(path, clips["h264.ts"].read_bytes(), sizes=IRREGULAR)
    one, other = open_dicom_video(path), open_dicom_video(path)
    results: list[int] = []
    threads = [
        threading.Thread(target=lambda v=video: results.append(len(shown(v.file))))
        for video in (one, other)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    one.file.close()
    other.file.close()
    assert results == [N_FRAMES, N_FRAMES]


def test_a_cut_object_gives_what_is_there(path: Path, clips: dict[str, Path]) -> None:
    stream = clips["h264.ts"].read_bytes()
    write_dicom(path, stream, sizes=IRREGULAR)
    os.truncate(path, path.stat().st_size - len(stream) // 2)
    video = open_dicom_video(path)
    with video.file:
        numbers = [number for number, _ in shown(video.file)]
    assert video.is_cut
    assert 0 < len(numbers) < N_FRAMES
    assert numbers == list(range(len(numbers)))


@pytest.mark.slow
def test_memory_does_not_grow_with_the_object(path: Path, clips: dict[str, Path]) -> None:
    stream = clips["h264.ts"].read_bytes()
    n_pieces = (300 << 20) // len(stream)
    write_dicom(path, None, chain=item(b""))
    with path.open("ab") as whole:
        whole.writelines(item(stream) for _ in range(n_pieces))
        whole.write(END)
    tracemalloc.start()
    video = open_dicom_video(path)
    with video.file as file, av.open(file, "r", options={"format_whitelist": FORMATS}) as container:
        n_packets = sum(packet.size > 0 for packet in container.demux(video=0))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert n_packets >= n_pieces * (N_FRAMES - 1)
    assert peak < 4 << 20


# --- what is DICOM at all


@pytest.mark.parametrize("content", [b"", b"DICM", b"\0" * 131 + b"M", b"\0" * 200])
def test_what_is_no_dicom(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert not is_dicom(path)
    assert refusal_of(path).cause == "not a DICOM object"


def test_a_missing_file(path: Path) -> None:
    assert not is_dicom(path)
    assert refusal_of(path).cause == "cannot be read: no such file or directory"


def test_what_cannot_be_a_file(tmp_path: Path) -> None:
    assert not is_dicom(tmp_path)
    assert not is_dicom(tmp_path / "a\0b")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        assert not is_dicom(tmp_path / "pipe")


def test_a_video_object_is_dicom(path: Path) -> None:
    assert is_dicom(write_dicom(path, b"video!"))


@pytest.mark.skipif(not BAD_INPUTS.is_dir(), reason="the files are not there")
def test_no_hostile_video_is_taken_for_dicom() -> None:
    files = [p for p in (BAD_INPUTS / "video").iterdir() if p.is_file()]
    assert files
    assert not [p for p in files if is_dicom(p)]


# --- without pydicom

WITHOUT_PYDICOM = """
import sys
sys.modules["pydicom"] = None
from video_pipeline.errors import RecordingError
from video_pipeline.frames.container.dicom import is_dicom, open_dicom_video
assert is_dicom(sys.argv[1])
try:
    open_dicom_video(sys.argv[1])
except RecordingError as error:
    print(error)
"""


def test_without_pydicom_one_line_says_how_to_get_it(path: Path) -> None:
    write_dicom(path, b"video!")
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_PYDICOM, str(path)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert done.stdout == (
        f"{path}: a DICOM object, and pydicom is not installed; "
        "pip install 'surgical-video[dicom]'\n"
    )
    assert done.stderr == ""


def test_asking_whether_it_is_dicom_does_not_load_pydicom(path: Path) -> None:
    write_dicom(path, b"video!")
    code = (
        "import sys\n"
        "from video_pipeline.frames.container.dicom import is_dicom\n"
        "assert is_dicom(sys.argv[1])\n"
        "sys.exit('pydicom' in sys.modules)\n"
    )
    subprocess.run(
        [sys.executable, "-c", code, str(path)], check=True, cwd=Path(__file__).parents[2]
    )


def test_refusals_leave_no_open_files(path: Path) -> None:
    refusal_of(write_dicom(path, None, chain=END))
    fds = Path("/proc/self/fd")
    if fds.exists():
        assert not [fd for fd in fds.iterdir() if fd.exists() and fd.resolve() == path]
