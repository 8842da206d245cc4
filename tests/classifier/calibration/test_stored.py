from __future__ import annotations

import copy
import dataclasses
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from classifier.calibration.calibrating import (
    calibrate_on_validation,
    fit_calibration,
    with_target_shares,
)
from classifier.calibration.calibration import Calibration
from classifier.calibration.fit_record import CalibrationFit, ToolFit
from classifier.calibration.maps import Isotonic, Platt, Unchanged
from classifier.calibration.of_config import calibration_of
from classifier.calibration.stored import (
    describe_calibration,
    read_calibration,
)
from classifier.config import ModelConfig
from classifier.errors import ModelFolderError
from classifier.model.bundle import CONFIG_NAME, read_model_folder

SIGMOID = ModelConfig(tools=("hook", "grasper", "bag"), head="sigmoid")
SOFTMAX = ModelConfig(tools=("hook", "bag"), head="softmax", background=("no_tool",))
STEPS = Isotonic((-1.5, 0.25, 3.0), (0.125, 0.125, 0.9))


def figures(n_tools: int) -> CalibrationFit:
    return CalibrationFit(
        n_images=200,
        n_recordings=3,
        folds="by recording",
        ece_before=0.1,
        ece_after=0.02,
        log_loss_before=0.4,
        log_loss_after=0.2,
        tools=(ToolFit(200, 40, 0.1, 0.02, None),) * (n_tools - 1)
        + (ToolFit(0, 0, None, None, "nothing shows it"),),
        dataset_sha256="ab" * 32,
    )


SIGMOIDS = Calibration(
    "sigmoid",
    (0.2, 0.5, None),
    maps=(Platt(0.5, -1.25), STEPS, Unchanged()),
    target_priors=(0.6, 0.5, None),
)
SOFTMAXES = Calibration("softmax", (0.2, 0.5), temperature=1.75, target_priors=(0.1, 0.7))


def described(config: ModelConfig) -> dict[str, Any]:
    calibration = SIGMOIDS if config is SIGMOID else SOFTMAXES
    return describe_calibration(calibration, figures(len(config.tools)), tools=config.tools)


@pytest.mark.parametrize("config", [SIGMOID, SOFTMAX])
def test_what_is_stored_is_read_back(config: ModelConfig) -> None:
    with_it = dataclasses.replace(config, calibration=described(config))
    again = ModelConfig.from_json(with_it.to_json())
    assert again == with_it
    assert again.to_json() == with_it.to_json()
    assert calibration_of(again) == (SIGMOIDS if config is SIGMOID else SOFTMAXES)
    assert calibration_of(config) is None
    assert "calibration" not in json.loads(config.to_json())


def test_a_fitted_calibration_answers_the_same_after_being_stored() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 3, (900, 3)).astype(np.float32)
    labels = (rng.random((900, 3)) < 1 / (1 + np.exp(-logits / 2))).astype(np.float32)
    fitted = fit_calibration(SIGMOID, logits, labels, None, method="isotonic")
    fitted = with_target_shares(fitted, {"bag": 0.07}, config=SIGMOID)
    content = describe_calibration(fitted.calibration, fitted.fit, tools=SIGMOID.tools)
    stored = ModelConfig.from_json(dataclasses.replace(SIGMOID, calibration=content).to_json())
    again = calibration_of(stored)
    assert again is not None
    np.testing.assert_array_equal(again.apply(logits), fitted.calibration.apply(logits))


def test_figures_are_stored_with_their_definitions() -> None:
    content = calibrate_on_validation(SIGMOID, np.zeros((30, 3)), np.zeros((30, 3)), None)
    fit = content["fit"]
    assert (fit["n_images"], fit["n_recordings"], fit["n_bins"]) == (30, None, 15)
    for name in ("ece", "before", "after", "source_priors", "target_priors", "log_loss"):
        assert len(fit["definitions"][name]) > 20


Place = tuple[str | int, ...]


def changed(content: dict[str, Any], place: Place, value: Any) -> dict[str, Any]:
    copied = copy.deepcopy(content)
    inner: Any = copied
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    return copied


