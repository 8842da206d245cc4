"""``annotate --deidentify``: from the command line to the last byte, no name of a recording."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.batches import files_below
from tests.support.clips import steady, write_clip
from video_pipeline.cli import main

NAME = "Zyxwvut"


@pytest.fixture
def ward(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two recordings that look like parts, one that cannot be read; a home for the key."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    folder = tmp_path / f"{NAME} ward"
    folder.mkdir()
    for k in (1, 2):
        write_clip(folder / f"{NAME}_part{k}.mp4", steady(50))
    (folder / f"{NAME}.mkv").write_text(NAME)
    return folder


@pytest.mark.slow
def test_the_command_tells_no_name(
    ward: Path, tmp_path: Path, model_folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    call = ["annotate", str(ward), "--model", str(model_folder), "--out", str(out)]
    for debug in ([], ["--debug"]):
        assert main([*debug, *call, "--deidentify"]) == 1
        said = "".join(capfd.readouterr())
        assert "3 recordings" in said
        assert NAME not in said
    assert len(list(out.glob("case-*"))) == 2
    for path, content in files_below(out).items():
        assert NAME.encode() not in path.encode() + content
    assert NAME in (tmp_path / "settings" / "surgical-video" / "names.csv").read_text()
    assert main(call) == 1
    assert "holds results under pseudonyms" in capfd.readouterr().err


def test_a_folder_without_a_video_is_told_by_its_pseudonym(
    tmp_path: Path, ward: Path, model_folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    empty = ward / f"{NAME} empty"
    empty.mkdir()
    call = ["annotate", str(empty), "--model", str(model_folder), "--out", str(tmp_path / "out")]
    assert main([*call, "--deidentify"]) == 1
    said = capfd.readouterr().err
    assert "case-" in said
    assert "no video in this folder" in said
    assert NAME not in said


@pytest.mark.parametrize(
    ("options", "status", "said"),
    [
        (["--key-file", "key"], 2, "--key-file is of use with --deidentify only"),
        (["--deidentify", "--key-file", "out/key"], 1, "lies in the output folder"),
    ],
)
def test_a_key_where_it_is_of_no_use_is_refused(
    ward: Path,
    tmp_path: Path,
    model_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    options: list[str],
    status: int,
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    call = ["annotate", str(ward), "--model", str(model_folder), "--out", "out"]
    assert main([*call, *options]) == status
    assert said in capfd.readouterr().err
    assert not Path("out").exists()
