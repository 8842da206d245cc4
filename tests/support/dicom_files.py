"""DICOM objects that are made while the tests run: a video, cut into fragments, about a patient.

The header is written by pydicom, so that its encoding is not our own idea of it; the chain of
fragments is built here byte by byte, because tests also need chains that no library would write.
"""

from __future__ import annotations

import random
import struct
import traceback
from collections.abc import Iterator, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, VideoEndoscopicImageStorage, generate_uid

from video_pipeline.errors import RecordingError
from video_pipeline.frames.container.dicom import open_dicom_video

__all__ = [
    "END",
    "IRREGULAR",
    "PATIENT",
    "data_set_at",
    "element",
    "fragments_of",
    "insert",
    "item",
    "refusal_of",
    "write_dicom",
]

PATIENT = "Zyxwvut^Qrstu"
"""Stands in every header; must never be read anywhere else."""

END = b"\xfe\xff\xdd\xe0\0\0\0\0"
"""Sequence delimiter."""

IRREGULAR = [2 * random.Random(seed).randint(1, 300) for seed in range(50)]
"""Even lengths of fragments, from 2 bytes on."""

H264 = "1.2.840.10008.1.2.4.102"


def item(content: bytes, length: int | None = None) -> bytes:
    """One item, whose header says ``length`` where that differs from what it holds."""
    return struct.pack("<HHL", 0xFFFE, 0xE000, len(content) if length is None else length) + content


def fragments_of(video: bytes, sizes: Sequence[int]) -> Iterator[bytes]:
    """Cut a video into pieces of these sizes, again and again; the last is padded to be even."""
    at = 0
    for size in cycle(sizes):
        piece = video[at : at + size]
        at += size
        yield piece + b"\0" * (len(piece) % 2) if at >= len(video) else piece
        if at >= len(video):
            return


def write_dicom(
    path: Path,
    video: bytes | None,
    *,
    syntax: str = H264,
    sizes: Sequence[int] | None = None,
    chain: bytes | None = None,
    vr: bytes = b"OB",
    **values: Any,
) -> Path:
    """Write a video endoscopy object whose pixel data are ``video``, in one piece or in ``sizes``.

    ``chain`` stands for all that follows the pixel data's length; ``values`` are further elements
    by keyword, such as ``FrameTime``. Without a video and a chain there are no pixel data.
    """
    dataset = _header(syntax, values)
    dataset.save_as(path, enforce_file_format=True)
    if chain is None and video is not None:
        pieces = fragments_of(video, sizes if sizes is not None else [len(video)])
        chain = item(b"") + b"".join(item(piece) for piece in pieces) + END
    if chain is not None:
        with path.open("ab") as file:
            file.write(b"\xe0\x7f\x10\x00" + vr + b"\0\0\xff\xff\xff\xff" + chain)
    return path


def _header(syntax: str, values: dict[str, Any]) -> Dataset:
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = UID(syntax)
    dataset.SOPClassUID = VideoEndoscopicImageStorage
    dataset.SOPInstanceUID = generate_uid()
    dataset.StudyInstanceUID = generate_uid()
    dataset.PatientName = PATIENT
    dataset.PatientID = PATIENT
    dataset.Modality = "ES"
    dataset.Rows, dataset.Columns = 120, 160
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 3, "YBR_PARTIAL_420"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 8, 8, 7
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return dataset


def data_set_at(path: Path) -> int:
    """Where the file meta information ends."""
    with path.open("rb") as file:
        return 144 + int.from_bytes(file.read(144)[140:], "little")


def insert(path: Path, element: bytes) -> Path:
    """Put an element's bytes right behind the file meta information."""
    data, at = path.read_bytes(), data_set_at(path)
    path.write_bytes(data[:at] + element + data[at:])
    return path


def element(group: int, number: int, vr: bytes, value: bytes, length: int | None = None) -> bytes:
    """One explicit little endian element, whose header may say another ``length``."""
    n_bytes = len(value) if length is None else length
    if vr in (b"OB", b"UN", b"SQ", b"UT"):
        return struct.pack("<HH2sHL", group, number, vr, 0, n_bytes) + value
    return struct.pack("<HH2sH", group, number, vr, n_bytes) + value


def refusal_of(path: Path) -> RecordingError:
    """What opening raises: one line that names the file, and nobody else."""
    with pytest.raises(RecordingError) as caught:
        open_dicom_video(path)
    told = "".join(traceback.format_exception(caught.value))
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)
    assert PATIENT not in told
    return caught.value