DEEP: Any = []
for _ in range(200):
    DEEP = [DEEP]

HOSTILE: list[tuple[ModelConfig, Place, Any, str]] = [
    (SIGMOID, ("tools",), None, "calibration.tools must be a list, got null"),
    (SIGMOID, ("tools",), [], "calibration.tools must have 3 values, got 0"),
    (SIGMOID, ("tools", 0), 7, r"calibration.tools\[0\] must be an object with the method"),
    (SIGMOID, ("tools", 0, "method"), "beta", r"tools\[0\] must be an object with the method"),
    (SIGMOID, ("tools", 0, "method"), ["platt"], r"tools\[0\] must be an object with the method"),
    (SIGMOID, ("tools", 0, "tool"), "bag", r"tools\[0\] must be of the tool hook"),
    (SIGMOID, ("tools", 0, "more"), 1, r"tools\[0\] has fields that are not known here"),
    (SIGMOID, ("tools", 0, "slope"), 0, r"tools\[0\]: a slope lies above 0"),
    (SIGMOID, ("tools", 0, "slope"), -1, r"tools\[0\]: a slope lies above 0"),
    (SIGMOID, ("tools", 0, "slope"), 1e8, r"tools\[0\]: a slope lies above 0"),
    (SIGMOID, ("tools", 0, "slope"), "1", r"tools\[0\].slope must be a number, got text"),
    (SIGMOID, ("tools", 0, "slope"), True, r"slope must be a number, got true or false"),
    (SIGMOID, ("tools", 0, "slope"), 10**400, r"slope must be a number within 1e\+09"),
    (SIGMOID, ("tools", 0, "slope"), DEEP, r"nested more than 16 deep"),
    (SIGMOID, ("tools", 0, "intercept"), 1e5, r"tools\[0\]: an intercept lies within"),
    (SIGMOID, ("tools", 1, "logits"), [0, 1], r"tools\[1\]: 2 to 256 logits need as many"),
    (SIGMOID, ("tools", 1, "logits"), [0, 0, 1], r"tools\[1\]: logits of steps increase"),
    (SIGMOID, ("tools", 1, "logits"), [0, 1, 1e8], r"tools\[1\]: logits of steps increase"),
    (SIGMOID, ("tools", 1, "logits"), list(range(300)), "must have at most 256 values, got 300"),
    (SIGMOID, ("tools", 1, "logits"), "012", r"tools\[1\].logits must be a list, got text"),
    (SIGMOID, ("tools", 1, "probabilities"), [0.5, 0.4, 0.6], "never fall"),
    (SIGMOID, ("tools", 1, "probabilities"), [0, 0.4, 0.6], "between 0 and 1, both excluded"),
    (SIGMOID, ("tools", 1, "probabilities"), [0.1, 0.4, 1], "between 0 and 1, both excluded"),
    (SIGMOID, ("tools", 1, "probabilities", 0), None, "must be a number, got null"),
    (SIGMOID, ("source_priors",), [0.5], "source_priors must have 3 values, got 1"),
    (SIGMOID, ("source_priors", 0), 0, "priors lie between 0 and 1, both excluded"),
    (SIGMOID, ("target_priors",), {}, "target_priors must be a list, got an object"),
    (SIGMOID, ("target_priors", 0), 1, "priors lie between 0 and 1, both excluded"),
    (SIGMOID, ("target_priors", 0), "0.5", "target_priors must be a number, got text"),
    (SIGMOID, ("temperature",), 2, "calibration has fields that are not known here"),
    (SIGMOID, ("fit",), None, "calibration.fit must be an object, got null"),
    (SIGMOID, ("fit", "n_images"), -1, "n_images must be a whole number from 0"),
    (SIGMOID, ("fit", "n_images"), 1.5, "n_images must be a whole number, got a number"),
    (SIGMOID, ("fit", "n_bins"), 10, "n_bins must be 15"),
    (SIGMOID, ("fit", "ece_after"), 1.5, r"ece_after lies in 0\.\.1"),
    (SIGMOID, ("fit", "log_loss_after"), -1, "log_loss_after is not below 0"),
    (SIGMOID, ("fit", "folds"), "a\nb", "folds must be printable text"),
    (SIGMOID, ("fit", "dataset_sha256"), "x" * 65, "printable text of up to 64"),
    (SIGMOID, ("fit", "tools", 1, "tool"), "hook", r"fit.tools\[1\] must be of the tool grasper"),
    (SIGMOID, ("fit", "tools", 1, "note"), "x" * 501, "printable text of up to 500"),
    (SIGMOID, ("fit", "definitions"), [], "definitions must be an object of up to 20 texts"),
    (SIGMOID, ("fit", "definitions", "ece"), 3, "definitions must be printable text"),
    (SOFTMAX, ("temperature",), 0, r"calibration: a temperature lies in 0\.01\.\.100, got 0"),
    (SOFTMAX, ("temperature",), None, "calibration.temperature must be a number, got null"),
    (SOFTMAX, ("source_priors",), [0.6, 0.6], "priors of a softmax head come to at most 1"),
    (SOFTMAX, ("tools",), [], "calibration has fields that are not known here"),
]


