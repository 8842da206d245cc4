"""The command ``statistics``: what it writes, says and refuses."""

from __future__ import annotations

import resource
from collections.abc import Callable, Sequence
from pathlib import Path

import matplotlib.image
import numpy as np
import pandas as pd
import pytest

from video_pipeline.cli import main
from video_pipeline.output.files import make_folder
from video_pipeline.output.tables import write_timeline
from video_pipeline.records import ToolTimeline

Call = Callable[..., tuple[int, str, list[str]]]

TABLES = {
    "tools_per_recording.csv",
    "recordings.csv",
    "cohort.csv",
    "outliers.csv",
    "co_use.csv",
    "transitions.csv",
    "combination_changes.csv",
}
PICTURES = {"usage.png", "co_use.png", "cohort.png"}


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """Status, stdout, and the lines of stderr."""

    def run(*arguments: object) -> tuple[int, str, list[str]]:
        status = main(["statistics", *(str(argument) for argument in arguments)])
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return status, said.out, said.err.splitlines()

    return run


def write_recordings(
    out: Path, lengths: Sequence[int], *, names: tuple[str, str] = ("grasper", "hook")
) -> Path:
    """Our folders: the first tool visible for so many of 60 seconds, the second for the rest."""
    for k, n_visible in enumerate(lengths):
        first = np.arange(60) < n_visible
        present = np.stack([first, ~first], axis=1)
        timeline = ToolTimeline(
            names, np.where(present, 0.9, 0.1), present, np.ones(60, dtype=np.int64)
        )
        folder = make_folder(out / f"case{k:02}")
        write_timeline(folder / "timeline.csv", timeline)
    return out


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.is_file()}


def test_a_cohort_is_summed_up_beside_its_recordings(call: Call, tmp_path: Path) -> None:
    out = write_recordings(tmp_path / "out", [10, 20, 30])
    status, said, problems = call(out)
    assert (status, problems) == (0, [])
    assert files(out) == TABLES | PICTURES
    table = pd.read_csv(out / "tools_per_recording.csv")
    assert table["video_id"].unique().tolist() == ["case00", "case01", "case02"]
    assert table.groupby("tool")["presence_s"].median().to_dict() == {"grasper": 20, "hook": 40}
    assert "3 recordings, 3:00 of video" in said
    assert "  grasper   3 of 3     0:20  33% (17% to 50%)" in said
    assert f"next: look at {out / 'cohort.png'}" in said
    for name in PICTURES:
        assert matplotlib.image.imread(out / name).shape[0] > 100


def test_it_can_be_called_again_and_writes_the_same(call: Call, tmp_path: Path) -> None:
    out = write_recordings(tmp_path / "out", [5, 6, 7])
    contents = []
    for _ in range(2):
        assert call(out, "--parquet")[0] == 0
        contents.append({path.name: path.read_bytes() for path in out.iterdir() if path.is_file()})
    assert contents[0] == contents[1]


def test_pictures_can_be_left_out(call: Call, tmp_path: Path) -> None:
    out = write_recordings(tmp_path / "out", [5])
    status, said, _ = call(out, "--no-pictures")
    assert (status, files(out)) == (0, TABLES)
    assert "1 recording, 1:00 of video" in said
    assert ".png" not in said


def test_parquet_holds_what_the_csv_holds(call: Call, tmp_path: Path) -> None:
    out = write_recordings(tmp_path / "out", [5, 30, 50])
    status, said, _ = call(out, "--parquet", "--no-pictures", "--out", tmp_path / "sums")
    assert status == 0
    assert "(each as .parquet too)" in said
    for name in TABLES:
        text = pd.read_csv(tmp_path / "sums" / name)
        typed = pd.read_parquet(tmp_path / "sums" / f"{name.removesuffix('.csv')}.parquet")
        assert typed.columns.tolist() == text.columns.tolist()
        for column in text.columns:
            if text[column].dtype == np.float64:
                np.testing.assert_allclose(typed[column].astype(float), text[column], atol=6e-4)
            else:
                assert typed[column].tolist() == text[column].tolist()
    assert not files(out)


def write_phases(folder: Path, n_recordings: int) -> Path:
    """Two phases of 30 seconds each in every recording."""
    make_folder(folder)
    rows = "".join(f"{k},{'first' if k < 30 else 'second'}\n" for k in range(60))
    for k in range(n_recordings):
        (folder / f"case{k:02}.csv").write_text(f"second,phase\n{rows}")
    return folder


PHASE_TABLES = {"phases_per_recording.csv", "usage_per_phase.csv"}


def test_what_an_earlier_call_alone_wrote_is_removed_and_said(call: Call, tmp_path: Path) -> None:
    out = write_recordings(tmp_path / "out", [5, 30, 50])
    phases = write_phases(tmp_path / "phases", 3)
    status, _, problems = call(out, "--phases", phases, "--parquet")
    assert (status, problems) == (0, [])
    both = {name.replace(".csv", ".parquet") for name in TABLES | PHASE_TABLES}
    assert files(out) == TABLES | PHASE_TABLES | both | PICTURES
    (out / "usage_per_phase.csv.bak").write_text("mine")
    (out / "timelines.parquet").write_text("of export")

    status, _, (said,) = call(out, "--no-pictures")
    assert status == 0
    assert files(out) == TABLES | {"usage_per_phase.csv.bak", "timelines.parquet"}
    begin, _, names = said.partition(": ")
    assert begin == "removed, as this call does not write them"
    assert set(names.split(", ")) == PHASE_TABLES | both | PICTURES
    assert call(out, "--no-pictures")[2] == [], "nothing more is removed"


