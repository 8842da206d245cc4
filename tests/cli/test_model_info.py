"""``model info``: everything that is recorded, nothing that is not, and no TensorFlow."""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from classifier.model.bundle import CONFIG_NAME, read_model_folder, write_config
from video_pipeline.cli import main

SAMPLE = Path(__file__).parents[2] / "samples" / "model"


def info(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert main(["model", "info", *map(str, arguments)]) == 0
    return capsys.readouterr().out


def values(text: str) -> dict[str, str]:
    """Second word and on of each line that begins with a label."""
    lines = [line[2:].split("  ", 1) for line in text.splitlines() if line.startswith("  ")]
    return {line[0].strip(): line[1].strip() for line in lines if len(line) == 2}


def test_the_sample_model_is_described(capsys: pytest.CaptureFixture[str]) -> None:
    text = info(capsys, SAMPLE)
    config = read_model_folder(SAMPLE).config
    tools = [line.split()[0] for line in text.splitlines()[3 : 3 + len(config.tools)]]
    assert tuple(tools) == config.tools
    found = values(text)
    assert found["grasper"].split() == ["0.5", "none", "1350", "44"]
    assert found["size"] == "224 x 224 px"
    assert found["validation accuracy"] == "0.991071"
    assert found["dataset's digest"] == config.training["dataset_sha256"]
    assert found["digest"] == read_model_folder(SAMPLE).digest
    assert found["recordings"] == "not recorded"
    assert found["tensorflow"] == "2.21.0"
    assert max(map(len, text.splitlines())) <= 100
    assert not text.endswith("\n\n")


def test_what_is_not_recorded_is_said_to_be_so(
    model_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = values(info(capsys, model_folder))
    assert found["grasper"].split(maxsplit=2)[2].split("  ") == ["not recorded", "not recorded"]
    for label in ("started from", "dataset's digest", "recordings", "settings"):
        assert found[label] == "not recorded"
    text = info(capsys, model_folder)
    for title in ("quality", "versions"):
        assert f"{title}\n  not recorded\n" in text
    assert text.endswith("self-test\n  not recorded: the folder is older than self-tests\n")


def test_json_holds_all_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    content: dict[str, Any] = json.loads(info(capsys, SAMPLE, "--json"))
    config = read_model_folder(SAMPLE).config
    assert [entry["tool"] for entry in content["answers"]["tools"]] == list(config.tools)
    assert content["training"]["settings"] == config.training["settings"]
    assert content["training"]["recordings"] is None
    assert content["quality"] == config.metrics
    assert content["self_test"]["was_run"] is False


@pytest.fixture
def odd(model_folder: Path, tmp_path: Path) -> Path:
    """A folder whose description holds what nobody expected."""
    folder = Path(shutil.copytree(model_folder, tmp_path / "odd"))
    training: dict[str, Any] = {
        "n_train": [1, 2],
        "versions": "all",
        "settings": {"deep": {"er": [None, True, 1e-9]}},
        "line\nbreak": "\x1b[31mred\n",
        "n_videos": 12,
    }
    config = read_model_folder(folder).config
    config = dataclasses.replace(
        config,
        training=training,
        metrics={"f1": None},
        thresholds=(0.25, 0.5, 1.0),
    )
    write_config(folder, config)
    return folder


def test_odd_descriptions_are_printed_and_do_nothing_to_the_terminal(
    odd: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = info(capsys, odd)
    assert "\x1b" not in text
    found = values(text)
    assert found["grasper"].split() == ["0.25", "none", "not", "recorded", "not", "recorded"]
    assert found["hook"].split()[:2] == ["0.5", "none"]
    assert found["recordings"] == "12"
    assert found["settings"] == "deep er not recorded, yes, 1e-09"
    assert found["f1"] == "not recorded"
    assert "line\\nbreak" in text


def test_background_classes_of_a_softmax_head_are_named(
    softmax_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = values(info(capsys, softmax_folder))
    assert found["background"] == "no_tool"
    assert found["images without tool"] == "no_tool not recorded"


def test_the_self_test_is_run_on_demand(
    model_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from classifier.model.describing import describe_again

    folder = Path(shutil.copytree(model_folder, tmp_path / "model"))
    assert "cannot be compared" in info(capsys, folder, "--self-test")
    describe_again(folder)
    assert "8 pictures (shafts_on_tissue_1); --self-test runs it" in info(capsys, folder)
    content = json.loads(info(capsys, folder, "--self-test", "--json"))
    assert content["self_test"]["probability_difference"] < 1e-6
    text = (folder / CONFIG_NAME).read_text()
    (folder / CONFIG_NAME).write_text(text.replace('"hook"', '"a"', 1))
    assert "passed" in info(capsys, folder, "--self-test")
    spoilt = json.loads(text)
    spoilt["self_test"]["logits"][3][1] += 0.2
    (folder / CONFIG_NAME).write_text(json.dumps(spoilt))
    assert main(["model", "info", str(folder), "--self-test"]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "fails its self-test" in printed.err


def test_tensorflow_is_not_loaded() -> None:
    code = (
        "import sys\n"
        "from video_pipeline.cli import main\n"
        "status = main(['model', 'info', sys.argv[1]])\n"
        "loaded = {'tensorflow', 'keras'} & set(sys.modules)\n"
        "sys.exit(f'loaded: {loaded}' if loaded else status)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(SAMPLE)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
