"""TeCNO's and Trans-SVNet's pickles hold plain things only, as their programs read them."""

from __future__ import annotations

import pickle
import pickletools
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.support.labelled import annotated, features_of, plain, with_features, with_phases
from video_pipeline.errors import TableError
from video_pipeline.formats.registry import ExportSettings, writer_of


def unpickled(path: Path) -> Any:
    return pickle.loads(path.read_bytes())  # noqa: S301 - written by the test


def write(name: str, recordings: list[Any], out: Path) -> list[str]:
    return list(writer_of(name)(recordings, out, ExportSettings()))


def modules_in(path: Path) -> set[str]:
    """The packages whose names a pickle would look up."""
    texts = [
        str(argument)
        for opcode, argument, _ in pickletools.genops(path.read_bytes())
        if opcode.name in {"SHORT_BINUNICODE", "GLOBAL"}
    ]
    return {text.split(".")[0] for text in texts if text.split(".")[0] in KNOWN}


KNOWN = {"numpy", "pandas", "builtins", "os", "posix", "video_pipeline", "collections", "functools"}


def complete(name: str, n_features: int = 4) -> Any:
    return with_features(with_phases(plain(name)), n_features)


def test_tecno_features_logits_and_ids_are_of_one_length(tmp_path: Path) -> None:
    notes = write("tecno", [complete("video01"), annotated("video41")], tmp_path)
    assert sorted(path.name for path in (tmp_path / "25.0fps").iterdir()) == [
        *("video_01_25.0fps.pkl", "video_41_25.0fps.pkl")
    ]
    for path in (tmp_path / "25.0fps").iterdir():
        stems, logits, ids = unpickled(path)
        assert stems.dtype == logits.dtype == np.float32
        np.testing.assert_array_equal(stems, features_of(6, 4).astype(np.float32))
        assert logits.shape == (6, 7)
        assert ids.tolist() == [0, 0, 1, 1, 3, 3]
        assert logits.argmax(axis=1).tolist() == ids.tolist()
        np.testing.assert_allclose(np.exp(logits).max(axis=1), 1)
    assert any(note.startswith("phases are written as 0 Preparation") for note in notes)


def test_tecnos_table_is_what_its_loader_takes(tmp_path: Path) -> None:
    write("tecno", [complete("video01"), complete("video02")], tmp_path)
    path = tmp_path / "dataframes" / "cholec_split_250px_25fps.pkl"
    table = pd.read_pickle(path)  # noqa: S301 - written by the test
    assert list(table.columns) == [
        *("image_path", "class", "time", "video_idx", "tool_Grasper", "tool_Hook")
    ]
    assert table.isna().sum().sum() == 0
    second = table[table["video_idx"].isin([2])].reset_index()
    assert second["class"].tolist() == [0, 0, 1, 1, 3, 3]
    assert second["tool_Hook"].tolist() == [0, 1, 1, 1, 0, 0]
    assert second["time"].tolist() == [0, 25, 50, 75, 100, 125]
    assert second["image_path"][0] == "video02/video02_000001.png"
    as_text = pd.read_csv(path.with_suffix(".csv"))
    pd.testing.assert_frame_equal(as_text, table, check_dtype=False)


def test_recordings_whose_names_say_no_number_are_counted_and_that_is_said(tmp_path: Path) -> None:
    notes = write("tecno", [complete("a"), complete("b")], tmp_path)
    assert notes[:2] == ["a: is video 1", "b: is video 2"]


def test_trans_svnet_has_a_row_a_second_of_one_recording_after_another(tmp_path: Path) -> None:
    names = ["video40", "video41", "video48", "video49", "video02"]
    notes = write("trans-svnet", [complete(name) for name in names], tmp_path)
    nine = unpickled(tmp_path / "train_val_paths_labels1.pkl")
    assert len(nine) == 9
    # As its programs number them.
    paths = {"train": nine[0], "val": nine[1], "test": nine[6]}
    labels = {"train": nine[2], "val": nine[3], "test": nine[7]}
    lengths = {"train": nine[4], "val": nine[5], "test": nine[8]}
    assert lengths == {"train": [6, 6], "val": [6, 6], "test": [6]}
    for split in paths:
        array = unpickled(tmp_path / "LFB" / f"g_LFB50_{split}.pkl")
        assert array.dtype == np.float32
        assert len(array) == len(paths[split]) == len(labels[split]) == sum(lengths[split])
        ids = np.asarray(labels[split], dtype=np.int64)
        assert ids[:6, 0].tolist() == [0, 0, 1, 1, 3, 3]
    assert paths["train"][0] == "video40/0.jpg"
    assert any("1 to 40 train, 41 to 48 val, 49 to 80 test" in note for note in notes)


def test_recordings_that_are_none_of_cholec80_are_all_for_training(tmp_path: Path) -> None:
    notes = write("trans-svnet", [complete("case 1"), complete("video02")], tmp_path)
    nine = unpickled(tmp_path / "train_val_paths_labels1.pkl")
    assert (nine[4], nine[5], nine[8]) == ([6, 6], [], [])
    assert unpickled(tmp_path / "LFB" / "g_LFB50_val.pkl").shape == (0, 4)
    assert any("which of them train and which test is yours to say" in note for note in notes)


@pytest.mark.parametrize("name", ["tecno", "trans-svnet"])
def test_nothing_but_numbers_texts_and_tables_is_pickled(tmp_path: Path, name: str) -> None:
    write(name, [complete("video01")], tmp_path)
    for path in tmp_path.rglob("*.pkl"):
        found = modules_in(path)
        assert found <= {"numpy", "pandas", "builtins"}
        assert ("pandas" in found) == ("dataframes" in path.parts)


@pytest.mark.parametrize("name", ["tecno", "trans-svnet"])
def test_the_same_recordings_give_the_same_bytes(tmp_path: Path, name: str) -> None:
    for place in ("a", "b"):
        (tmp_path / place).mkdir()
        write(name, [complete("video01"), complete("video02")], tmp_path / place)
    for path in (tmp_path / "a").rglob("*.*"):
        if path.is_file():
            other = tmp_path / "b" / path.relative_to(tmp_path / "a")
            assert path.read_bytes() == other.read_bytes()


@pytest.mark.parametrize("name", ["tecno", "trans-svnet"])
def test_what_is_missing_is_said_in_one_line(tmp_path: Path, name: str) -> None:
    with pytest.raises(TableError, match=r"b has no features.*; annotate --features writes them"):
        write(name, [complete("a"), with_phases(plain("b"))], tmp_path)
    with pytest.raises(TableError, match="b has no phases"):
        write(name, [complete("a"), with_features(plain("b"))], tmp_path)
    with pytest.raises(TableError, match="a has 4 and b has 5"):
        write(name, [complete("a"), complete("b", 5)], tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