@pytest.mark.parametrize(("config", "place", "value", "cause"), HOSTILE)
def test_what_no_calibration_can_be_is_refused(
    config: ModelConfig, place: Place, value: Any, cause: str
) -> None:
    content = json.loads(config.to_json())
    content["calibration"] = changed(described(config), place, value)
    with pytest.raises(ValueError, match=cause) as raised:
        ModelConfig.from_json(json.dumps(content))
    assert len(str(raised.value)) < 250
    assert str(raised.value).isprintable()


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_are_none_are_refused(word: str) -> None:
    for config, number in ((SIGMOID, "-1.25"), (SIGMOID, "0.125"), (SOFTMAX, "1.75")):
        content = json.loads(config.to_json()) | {"calibration": described(config)}
        text = json.dumps(content)
        assert number in text
        with pytest.raises(ValueError, match=r"calibration|JSON|too large"):
            ModelConfig.from_json(text.replace(number, word, 1))


@pytest.mark.parametrize("config", [SIGMOID, SOFTMAX])
def test_every_field_is_needed(config: ModelConfig) -> None:
    def without(content: dict[str, Any], place: Place) -> dict[str, Any]:
        copied = copy.deepcopy(content)
        inner: Any = copied
        for step in place[:-1]:
            inner = inner[step]
        del inner[place[-1]]
        return copied

    content = described(config)
    places: list[Place] = [(name,) for name in content]
    places += [("fit", name) for name in content["fit"]]
    places += [("fit", "tools", 0, name) for name in content["fit"]["tools"][0]]
    if config is SIGMOID:
        places += [("tools", k, name) for k in range(3) for name in content["tools"][k]]
    for place in places:
        with pytest.raises(ValueError, match="calibration"):
            read_calibration(without(content, place), head=config.head, tools=config.tools)


@pytest.mark.parametrize("wrong", [[], "auto", 3, True, {}, DEEP])
def test_a_calibration_is_an_object(wrong: object) -> None:
    with pytest.raises(ValueError, match="calibration"):
        dataclasses.replace(SIGMOID, calibration=wrong)  # type: ignore[arg-type]


def test_a_calibration_is_of_its_models_head_and_tools() -> None:
    with pytest.raises(ValueError, match="calibration has no tools"):
        dataclasses.replace(SIGMOID, calibration=described(SOFTMAX))
    reordered = dataclasses.replace(SIGMOID, tools=SIGMOID.tools[::-1])
    with pytest.raises(ValueError, match="must be of the tool bag: the tools in their order"):
        dataclasses.replace(reordered, calibration=described(SIGMOID))


def test_a_broken_calibration_is_one_line_about_the_model_folder(
    model_folder: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(model_folder, tmp_path / "model"))
    content = json.loads((folder / CONFIG_NAME).read_text())
    content["calibration"] = {"tools": []}
    (folder / CONFIG_NAME).write_text(json.dumps(content))
    with pytest.raises(ModelFolderError, match=r"json: cannot be used: calibration has no ") as e:
        read_model_folder(folder)
    assert "\n" not in str(e.value)