def test_phases_alone_are_removed_where_phases_alone_are_missing(
    call: Call, tmp_path: Path
) -> None:
    out = write_recordings(tmp_path / "out", [5, 30, 50])
    call(out, "--phases", write_phases(tmp_path / "phases", 3), "--no-pictures")
    status, _, (said,) = call(out, "--no-pictures")
    assert (status, files(out)) == (0, TABLES)
    assert said.endswith(": phases_per_recording.csv, usage_per_phase.csv")


def test_files_like_ours_are_kept_where_no_call_was_before(call: Call, tmp_path: Path) -> None:
    out = write_recordings(tmp_path / "out", [5])
    (out / "usage.png").write_bytes(b"a picture of somebody else")
    (out / "recordings.parquet").write_bytes(b"a table of somebody else")
    status, _, problems = call(out, "--no-pictures")
    assert (status, problems) == (0, [])
    assert files(out) == TABLES | {"usage.png", "recordings.parquet"}


def test_nothing_is_removed_where_the_new_cannot_be_written(call: Call, tmp_path: Path) -> None:
    out = write_recordings(tmp_path / "out", [5])
    call(out, "--phases", write_phases(tmp_path / "phases", 1), "--no-pictures")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))
    try:
        status, _, (problem,) = call(out, "--no-pictures")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert status == 1
    assert "cannot be written" in problem
    assert files(out) == TABLES | PHASE_TABLES


def test_who_stands_out_is_named(call: Call, tmp_path: Path) -> None:
    out = write_recordings(tmp_path / "out", [10, 11, 12, 13, 14, 15, 16, 55])
    status, said, _ = call(out, "--no-pictures")
    assert status == 0
    assert "of 1 recording, the farthest:" in said
    assert "case07" in said
    outliers = pd.read_csv(out / "outliers.csv")
    assert set(outliers["video_id"]) == {"case07"}
    assert outliers.query("figure == 'presence_s' and tool == 'hook'")["value"].tolist() == [5]


def test_labels_from_elsewhere_need_another_folder(call: Call, tmp_path: Path) -> None:
    labels = make_folder(tmp_path / "labels")
    (labels / "video01-tool.txt").write_text("Frame\tGrasper\tHook\n0\t1\t0\n25\t1\t1\n")
    for arguments in ((labels,), (labels, "--out", labels)):
        status, _, (problem,) = call(*arguments)
        assert status == 2
        assert str(labels) in problem
        assert "--out" in problem
    assert files(labels) == {"video01-tool.txt"}
    status, said, _ = call(labels, "--out", tmp_path / "sums")
    assert status == 0
    assert "1 recording, 0:02 of video" in said
    assert files(tmp_path / "sums") == TABLES | PICTURES


def test_a_recording_that_is_called_like_a_table_is_not_replaced(
    call: Call, tmp_path: Path
) -> None:
    out = write_recordings(tmp_path / "out", [5])
    (out / "case00").rename(out / "cohort.csv")
    status, _, (problem,) = call(out)
    assert status == 1
    assert problem == (
        f"surgical-video: {out / 'cohort.csv'}: is a folder; choose another place with --out"
    )
    assert not files(out)
    assert call(out, "--out", tmp_path / "sums")[0] == 0


def test_a_missing_folder_is_one_line(call: Call, tmp_path: Path) -> None:
    status, _, (problem,) = call(tmp_path / "nowhere", "--out", tmp_path / "sums")
    assert status == 1
    assert problem.startswith(f"surgical-video: {tmp_path / 'nowhere'}: cannot be read")


def test_phases_that_are_not_there_are_missed(call: Call, tmp_path: Path) -> None:
    out = write_recordings(tmp_path / "out", [5])
    status, _, (problem,) = call(out, "--phases", out)
    assert status == 1
    assert "has no phases of these recordings; names must agree" in problem
    assert not files(out)


def test_names_are_data(call: Call, tmp_path: Path) -> None:
    out = write_recordings(tmp_path / "out", [5, 6, 7], names=("=cmd()", "手術 $x^2$"))
    status, said, _ = call(out)
    assert status == 0
    assert "=cmd()" in said
    assert pd.read_csv(out / "tools_per_recording.csv")["tool"][0] == "'=cmd()"


@pytest.mark.slow
def test_sixty_real_operations_are_summed_up(call: Call, shared: Path, tmp_path: Path) -> None:
    labels = shared / "data/cholec80_labels/tool_annotations"
    status, said, problems = call(labels, "--out", tmp_path / "sums", "--time", "normalised")
    assert (status, problems) == (0, [])
    # Counted by hand from the files: seconds, and operations in which each tool is ever seen.
    assert "60 recordings, 38:01:13 of video" in said
    seconds = {path.stem: len(path.read_text().splitlines()) - 1 for path in labels.iterdir()}
    assert sum(seconds.values()) == 38 * 3600 + 1 * 60 + 13
    table = pd.read_csv(tmp_path / "sums/tools_per_recording.csv")
    raw = pd.concat(pd.read_csv(path, sep="\t") for path in labels.iterdir())
    visible = raw.drop(columns="Frame").sum()
    assert table.groupby("tool")["presence_s"].sum().to_dict() == visible.to_dict()


def test_usage_per_phase_is_written_where_phases_are_named(
    call: Call, shared: Path, tmp_path: Path
) -> None:
    labels = shared / "data/cholec80_labels"
    status, _, _ = call(
        *(labels / "tool_annotations", "--phases", labels / "phase_annotations"),
        *("--out", tmp_path / "sums", "--no-pictures"),
    )
    assert status == 0
    usage = pd.read_csv(tmp_path / "sums/usage_per_phase.csv")
    row = usage.query("phase == 'Preparation' and tool == 'Grasper'").iloc[0]
    assert (row["phase_s"], row["presence_s"], row["n_recordings"]) == (6412, 3027, 51)
