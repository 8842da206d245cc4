"""``surgical-video report --plots --reference``: which pictures are drawn, and which are kept."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.batches import annotate_in_turn, job_of
from tests.support.clips import steady, write_clip
from tests.support.reports import small_report
from video_pipeline.batch.job import Outcome
from video_pipeline.batch.recordings import name_recordings
from video_pipeline.cli import main
from video_pipeline.output.phase_tables import write_phases
from video_pipeline.output.tables import write_timeline

Call = Callable[..., tuple[int, list[str]]]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """Calls the command; its exit status, and what it said besides results, a line each."""

    def run(*arguments: object) -> tuple[int, list[str]]:
        try:
            status = main(["report", *map(str, arguments)])
        except SystemExit as stop:
            status = int(stop.code or 0)
        told = capsys.readouterr().err
        assert "Traceback" not in told
        return status, told.splitlines()

    return run


class Waves:
    """A classifier whose two tools come and go with the brightness, by more than four decimals."""

    tools = ("hook", "lamp")
    input_size_px = (32, 32)

    def predict(self, images: NDArray[np.uint8]) -> tuple[NDArray[np.float32], None]:
        bright = images.mean(axis=(1, 2, 3))
        waves = np.stack([np.sin(7 * bright), np.cos(11 * bright)], axis=1)
        return (waves * waves).astype(np.float32), None


def annotated(tmp_path: Path, *, plots: tuple[str, ...] = ()) -> Outcome:
    clip = tmp_path / "clip.mp4"
    if not clip.exists():
        write_clip(clip, steady(500))
    recordings = name_recordings([clip], tmp_path / "out")
    (outcome,) = annotate_in_turn(recordings, job_of(tmp_path / "out", plots=plots), Waves())
    return outcome


def labelled(
    folder: Path, *, n_seconds: int = 20, tools: tuple[str, ...] = ("grasper", "hook", "scissors")
) -> Path:
    """A recording's folder as ``import`` leaves it."""
    folder.mkdir(parents=True)
    report = small_report(n_seconds=n_seconds, tools=tools)
    assert report.timeline is not None
    write_timeline(folder / "timeline.csv", report.timeline, flags=report.flags)
    return folder


def add_phases(folder: Path) -> None:
    phases = small_report(phases=("Preparation", "Dissection")).phases
    assert phases is not None
    write_phases(folder / "phases.csv", phases)


def pictures(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("timeline*.???") if path.suffix != ".csv")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_without_plots_nothing_is_drawn(call: Call, tmp_path: Path) -> None:
    folder = labelled(tmp_path / "case12")
    assert call(tmp_path) == (0, [])
    assert pictures(folder) == []


def test_each_recording_is_drawn_as_asked(call: Call, tmp_path: Path) -> None:
    folders = [labelled(tmp_path / name) for name in ("case12", "case13")]
    assert call(tmp_path, "--plots", "svg,pdf,png") == (0, [])
    for folder in folders:
        assert pictures(folder) == ["timeline.pdf", "timeline.png", "timeline.svg"]
    first = contents(folders[0])
    assert call(tmp_path, "--plots", "svg,pdf,png") == (0, [])
    assert contents(folders[0]) == first


def test_an_annotation_drawn_again_is_the_same_and_stays_finished(
    call: Call, tmp_path: Path
) -> None:
    folder = annotated(tmp_path, plots=("svg",)).folder
    before = contents(folder)
    assert call(folder, "--plots", "png,svg,pdf") == (0, [])
    after = contents(folder)
    assert after.keys() - before.keys() == {"report.html", "timeline.pdf"}
    assert {name: after[name] for name in before} == before
    assert annotated(tmp_path).was_finished
    # What report draws as PDF is what annotate would have drawn.
    assert not annotated(tmp_path, plots=("pdf",)).was_finished
    assert contents(folder)["timeline.pdf"] == after["timeline.pdf"]


def test_a_picture_that_the_manifest_names_is_not_replaced_by_another(
    call: Call, tmp_path: Path
) -> None:
    folder = labelled(tmp_path / "case12")
    (folder / "timeline.png").write_bytes(b"of an older version")
    outputs = {"timeline.png": {"sha256": "ab" * 32, "rows": 1}, "odd": 3}
    (folder / "run.json").write_text(json.dumps({"outputs": outputs}))
    status, told = call(tmp_path, "--plots", "png,svg")
    assert status == 0
    (line,) = told
    assert "case12: timeline.png was drawn by an annotation with other versions" in line
    assert (folder / "timeline.png").read_bytes() == b"of an older version"
    assert pictures(folder) == ["timeline.png", "timeline.svg"]


def test_phases_have_a_picture_of_their_own_beside_an_annotation(
    call: Call, tmp_path: Path
) -> None:
    annotation = annotated(tmp_path).folder
    add_phases(annotation)
    labels = labelled(tmp_path / "out" / "labels")
    add_phases(labels)
    before = contents(annotation)
    assert call(tmp_path / "out", "--plots", "png,svg") == (0, [])
    assert pictures(annotation) == [
        *("timeline.png", "timeline_with_phases.png", "timeline_with_phases.svg")
    ]
    assert contents(annotation)["timeline.png"] == before["timeline.png"]
    assert pictures(labels) == ["timeline.png", "timeline.svg"]
    assert annotated(tmp_path).was_finished


