"""Calibrating a softmax head: one temperature for all of its outputs."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from classifier.calibration.calibration import Calibration
from classifier.calibration.choosing import Fit, choose_fit, fits_held_out
from classifier.calibration.error import expected_calibration_error
from classifier.calibration.fit_record import CalibrationFit, ToolFit
from classifier.calibration.fitting import class_log_probabilities, fit_temperature
from classifier.calibration.labelled import LabelledLogits

__all__ = ["calibrate_softmax"]

_LEAST_IMAGES = 20
_LEAST_CLASSES = 2


def calibrate_softmax(
    images: LabelledLogits, *, method: str, has_background: bool
) -> tuple[Calibration, CalibrationFit]:
    """Fit by ``method``: auto, temperature or none.

    Only images count of which the one class is known: a single tool, or, for a model with
    background classes, no tool at all. A temperature moves no shares, so that the source priors are
    those of the probabilities only if the network learned from images with about the same shares.
    """
    usable, classes = _single_classes(images.labels, has_background=has_background)
    images = images.take(usable)
    temperature, after, note = _fit(images, classes, method=method)
    shown = np.eye(images.n_tools + 1)[classes]
    n_classes = images.n_tools + has_background
    calibration = Calibration(
        head="softmax",
        source_priors=_shares(shown[:, :n_classes])[: images.n_tools],
        temperature=temperature,
    )
    before = class_log_probabilities(images.logits, n_tools=images.n_tools)
    return calibration, _figures(images, shown, before, after, note=note)


def _single_classes(
    labels: NDArray[np.float64], *, has_background: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows of images whose one class is known, and these classes; ``n_tools`` is the background."""
    n_shown = np.nansum(labels, axis=1)
    empty = (n_shown == 0) & ~np.isnan(labels).any(axis=1) & has_background
    rows = np.flatnonzero((n_shown == 1) | empty)
    of_tool = np.nan_to_num(labels[rows]).argmax(axis=1)
    return rows, np.where(empty[rows], labels.shape[1], of_tool)


def _fit(
    images: LabelledLogits, classes: NDArray[np.int64], *, method: str
) -> tuple[float, NDArray[np.float64], str | None]:
    """The temperature, (n, n_classes) log probabilities held out from it, why it is left at 1."""
    logits, n_tools = images.logits, images.n_tools
    after = class_log_probabilities(logits, n_tools=n_tools)
    reason = _too_few(images, classes) if method != "none" else None
    if method == "none" or reason is not None:
        return 1.0, after, reason
    fits: dict[str, Fit[float]] = {"none": _leave} if method == "auto" else {}
    fits["temperature"] = partial(fit_temperature, n_tools=n_tools)
    loss = partial(_log_loss, n_tools=n_tools)
    temperature = choose_fit(fits, loss, logits=logits, true=classes, groups=images.groups)
    if temperature == 1:
        return temperature, after, None
    for part, rows in fits_held_out(fits, loss, logits=logits, true=classes, groups=images.groups):
        after[rows] = class_log_probabilities(logits[rows] / part, n_tools=n_tools)
    return temperature, after, None


def _too_few(images: LabelledLogits, classes: NDArray[np.int64]) -> str | None:
    if len(classes) < _LEAST_IMAGES:
        return f"{len(classes)} images show a single known class, {_LEAST_IMAGES} are needed"
    if len(np.unique(classes)) < _LEAST_CLASSES:
        return "all images show the same class"
    if images.groups is not None and len(np.unique(images.groups)) < _LEAST_CLASSES:
        return "all images are of one recording, 2 are needed"
    return None


def _leave(logits: NDArray[np.float64], classes: NDArray[np.int64]) -> float:
    del logits, classes
    return 1.0


def _log_loss(
    temperature: float,
    logits: NDArray[np.float64],
    classes: NDArray[np.int64],
    *,
    n_tools: int,
) -> NDArray[np.float64]:
    log_p = class_log_probabilities(logits / temperature, n_tools=n_tools)
    return -log_p[np.arange(len(classes)), classes]


def _shares(shown: NDArray[np.float64]) -> tuple[float | None, ...]:
    """Each class's share of the images, half an image added to every class; None without images."""
    n, n_classes = len(shown), int(shown.shape[1])
    if n == 0 or n_classes < _LEAST_CLASSES:
        return (None,) * n_classes
    counts: NDArray[np.float64] = shown.sum(axis=0)
    return tuple(float(share) for share in (counts + 0.5) / (n + 0.5 * n_classes))


def _figures(
    images: LabelledLogits,
    shown: NDArray[np.float64],
    before: NDArray[np.float64],
    after: NDArray[np.float64],
    *,
    note: str | None,
) -> CalibrationFit:
    n_tools, n = images.n_tools, len(shown)
    tools = slice(n_tools)
    true = shown[:, tools]
    p_before, p_after = (np.exp(log_p[:, tools]) for log_p in (before, after))

    def mean_loss(log_p: NDArray[np.float64]) -> float | None:
        return float(-(log_p * shown[:, : log_p.shape[1]]).sum() / n) if n > 0 else None

    return CalibrationFit(
        n_images=n,
        n_recordings=images.n_groups,
        folds=images.folds,
        ece_before=expected_calibration_error(true, p_before),
        ece_after=expected_calibration_error(true, p_after),
        log_loss_before=mean_loss(before),
        log_loss_after=mean_loss(after),
        tools=tuple(
            ToolFit(
                n_images=n,
                n_shown=int(true[:, k].sum()),
                ece_before=expected_calibration_error(true[:, k], p_before[:, k]),
                ece_after=expected_calibration_error(true[:, k], p_after[:, k]),
                note=note,
            )
            for k in range(n_tools)
        ),
    )
