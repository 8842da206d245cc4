"""``surgical-video compare``: files or folders, tools and phases, a table or JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from video_pipeline.cli import main
from video_pipeline.cli.compare import compare_pairs
from video_pipeline.cli.compare_json import as_json
from video_pipeline.cli.compare_screen import print_comparison
from video_pipeline.formats.labelled import LabelledRecording
from video_pipeline.output.tables import write_timeline
from video_pipeline.records import PhaseTimeline, ToolTimeline
from video_pipeline.timeline.metrics import IncomparableError
from video_pipeline.timeline.metrics.figures import PHASE_FIGURES, TOOL_FIGURES

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """Runs the command; returns its status, stdout and stderr."""

    def run(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        status = main(["compare", *map(str, arguments)])
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


def table(path: Path, **tools: str) -> Path:
    """A table second,<tool>... from one text a tool, ``#`` where it is visible."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [",".join(["second", *tools])]
    for second, cells in enumerate(zip(*tools.values(), strict=True)):
        lines.append(",".join([str(second), *("1" if cell == "#" else "0" for cell in cells)]))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def folders(tmp_path: Path, n: int = 4) -> tuple[Path, Path]:
    """Predictions and references of ``n`` recordings; each prediction is worse than the last."""
    for k in range(n):
        table(tmp_path / "references" / f"case{k}.csv", hook="####....##", clip=".....##...")
        hook = "####....##"[: 10 - k] + "." * k
        table(tmp_path / "predictions" / f"case{k}.csv", hook=hook, clip=".....##...")
    return tmp_path / "predictions", tmp_path / "references"


def tables_of(out: str) -> list[list[list[str]]]:
    """The blocks of lines that empty lines part, in cells."""
    return [[line.split() for line in block.splitlines()] for block in out.split("\n\n")]


def phases(labels: str) -> PhaseTimeline:
    names = ("Preparation", "CalotTriangleDissection", "ClippingCutting")
    index = np.array([int(label) for label in labels])
    return PhaseTimeline(names, np.eye(3)[index], index)


def test_one_recording_is_a_table_of_tools_and_one_of_uses(call: Call, tmp_path: Path) -> None:
    predicted = table(tmp_path / "predicted.csv", hook="##.###....")
    reference = table(tmp_path / "reference.csv", hook="######....")
    status, out, err = call(predicted, reference)
    assert (status, err) == (0, "")
    tools, _, uses, *_ = tables_of(out)
    assert tools[1] == ["hook", "1.000", "0.833", "0.909", "-", "2", "1", "0.667"]
    # Of [0, 6) the pieces cover 2 / 6 and 3 / 6; one ends where it does, none begins and ends.
    assert uses[1] == ["hook", "0.667", "0.000", "0.000", "1.000", "2.000", "0.167"]
    assert "over recordings" not in out


def test_many_recordings_are_pooled_listed_and_summarised(call: Call, tmp_path: Path) -> None:
    status, out, err = call(*folders(tmp_path))
    assert (status, err) == (0, "")
    assert "40 seconds of 4 recordings together" in out
    tools, _, _, _, recordings, summary, *_ = tables_of(out)
    # Of 24 seconds of the hook, 0 + 1 + 2 + 2 are missing: the last two are free of it.
    assert tools[1][:4] == ["hook", "1.000", "0.792", "0.884"]
    assert [row[0] for row in recordings[1:]] == ["case0", "case1", "case2", "case3"]
    assert recordings[1][1] == "1.000"
    mean = next(row for row in summary if row[:2] == ["F1,", "micro"])
    assert mean[-1] == "4"
    assert "to" in mean


def test_json_has_every_figure_with_its_definition(call: Call, tmp_path: Path) -> None:
    status, out, _ = call(*folders(tmp_path), "--json")
    assert status == 0
    content = json.loads(out)
    assert [one["video_id"] for one in content["recordings"]] == [f"case{k}" for k in range(4)]
    assert set(content["recordings"][0]["figures"]) == set(TOOL_FIGURES)
    assert set(content["summary"]) == set(TOOL_FIGURES)
    for name in (*TOOL_FIGURES, *PHASE_FIGURES):
        assert content["definitions"][name].keys() == {"definition", "source"}
    micro = [one["figures"]["micro_f1"] for one in content["recordings"]]
    assert content["summary"]["micro_f1"]["mean"] == pytest.approx(np.mean(micro))
    assert content["summary"]["micro_f1"]["standard_deviation"] == pytest.approx(
        np.std(micro, ddof=1)
    )
    assert content["summary"]["micro_f1"]["low"] <= np.mean(micro)


