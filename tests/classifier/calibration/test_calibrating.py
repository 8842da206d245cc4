from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit, softmax

from classifier.calibration.calibrating import (
    calibrate_on_validation,
    fit_calibration,
    with_target_shares,
)
from classifier.calibration.calibration import Calibration
from classifier.calibration.error import expected_calibration_error
from classifier.calibration.maps import Isotonic, Platt, Unchanged
from classifier.calibration.stored import read_calibration
from classifier.config import ModelConfig

Array = NDArray[np.float64]
SIGMOID = ModelConfig(tools=("hook", "grasper", "bag"), head="sigmoid")
SOFTMAX = ModelConfig(tools=("hook", "grasper"), head="softmax", background=("no_tool",))


def drawn(n: int, *, seed: int = 0) -> tuple[Array, Array]:
    """(n, 3) logits that mean what they say, and labels."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(-1, 2, (n, 3))
    return logits, (rng.random((n, 3)) < expit(logits)).astype(float)


def drawn_classes(n: int, *, seed: int = 0) -> tuple[Array, Array]:
    """(n, 3) logits of a softmax that mean what they say, and (n, 2) labels of the tools."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 1.5, (n, 3))
    classes = (logits + rng.gumbel(size=(n, 3))).argmax(axis=1)
    return logits, np.eye(3)[classes][:, :2]


def spoilt(logits: Array) -> Array:
    """As an overconfident network would say it, that sees tools too often."""
    return logits * 3 + [1, 2, 3]


@pytest.mark.parametrize("method", ["auto", "platt", "isotonic"])
def test_an_overconfident_network_is_calibrated_and_says_how_well(method: str) -> None:
    logits, labels = drawn(2_000)
    fitted = fit_calibration(SIGMOID, spoilt(logits), labels, None, method=method)  # type: ignore[arg-type]
    before, after = fitted.fit.ece_before, fitted.fit.ece_after
    assert before is not None
    assert after is not None
    assert before > 0.1
    assert after < 0.25 * before
    # Its own estimate of the error on images that it has not seen holds there.
    new_logits, new_labels = drawn(20_000, seed=1)
    probabilities = fitted.calibration.apply(spoilt(new_logits))
    truth = expected_calibration_error(new_labels, probabilities)
    assert truth == pytest.approx(after, abs=0.015)
    assert np.abs(probabilities - expit(new_logits)).mean() < 0.03


def test_a_calibrated_network_is_left_as_it_is() -> None:
    fitted = fit_calibration(SIGMOID, *drawn(3_000), None)
    assert fitted.fit.ece_before is not None
    assert fitted.fit.ece_before < 0.02
    assert Unchanged() in fitted.calibration.maps
    for each, tool in zip(fitted.calibration.maps, fitted.fit.tools, strict=True):
        if each == Unchanged():
            assert tool.ece_after == tool.ece_before
            assert tool.note is None, "nothing was missing; it was found to be best"


def test_logits_that_bend_are_straightened_by_steps_and_straight_ones_by_a_line() -> None:
    rng = np.random.default_rng(0)
    logits = rng.uniform(-4, 4, (6_000, 3))
    truth = np.stack([expit(2 * logits[:, 0] + 1), *[0.5 + 0.45 * np.sign(logits[:, 1])] * 2], 1)
    labels = (rng.random(logits.shape) < truth).astype(float)
    line, steps, _ = fit_calibration(SIGMOID, logits, labels, None).calibration.maps
    assert isinstance(line, Platt)
    assert isinstance(steps, Isotonic)


def test_unknown_labels_are_as_if_the_images_were_not_there() -> None:
    logits, labels = drawn(600)
    hidden = np.random.default_rng(1).random(labels.shape) < 0.4
    masked = np.where(hidden, np.nan, labels)
    found = fit_calibration(SIGMOID, spoilt(logits), masked, None, method="platt")
    for k in range(3):
        rows = ~hidden[:, k]
        alone = fit_calibration(SIGMOID, spoilt(logits)[rows], labels[rows], None, method="platt")
        assert found.calibration.maps[k] == alone.calibration.maps[k]
        assert found.calibration.source_priors[k] == alone.calibration.source_priors[k]
        assert found.fit.tools[k] == alone.fit.tools[k]


