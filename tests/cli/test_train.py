"""How the options of ``train`` become settings."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from classifier.dataset.images import RESIZE_RULES
from classifier.training.settings import TrainingSettings
from video_pipeline.cli import train
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
