"""The tree of MS-TCN is read here as MS-TCN reads it, line for line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.support.labelled import (
    annotated,
    assert_same_phases,
    assert_same_tools,
    exported,
    features_of,
    plain,
    with_features,
    with_phases,
)
from video_pipeline.errors import TableError
from video_pipeline.formats.registry import reader_of


def foreign_read(root: Path) -> dict[str, tuple[np.ndarray, list[int]]]:
    """What the batch generator of MS-TCN and ASFormer has of each video: features and class ids."""
    actions = (root / "mapping.txt").read_text().split("\n")[:-1]
    ids = {a.split()[1]: int(a.split()[0]) for a in actions}
    videos = (root / "splits" / "all.bundle").read_text().split("\n")[:-1]
    found = {}
    for video in videos:
        features = np.load(root / "features" / (video.split(".")[0] + ".npy"))
        content = (root / "groundTruth" / video).read_text().split("\n")[:-1]
        classes = np.zeros(min(np.shape(features)[1], len(content)), dtype=int)
        for i in range(len(classes)):
            classes[i] = ids[content[i]]
        assert len(classes) == len(content) == features.shape[1]
        found[video.split(".")[0]] = (features, classes.tolist())
    return found


def test_phases_and_features_are_as_its_readers_take_them(tmp_path: Path) -> None:
    one, other = annotated("video01"), with_features(with_phases(plain("case.3 b")))
    notes, _ = exported("ms-tcn", [one, other], tmp_path)
    found = foreign_read(tmp_path)
    assert list(found) == ["video01", "case_3_b"]
    for features, classes in found.values():
        assert features.dtype == np.float32
        np.testing.assert_array_equal(features, features_of(6, 4).T.astype(np.float32))
        assert classes == [0, 0, 1, 1, 3, 3]
    assert "case.3 b: is called case_3_b" in notes
    assert "is yours to say" in notes[-1]
    assert "video01: its tools are left out" in notes
    for path in tmp_path.rglob("*.txt"):
        assert path.read_bytes().endswith(b"\n")


def test_without_phases_labels_are_the_tools_in_view(tmp_path: Path) -> None:
    recording = with_features(plain("video01"))
    notes, (back,) = exported("ms-tcn", [recording], tmp_path)
    assert (tmp_path / "groundTruth" / "video01.txt").read_text() == (
        "Grasper\nGrasper+Hook\nHook\nHook\nGrasper\nGrasper\n"
    )
    assert (tmp_path / "mapping.txt").read_text().startswith("0 none\n1 ")
    assert foreign_read(tmp_path)["video01"][1]
    assert_same_tools(back, recording)
    assert back.features is not None
    np.testing.assert_array_equal(back.features, features_of(6, 4))
    assert not [note for note in notes if "left out" in note]


def test_phases_and_features_come_back(tmp_path: Path) -> None:
    recording = with_features(with_phases(plain("video01")))
    _, (back,) = exported("ms-tcn", [recording], tmp_path)
    assert_same_phases(back, recording)
    assert back.features is not None
    assert back.features.dtype == np.float16
    np.testing.assert_array_equal(back.features, features_of(6, 4))


def test_a_second_without_features_is_zero_because_nan_would_ruin_a_training(
    tmp_path: Path,
) -> None:
    recording = annotated("video01")
    features = features_of(6, 4)
    features[3] = np.nan
    object.__setattr__(recording, "features", features)
    notes, _ = exported("ms-tcn", [recording], tmp_path)
    read, _ = foreign_read(tmp_path)["video01"]
    assert (read[:, 3] == 0).all()
    assert "video01: 1 s have no features, which are written as 0" in notes


def test_names_with_blanks_get_underscores_and_that_is_said(tmp_path: Path) -> None:
    recording = with_features(plain("x", ("Specimen Bag", "Hook")))
    notes, (back,) = exported("ms-tcn", [recording], tmp_path)
    assert back.tools == ("Specimen_Bag", "Hook")
    assert "the tools 'Specimen Bag' are called Specimen_Bag" in notes
    assert foreign_read(tmp_path)["x"][1]


def test_recordings_without_features_are_labels_alone_and_that_is_said(tmp_path: Path) -> None:
    notes, (back,) = exported("ms-tcn", [with_phases(plain("x"))], tmp_path)
    assert back.features is None
    assert "x: has no features; annotate --features writes them" in notes


@pytest.mark.parametrize("tool", ["a+b", "none", " ", "two\nlines"])
def test_a_tool_that_would_be_misread_is_named(tmp_path: Path, tool: str) -> None:
    with pytest.raises(TableError, match="the tool ") as caught:
        exported("ms-tcn", [plain("x", (tool, "Hook"))], tmp_path)
    assert "\n" not in str(caught.value)


def test_two_recordings_that_would_be_one_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"'a.b' and 'a_b' would be one file"):
        exported("ms-tcn", [with_phases(plain("a.b")), with_phases(plain("a_b"))], tmp_path)


def test_recordings_of_other_numbers_of_features_are_refused(tmp_path: Path) -> None:
    pair = [with_features(with_phases(plain(name)), n) for name, n in (("a", 4), ("b", 5))]
    with pytest.raises(TableError, match="a has 4 and b has 5"):
        exported("ms-tcn", pair, tmp_path)


@pytest.mark.parametrize(
    ("file", "content", "cause"),
    [
        ("groundTruth/x.txt", "Preparation\n\nPreparation\n", "line 2: '' is no name"),
        ("groundTruth/x.txt", "Prep aration\n", "line 1: 'Prep aration' is no name"),
        ("groundTruth/x.txt", "Other\n" * 6, "line 1: 'Other' is not in mapping.txt"),
        ("mapping.txt", "0 Preparation\n2 x\n", "line 2: '2 x' is not the id 1 and a name"),
        ("mapping.txt", "0 a\n1 a\n", "line 2: '1 a' is not the id 1 and a name of its own"),
        ("features/x.npy", "text", "is no .npy file"),
    ],
)
def test_a_damaged_tree_is_refused_by_file_and_line(
    tmp_path: Path, file: str, content: str, cause: str
) -> None:
    exported("ms-tcn", [with_features(with_phases(plain("x")))], tmp_path)
    (tmp_path / file).write_text(content)
    with pytest.raises(TableError, match=cause) as caught:
        reader_of("ms-tcn")(tmp_path)
    assert str(caught.value).startswith(str(tmp_path / file))


def test_an_export_of_phases_replaces_one_of_tools(tmp_path: Path) -> None:
    exported("ms-tcn", [plain("x")], tmp_path)
    _, (back,) = exported("ms-tcn", [with_phases(plain("x"))], tmp_path)
    assert_same_phases(back, with_phases(plain("x")))


def test_labels_and_features_of_other_lengths_do_not_belong_together(tmp_path: Path) -> None:
    exported("ms-tcn", [with_features(with_phases(plain("x")))], tmp_path)
    (tmp_path / "groundTruth" / "x.txt").write_text("Preparation\n" * 5)
    with pytest.raises(TableError, match=r"x\.npy: has 6 columns, but the labels 5 lines"):
        reader_of("ms-tcn")(tmp_path)


def test_a_tree_of_other_people_is_read_too(tmp_path: Path) -> None:
    (tmp_path / "groundTruth").mkdir()
    (tmp_path / "features").mkdir()
    (tmp_path / "groundTruth" / "rgb-01.txt").write_text("pour\npour\nstir\n")
    saved = np.arange(6, dtype=np.float32).reshape(3, 2)
    np.save(tmp_path / "features" / "rgb-01.npy", saved.T)
    (recording,) = reader_of("ms-tcn")(tmp_path)
    assert recording.phases is not None
    assert recording.phases.phases == ("pour", "stir")
    assert recording.features is not None
    np.testing.assert_array_equal(recording.features, saved)
