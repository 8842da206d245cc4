"""How the options of ``train`` become settings."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from classifier.dataset.images import RESIZE_RULES
from classifier.training.settings import TrainingSettings
from video_pipeline.cli import main, train
from video_pipeline.cli.arguments import WrongCallError
from video_pipeline.cli.training_arguments import training_settings


def parse(*options: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    train.add_parser(parser.add_subparsers())
    return parser.parse_args(["train", "dataset", "--out", "model", *options])


def settings_of(*options: str) -> TrainingSettings:
    return training_settings(parse(*options), table=False)


@pytest.mark.parametrize("rule", RESIZE_RULES)
def test_every_rule_can_be_chosen(rule: str) -> None:
    assert settings_of("--resize-rule", rule).resize_rule == rule


def test_new_trainings_go_by_the_fast_rule_and_leave_images_whole() -> None:
    settings, default = settings_of(), TrainingSettings(head="softmax")
    assert settings.resize_rule == default.resize_rule == "swscale_area"
    assert settings.crop_field_of_view is default.crop_field_of_view is False
    assert settings_of("--crop-field-of-view").crop_field_of_view


def test_an_unknown_rule_is_a_wrong_call(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        parse("--resize-rule", "pillow")
    assert "opencv_inter_area" in capsys.readouterr().err


def test_the_sample_model_is_trained_by_the_rule_that_its_folder_names() -> None:
    script = Path(__file__).parents[2] / "scripts" / "train_sample_model.sh"
    assert "--resize-rule opencv_inter_area" in script.read_text(encoding="utf-8")


def test_defaults_depend_on_head_and_start() -> None:
    assert settings_of().head == "softmax"
    assert settings_of().pairs == "none"
    assert settings_of("--head", "sigmoid").pairs == "pasted"
    assert training_settings(parse(), table=True).head == "sigmoid"
    assert training_settings(parse(), table=True).pairs == "none"
    scratch = settings_of("--weights", "none")
    assert (scratch.epochs_head, scratch.trainable, scratch.train_batch_norm) == (0, "all", True)
    assert scratch.rate_decay == 1


def test_options_win_over_a_file_of_settings_and_that_over_defaults(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    file.write_text('{"epochs_fine": 20, "seed": 7, "head": "sigmoid", "input_size_px": [96, 96]}')
    settings = settings_of("--settings", str(file), "--seed", "8")
    assert (settings.epochs_fine, settings.seed, settings.head) == (20, 8, "sigmoid")
    assert settings.input_size_px == (96, 96)
    assert settings.pairs == "pasted"


def test_what_cannot_be_together_is_a_wrong_call() -> None:
    with pytest.raises(WrongCallError, match="need a sigmoid head"):
        settings_of("--head", "softmax", "--pairs", "mixed")


@pytest.mark.parametrize(
    ("options", "cause"),
    [
        (["--group-regex", "("], "is no regular expression"),
        (["--group-regex", "case"], "has no group"),
        (["--patience", "0"], "a whole number from 1"),
    ],
)
def test_a_wrong_call_exits_with_2(
    folder_dataset: Callable[..., Path],
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    cause: str,
) -> None:
    dataset = folder_dataset({"hook": 4, "bag": 4})
    with contextlib.suppress(SystemExit):
        assert main(["train", str(dataset), "--out", str(dataset / "model"), *options]) == 2
    assert cause in capsys.readouterr().err
    assert not (dataset / "model").exists()


def test_the_settings_of_a_model_can_be_used_again(tmp_path: Path) -> None:
    chosen = settings_of("--head", "sigmoid", "--seed", "3", "--imbalance", "focal")
    file = tmp_path / "settings.json"
    file.write_text(json.dumps(dataclasses.asdict(chosen)))
    assert settings_of("--settings", str(file)) == chosen
