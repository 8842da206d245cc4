"""``annotate --plots``: the pictures that are asked for are there, and the screen names them."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from tests.support.clips import steady, write_clip
from video_pipeline.cli import main
from video_pipeline.cli.plots_argument import plot_formats


@pytest.mark.parametrize(
    ("text", "formats"),
    [
        ("svg", ("svg",)),
        ("pdf,svg", ("svg", "pdf")),
        ("PDF, .svg,pdf", ("svg", "pdf")),
        ("svg,png,pdf", ("png", "svg", "pdf")),
    ],
)
def test_kinds_of_file_are_read_as_people_write_them(text: str, formats: tuple[str, ...]) -> None:
    assert plot_formats(text) == formats


@pytest.mark.parametrize("text", ["", "jpg", "svg,", "svg pdf"])
def test_what_is_no_kind_of_file_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="png, svg, pdf are expected"):
        plot_formats(text)


@pytest.mark.slow
def test_the_screen_lists_what_was_written(
    model_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = write_clip(tmp_path / "clip.mp4", steady(50), size_px=(64, 64))
    folder = tmp_path / "out" / "clip"

    def listed(*options: str) -> list[str]:
        call = ("annotate", clip, "--model", model_folder, "--out", tmp_path / "out", *options)
        assert main([str(part) for part in call]) == 0
        lines = capsys.readouterr().out.splitlines()
        return sorted(Path(line.strip()).name for line in lines if str(folder) in line)

    tables = ["segments.csv", "statistics.csv", "timeline.csv"]
    assert listed() == [*tables, "timeline.png"]
    more = sorted([*tables, "features.npy", "timeline.pdf", "timeline.png", "timeline.svg"])
    assert listed("--features", "--plots", "png,svg,pdf") == more
    assert listed() == more
    assert sorted(path.name for path in folder.iterdir()) == sorted([*more, "run.json"])
