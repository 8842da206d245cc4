"""The whole of one calibration: logits and labels in, a calibration and its figures out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from classifier.calibration.calibration import Calibration
from classifier.calibration.fit_record import CalibrationFit
from classifier.calibration.labelled import line_up
from classifier.calibration.priors import complete_shares
from classifier.calibration.sigmoid import calibrate_sigmoid
from classifier.calibration.softmax import calibrate_softmax
from classifier.calibration.stored import describe_calibration

if TYPE_CHECKING:
    from classifier.config import ModelConfig
    from classifier.head import Head

__all__ = [
    "METHODS",
    "FittedCalibration",
    "Method",
    "calibrate_on_validation",
    "fit_calibration",
    "require_possible_method",
    "require_possible_shares",
    "with_target_shares",
]

Method = Literal["auto", "temperature", "platt", "isotonic", "none"]
METHODS: tuple[Method, ...] = get_args(Method)

_METHODS_OF: dict[Head, tuple[Method, ...]] = {
    "softmax": ("auto", "temperature", "none"),
    "sigmoid": ("auto", "platt", "isotonic", "none"),
}


@dataclass(frozen=True)
class FittedCalibration:
    """A calibration, and what it came to on the images it was fitted on."""

    calibration: Calibration
    fit: CalibrationFit


def calibrate_on_validation(
    config: ModelConfig,
    logits: NDArray[Any],
    labels: NDArray[Any],
    groups: Sequence[str] | None,
) -> dict[str, Any]:
    """Give ``ModelConfig.calibration`` from a training's validation images.

    ``logits`` is (n, n_outputs), ``labels`` (n, n_tools or all classes) with NaN for unknown, and
    ``groups`` the recording or patient of each image, if known. The way of calibrating is chosen by
    cross-validation, and may be to leave a tool as it is.
    """
    fitted = fit_calibration(config, logits, labels, groups)
    return describe_calibration(fitted.calibration, fitted.fit, tools=config.tools)


def fit_calibration(
    config: ModelConfig,
    logits: NDArray[Any],
    labels: NDArray[Any],
    groups: Sequence[str] | None,
    *,
    method: Method = "auto",
) -> FittedCalibration:
    """Fit a calibration for ``config``'s head; see ``calibrate_on_validation``.

    ``auto`` takes, for each tool of a sigmoid head, or for a softmax head as a whole, what gives
    the least log loss on images that were held out, by recordings where these are known.

    Raises:
        ValueError: the method is not one for this head, or the arrays do not fit.
    """
    from threadpoolctl import threadpool_limits

    require_possible_method(method, head=config.head)
    images = line_up(config, logits, labels, groups)
    # Each fit seeks one or two numbers: on a busy machine threads wait for one another for twenty
    # times as long as they compute.
    with threadpool_limits(1):
        if config.head == "softmax":
            fitted = calibrate_softmax(
                images, method=method, has_background=bool(config.background)
            )
        else:
            fitted = calibrate_sigmoid(images, method=method)
    return FittedCalibration(*fitted)


def with_target_shares(
    fitted: FittedCalibration, shares: Mapping[str, float], *, config: ModelConfig
) -> FittedCalibration:
    """Move the probabilities to where tools have these shares; other tools keep theirs.

    Raises:
        ValueError: a tool is not the model's, a share is impossible, or that of the images is
            unknown, so that there is nothing to correct from.
    """
    require_possible_shares(shares, config=config)
    for tool, figures in zip(config.tools, fitted.fit.tools, strict=True):
        if tool in shares and not 0 < figures.n_shown < figures.n_images:
            raise ValueError(
                f"the share of {tool} cannot be corrected: {figures.n_shown} of "
                f"{figures.n_images} labelled images show it"
            )
    if not shares:
        return fitted
    source = [np.nan if share is None else share for share in fitted.calibration.source_priors]
    completed = _complete(shares, source=source, config=config)
    target = tuple(None if np.isnan(share) else share for share in completed)
    return replace(fitted, calibration=replace(fitted.calibration, target_priors=target))


def require_possible_shares(shares: Mapping[str, float], *, config: ModelConfig) -> None:
    """Raise ``ValueError`` for a tool that is not the model's, or shares that no frames have."""
    for tool, share in shares.items():
        if tool not in config.tools:
            raise ValueError(f"{tool} is no tool of this model: {', '.join(config.tools)}")
        if not 0 < share < 1:
            raise ValueError(f"the share of {tool} lies between 0 and 1, got {share:g}")
    if shares:
        equal = 1 / (len(config.tools) + 1)
        _complete(shares, source=[equal] * len(config.tools), config=config)


def _complete(
    shares: Mapping[str, float], *, source: Sequence[float], config: ModelConfig
) -> tuple[float, ...]:
    return complete_shares(
        shares,
        tools=config.tools,
        source=source,
        exclusive=config.head == "softmax",
        has_background=bool(config.background),
    )


def require_possible_method(method: str, *, head: Head) -> None:
    """Raise ``ValueError`` for a method that is not one for this head."""
    if method not in _METHODS_OF[head]:
        raise ValueError(
            f"a {head} head is calibrated by {', '.join(_METHODS_OF[head])}, not {method}"
        )
