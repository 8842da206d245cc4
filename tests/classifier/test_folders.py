from __future__ import annotations

from pathlib import Path

import pytest

from classifier.errors import ClassifierError
from classifier.folders import new_folder, require_free


def test_a_folder_appears_whole(tmp_path: Path) -> None:
    with new_folder(tmp_path / "a" / "model") as folder:
        (folder / "file").write_text("new")
        assert not (tmp_path / "a" / "model").exists()
    assert (tmp_path / "a" / "model" / "file").read_text() == "new"
    assert [p.name for p in (tmp_path / "a").iterdir()] == ["model"]


def test_a_failure_leaves_the_earlier_folder_and_nothing_else(tmp_path: Path) -> None:
    old = tmp_path / "model"
    old.mkdir()
    (old / "file").write_text("old")

    def fail_halfway() -> None:
        with new_folder(old) as folder:
            (folder / "file").write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_halfway()
    assert (old / "file").read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["model"]


def test_a_folder_is_replaced_as_a_whole(tmp_path: Path) -> None:
    old = tmp_path / "model"
    old.mkdir()
    (old / "stale").write_text("old")
    with new_folder(old) as folder:
        (folder / "file").write_text("new")
    assert [p.name for p in old.iterdir()] == ["file"]
    assert [p.name for p in tmp_path.iterdir()] == ["model"]


def test_a_place_that_is_taken_is_refused(tmp_path: Path) -> None:
    require_free(tmp_path / "none", overwrite=False)
    (tmp_path / "file").write_text("x")
    with pytest.raises(ClassifierError, match="holds files already"):
        require_free(tmp_path, overwrite=False)
    require_free(tmp_path, overwrite=True)
    with pytest.raises(ClassifierError, match="is a file"):
        require_free(tmp_path / "file", overwrite=True)


def test_a_place_that_cannot_be_written_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with (
        pytest.raises(ClassifierError, match="cannot be written"),
        new_folder(tmp_path / "file" / "model"),
    ):
        pass
