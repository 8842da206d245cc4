from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from classifier.config import ModelConfig
from classifier.training.settings import TrainingSettings

CONFIG = ModelConfig(tools=("hook", "grasper"), head="sigmoid", thresholds=(0.4, 0.6))
SAMPLE_MODEL = Path(__file__).parents[2] / "samples" / "model" / "classifier.json"


@pytest.mark.parametrize("crops", [False, True])
@pytest.mark.parametrize("rule", ["opencv_inter_area", "swscale_area"])
def test_what_is_written_is_read_back(rule: str, crops: bool) -> None:
    config = dataclasses.replace(CONFIG, resize_rule=rule, crops_field_of_view=crops)
    assert ModelConfig.from_json(config.to_json()) == config


def test_the_sample_model_keeps_its_rule_and_its_bytes() -> None:
    text = SAMPLE_MODEL.read_text(encoding="utf-8")
    config = ModelConfig.from_json(text)
    assert (config.resize_rule, config.crops_field_of_view) == ("opencv_inter_area", False)
    assert config.to_json() == text


def test_a_description_that_names_no_rule_is_of_the_reference_rule() -> None:
    content = json.loads(CONFIG.to_json())
    del content["resize_rule"]
    assert ModelConfig.from_json(json.dumps(content)).resize_rule == "opencv_inter_area"


def test_unknown_fields_of_the_same_format_are_passed_over() -> None:
    content = json.loads(CONFIG.to_json()) | {"remark": "from a colleague"}
    assert ModelConfig.from_json(json.dumps(content)) == CONFIG


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"format": 99}, "format 99"),
        ({"format": None}, "does not describe a classifier"),
        ({"tools": ["hook", "hook"]}, "differ from one another"),
        ({"tools": []}, "must be given"),
        ({"tools": ["a\nb", "c"]}, "printable"),
        ({"tools": 3}, "tools is a list, got 3"),
        ({"tools": "ab"}, "tools is a list, got 'ab'"),
        ({"tools": ["hook", 1]}, "printable"),
        ({"tools": ["hook", "grasper"] + [f"t{k}" for k in range(999)]}, "at most 1000"),
        ({"background": None}, "wrong kind"),
        ({"format": True}, "does not describe a classifier"),
        ({"format": 0}, "does not describe a classifier"),
        ({"head": "linear"}, "head is one of"),
        ({"input_size_px": [8, 8]}, "at least 32"),
        ({"resize_rule": "pillow"}, "must be opencv_inter_area or swscale_area, got 'pillow'$"),
        ({"resize_rule": ["swscale_area"]}, "resize_rule must be"),
        ({"crops_field_of_view": "no"}, "crops_field_of_view is true or false, got 'no'"),
        ({"input_size_px": [224, 224, 3]}, "a height and a width in whole px"),
        ({"input_size_px": [224, 224.0]}, "a height and a width in whole px"),
        ({"input_size_px": [224, True]}, "a height and a width in whole px"),
        ({"input_size_px": [224, 10**9]}, "at most 2048 x 2048 px"),
        ({"thresholds": [0.5]}, "2 tools need as many thresholds"),
        ({"thresholds": [0.5, 1.5]}, "a probability from 0 to 1"),
        ({"thresholds": [0.5, "x"]}, "a probability from 0 to 1"),
        ({"smoothing": [1]}, "smoothing is a group of named values"),
        ({"metrics": None}, "metrics is a group of named values"),
        ({"training": 3}, "training is a group of named values"),
        ({"weights_sha256": "../x"}, "is a SHA-256 in hex"),
        ({"weights_sha256": 3}, "is a SHA-256 in hex"),
        ({"self_test": {"images": "x"}}, "self_test has the name of its images and the logits"),
        ({"self_test": {"images": 3, "logits": [[0, 0]]}}, "self_test has the name"),
        ({"self_test": {"images": "x", "logits": []}}, "a row of logits an image"),
        ({"self_test": {"images": "x", "logits": [[1.0]]}}, "2 finite logits an image"),
        ({"self_test": {"images": "x", "logits": [["1", 2]]}}, "2 finite logits an image"),
    ],
)
def test_impossible_descriptions_are_refused(change: dict[str, object], cause: str) -> None:
    content = json.loads(CONFIG.to_json()) | change
    with pytest.raises(ValueError, match=cause):
        ModelConfig.from_json(json.dumps(content))


def test_a_self_test_is_read_back_and_older_folders_keep_their_bytes_without() -> None:
    config = dataclasses.replace(
        CONFIG, self_test={"images": "formula", "logits": [[0.5, -1.25], [3, 4]]}
    )
    assert ModelConfig.from_json(config.to_json()) == config
    assert "self_test" not in CONFIG.to_json()


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ('{"format": 1, "training": {"loss": NaN}}', "NaN is no number"),
        ('{"format": 1, "training": {"loss": 1e999}}', "a number that is too large"),
        ('{"format": 1, "training": {"name": "\\ud800"}}', "half a character"),
        ('{"format": 1, "training": ' + "[" * 100 + "]" * 100 + "}", "more than 16 deep"),
        ('{"format": 1, "format": 1}', "it says 'format' twice"),
        ('{"format": 1, "training": ' + "9" * 5000 + "}", "4300"),
    ],
    ids=["NaN", "infinite", "surrogate", "deep", "twice", "long"],
)
def test_what_could_not_be_written_again_is_refused(text: str, cause: str) -> None:
    with pytest.raises(ValueError, match=cause):
        ModelConfig.from_json(text)


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "[1, 2]"])
def test_what_is_no_description_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="it "):
        ModelConfig.from_json(text)


def test_only_a_softmax_head_has_outputs_for_background() -> None:
    softmax = ModelConfig(tools=("hook",), head="softmax", background=("no_tool",))
    sigmoid = ModelConfig(tools=("hook",), head="sigmoid", background=("no_tool",))
    assert (softmax.n_outputs, sigmoid.n_outputs) == (2, 1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"epochs_head": 0, "epochs_fine": 0},
        {"trainable": "conv9"},
        {"validation_share": 1.0},
        {"batch_size": 0},
        {"resize_rule": "pillow"},
        {"learning_rate_fine": 0.0},
    ],
)
def test_impossible_training_settings_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"."):
        TrainingSettings(head="softmax", **wrong)  # type: ignore[arg-type]
