"""Images that are refused: lying, cut, damaged, too large, or none at all."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest

from classifier.dataset.decoding import MAX_PIXELS, decode_image
from classifier.dataset.image_headers import ImageFaultError
from classifier.dataset.images import read_image
from classifier.errors import DatasetError
from tests.support.encoded_images import by_opencv, decoded, saved, smooth


def with_height(content: bytes, height: int) -> bytes:
    place = content.index(b"\xff\xc0") + 5
    return content[:place] + struct.pack(">H", height) + content[place + 2 :]


@pytest.mark.parametrize("height", [16, 44, 76, 300])
def test_a_jpeg_whose_header_lies_is_refused(height: int) -> None:
    with pytest.raises(ImageFaultError, match="damaged"):
        decode_image(with_height(saved(smooth(), "JPEG"), height))


CONTENTS = {
    "JPEG": saved(smooth(), "JPEG"),
    "progressive JPEG": saved(smooth(), "JPEG", progressive=True),
    "PNG": saved(smooth(), "PNG"),
    "WebP": saved(smooth(), "WEBP"),
    "lossless WebP": saved(smooth(), "WEBP", lossless=True),
    "BMP": saved(smooth(), "BMP"),
    "GIF": saved(smooth(), "GIF"),
    "TIFF": saved(smooth(), "TIFF"),
    "LZW TIFF": saved(smooth(), "TIFF", compression="tiff_lzw"),
}


@pytest.mark.parametrize("kind", CONTENTS)
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9])
def test_a_cut_image_is_refused(kind: str, share: float) -> None:
    content = CONTENTS[kind]
    with pytest.raises(ImageFaultError):
        decode_image(content[: int(len(content) * share)])


@pytest.mark.parametrize("kind", CONTENTS)
def test_damaged_bytes_give_pixels_or_our_own_error(kind: str) -> None:
    """Whatever a decoder stumbles over, a scan goes on with the next file."""
    content = CONTENTS[kind]
    rng = np.random.default_rng(2)
    for _ in range(60):
        damaged = bytearray(content)
        # Headers are short, and hostile ones more telling than data.
        reach = len(content) if rng.random() < 0.5 else 120
        for place in rng.integers(4, reach, 4):
            damaged[place] = int(rng.integers(256))
        try:
            pixels = decode_image(bytes(damaged), max_pixels=1_000_000, thorough=True).pixels
        except ImageFaultError:
            continue
        assert pixels.ndim == 3
        assert pixels.shape[2] == 3


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width: int, height: int, data: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", data), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*parts) for parts in chunks)


def test_a_png_with_a_wrong_checksum_is_refused() -> None:
    content = bytearray(saved(smooth(), "PNG"))
    content[-6] ^= 1
    with pytest.raises(ImageFaultError, match=r"checksum \(CRC\) is wrong"):
        decode_image(bytes(content))


def test_a_png_with_too_little_data_is_refused() -> None:
    with pytest.raises(ImageFaultError, match="damaged"):
        decode_image(png(80, 60, zlib.compress(b"\0" * 500)))


@pytest.mark.parametrize(
    "content",
    [
        png(30000, 30000, zlib.compress(b"\0" * 10_000_000)),
        with_height(saved(smooth(8, 65000), "JPEG"), 65000),
        b"GIF89a" + struct.pack("<HH", 65535, 65535) + b"\0" * 40,
        b"RIFF\x16\0\0\0WEBPVP8X" + struct.pack("<II", 10, 0) + b"\xff" * 6,
        b"BM" + struct.pack("<IIIIiiHHI", 154, 0, 54, 40, 60000, 60000, 1, 24, 0) + b"\0" * 100,
    ],
    ids=["PNG", "JPEG", "GIF", "WebP", "BMP"],
)
def test_what_would_fill_the_memory_is_refused_by_its_header(content: bytes) -> None:
    with pytest.raises(ImageFaultError, match="px are more than") as caught:
        decode_image(content)
    assert caught.value.fault == "too_large"


def test_the_most_pixels_can_be_set() -> None:
    content = saved(smooth(), "PNG")
    assert decode_image(content, max_pixels=4800).pixels.shape == (60, 80, 3)
    with pytest.raises(ImageFaultError, match="80 x 60 px are more than 4799 pixels"):
        decode_image(content, max_pixels=4799)
    assert MAX_PIXELS == 8192 * 4352


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"\0\0\0\x18ftypheic" + b"\0" * 40, "HEIC is not read; save it as JPEG or PNG"),
        (b"\0\0\0\x1cftypavif" + b"\0" * 40, "AVIF is not read"),
        (b"<?xml version='1.0'?><svg xmlns='x'/>", "SVG is not read"),
        (b"\0" * 128 + b"DICM" + b"\0" * 40, "DICOM is not read"),
        (b"%PDF-1.7", "PDF is not read"),
        (b"some text", "not an image"),
    ],
)
def test_what_is_not_read_is_named(tmp_path: Path, content: bytes, cause: str) -> None:
    path = tmp_path / "x.jpg"
    path.write_bytes(content)
    with pytest.raises(DatasetError) as caught:
        read_image(path)
    assert str(caught.value).startswith(f"{path}: {cause}")


def test_a_tiff_is_read_by_its_own_name_only(tmp_path: Path) -> None:
    for name in ("x.tif", "x.TIFF", "x.jpg"):
        (tmp_path / name).write_bytes(CONTENTS["TIFF"])
    np.testing.assert_array_equal(read_image(tmp_path / "x.tif"), smooth())
    np.testing.assert_array_equal(read_image(tmp_path / "x.TIFF"), smooth())
    with pytest.raises(DatasetError, match=r"a TIFF named \.jpg; name it \.tif"):
        read_image(tmp_path / "x.jpg")


def test_other_images_are_read_by_any_name(tmp_path: Path) -> None:
    (tmp_path / "x.jpg").write_bytes(CONTENTS["PNG"])
    np.testing.assert_array_equal(read_image(tmp_path / "x.jpg"), smooth())


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.jpg")
    with pytest.raises(DatasetError, match="not a regular file"):
        read_image(tmp_path / "x.jpg")


def test_nothing_is_written_to_stderr(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    for kind, content in CONTENTS.items():
        for i in range(6):
            damaged = bytearray(content)
            for place in rng.integers(60, len(content), 6):
                damaged[place] ^= 255
            suffix = ".tif" if "TIFF" in kind else ".png"
            (tmp_path / f"{kind}{i}{suffix}").write_bytes(bytes(damaged))
    code = (
        "import sys\nfrom pathlib import Path\n"
        "from classifier.dataset.inspection import inspect_images\n"
        "print(len(inspect_images(sorted(Path(sys.argv[1]).iterdir()))))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "54\n", "")


def test_a_bomb_costs_no_memory(tmp_path: Path) -> None:
    (tmp_path / "bomb.png").write_bytes(png(30000, 30000, zlib.compress(b"\0" * 50_000_000)))
    code = (
        "import sys\nfrom pathlib import Path\n"
        "from classifier.dataset.inspection import inspect_images\n"
        "inspect_images([Path(sys.argv[1])])\n"
        # The peak of this program alone: getrusage's is that of the parent before exec, too.
        "status = Path('/proc/self/status').read_text()\n"
        "print(status.split('VmHWM:')[1].split()[0])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "bomb.png")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(done.stdout) < 400 * 1024


@pytest.mark.slow
def test_no_real_image_is_refused_and_all_have_opencvs_pixels(shared: Path) -> None:
    folders = [shared / "data" / name for name in ("tool_types_5", "laparoscopy_frames")]
    paths = [path for folder in folders for path in sorted(folder.rglob("*.jpg"))[::10]]
    assert len(paths) > 200
    for path in paths:
        content = path.read_bytes()
        np.testing.assert_array_equal(decoded(content), by_opencv(content))


def test_no_sample_image_is_refused() -> None:
    paths = sorted((Path(__file__).parents[3] / "samples" / "dataset").rglob("*.jpg"))
    assert len(paths) == 256
    for path in paths:
        content = path.read_bytes()
        np.testing.assert_array_equal(decoded(content), by_opencv(content))
