"""With pseudonyms nothing of an input but its seconds and counts comes out, wherever one looks.

Two words that occur nowhere else are planted: one in every name and folder, one in every tag,
chapter, DICOM attribute and in bytes of broken files. Then every byte of what was written and said
is searched for them. Without pseudonyms, names are there, and tags still are not.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import os
import shutil
import struct
import zlib
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import pytest

from tests.support.batches import Brightness, annotate_in_turn, files_below, job_of
from tests.support.clips import barcode, cut_file, damage_packet, steady, write_clip
from tests.support.dicom_files import write_dicom
from video_pipeline.batch.job import BatchJob, Outcome
from video_pipeline.batch.local.engine import LocalEngine
from video_pipeline.batch.naming.pseudonyms import Pseudonyms
from video_pipeline.batch.one_recording import faulty_outcome
from video_pipeline.batch.recordings import Operation, Recording, name_operations
from video_pipeline.batch.search.operations import find_operations
from video_pipeline.batch.search.part_list import read_part_list
from video_pipeline.batch.table import update_batch_table
from video_pipeline.cli import main
from video_pipeline.errors import RecordingError
from video_pipeline.output.provenance import digest_path

NAME = "Zyxwvut"
"""In every file's and folder's name."""
TAG = "Qponmlk"
"""In everything that lies inside of files."""

TAGS = ("title", "artist", "author", "comment", "description", "location", "copyright")


def write_tagged(path: Path, n_frames: int = 50, *, time: str | None = None, px: int = 160) -> Path:
    """A clip that tells of a patient wherever its container has a place for it."""
    with av.open(str(path), "w") as container:
        container.metadata.update({name: f"{TAG} {name}" for name in TAGS})
        if time is not None:
            container.metadata["creation_time"] = time
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = px, 120, "yuv420p"
        stream.codec_context.gop_size = 25
        stream.metadata.update({"title": f"{TAG} title", "handler_name": f"{TAG} handler"})
        chapter = {"id": 1, "start": 0, "end": 1000, "time_base": Fraction(1, 1000)}
        container.set_chapters([{**chapter, "metadata": {"title": f"{TAG} chapter"}}])  # type: ignore[typeddict-item]
        for number in range(n_frames):
            picture = barcode(number, (120, px))
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert TAG.encode() in path.read_bytes()
    return path


def write_patient(path: Path, video: bytes) -> Path:
    """A DICOM object about the patient."""
    name = f"{TAG}^Jane"
    return write_dicom(path, video, PatientName=name, PatientID=TAG, StudyDescription=TAG)


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of what may come: whole, damaged, of several files, unreadable."""
    folder = tmp_path_factory.mktemp("inputs") / f"{NAME} ward"
    folder.mkdir()
    plain = write_clip(folder.parent / "plain.ts", steady(50)).read_bytes()
    for suffix in ("mp4", "mkv", "mov", "avi", "ts"):
        write_tagged(folder / f"{NAME}_{suffix}.{suffix}")
    write_patient(folder / f"{NAME}.dcm", plain)
    # Damaged: in the middle, at the end, within a DICOM object.
    damage_packet(write_tagged(folder / f"{NAME}_hit.mp4"), 25)
    cut_file(write_tagged(folder / f"{NAME}_cut.mkv"), 0.7)
    cut_file(write_patient(folder / f"{NAME}_cut.dcm", plain), 0.7)
    # Unreadable, each for a reason of its own.
    (folder / f"{NAME}_text.mp4").write_text(f"{TAG} {TAG}\n")
    (folder / f"{NAME}_empty.mp4").write_bytes(b"")
    (folder / f"{NAME}_header.mkv").write_bytes(b"\x1aE\xdf\xa3" + TAG.encode() * 20)
    cut_file(write_tagged(folder / f"{NAME}_index.mp4"), 0.5)
    cut_file(write_patient(folder / f"{NAME}_broken.dcm", plain), 0.01)
    cut_file(write_tagged(folder / f"{NAME}_nothing.avi"), 0.05)
    os.mkfifo(folder / f"{NAME}_pipe.mp4")
    return folder


@pytest.fixture(scope="module")
def operations(ward: Path) -> list[Operation]:
    """Each file alone; files of one operation together; some that are not there."""
    found = [Operation.of_file(path) for path in sorted(ward.iterdir())]
    found.append(Operation.of_file(ward / f"{NAME}_gone.mp4"))
    for name in ("whole", "hit", "lost"):
        place = ward.parent / f"{NAME} {name}"
        place.mkdir()
        first = write_tagged(place / f"{NAME}1.mkv", time="2024-01-05T08:00:00Z")
        later = place / f"{NAME}2.mkv"
        write_tagged(later, time="2024-01-05T08:00:08Z", px=96 if name == "whole" else 160)
        if name == "hit":
            damage_packet(later, 25)
        if name == "lost":
            first.write_bytes(b"")
        found.append(Operation(place, place.name, (first, later)))
    return found


@pytest.fixture
def pseudonyms(tmp_path: Path) -> Pseudonyms:
    return Pseudonyms.of_key_file(tmp_path / "site" / "key", out=tmp_path / "out")