@pytest.mark.parametrize("method", ["auto", "platt", "isotonic"])
def test_a_tool_with_too_few_images_is_left_as_it_is_and_this_is_said(method: str) -> None:
    logits, labels = drawn(400)
    labels[:, 2] = np.arange(400) < 4
    labels[:, 1] = np.nan
    fitted = fit_calibration(SIGMOID, spoilt(logits), labels, None, method=method)  # type: ignore[arg-type]
    assert fitted.calibration.maps[1:] == (Unchanged(), Unchanged())
    hook, grasper, bag = fitted.fit.tools
    assert (hook.note, grasper.n_images, grasper.ece_before) == (None, 0, None)
    least = 100 if method == "isotonic" else 10
    assert bag.note == f"4 images show it and 396 do not, {least} of each are needed"
    assert fitted.calibration.source_priors[1] is None


def test_steps_need_many_images() -> None:
    logits, labels = drawn(150)
    fitted = fit_calibration(SIGMOID, spoilt(logits), labels, None, method="isotonic")
    assert set(fitted.calibration.maps) == {Unchanged()}
    chosen = fit_calibration(SIGMOID, spoilt(logits), labels, None).calibration.maps
    assert {type(each) for each in chosen} <= {Platt, Unchanged}


def test_a_tool_that_one_recording_alone_shows_is_left_as_it_is() -> None:
    logits, labels = drawn(300)
    groups = [f"op{k // 100}" for k in range(300)]
    labels[100:, 2] = 0
    fitted = fit_calibration(SIGMOID, spoilt(logits), labels, groups)
    assert fitted.fit.tools[2].note == "one recording only shows it, 2 are needed"
    assert fitted.calibration.maps[2] == Unchanged()
    assert (fitted.fit.folds, fitted.fit.n_recordings) == ("by recording", 3)


def test_recordings_that_differ_show_in_the_error_held_out_by_recordings() -> None:
    """Each recording has a shift of its own: splitting its frames would hide it."""
    rng = np.random.default_rng(5)
    groups = np.repeat(np.arange(8), 100)
    logits, labels = drawn(800)
    said = logits * 2 + rng.normal(0, 6, 8)[groups][:, np.newaxis]
    names = [f"op{g}" for g in groups]
    by_recording = fit_calibration(SIGMOID, said, labels, names, method="platt").fit
    by_image = fit_calibration(SIGMOID, said, labels, None, method="platt").fit
    assert by_recording.ece_after is not None
    assert by_image.ece_after is not None
    assert by_recording.ece_after > 1.3 * by_image.ece_after


def test_images_of_no_known_recording_stand_alone() -> None:
    logits, labels = drawn(200)
    fit = fit_calibration(SIGMOID, logits, labels, ["a"] * 50 + ["b"] * 50 + [""] * 100).fit
    assert (fit.folds, fit.n_recordings) == ("by recording", 2)
    fit = fit_calibration(SIGMOID, logits, labels, ["a"] * 200).fit
    assert (fit.folds, fit.n_recordings) == ("by image", 1)
    fit = fit_calibration(SIGMOID, logits, labels, [""] * 200).fit
    assert (fit.folds, fit.n_recordings) == ("by image", None)


def test_logits_that_fall_where_a_tool_is_shown_are_left_as_they_are() -> None:
    logits, labels = drawn(300)
    fitted = fit_calibration(SIGMOID, -logits, labels, None, method="platt")
    assert set(fitted.calibration.maps) == {Unchanged()}
    assert fitted.fit.tools[0].note == "its logits do not rise where it is shown"


