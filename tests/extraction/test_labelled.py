"""Frames labelled from an annotation: what training reads is what was annotated."""

from __future__ import annotations

import shutil
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from classifier.dataset.class_folders import find_split, read_class_folders
from classifier.dataset.images import read_image
from classifier.dataset.table import is_table, read_table
from tests.extraction.calls import annotate, extract, extract_one, files_below, rows_of
from tests.support.clips import read_barcode, steady, write_clip
from video_pipeline.errors import OutputError, RecordingError, TableError
from video_pipeline.extraction.choosing import AtRate, SpreadEvenly
from video_pipeline.extraction.label_table import Labelled

#        Grasper and Hook, a text a second; nobody annotated second 4.
SECONDS = ["10", "01", "11", "00", "-", "10"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("made") / "video01.mp4", steady(6 * 25))


@pytest.fixture
def clip(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(made, tmp_path / "video01.mp4"))


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    return annotate(tmp_path / "video01-tool.txt", SECONDS)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "frames"


def shown_second(image: Path) -> int:
    return read_barcode(read_image(image)) // 25


def test_training_reads_the_table_as_it_is(clip: Path, labels: Path, out: Path) -> None:
    extraction = extract_one(clip, out, moments=AtRate(Fraction(2)), labels=labels)
    assert extraction.labelled == Labelled(n_labelled=10, n_unannotated=2, n_different=0)
    assert extraction.n_frames == 12
    dataset = read_table(out / "labels.csv")
    assert is_table(out)
    assert dataset.tools == ("Grasper", "Hook")
    assert dataset.videos == ("video01",) * 10
    for path, row in zip(dataset.paths, dataset.labels, strict=True):
        assert "".join(str(int(cell)) for cell in row) == SECONDS[shown_second(path)]


def test_several_recordings_share_one_table(clip: Path, tmp_path: Path, out: Path) -> None:
    other = Path(shutil.copy(clip, tmp_path / "video02.mp4"))
    folder = tmp_path / "tool_annotations"
    folder.mkdir()
    annotate(folder / "video01-tool.txt", SECONDS)
    annotate(folder / "tool_video_02.txt", ["01"] * 6, tools="Hook Grasper")
    extract([other], out, labels=folder)
    extract([clip, other], out, labels=folder)
    dataset = read_table(out / "labels.csv")
    assert dataset.tools == ("Hook", "Grasper"), "the order of whoever came first"
    assert dataset.videos == ("video01",) * 5 + ("video02",) * 6
    assert dataset.labels[0].tolist() == [0, 1]
    assert dataset.labels[5:].tolist() == [[0, 1]] * 6


def test_the_same_call_leaves_the_table_alone(clip: Path, labels: Path, out: Path) -> None:
    extract_one(clip, out, labels=labels)
    before = files_below(out)
    assert extract_one(clip, out, labels=labels).was_finished
    assert files_below(out) == before


def test_frames_that_were_there_are_labelled_without_decoding(
    clip: Path, labels: Path, out: Path
) -> None:
    extract_one(clip, out)
    extraction = extract_one(clip, out, labels=labels)
    assert extraction.was_finished
    assert len(read_table(out / "labels.csv")) == 5


def test_a_row_that_was_put_right_by_hand_stays(clip: Path, labels: Path, out: Path) -> None:
    extract_one(clip, out, labels=labels)
    table = out / "labels.csv"
    corrected = table.read_text().replace(
        "000000.000s.png,video01,1,0", "000000.000s.png,video01,1,1"
    )
    assert corrected != table.read_text()
    table.write_text(corrected)
    extraction = extract_one(clip, out, labels=labels)
    assert extraction.labelled == Labelled(n_labelled=5, n_unannotated=1, n_different=1)
    assert table.read_text() == corrected


def test_a_frame_that_was_moved_is_labelled_where_it_lies(
    clip: Path, labels: Path, out: Path
) -> None:
    extract_one(clip, out, labels=labels)
    (out / "kept").mkdir()
    (out / "video01" / "video01_000001.000s.png").rename(out / "kept" / "video01_000001.000s.png")
    extract_one(clip, out, labels=labels)
    dataset = read_table(out / "labels.csv")
    assert len(dataset) == 5
    assert all(path.is_file() for path in dataset.paths)


@pytest.mark.parametrize("name", ["=1+1", "-case", "'x"])
def test_names_that_a_spreadsheet_would_run_are_read_by_training(
    clip: Path, labels: Path, out: Path, name: str
) -> None:
    path = clip.rename(clip.with_name(f"{name}.mp4"))
    extract_one(path, out, labels=labels)
    assert not any(line[:1] in "=+-@" for line in (out / "labels.csv").read_text().splitlines())
    dataset = read_table(out / "labels.csv")
    assert [shown_second(path) for path in dataset.paths] == [0, 1, 2, 3, 5]
    assert len(set(dataset.videos or ())) == 1
    before = files_below(out)
    extract_one(path, out, labels=labels)
    assert files_below(out) == before


