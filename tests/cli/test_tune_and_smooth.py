"""``tune`` and ``smooth`` as a person calls them: from tables to settings to timelines."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.support.uses import noisy, true_uses
from video_pipeline.cli import main
from video_pipeline.timeline.smoothing import SmoothingSettings, smooth_tools
from video_pipeline.timeline.smoothing.stored import smoothing_from_json
from video_pipeline.timeline.tuning.choosing import Choice, smoothing_of
from video_pipeline.timeline.tuning.counts import Counts, count
from video_pipeline.timeline.tuning.fitting import (
    LabelledColumn,
    fit_learned_evidence,
    fit_use_model,
)

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    def run(*arguments: object) -> tuple[int, str, str]:
        status = main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return status, out, err

    return run


def write_recordings(
    folder: Path, n: int, *, tools: tuple[str, ...] = ("hook", "=clip"), n_seconds: int = 240
) -> tuple[Path, Path]:
    """Tables of probabilities, and references; (predicted, reference)."""
    rng = np.random.default_rng(n)
    predicted, reference = folder / "predicted", folder / "reference"
    for made in (predicted, reference):
        made.mkdir(parents=True)
    for k in range(n):
        present = np.stack([true_uses(rng, n_seconds) for _ in tools], axis=1)
        said = np.stack([noisy(rng, tool) for tool in present.T], axis=1)
        for path, names, values in (
            (predicted / f"case{k}.csv", [f"{t}_probability" for t in tools], said.round(4)),
            (reference / f"case{k}.csv", list(tools), present.astype(int)),
        ):
            with path.open("w", newline="") as file:
                writer = csv.writer(file, lineterminator="\n")
                writer.writerow(["second", *names])
                writer.writerows([second, *row] for second, row in enumerate(values.tolist()))
    return predicted, reference


@pytest.mark.slow
def test_tuned_settings_smooth_better_than_the_default(tmp_path: Path, call: Call) -> None:
    predicted, reference = write_recordings(tmp_path, 4, n_seconds=150)
    settings = tmp_path / "smoothing.json"
    status, out, err = call(
        "tune", "--predicted", predicted, "--reference", reference, "--out", settings
    )
    assert status == 0, err
    assert out.splitlines()[0].split()[:3] == ["tool", "event", "F1"]
    assert "each judged by a choice made without it" in out
    content = json.loads(settings.read_text())
    assert content["tuning"]["n_recordings"] == 4
    assert set(smoothing_from_json(content["smoothing"]).by_tool) == {"hook", "=clip"}
    with (tmp_path / "smoothing.tried.csv").open() as file:
        tried = list(csv.DictReader(file))
    assert {row["tool"] for row in tried} == {"hook", "'=clip"}
    assert sum(int(row["chosen"]) for row in tried) == 2

    scores = []
    for name, options in (("tuned", ["--settings", settings]), ("default", [])):
        status, out, err = call("smooth", predicted, "--out", tmp_path / name, *options)
        assert status == 0, err
        assert out.splitlines()[0] == (
            f"4 recordings smoothed: {tmp_path / name}/<video_id>/timeline.csv"
        )
        status, out, _ = call("compare", tmp_path / name, reference, "--json")
        assert status == 0
        scores.append(json.loads(out)["macro_event_f1"])
    assert scores[0] > scores[1]
    first = tmp_path / "tuned" / "case0"
    assert sorted(path.name for path in first.iterdir()) == [
        *("run.json", "segments.csv", "statistics.csv", "timeline.csv", "timeline.png")
    ]
    status, _, _ = call(
        "smooth", tmp_path / "tuned", "--out", tmp_path / "again", "--settings", settings
    )
    assert status == 0
    for name in ("timeline.csv", "segments.csv", "timeline.png"):
        assert (tmp_path / "again/case0" / name).read_bytes() == (first / name).read_bytes()


@pytest.mark.slow
def test_settings_go_into_a_model_and_are_used_with_it(
    tmp_path: Path, call: Call, model_folder: Path
) -> None:
    import shutil

    from classifier.model.bundle import read_model_folder

    model = tmp_path / "model"
    shutil.copytree(model_folder, model)
    tools = read_model_folder(model).config.tools
    predicted, reference = write_recordings(tmp_path, 2, tools=(tools[0], "other"), n_seconds=120)
    settings = tmp_path / "live.json"
    status, _, err = call(
        *("tune", "--predicted", predicted, "--reference", reference, "--out", settings),
        *("--model", model, "--lag", "0"),
    )
    assert status == 0, err
    assert err.startswith("surgical-video: only 2 labelled recordings: a choice is made, but")
    stored = read_model_folder(model).config.smoothing
    assert stored is not None
    smoothing = smoothing_from_json(stored)
    assert list(smoothing.by_tool) == [tools[0]]
    assert isinstance(smoothing.others, SmoothingSettings)
    assert smoothing.others.is_causal, "tools without a choice answer at once, too"
    status, _, _ = call("smooth", predicted, "--out", tmp_path / "out", "--model", model)
    assert status == 0
    content = json.loads((tmp_path / "out/case0/run.json").read_text())
    assert content["parameters"]["smoothing"] == stored


def test_a_bad_table_costs_itself_only(tmp_path: Path, call: Call) -> None:
    predicted, _ = write_recordings(tmp_path, 2)
    (predicted / "bad.csv").write_text("second,hook_probability\n0,2\n")
    status, out, err = call("smooth", predicted, "--out", tmp_path / "out")
    assert status == 1
    (problem,) = err.splitlines()
    assert problem.startswith(f"surgical-video: {predicted}/bad.csv: line 2, column 'hook_prob")
    assert out.startswith("2 recordings smoothed")
    assert not (tmp_path / "out" / "bad").exists()


def test_two_tables_of_one_name_do_not_share_a_folder(tmp_path: Path, call: Call) -> None:
    predicted, _ = write_recordings(tmp_path, 1)
    other, _ = write_recordings(tmp_path / "other", 1)
    status, _, err = call("smooth", predicted, other, "--out", tmp_path / "out")
    assert status == 1
    assert f"{other}/case0.csv: is of the same recording as {predicted}/case0.csv" in err


def test_a_timeline_is_not_replaced_by_what_is_made_of_it(tmp_path: Path, call: Call) -> None:
    predicted, _ = write_recordings(tmp_path, 1)
    assert call("smooth", predicted, "--out", tmp_path / "out")[0] == 0
    status, _, err = call("smooth", tmp_path / "out", "--out", tmp_path / "out")
    assert status == 1
    assert "would be overwritten; name another --out" in err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "no such file"),
        ("{", "holds no smoothing settings"),
        ("[]", "holds no smoothing settings"),
        ('{"smoothing": {"tools": {"a": {"x": 1}}}}', "a: holds settings that are not known here"),
        ("[" * 100_000, "is nested too deeply"),
    ],
)
def test_settings_that_are_none_are_refused(
    tmp_path: Path, call: Call, text: str | None, said: str
) -> None:
    predicted, _ = write_recordings(tmp_path, 1)
    settings = tmp_path / "settings.json"
    if text is not None:
        settings.write_text(text)
    status, _, err = call("smooth", predicted, "--out", tmp_path / "out", "--settings", settings)
    assert status == 1
    (problem,) = err.splitlines()
    assert problem.startswith(f"surgical-video: {settings}: ")
    assert said in problem
    assert not (tmp_path / "out").exists()


def test_settings_and_a_threshold_contradict_one_another(tmp_path: Path, call: Call) -> None:
    predicted, _ = write_recordings(tmp_path, 1)
    status, _, err = call(
        "smooth", predicted, "--out", "out", "--settings", "s.json", "--on", "0.6"
    )
    assert status == 2
    assert "--settings already says how to smooth" in err


def test_recordings_that_do_not_belong_together_are_refused(tmp_path: Path, call: Call) -> None:
    predicted, reference = write_recordings(tmp_path, 2)
    out = ("--out", tmp_path / "s.json")
    for path in reference.iterdir():
        path.write_text("".join(path.read_text().splitlines(keepends=True)[:-2]))
    status, _, err = call("tune", "--predicted", predicted, "--reference", reference, *out)
    assert status == 1
    assert "lengths differ by more than one second: predicted 240 s, reference 238 s" in err
    for path in list(reference.iterdir()):
        path.rename(reference / f"other_{path.stem[-1]}9.csv")
    status, _, err = call("tune", "--predicted", predicted, "--reference", reference, *out)
    assert status == 1
    assert "has no recording in common with" in err
    assert not (tmp_path / "s.json").exists()


@pytest.mark.slow
@pytest.mark.parametrize(("lag_s", "least"), [(None, 0.88), (0.0, 0.80), (3.0, 0.85)])
def test_real_operations_under_the_noise_model(
    shared: Path, lag_s: float | None, least: float
) -> None:
    """Fitted on operations 1 to 40, judged on 41 to 60: synthetic noise on real timelines."""
    from dataclasses import replace

    made = {number: _stream(shared, number) for number in range(1, 61)}
    tools = [f"tool {k}" for k in range(7)]
    choices = []
    for k, tool in enumerate(tools):
        columns = [
            LabelledColumn(said[:, k], true[:, k], np.ones(len(true), dtype=np.bool_))
            for number, (true, said) in made.items()
            if number <= 40
        ]
        model = fit_use_model(columns, n_components=2, evidence=fit_learned_evidence(columns))
        assert model is not None
        thresholds = (0.7, 0.3) if lag_s == 0 else (0.6, 0.5)
        settings = replace(
            model, lag_s=lag_s, on_threshold=thresholds[0], off_threshold=thresholds[1]
        )
        choices.append(Choice(tool, settings, None, (), None))
    smoothing = smoothing_of(choices)
    parts: list[list[Counts]] = [[] for _ in tools]
    for number in range(41, 61):
        true, said = made[number]
        present = smooth_tools(said, tools, smoothing)
        for k in range(7):
            parts[k].append(count(present[:, k], true[:, k]))
    totals = [Counts.total(of_tool) for of_tool in parts]
    scores = [of.event_f1 for of in totals if of.event_f1 is not None]
    total = Counts.total(totals)
    assert len(scores) == 7
    assert np.mean(scores) > least
    assert total.frame_f1 is not None
    assert total.frame_f1 > 0.97
    assert total.segment_ratio is not None
    assert 0.85 < total.segment_ratio < 1.15


def _stream(shared: Path, number: int) -> tuple[np.ndarray, np.ndarray]:
    """(truth, probabilities) of one of Cholec80's operations, each (n_seconds, 7)."""
    import importlib.util

    spec = importlib.util.spec_from_file_location("noise_model", shared / "noise_model.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    path = shared / f"data/cholec80_labels/tool_annotations/video{number:02d}-tool.txt"
    true = np.loadtxt(path, skiprows=1, dtype=np.int64)[:, 1:]
    return true.astype(np.bool_), module.noisy_probabilities(true, number)