@pytest.mark.parametrize("method", ["auto", "temperature"])
def test_a_softmax_gets_the_temperature_that_it_was_spoilt_by(method: str) -> None:
    logits, labels = drawn_classes(1_500)
    fitted = fit_calibration(SOFTMAX, logits * 3, labels, None, method=method)  # type: ignore[arg-type]
    assert fitted.calibration.temperature == pytest.approx(3, rel=0.1)
    assert fitted.fit.ece_before is not None
    assert fitted.fit.ece_after is not None
    assert fitted.fit.ece_after < 0.3 * fitted.fit.ece_before
    assert fitted.fit.log_loss_before is not None
    assert fitted.fit.log_loss_after is not None
    assert fitted.fit.log_loss_after < fitted.fit.log_loss_before
    new_logits, new_labels = drawn_classes(20_000, seed=1)
    probabilities = fitted.calibration.apply(new_logits * 3)
    truth = expected_calibration_error(new_labels, probabilities)
    # Fewer images fill the bins less evenly, which the error counts too: never too small.
    assert truth is not None
    assert truth < fitted.fit.ece_after < truth + 0.03


def test_a_softmax_before_is_the_plain_softmax() -> None:
    logits, labels = drawn_classes(300)
    fit = fit_calibration(SOFTMAX, logits, labels, None, method="none").fit
    plain = softmax(logits, axis=1)[:, :2]
    assert fit.ece_before == pytest.approx(expected_calibration_error(labels, plain))
    assert fit.ece_after == fit.ece_before


def test_a_softmax_counts_images_of_one_known_class() -> None:
    logits, labels = drawn_classes(300)
    labels[0] = [1, np.nan]  # a hook, whatever else is unknown
    labels[1] = [0, np.nan]  # a grasper or nothing
    labels[2] = [1, 1]
    rows = np.r_[0, 3:300]
    labels_of_rows = labels[rows].copy()
    labels_of_rows[0] = [1, 0]
    found = fit_calibration(SOFTMAX, logits, labels, None, method="temperature")
    same = fit_calibration(SOFTMAX, logits[rows], labels_of_rows, None, method="temperature")
    assert found.fit.n_images == 298
    assert found == same


def test_an_image_of_no_tool_is_of_no_class_without_background() -> None:
    config = ModelConfig(tools=("hook", "grasper", "bag"), head="softmax")
    logits, labels = drawn_classes(300)
    labels = np.concatenate([labels, np.zeros((300, 1))], axis=1)
    n_empty = int((labels.sum(axis=1) == 0).sum())
    assert fit_calibration(config, logits, labels, None).fit.n_images == 300 - n_empty


def test_a_softmax_with_few_images_is_left_as_it_is() -> None:
    logits, labels = drawn_classes(19)
    fitted = fit_calibration(SOFTMAX, logits * 3, labels, None)
    assert fitted.calibration.temperature == 1
    assert fitted.fit.tools[0].note == "19 images show a single known class, 20 are needed"
    nothing = fit_calibration(SOFTMAX, logits, np.full((19, 2), np.nan), None)
    assert nothing.fit.ece_before is None
    assert nothing.calibration.source_priors == (None, None)


def test_columns_of_background_classes_are_not_needed() -> None:
    logits, labels = drawn_classes(200)
    empty = 1 - labels.sum(axis=1, keepdims=True)
    with_background = np.concatenate([labels, empty], axis=1)
    assert calibrate_on_validation(
        SOFTMAX, logits, with_background, None
    ) == calibrate_on_validation(SOFTMAX, logits, labels, None)


def test_the_priors_of_the_source_are_its_shares() -> None:
    logits, labels = drawn(500)
    labels[7, 0] = np.nan
    found = fit_calibration(SIGMOID, logits, labels, None).calibration.source_priors
    assert found == pytest.approx(np.nanmean(labels, axis=0))
    logits, labels = drawn_classes(500)
    found = fit_calibration(SOFTMAX, logits, labels, None).calibration.source_priors
    assert found == pytest.approx((labels.sum(axis=0) + 0.5) / 501.5)


