from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from video_pipeline.errors import TableError
from video_pipeline.output.features import read_features


def header(path: Path, shape: tuple[int, ...], *, n_bytes: int = 0) -> None:
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(
            file, {"descr": "<f2", "fortran_order": False, "shape": shape}
        )
        file.write(bytes(n_bytes))


def test_what_numpy_wrote_is_read_back_without_being_loaded(tmp_path: Path) -> None:
    values = np.random.default_rng(0).normal(size=(7, 2048)).astype(np.float16)
    np.save(tmp_path / "x.npy", values)
    read = read_features(tmp_path / "x.npy")
    np.testing.assert_array_equal(read, values)
    assert isinstance(read, np.memmap)
    assert not read.flags.writeable


@pytest.mark.parametrize(
    ("write", "cause"),
    [
        (lambda _: None, "cannot be read"),
        (lambda p: p.write_bytes(b""), "is no .npy file"),
        (lambda p: p.write_bytes(b"text" * 100), "is no .npy file"),
        (lambda p: p.write_bytes(b"\x93NUMPY\x01\x00\xff\xff" + b"(" * 65535), "is no .npy"),
        (lambda p: p.write_bytes(b"\x93NUMPY\x03\x00"), "a .npy of version 3.0"),
        (lambda p: np.save(p, np.zeros((2, 3), np.float32)), "holds float32 numbers"),
        (lambda p: np.save(p, np.zeros((2, 3), np.float16, order="F")), "columns first"),
        (lambda p: np.save(p, np.zeros(3, np.float16)), r"the shape \(3,\)"),
        (lambda p: np.save(p, np.zeros((0, 3), np.float16)), r"the shape \(0, 3\)"),
        (lambda p: np.save(p, np.array([[None]]), allow_pickle=True), "holds Python objects"),
        (lambda p: header(p, (2_000_000, 2_000_000)), "does not hold as many"),
        (lambda p: header(p, (1 << 62, 1 << 62)), "does not hold as many"),
        (lambda p: header(p, (10, 3), n_bytes=58), "does not hold as many"),
        (lambda p: header(p, (10, 3), n_bytes=62), "does not hold as many"),
        (lambda p: os.mkfifo(p), "is not a plain file"),
        (lambda p: p.mkdir(), "is not a plain file"),
    ],
)
def test_anything_else_is_refused(
    tmp_path: Path, write: Callable[[Path], object], cause: str
) -> None:
    path = tmp_path / "x.npy"
    write(path)
    with pytest.raises(TableError, match=cause):
        read_features(path)