Run = Callable[[list[Recording], BatchJob], list[Outcome]]


def with_workers(recordings: list[Recording], job: BatchJob) -> list[Outcome]:
    return list(LocalEngine(n_workers=2).annotate(recordings, Brightness(), job))


def annotate(
    operations: list[Operation],
    out: Path,
    pseudonyms: Pseudonyms | None,
    run: Run = annotate_in_turn,
    **settings: object,
) -> list[Outcome]:
    out.mkdir(exist_ok=True)
    recordings = name_operations(operations, out, pseudonyms=pseudonyms)
    outcomes = run(recordings, job_of(out, **settings))
    update_batch_table(out, [of.row for of in outcomes])
    return outcomes


def said(outcomes: list[Outcome]) -> bytes:
    """What a screen may say of outcomes."""
    return repr([(of.row, of.folder, of.warnings, of.was_finished) for of in outcomes]).encode()


def readings_of(content: bytes) -> Iterator[bytes]:
    """The bytes themselves, and what a picture keeps compressed."""
    yield content
    if not content.startswith(b"\x89PNG"):
        return
    at, pixels = 8, b""
    while at < len(content):
        length, kind = struct.unpack(">L4s", content[at : at + 8])
        data = content[at + 8 : at + 8 + length]
        if kind == b"IDAT":
            pixels += data
        if kind in {b"zTXt", b"iTXt"}:
            for start in range(len(data)):
                try:
                    yield zlib.decompress(data[start:])
                except zlib.error:
                    continue
        at += length + 12
    yield zlib.decompress(pixels)


def writings_of(word: str) -> set[bytes]:
    """How a word may stand in a file, in lower case."""
    plain = word.encode()
    percent = "".join(f"%{byte:02x}" for byte in plain).encode()
    # Each of the three ways in which base64 may fall on a word that stands in something longer.
    base64s = {base64.b64encode(b" " * k + plain)[4 if k else 0 : -4] for k in range(3)}
    codes = {plain, word.encode("utf-16-le"), word.encode("utf-16-be"), plain.hex().encode()}
    return {writing.lower() for writing in codes | base64s | {percent}}


def holds(content: bytes, word: str) -> bool:
    lower = [reading.lower() for reading in readings_of(content)]
    return any(writing in reading for writing in writings_of(word) for reading in lower)


def where(word: str, out: Path) -> set[str]:
    """Files below ``out`` that hold the word, or whose own path does."""
    return {
        path
        for path, content in files_below(out).items()
        if holds(content, word) or holds(path.encode(), word)
    }


def test_the_search_finds_what_it_is_to_find(tmp_path: Path) -> None:
    for k, encoded in enumerate(
        [
            NAME.encode(),
            f"x{NAME}".encode("utf-16"),
            NAME.encode().hex().encode(),
            base64.b64encode(f"{'x' * 7}{NAME}{'y' * 5}".encode()),
            "".join(f"%{byte:02X}" for byte in NAME.encode()).encode(),
        ]
    ):
        (tmp_path / str(k)).write_bytes(b"before " + encoded + b" behind")
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    for k, kind in enumerate(("add_text", "add_itxt")):
        texts = PngInfo()
        getattr(texts, kind)("Title", f"of {NAME} " * 9, zip=True)
        Image.new("RGB", (4, 4)).save(tmp_path / f"{k}.png", pnginfo=texts)
    assert where(NAME, tmp_path) == {*map(str, range(5)), "0.png", "1.png"}


