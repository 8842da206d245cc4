"""Recordings and patients out of file names."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from classifier.dataset.class_folders import read_class_folders
from classifier.dataset.groups import group_pattern, suggest_group_regex, with_groups
from classifier.dataset.record import Dataset
from classifier.dataset.table import read_table
from classifier.errors import DatasetError

Listed = Callable[..., Dataset]


@pytest.fixture
def listed(tmp_path: Path) -> Listed:
    """A dataset of class folders: the names of each class's files; nothing is in them."""

    def make(**classes: Sequence[str]) -> Dataset:
        for name, files in classes.items():
            for file in files:
                path = tmp_path / "train" / name / file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.touch()
        return read_class_folders(tmp_path / "train")

    return make


def test_the_first_group_is_the_recording(listed: Listed) -> None:
    dataset = listed(hook=["scene1_t0.jpg", "scene2_t0.jpg"], bag=["scene1_t7.jpg"])
    grouped = with_groups(dataset, r"^(scene\d+)_")
    assert grouped.videos == grouped.groups == ("scene1", "scene1", "scene2")
    assert grouped.paths == dataset.paths
    assert dataset.videos is None


def test_named_groups_say_what_they_are(listed: Listed) -> None:
    dataset = listed(hook=["p3-op1-0.jpg", "p3-op2-0.jpg", "p4-op3-0.jpg"])
    both = with_groups(dataset, r"^(?P<patient>p\d+)-(?P<video>op\d+)")
    assert both.videos == ("op1", "op2", "op3")
    assert both.groups == both.patients == ("p3", "p3", "p4")


def test_a_pattern_of_patients_leaves_recordings_as_they_are(listed: Listed) -> None:
    dataset = with_groups(listed(hook=["p3-op1.jpg", "p4-op2.jpg"]), r"(op\d)")
    patients = with_groups(dataset, r"(?P<patient>p\d)")
    assert (patients.videos, patients.patients) == (("op1", "op2"), ("p3", "p4"))


def test_folders_of_recordings_are_seen_and_the_class_folder_is_not(listed: Listed) -> None:
    dataset = listed(hook1=["case1/a.jpg", "case2/b.jpg"])
    assert with_groups(dataset, r"^([^/]+)/").videos == ("case1", "case2")
    with pytest.raises(DatasetError, match="finds no recording"):
        with_groups(dataset, "(hook)")


def test_a_table_is_searched_from_its_own_folder(tmp_path: Path) -> None:
    table = tmp_path / "labels.csv"
    table.write_text("image,hook\nVID1/0.jpg,1\n../VID2/0.jpg,1\n/far/VID3/0.jpg,0\n")
    assert with_groups(read_table(table), r"(VID\d)/").videos == ("VID1", "VID2", "VID3")
    with pytest.raises(DatasetError, match=re.escape("in '/far/VID3/0.jpg'")):
        with_groups(read_table(table), r"(VID[12])")


@pytest.mark.parametrize("regex", [r"^(a\d+)_", r"^(a?)"])
def test_an_image_without_a_recording_is_named_and_never_one_of_its_own(
    listed: Listed, regex: str
) -> None:
    dataset = listed(hook=["a1_0.jpg", "b_0.jpg", "b_1.jpg"])
    with pytest.raises(DatasetError, match=r"hook/b_0.jpg: .* in 'b_0.jpg', nor for 1 others"):
        with_groups(dataset, regex)


@pytest.mark.parametrize(
    ("regex", "cause"),
    [
        ("(a", "no regular expression"),
        ("abc", "has no group"),
        ("(?P<clip>a)", "must be video or patient"),
        ("(a){99999999999}", "no regular expression"),
        ("(a){1,99999999999999999999}", "no regular expression"),
    ],
)
def test_a_pattern_that_names_nothing_is_a_wrong_call(regex: str, cause: str) -> None:
    with pytest.raises(ValueError, match=cause):
        group_pattern(regex)


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("scene10700{recording}_t01{frame}.9.jpg", "scene10700{recording}"),
        ("VID6{recording}_00001{frame}.jpg", "VID6{recording}"),
        ("case_a_{recording}_{frame}s.jpg", "case_a_{recording}"),
        ("tool_video_0{recording}-{frame}.jpg", "tool_video_0{recording}"),
        ("video0{recording}/video_{frame}.png", "video0{recording}"),
        ("video0{recording}frame{frame}.png", "video0{recording}"),
    ],
)
def test_recordings_are_guessed_from_names_in_use(listed: Listed, name: str, group: str) -> None:
    dataset = listed(
        hook=[name.format(recording=r, frame=f) for r in (1, 2, 3) for f in (1, 2)],
        bag=[name.format(recording=r, frame=f) for r in (1, 2) for f in (3, 4)],
    )
    regex = suggest_group_regex(dataset)
    assert regex is not None
    assert set(with_groups(dataset, regex).videos or ()) == {
        group.format(recording=r, frame=0) for r in (1, 2, 3)
    }


@pytest.mark.parametrize(
    "classes",
    [
        {"hook": ["001.jpg", "002.jpg", "003.jpg"], "bag": ["001.jpg", "004.jpg"]},
        {"hook": ["hook1_1.jpg", "hook1_2.jpg"], "bag": ["bag2_1.jpg", "bag2_2.jpg"]},
        {"hook": ["img_1.jpg", "img_2.jpg"], "bag": ["frame_1.jpg", "frame_2.jpg"]},
        {"hook": ["v1_1.jpg", "v2_1.jpg"], "bag": ["v3_1.jpg", "v4_1.jpg"]},
        {"hook": ["v1_1.jpg", "v1_2.jpg"], "bag": ["v1_3.jpg", "v1_4.jpg"]},
        {"hook": ["v1_1.jpg", "v1_2.jpg", "v2_1.jpg", "other.jpg"], "bag": ["v2_3.jpg"]},
    ],
)
def test_where_names_say_nothing_sure_nothing_is_guessed(
    listed: Listed, classes: dict[str, list[str]]
) -> None:
    """Plain numbers; the tool's name; no number; a frame each; one recording; not all names."""
    assert suggest_group_regex(listed(**classes)) is None


def test_the_samples_recordings_are_guessed() -> None:
    samples = Path(__file__).parents[3] / "samples" / "dataset" / "train"
    dataset = read_class_folders(samples)
    regex = suggest_group_regex(dataset)
    assert regex is not None
    assert len(set(with_groups(dataset, regex).videos or ())) == 24


def test_unknown_labels_do_not_look_like_classes() -> None:
    dataset = Dataset(
        source=Path("none/labels.csv"),
        paths=tuple(Path(f"none/v{i // 2}_{i}.jpg") for i in range(6)),
        labels=np.full((6, 1), np.nan, dtype=np.float32),
        tools=("hook",),
    )
    assert suggest_group_regex(dataset) == "^(.+)_"
