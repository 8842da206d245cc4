from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from classifier.errors import ClassifierError
from classifier.training.settings import TrainingSettings
from classifier.training.settings_file import read_settings


def read(tmp_path: Path, content: str, name: str = "settings.json") -> dict[str, Any]:
    (tmp_path / name).write_text(content, encoding="utf-8")
    return read_settings(tmp_path / name)


def test_all_settings_are_read_back_as_they_were(tmp_path: Path) -> None:
    settings = TrainingSettings(
        head="sigmoid", seed=3, input_size_px=(64, 96), learning_rate_fine=1
    )
    text = json.dumps(dataclasses.asdict(settings))
    assert TrainingSettings(**read(tmp_path, text)) == settings


def test_only_what_is_named_is_returned(tmp_path: Path) -> None:
    assert read(tmp_path, '{"epochs_fine": 20}') == {"epochs_fine": 20}
    assert read(tmp_path, "{}") == {}


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        ("", "not valid JSON"),
        ("epochs_fine: 20", "not valid JSON"),
        ("[1]", "it is not a JSON object"),
        ('{"epochs": 20}', "'epochs' is no setting; there are head, weights, "),
        ('{"seed": "1"}', "seed is a whole number, got '1'"),
        ('{"seed": true}', "seed is a whole number, got True"),
        ('{"seed": 1.0}', "seed is a whole number"),
        ('{"calibrate": 1}', "calibrate is true or false, got 1"),
        ('{"head": "linear"}', "head is softmax or sigmoid"),
        ('{"input_size_px": 224}', "input_size_px is a list of a whole number"),
        ('{"input_size_px": [224, 224, 3]}', "input_size_px is a list"),
        ('{"learning_rate_fine": NaN}', "NaN is no number"),
        ('{"seed": 1, "seed": 2}', "says 'seed' twice"),
        ('{"weights": ' + "[" * 50_000, "too deep"),
        ('{"weights": ' + "[" * 30 + "]" * 30 + "}", "more than 16 deep"),
        (" " * (2 << 20), "is larger than 1 MiB"),
    ],
)
def test_anything_else_is_refused(tmp_path: Path, content: str, cause: str) -> None:
    with pytest.raises(ClassifierError, match=cause):
        read(tmp_path, content)


@pytest.mark.parametrize("name", ["settings.yaml", "settings.YML"])
def test_yaml_is_refused_whatever_it_says(tmp_path: Path, name: str) -> None:
    with pytest.raises(ClassifierError, match="is YAML, which is not read; settings are a JSON"):
        read(tmp_path, "{}", name)