def test_json_of_one_recording_has_the_keys_it_had(call: Call, tmp_path: Path) -> None:
    one = table(tmp_path / "a.csv", hook="##..")
    content = json.loads(call(one, one, "--json")[1])
    for key in ("tools", "micro", "macro", "mean_average_precision", "events", "macro_event_f1"):
        assert key in content
    assert content["events"].keys() >= {
        *("n_predicted", "n_reference", "n_matched", "f1", "segment_ratio"),
        *("event_f1_25", "event_f1_50", "event_f1_75", "n_matched_25"),
    }
    assert content["tools"][0]["frames"]["f1"] == 1.0
    assert content["n_seconds"] == 4
    assert content["notes"] == []


def test_the_same_call_prints_the_same_bytes(call: Call, tmp_path: Path) -> None:
    arguments = (*folders(tmp_path), "--json")
    assert call(*arguments) == call(*arguments)


def test_a_run_is_tested_against_another(call: Call, tmp_path: Path) -> None:
    predictions, references = folders(tmp_path, n=8)
    status, out, _ = call(references, references, "--against", predictions)
    assert status == 0
    assert f"first: {references}; second: {predictions}" in out
    *_, differences, _, _ = tables_of(out)
    (row,) = [row for row in differences if row[:2] == ["F1,", "micro"]]
    first, second, difference = (float(cell) for cell in row[2:5])
    assert first == 1.0
    assert difference == pytest.approx(first - second, abs=0.0011)
    assert row[5].startswith("+")
    assert float(row[-2]) < 0.05
    assert row[-1] == "8"
    content = json.loads(call(references, references, "--against", predictions, "--json")[1])
    assert content["against"]["differences"]["micro_f1"]["n"] == 8
    assert content["against"]["summary"]["micro_f1"]["mean"] == pytest.approx(second, abs=0.001)


def test_runs_without_a_common_recording_cannot_be_tested(call: Call, tmp_path: Path) -> None:
    _, references = folders(tmp_path, n=2)
    first = table(tmp_path / "first" / "case0.csv", hook="####....##").parent
    second = table(tmp_path / "second" / "case1.csv", hook="####....##").parent
    table(tmp_path / "second" / "other.csv", hook="#")
    table(tmp_path / "first" / "another.csv", hook="#")
    status, _, err = call(first, references, "--against", second)
    assert status == 1
    assert f"{second}: has no recording in common with {first}" in err


def test_folders_of_ours_and_annotations_of_cholec80_are_paired(call: Call, tmp_path: Path) -> None:
    present = np.array([[True], [True], [False]])
    timeline = ToolTimeline(("Hook",), np.where(present, 0.9, 0.2), present, np.ones(3, np.int64))
    ours = tmp_path / "out" / "video07"
    ours.mkdir(parents=True)
    write_timeline(ours / "timeline.csv", timeline, flags=("", "", ""))
    theirs = tmp_path / "tool_annotations"
    theirs.mkdir()
    (theirs / "video07-tool.txt").write_text("Frame\tHook\n0\t1\n25\t1\n50\t0\n75\t0\n")
    (theirs / "video08-tool.txt").write_text("Frame\tHook\n0\t1\n")
    status, out, _ = call(tmp_path / "out", theirs)
    assert status == 0
    assert tables_of(out)[0][1][:5] == ["Hook", "1.000", "1.000", "1.000", "1.000"]
    assert "note: only in the references, left out: video08" in out
    assert "note: the reference timeline is one second longer; its last second" in out


def test_a_note_that_is_true_of_many_is_said_once(call: Call, tmp_path: Path) -> None:
    for k in range(7):
        table(tmp_path / "a" / f"case{k}.csv", hook="##")
        table(tmp_path / "b" / f"case{k}.csv", hook="##.")
    _, out, _ = call(tmp_path / "a", tmp_path / "b")
    assert out.count("one second longer") == 1
    assert "(case0, case1, case2, case3, case4 and 2 more)" in out


def test_recordings_that_cannot_be_compared_are_named(call: Call, tmp_path: Path) -> None:
    predictions, references = folders(tmp_path)
    table(predictions / "case2.csv", hook="#", clip="#")
    status, out, err = call(predictions, references)
    assert (status, out) == (1, "")
    (line,) = err.splitlines()
    assert line.startswith(f"surgical-video: {predictions}: cannot be compared with {references}: ")
    assert "case2: lengths differ by more than one second: predicted 1 s, reference 10 s" in line


def test_what_is_not_there_is_not_comparable(call: Call, tmp_path: Path) -> None:
    one = table(tmp_path / "a.csv", hook="#")
    assert call(tmp_path / "missing.csv", one)[0] == 1
    assert call(one, tmp_path / "missing")[0] == 1