def texts(svg: Path) -> set[str]:
    """What a picture says, which matplotlib leaves as comments beside the letters' outlines."""
    return set(re.findall(r"<!-- (.*?) -->", svg.read_text(encoding="utf-8")))


def test_a_reference_is_drawn_beside_and_the_phases_that_it_has(call: Call, tmp_path: Path) -> None:
    out = [labelled(tmp_path / "out" / name) for name in ("case12", "case13")]
    references = [labelled(tmp_path / "labels" / name) for name in ("case12", "case13")]
    add_phases(references[0])
    assert call(tmp_path / "out", "--reference", tmp_path / "labels", "--plots", "svg") == (0, [])
    assert [pictures(folder) for folder in out] == [["timeline_vs_reference.svg"]] * 2
    first, second = (texts(folder / "timeline_vs_reference.svg") for folder in out)
    assert {"reference", "only predicted", "only in the reference"} <= first & second
    assert {"ref. phase", "Preparation", "Dissection"} <= first - second
    add_phases(out[1])
    assert call(tmp_path / "out", "--reference", tmp_path / "labels", "--plots", "svg") == (0, [])
    assert {"phase", "Preparation"} <= texts(out[1] / "timeline_vs_reference.svg")


def test_a_reference_alone_asks_for_a_png(call: Call, tmp_path: Path) -> None:
    folder = labelled(tmp_path / "out" / "case12")
    reference = labelled(tmp_path / "labels" / "called otherwise") / "timeline.csv"
    assert call(folder, "--reference", reference) == (0, [])
    assert pictures(folder) == ["timeline_vs_reference.png"]


def test_a_recording_without_a_reference_says_so(call: Call, tmp_path: Path) -> None:
    out = [labelled(tmp_path / "out" / name) for name in ("case12", "case13")]
    labelled(tmp_path / "labels" / "case12")
    status, told = call(tmp_path / "out", "--reference", tmp_path / "labels")
    assert status == 0
    assert told == ["case13: has no reference; nothing is drawn"]
    assert [pictures(folder) for folder in out] == [["timeline_vs_reference.png"], []]
    assert (out[1] / "report.html").is_file()


def test_references_of_other_recordings_are_refused_before_anything_is_written(
    call: Call, tmp_path: Path
) -> None:
    out = [labelled(tmp_path / "out" / name) for name in ("a", "b")]
    labelled(tmp_path / "labels" / "c")
    status, told = call(tmp_path / "out", "--reference", tmp_path / "labels")
    assert status == 1
    assert "has no recording in common with" in told[0]
    assert not (out[0] / "report.html").exists()


@pytest.mark.parametrize(
    ("n_seconds", "tools", "cause"),
    [(25, ("hook",), "lengths differ"), (20, ("saw", "drill"), "no tool in common")],
)
def test_a_reference_of_another_recording_costs_the_picture_only(
    call: Call, tmp_path: Path, n_seconds: int, tools: tuple[str, ...], cause: str
) -> None:
    out = [labelled(tmp_path / "out" / name) for name in ("a", "b")]
    labelled(tmp_path / "labels" / "a", n_seconds=n_seconds, tools=tools)
    labelled(tmp_path / "labels" / "b", n_seconds=21)
    status, told = call(tmp_path / "out", "--reference", tmp_path / "labels")
    assert status == 1
    assert cause in told[0]
    assert str(out[0]) in told[0]
    assert len(told) == 1
    assert [pictures(folder) for folder in out] == [[], ["timeline_vs_reference.png"]]
    assert all((folder / "report.html").is_file() for folder in out)


def test_tools_that_only_one_side_knows_are_named(call: Call, tmp_path: Path) -> None:
    folder = labelled(tmp_path / "out" / "a", tools=("grasper", "hook"))
    labelled(tmp_path / "labels" / "a", tools=("hook", "saw", "drill"))
    assert call(tmp_path / "out", "--reference", tmp_path / "labels", "--plots", "svg") == (
        0,
        ["a: not in the reference: grasper", "a: in the reference only, not drawn: saw, drill"],
    )
    assert {"grasper", "hook"} <= texts(folder / "timeline_vs_reference.svg")
    assert "saw" not in texts(folder / "timeline_vs_reference.svg")


def test_phases_alone_have_a_page_and_no_picture(call: Call, tmp_path: Path) -> None:
    folder = tmp_path / "case12"
    folder.mkdir()
    add_phases(folder)
    assert call(tmp_path, "--plots", "svg") == (
        0,
        ["case12: has phases only; nothing is drawn"],
    )
    assert pictures(folder) == []


def test_what_smooth_wrote_is_drawn_again_as_it_was(call: Call, tmp_path: Path) -> None:
    source = tmp_path / "case12.csv"
    rng = np.random.default_rng(1)
    rows = [f"{k},{p:.7f}" for k, p in enumerate(rng.random(900))]
    source.write_text("\n".join(["second,hook_probability", *rows, ""]))
    assert main(["smooth", str(source), "--out", str(tmp_path / "out"), "--quiet"]) == 0
    folder = tmp_path / "out" / "case12"
    before = contents(folder)
    assert call(folder, "--plots", "png,svg") == (0, [])
    after = contents(folder)
    assert after.keys() - before.keys() == {"report.html", "timeline.svg"}
    assert {name: after[name] for name in before} == before