@pytest.mark.parametrize("run", [annotate_in_turn, with_workers])
def test_no_name_and_no_tag_comes_out(
    operations: list[Operation],
    tmp_path: Path,
    pseudonyms: Pseudonyms,
    run: Run,
    capfd: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "out"
    outcomes = annotate(operations, out, pseudonyms, run)
    again = annotate(operations, out, pseudonyms, run)
    assert main(["report", str(out)]) == 0
    statuses = {of.row.status for of in outcomes}
    assert statuses == {"done", "partial", "failed"}
    assert {of.was_finished for of in again if of.row.status != "failed"} == {True}
    spoken = "".join(capfd.readouterr()).encode()
    for word in (NAME, TAG):
        assert where(word, out) == set()
        assert not holds(said(outcomes) + said(again) + spoken, word)
    # Whoever guesses a path or a name cannot try whether it is right.
    written = b"".join(files_below(out).values())
    for of in operations:
        for path in (of.path, *of.paths):
            assert digest_path(path).encode() not in written
            for text in (str(path), path.name, path.stem):
                assert hashlib.sha256(text.encode()).hexdigest().encode() not in written


def test_a_video_is_not_found_by_its_name(
    ward: Path, tmp_path: Path, pseudonyms: Pseudonyms, capfd: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    annotate([Operation.of_file(ward / f"{NAME}_mkv.mkv")], out, pseudonyms)
    assert main(["report", str(out), "--videos", str(ward)]) == 0
    assert "no video of this name" in capfd.readouterr().err
    assert where(NAME, out) == set()


def test_the_other_decoder_tells_no_more(
    operations: list[Operation],
    tmp_path: Path,
    pseudonyms: Pseudonyms,
    capfd: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "out"
    outcomes = annotate(operations, out, pseudonyms, decoder="opencv")
    assert {of.row.status for of in outcomes} >= {"done", "failed"}
    spoken = "".join(capfd.readouterr()).encode()
    for word in (NAME, TAG):
        assert where(word, out) == set()
        assert not holds(said(outcomes) + spoken, word)
    versions = [
        json.loads((of.folder / "run.json").read_text())["versions"]
        for of in outcomes
        if of.row.status == "done"
    ]
    assert all("opencv_libavcodec" in of for of in versions)


@pytest.mark.parametrize("run", [annotate_in_turn, with_workers])
def test_without_pseudonyms_names_are_told_and_tags_never(
    operations: list[Operation],
    tmp_path: Path,
    run: Run,
    capfd: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "out"
    outcomes = annotate(operations, out, None, run)
    spoken = "".join(capfd.readouterr()).encode()
    assert where(TAG, out) == set()
    assert not holds(said(outcomes) + spoken, TAG)
    folders = {of.folder.name for of in outcomes if of.row.status != "failed"}
    assert all(NAME in name for name in folders)
    named = where(NAME, out)
    assert {"batch.csv", *(f"{name}/run.json" for name in folders)} <= named
    with (out / "batch.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["path"] for row in rows} == {str(of.path) for of in operations}


def test_parts_are_told_apart_by_their_number(
    operations: list[Operation], tmp_path: Path, pseudonyms: Pseudonyms
) -> None:
    whole, hit, lost = annotate(operations[-3:], tmp_path / "out", pseudonyms)
    assert whole.row.status == "done"
    assert "part 2: its picture is 96 x 120 px" in " ".join(whole.warnings)
    assert "before part 2" in " ".join(whole.warnings)
    assert (hit.row.status, lost.row.status) == ("partial", "failed")
    assert "part 2: " in hit.row.error
    assert lost.row.error.startswith("part 1: the file is empty")
    parts = json.loads((whole.folder / "run.json").read_text())["input"]["parts"]
    assert [part["name"] for part in parts] == ["part 1", "part 2"]


def test_the_picture_is_titled_with_the_pseudonym(
    ward: Path, tmp_path: Path, pseudonyms: Pseudonyms
) -> None:
    clip = ward / f"{NAME}_mkv.mkv"
    (hidden,) = annotate([Operation.of_file(clip)], tmp_path / "out", pseudonyms)
    twin = tmp_path / f"{hidden.folder.name}.mkv"
    shutil.copy(clip, twin)
    (named,) = annotate([Operation.of_file(twin)], tmp_path / "plain", None)
    picture = (named.folder / "timeline.png").read_bytes()
    assert (hidden.folder / "timeline.png").read_bytes() == picture


def test_a_fault_of_ours_is_told_by_its_kind_alone(ward: Path, pseudonyms: Pseudonyms) -> None:
    path = ward / f"{NAME}_mkv.mkv"
    (given,) = pseudonyms.give([path])
    error = RuntimeError(f"{path}: {TAG}")
    hidden = faulty_outcome(Recording(path, given.name, pseudonym=given), ward, error)
    assert hidden.row.error == "RuntimeError; a fault of this program, please report it"
    assert NAME in faulty_outcome(Recording(path, "a"), ward, error).row.error


def test_what_is_wrong_with_a_list_can_be_said_without_the_names_in_it(tmp_path: Path) -> None:
    path = tmp_path / "list.parts"
    (tmp_path / f"{NAME}.mp4").write_bytes(b"")
    for line in (f"../{NAME}.mp4", f"/{NAME}", f"{NAME}2", f"{NAME}.mp4\n{NAME}.mp4", "http://x"):
        path.write_text(f"{line}\n")
        with pytest.raises(RecordingError) as caught:
            read_part_list(path)
        assert NAME not in caught.value.nameless_cause
        assert caught.value.nameless_cause.startswith("line ")
    assert NAME not in why_skipped(tmp_path)


def why_skipped(folder: Path) -> str:
    (folder / "list.parts").write_text(f"../{NAME}.mp4\n")
    found = {of.path.name: of.why_skipped for of in find_operations([folder])}
    why = found["list.parts"]
    assert why is not None
    return why


def test_an_error_before_there_are_recordings_can_be_told_of_a_pseudonym(
    tmp_path: Path, pseudonyms: Pseudonyms
) -> None:
    path = tmp_path / f"{NAME}.parts"
    path.write_text(f"../{NAME}.mp4\n")
    with pytest.raises(RecordingError) as caught:
        read_part_list(path)
    hidden = pseudonyms.hide(caught.value)
    (given,) = pseudonyms.give([path])
    assert str(hidden).startswith(f"{given.name}: line 1: its file leads out of")
    assert str(hidden).endswith(f"; {caught.value.hint}")
    assert type(hidden) is RecordingError
