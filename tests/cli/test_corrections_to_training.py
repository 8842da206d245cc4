"""The whole circle: a timeline, corrected in ELAN, becomes the labels that training learns from."""

from __future__ import annotations

import csv
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest

from classifier.dataset.images import read_image
from classifier.dataset.table import read_table
from classifier.training.preparing import DatasetOptions, prepare_images
from classifier.training.settings import TrainingSettings
from tests.formats.drawn_recordings import labelled
from tests.support.clips import read_barcode, steady, write_clip
from video_pipeline.cli import main
from video_pipeline.formats.labelled_folder import write_labelled_folder

TOOLS = ("Grasper", "Hook")
RATE_HZ, N_SECONDS = 10, 8
FIRST_NUMBER = {"case12": 0, "case13": 5000}
"""Of each recording's first picture: no two recordings show the same."""
HOOK_BEFORE = [0, 0, 1, 1, 0, 0, 0, 0]
HOOK_CORRECTED = [0, 0, 1, 1, 1, 1, 1, 0]
"""Its end was moved from 4 s to 6.6 s; more than half of second 6 is hook."""
GRASPER = [1, 0, 0, 0, 0, 0, 0, 0]

Call = Callable[..., str]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """Run a command that has to succeed; what it said beside its result."""

    def run(*arguments: object) -> str:
        status = main([str(argument) for argument in arguments])
        _, err = capsys.readouterr()
        assert status == 0, err
        return err

    return run


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    folder = tmp_path / "recordings"
    folder.mkdir()
    for video_id, first in FIRST_NUMBER.items():
        write_clip(
            folder / f"{video_id}.mp4",
            steady(RATE_HZ * N_SECONDS, RATE_HZ),
            rate_hz=RATE_HZ,
            numbers=range(first, first + RATE_HZ * N_SECONDS),
        )
    return folder


@pytest.fixture
def corrected(tmp_path: Path, recordings: Path, call: Call) -> Path:
    """Timelines of both, exported, the first one's hook held for longer, and imported again."""
    for video_id in FIRST_NUMBER:
        uses = [("Hook", 2.0, 4.0), ("Grasper", 0.0, 1.0)]
        ours = labelled(uses, tools=TOOLS, n_seconds=N_SECONDS, video_id=video_id)
        write_labelled_folder(tmp_path / "ours" / video_id, ours)
    to_correct = tmp_path / "to_correct"
    call(
        *("export", tmp_path / "ours", "--format", "elan"),
        *("--videos", recordings, "--out", to_correct),
    )
    move_end(to_correct / "case12.eaf", "Hook", from_ms=4000, to_ms=6600)
    call("import", to_correct, "--format", "elan", "--out", tmp_path / "corrected")
    return tmp_path / "corrected"


def move_end(document: Path, tier: str, *, from_ms: int, to_ms: int) -> None:
    """Move the end of the use that ends at ``from_ms``, as ELAN does when a person drags it."""
    tree = ET.parse(document)  # noqa: S314  written here
    slots = {slot.get("TIME_SLOT_ID"): slot for slot in tree.iter("TIME_SLOT")}
    ends = [
        slots[annotation.get("TIME_SLOT_REF2")]
        for of in tree.iter("TIER")
        if of.get("TIER_ID") == tier
        for annotation in of.iter("ALIGNABLE_ANNOTATION")
    ]
    (end,) = (slot for slot in ends if slot.get("TIME_VALUE") == str(from_ms))
    end.set("TIME_VALUE", str(to_ms))
    tree.write(document, encoding="UTF-8", xml_declaration=True)


def rows_of(table: Path) -> list[dict[str, str]]:
    with table.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_correction_in_elan_becomes_the_labels_of_the_frames(
    tmp_path: Path, recordings: Path, corrected: Path, call: Call
) -> None:
    frames, table = tmp_path / "frames", tmp_path / "table"
    call("extract", recordings, "--out", frames, "--every", "500ms", "--format", "png", "--quiet")
    said = call(
        *("dataset", "import", corrected, "--format", "timelines"),
        *("--frames", frames, "--out", table),
    )
    assert said == ""

    rows = rows_of(table / "labels.csv")
    hook = {"case12": HOOK_CORRECTED, "case13": HOOK_BEFORE}
    for video_id, first in FIRST_NUMBER.items():
        own = [row for row in rows if row["video"] == video_id]
        assert [int(row["second"]) for row in own] == [s for s in range(N_SECONDS) for _ in "ab"]
        timeline = rows_of(corrected / video_id / "timeline.csv")
        for row, time_s in zip(own, (k / 2 for k in range(2 * N_SECONDS)), strict=True):
            second = int(row["second"])
            assert (row["Grasper"], row["Hook"]) == (
                str(GRASPER[second]),
                str(hook[video_id][second]),
            )
            assert [row[tool] for tool in TOOLS] == [timeline[second][tool] for tool in TOOLS]
            shown = read_barcode(read_image(table / row["image"]))
            assert shown == first + round(time_s * RATE_HZ)


def test_training_reads_the_corrected_labels(
    tmp_path: Path, recordings: Path, corrected: Path, call: Call
) -> None:
    frames = tmp_path / "frames"
    call("extract", recordings, "--out", frames, "--quiet")
    # The table may lie beside the pictures, as that of `extract --labels` does.
    call(
        *("dataset", "import", corrected, "--format", "timelines"),
        *("--frames", frames, "--out", frames),
    )
    dataset = read_table(frames)
    assert dataset.tools == TOOLS
    assert dataset.labels[:, 0].tolist() == 2 * GRASPER
    assert dataset.labels[:, 1].tolist() == [*HOOK_CORRECTED, *HOOK_BEFORE]
    images = prepare_images(frames, TrainingSettings(head="sigmoid"), DatasetOptions())
    assert images.split_by == "recording"
    assert len(images.train) == len(images.validation) == N_SECONDS


def test_without_frames_of_ours_a_pattern_says_when_a_picture_is_from(
    tmp_path: Path, corrected: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for second in range(N_SECONDS):
        picture = tmp_path / "elsewhere" / "case12" / f"{second:03}.png"
        picture.parent.mkdir(parents=True, exist_ok=True)
        picture.touch()
    arguments = ["dataset", "import", str(corrected / "case12"), "--format", "timelines"]
    arguments += ["--frames", str(tmp_path / "elsewhere"), "--out", str(tmp_path / "table")]
    assert main(arguments) == 1
    assert "holds no frames; expected are frames.csv of `extract`" in capsys.readouterr().err
    assert not (tmp_path / "table").exists()
    assert main([*arguments, "--frame-pattern", "{video}/{second}.png"]) == 0
    rows = rows_of(tmp_path / "table" / "labels.csv")
    assert [row["Hook"] for row in rows] == list(map(str, HOOK_CORRECTED))