@pytest.mark.parametrize("config", [SIGMOID, SOFTMAX])
def test_balanced_images_and_known_shares_serve_unbalanced_operations(
    config: ModelConfig,
) -> None:
    """Fitted where hooks are on half of the images, applied where they are on a tenth."""
    softmax_head = config.head == "softmax"
    logits, labels = drawn_classes(15_000) if softmax_head else drawn(15_000)
    shown = np.flatnonzero(labels[:, 0] == 1)
    others = np.flatnonzero(labels[:, 0] == 0)
    if softmax_head:
        # A temperature moves no shares: the network must have learned from balanced images itself.
        logits = logits + np.log([0.5 / (1 / 3), 0.25 / (1 / 3), 0.25 / (1 / 3)])
    balanced = np.r_[shown[:2_000], others[:2_000]]
    rare = np.r_[shown[2_000:2_500], others[2_000:6_500]]
    fitted = fit_calibration(config, logits[balanced], labels[balanced], None)
    moved = with_target_shares(fitted, {"hook": 0.1}, config=config)
    errors = [
        expected_calibration_error(labels[rare, 0], f.calibration.apply(logits[rare])[:, 0])
        for f in (fitted, moved)
    ]
    assert errors[0] is not None
    assert errors[1] is not None
    assert errors[0] > 0.1
    assert errors[1] < 0.2 * errors[0]


def test_no_shares_change_nothing() -> None:
    fitted = fit_calibration(SIGMOID, *drawn(100), None)
    assert with_target_shares(fitted, {}, config=SIGMOID) is fitted


@pytest.mark.parametrize(
    ("shares", "cause"),
    [
        ({"scissors": 0.5}, "scissors is no tool of this model: hook, grasper, bag"),
        ({"hook": 0.0}, "the share of hook lies between 0 and 1, got 0"),
        ({"bag": 0.5}, "cannot be corrected: 0 of 100 labelled images show it"),
    ],
)
def test_impossible_shares_are_refused(shares: dict[str, float], cause: str) -> None:
    logits, labels = drawn(100)
    labels[:, 2] = 0
    fitted = fit_calibration(SIGMOID, logits, labels, None)
    with pytest.raises(ValueError, match=cause):
        with_target_shares(fitted, shares, config=SIGMOID)


@pytest.mark.parametrize(("config", "make"), [(SIGMOID, drawn), (SOFTMAX, drawn_classes)])
def test_training_gets_what_the_description_holds(config: ModelConfig, make: object) -> None:
    logits, labels = make(400)  # type: ignore[operator]
    content = calibrate_on_validation(config, logits * 3, labels, None)
    assert content == calibrate_on_validation(config, logits * 3, labels, None)
    calibration = read_calibration(content, head=config.head, tools=config.tools)
    fitted = fit_calibration(config, logits * 3, labels, None).calibration
    np.testing.assert_array_equal(calibration.apply(logits), fitted.apply(logits))
    assert isinstance(calibration, Calibration)


@pytest.mark.parametrize(
    ("config", "method"), [(SIGMOID, "temperature"), (SOFTMAX, "platt"), (SOFTMAX, "isotonic")]
)
def test_a_method_of_the_other_head_is_refused(config: ModelConfig, method: str) -> None:
    with pytest.raises(ValueError, match=f"a {config.head} head is calibrated by auto, "):
        fit_calibration(config, np.zeros((9, 3)), np.zeros((9, 3)), None, method=method)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("logits", "labels", "groups", "cause"),
    [
        (np.zeros((9, 2)), np.zeros((9, 3)), None, "logits must be"),
        (np.zeros((9, 3)), np.zeros((8, 3)), None, "labels must be"),
        (np.zeros((9, 3)), np.zeros((9, 2)), None, "labels must be"),
        (np.zeros((9, 3)), np.full((9, 3), 2.0), None, "labels must be 0, 1 or NaN"),
        (np.full((9, 3), np.nan), np.zeros((9, 3)), None, "logits must be finite"),
        (np.zeros((9, 3)), np.zeros((9, 3)), ["a"], "9 images need as many groups"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(
    logits: Array, labels: Array, groups: list[str] | None, cause: str
) -> None:
    with pytest.raises(ValueError, match=cause):
        fit_calibration(SIGMOID, logits, labels, groups)
