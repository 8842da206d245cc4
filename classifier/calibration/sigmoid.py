"""Calibrating a sigmoid head: each tool by itself, as far as its images suffice."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from classifier.calibration.calibration import Calibration
from classifier.calibration.choosing import Fit, choose_fit, fits_held_out
from classifier.calibration.error import expected_calibration_error
from classifier.calibration.fit_record import CalibrationFit, ToolFit
from classifier.calibration.fitting import fit_isotonic, fit_platt
from classifier.calibration.labelled import LabelledLogits
from classifier.calibration.maps import ToolMap, Unchanged

__all__ = ["calibrate_sigmoid"]

_LEAST_FOR = {"platt": 10, "isotonic": 100}
"""Images that show the tool, and as many that do not, below which a fit is not even tried."""

_LEAST_GROUPS = 2
"""Recordings of either kind, where these are known: of a single one none could be held out."""


def calibrate_sigmoid(images: LabelledLogits, *, method: str) -> tuple[Calibration, CalibrationFit]:
    """Fit each tool by ``method``: auto, platt, isotonic or none."""
    maps: list[ToolMap] = []
    tools: list[ToolFit] = []
    after = images.logits.copy()
    for k in range(images.n_tools):
        known = ~np.isnan(images.labels[:, k])
        column = images.take(known)
        fitted, held_out, note = _fit_tool(column, k, method=method)
        maps.append(fitted)
        tools.append(_tool_figures(column, k, held_out, note=note))
        after[known, k] = held_out
    calibration = Calibration(
        head="sigmoid", source_priors=tuple(map(_share, tools)), maps=tuple(maps)
    )
    return calibration, _figures(images, after, tuple(tools))


def _fit_tool(
    images: LabelledLogits, k: int, *, method: str
) -> tuple[ToolMap, NDArray[np.float64], str | None]:
    """The map, the (n,) log odds that held-out images would get, and why nothing is changed."""
    logits, shown, groups = images.logits[:, k], images.labels[:, k] == 1, images.groups
    reason = _too_few(shown, groups, method)
    fits = _possible_fits(shown, method) if reason is None else {"none": _leave}
    fitted = choose_fit(fits, _log_loss, logits=logits, true=shown, groups=groups)
    if isinstance(fitted, Unchanged):
        if reason is None and method in _FITS:
            reason = "its logits do not rise where it is shown"
        return fitted, logits, reason
    held_out = logits.copy()
    for part, rows in fits_held_out(fits, _log_loss, logits=logits, true=shown, groups=groups):
        held_out[rows] = part.log_odds(logits[rows])
    return fitted, held_out, None


def _too_few(shown: NDArray[np.bool_], groups: NDArray[np.int64] | None, method: str) -> str | None:
    """Say why nothing may be fitted, or None."""
    if method == "none":
        return None
    needed = _LEAST_FOR["platt" if method == "auto" else method]
    n_shown, n_not_shown = int(shown.sum()), int((~shown).sum())
    if min(n_shown, n_not_shown) < needed:
        return f"{n_shown} images show it and {n_not_shown} do not, {needed} of each are needed"
    if groups is not None:
        for rows, what in ((shown, "shows"), (~shown, "does without")):
            if len(np.unique(groups[rows])) < _LEAST_GROUPS:
                return f"one recording only {what} it, {_LEAST_GROUPS} are needed"
    return None


def _possible_fits(shown: NDArray[np.bool_], method: str) -> dict[str, Fit[ToolMap]]:
    """What is to be tried; doing nothing comes first, and so wins where nothing is better."""
    if method == "none":
        return {"none": _leave}
    if method != "auto":
        return {method: _FITS[method]}
    n_least = min(shown.sum(), (~shown).sum())
    enough = {name: fit for name, fit in _FITS.items() if n_least >= _LEAST_FOR[name]}
    return {"none": _leave, **enough}


def _leave(logits: NDArray[np.float64], shown: NDArray[np.bool_]) -> ToolMap:
    del logits, shown
    return Unchanged()


def _platt(logits: NDArray[np.float64], shown: NDArray[np.bool_]) -> ToolMap:
    return fit_platt(logits, shown) or Unchanged()


def _isotonic(logits: NDArray[np.float64], shown: NDArray[np.bool_]) -> ToolMap:
    return fit_isotonic(logits, shown) or Unchanged()


_FITS: dict[str, Fit[ToolMap]] = {"platt": _platt, "isotonic": _isotonic}


def _log_loss(
    fitted: ToolMap, logits: NDArray[np.float64], shown: NDArray[np.bool_]
) -> NDArray[np.float64]:
    return _loss_of(fitted.log_odds(logits), shown)


def _loss_of(log_odds: NDArray[np.float64], shown: NDArray[np.bool_]) -> NDArray[np.float64]:
    return np.logaddexp(0, np.where(shown, -log_odds, log_odds))


def _sigmoid(log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.exp(-np.logaddexp(0, -log_odds))


def _share(tool: ToolFit) -> float | None:
    return tool.n_shown / tool.n_images if 0 < tool.n_shown < tool.n_images else None


def _tool_figures(
    images: LabelledLogits, k: int, held_out: NDArray[np.float64], *, note: str | None
) -> ToolFit:
    labels = images.labels[:, k]
    return ToolFit(
        n_images=len(labels),
        n_shown=int(labels.sum()),
        ece_before=expected_calibration_error(labels, _sigmoid(images.logits[:, k])),
        ece_after=expected_calibration_error(labels, _sigmoid(held_out)),
        note=note,
    )


def _figures(
    images: LabelledLogits, after: NDArray[np.float64], tools: tuple[ToolFit, ...]
) -> CalibrationFit:
    known = ~np.isnan(images.labels)
    shown = images.labels[known] == 1

    def mean_loss(log_odds: NDArray[np.float64]) -> float | None:
        return float(_loss_of(log_odds[known], shown).mean()) if known.any() else None

    return CalibrationFit(
        n_images=int(known.any(axis=1).sum()),
        n_recordings=images.n_groups,
        folds=images.folds,
        ece_before=expected_calibration_error(images.labels, _sigmoid(images.logits)),
        ece_after=expected_calibration_error(images.labels, _sigmoid(after)),
        log_loss_before=mean_loss(images.logits),
        log_loss_after=mean_loss(after),
        tools=tools,
    )