def test_one_row_more_or_less_than_seconds_is_said(clip: Path, tmp_path: Path) -> None:
    for n in (5, 6, 7):
        labels = annotate(tmp_path / f"{n}-tool.txt", ["10"] * n)
        extraction = extract_one(clip, tmp_path / f"out{n}", labels=labels)
        said = f"{n}-tool.txt covers {n} s and the recording lasts 6 s; one second more or less is "
        assert [note for note in extraction.notes if note.startswith(said)] == (
            [f"{said}usual"] if n != 6 else []
        )
        assert extraction.labelled is not None
        assert extraction.labelled.n_labelled == min(n, 6)


@pytest.mark.parametrize("n", [4, 8, 600])
def test_an_annotation_of_another_length_is_refused_before_a_frame_is_written(
    clip: Path, tmp_path: Path, out: Path, n: int
) -> None:
    labels = annotate(tmp_path / "video01-tool.txt", ["10"] * n)
    with pytest.raises(TableError, match=f"covers {n} s, but the recording lasts 6 s; is it the"):
        extract_one(clip, out, labels=labels)
    assert files_below(out) == {}


def test_other_tools_are_not_mixed_into_a_table(
    clip: Path, labels: Path, tmp_path: Path, out: Path
) -> None:
    extract_one(clip, out, labels=labels)
    other = Path(shutil.copy(clip, tmp_path / "video02.mp4"))
    annotation = annotate(tmp_path / "video02-tool.txt", ["10"] * 6, tools="Grasper Clipper")
    with pytest.raises(TableError, match=r"has the tools Grasper, Hook, but video02-tool.txt has"):
        extract_one(other, out, labels=annotation)


def test_class_folders_hold_the_frames_of_one_tool_only(
    clip: Path, labels: Path, out: Path
) -> None:
    extraction = extract_one(clip, out, moments=AtRate(Fraction(2)), labels=labels, split="train")
    assert (extraction.n_frames, extraction.n_left_out, extraction.labelled) == (8, 4, None)
    train = find_split(out, "train")
    assert train is not None
    assert not is_table(out)
    dataset = read_class_folders(train)
    assert (dataset.tools, dataset.background) == (("Grasper", "Hook"), ("no_tool",))
    codes = {"10": 0, "01": 1, "00": 2}
    for path, row in zip(dataset.paths, dataset.labels, strict=True):
        assert np.argmax(row) == codes[SECONDS[shown_second(path)]]
    files = {row["file"] for row in rows_of(out / "frames.csv")}
    assert files == {path.relative_to(out).as_posix() for path in dataset.paths}


def test_the_same_call_leaves_class_folders_alone(clip: Path, labels: Path, out: Path) -> None:
    extract_one(clip, out, labels=labels, split="train")
    before = files_below(out)
    events: list[str] = []
    assert extract_one(clip, out, labels=labels, split="train", events=events).was_finished
    assert (files_below(out), events) == (before, [])


def test_a_frame_that_was_sorted_anew_by_hand_is_not_doubled(
    clip: Path, labels: Path, out: Path
) -> None:
    extract_one(clip, out, labels=labels, split="train")
    name = "video01_000000.000s.png"
    (out / "train" / "Grasper" / name).rename(out / "train" / "Hook" / name)
    assert extract_one(clip, out, labels=labels, split="train").n_new == 0
    annotate(labels, ["10", "01", "11", "00", "-", "11"])
    again = extract_one(clip, out, labels=labels, split="train")
    assert (again.n_frames, again.n_new) == (4, 0)
    assert again.notes == (
        "frames in another class folder than the annotation says, left there: 2",
    )
    assert not (out / "train" / "Grasper" / name).exists()


def test_a_recording_is_in_one_split_only(clip: Path, labels: Path, out: Path) -> None:
    extract_one(clip, out, labels=labels, split="train")
    with pytest.raises(RecordingError, match=r"its frames were extracted for .*train; choose"):
        extract_one(clip, out, labels=labels, split="test")
    with pytest.raises(RecordingError, match=r"its frames were extracted for .*train; choose"):
        extract_one(clip, out, moments=SpreadEvenly(1))


def test_a_table_and_class_folders_do_not_lie_in_one_folder(
    clip: Path, labels: Path, tmp_path: Path
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    extract_one(clip, first, labels=labels)
    with pytest.raises(OutputError, match=r"holds labels.csv, which training takes instead"):
        extract(clip, first, labels=labels, split="train")
    extract_one(clip, second, labels=labels, split="test")
    with pytest.raises(OutputError, match=r"holds class folders \(test\), which a labels.csv"):
        extract(clip, second, labels=labels)


def test_real_clips_carry_their_real_labels(shared: Path, tmp_path: Path, out: Path) -> None:
    clip = shared / "data/laparoscopy_clips/VID25_324.mp4"
    if not clip.is_file():
        pytest.skip("no clips here")
    reference = rows_of(clip.with_suffix(".csv"))
    tools = list(reference[0])[2:9]
    seconds = ["".join(row[tool] for tool in tools) for row in reference]
    labels = annotate(tmp_path / "video25-tool.txt", seconds, tools=" ".join(tools))
    extract_one(clip, out, labels=labels, moments=SpreadEvenly(4))
    dataset = read_table(out / "labels.csv")
    picked = [seconds[k] for k in (4, 12, 20, 28)]
    assert ["".join(str(int(x)) for x in row) for row in dataset.labels] == picked
    assert read_image(dataset.paths[0]).shape == (480, 854, 3)