def test_a_wrong_call_is_status_two() -> None:
    with pytest.raises(SystemExit) as ended:
        main(["compare", "one"])
    assert ended.value.code == 2


def of_phases(video_id: str, labels: str, **more: Any) -> LabelledRecording:
    return LabelledRecording(video_id, phases=phases(labels), **more)


def test_phases_of_one_recording_are_strict_and_relaxed(capsys: pytest.CaptureFixture[str]) -> None:
    true = of_phases("a", "0" * 20 + "1" * 20, timeline=None)
    late = of_phases("a", "0" * 25 + "1" * 15, timeline=None)
    print_comparison(compare_pairs([(late, true)]), notes=())
    by_phase, means, text, *_ = tables_of(capsys.readouterr().out)
    assert by_phase[1] == ["Preparation", "20", "0.800", "1.000", "0.800", "0.889", "1.000"]
    assert by_phase[3] == ["ClippingCutting", "0", "-", "-", "-", "-", "-"]
    assert means[1][:2] == ["strict", "0.875"]
    assert means[1][6:] == ["100.0", "1.000", "1.000", "1.000"]
    assert means[2] == ["relaxed", "1.000", "1.000", "1.000", "1.000", "1.000"]
    assert "Cholec80." in " ".join(cell for line in text for cell in line)


def test_tools_and_phases_are_compared_where_both_sides_have_them() -> None:
    present = np.array([[True], [True], [False], [False]])
    seen = np.array([1, 1, 1, 0])
    timeline = ToolTimeline(("hook",), np.full((4, 1), np.nan), present, seen)
    both = LabelledRecording("a", timeline, phases=phases("0012"))
    only_tools = LabelledRecording.of("b", timeline)
    cohort = compare_pairs(
        [(both, both), (only_tools, both), (of_phases("c", "0011", timeline=None), both)]
    )
    first, second, third = cohort.recordings
    assert first.tools is not None
    assert first.phases is not None
    assert second.phases is None
    assert third.tools is None
    assert third.phases is not None
    # The last second has no frame on the reference's side, so that its phase is not compared.
    assert (third.phases.n_seconds, third.phases.accuracy) == (3, 1.0)
    content = as_json(cohort, other=None, differences=None, notes=("read",))
    assert content["summary"]["phase_accuracy"]["n"] == content["summary"]["accuracy"]["n"] == 2
    assert content["notes"] == ["read", "1 s without a frame were left out"]
    assert json.loads(json.dumps(content))["recordings"][2]["workflow"] == "Cholec80"


def test_tools_against_phases_are_refused() -> None:
    tools = LabelledRecording.of(
        "a",
        ToolTimeline(("hook",), np.full((2, 1), np.nan), np.ones((2, 1), bool), np.ones(2, int)),
    )
    with pytest.raises(IncomparableError, match="tools only"):
        compare_pairs([(tools, of_phases("a", "01", timeline=None))])


def test_published_phase_predictions_are_compared(shared: Path) -> None:
    """TMRNet's raw predictions of videos 41 to 60 of Cholec80; its ids are in Cholec80's order."""
    names = (
        *("Preparation", "CalotTriangleDissection", "ClippingCutting", "GallbladderDissection"),
        *("GallbladderPackaging", "CleaningCoagulation", "GallbladderRetraction"),
    )
    folder = shared / "data/cholec80_phase_predictions"
    pairs = []
    for path in sorted((folder / "reference").glob("*.txt")):
        sides = []
        for side in ("predicted", "reference"):
            ids = np.loadtxt(folder / side / path.name, dtype=np.int64)[:, 1]
            one = PhaseTimeline(names, np.eye(7)[ids], ids)
            sides.append(LabelledRecording(path.stem, None, phases=one))
        pairs.append((sides[0], sides[1]))
    summary = compare_pairs(pairs).summary
    mean = {name: summary[name].mean for name in PHASE_FIGURES}
    assert summary["phase_accuracy"].n == len(pairs) == 20
    assert mean["phase_accuracy"] == pytest.approx(0.860, abs=5e-4)
    for name in ("accuracy", "precision", "recall", "jaccard", "f1"):
        strict, relaxed = mean[f"phase_{name}"], mean[f"relaxed_phase_{name}"]
        assert strict is not None
        assert relaxed is not None
        assert strict < relaxed <= 1
    # Raw predictions flicker: right by the second, far from right by the segment.
    assert mean["edit_score"] == pytest.approx(16.9, abs=0.05)
