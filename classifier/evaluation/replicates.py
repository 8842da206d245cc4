"""The same figures under many weightings at once, for the bootstrap.

An image drawn twice counts twice, so a replicate is a weighting. scikit-learn takes one weighting a
call, a thousand of which take minutes; here all of them are one product of matrices. The tests hold
every figure against scikit-learn's with ``sample_weight``.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from classifier.calibration.error import N_BINS, bin_of
from classifier.evaluation.answers import Answers
from classifier.evaluation.resampling import Resampling, draw_counts

__all__ = ["average_precisions", "replicate_figures"]

Counts = NDArray[np.int32]
Values = NDArray[np.float64]


def replicate_figures(
    answers: Answers, per_recording: Values, resampling: Resampling
) -> tuple[dict[str, Values], dict[str, Values]]:
    """Each figure in each replicate: (n_replicates,) of all tools, (n_replicates, n_tools) of each.

    ``per_recording`` is the average precision (n_recordings, n_tools). NaN where a figure has no
    value: as in the figures themselves, a tool that a replicate does not show has none.
    """
    parts = list(_parts(answers, per_recording, resampling))
    return (
        {name: np.concatenate([overall[name] for overall, _ in parts]) for name in parts[0][0]},
        {name: np.concatenate([tools[name] for _, tools in parts]) for name in parts[0][1]},
    )


def _parts(
    answers: Answers, per_recording: Values, resampling: Resampling
) -> Iterator[tuple[dict[str, Values], dict[str, Values]]]:
    sums_of_unit = _sums_of_unit(answers, resampling)
    for counts in draw_counts(resampling):
        sums = {name: np.tensordot(counts, sums, 1) for name, sums in sums_of_unit.items()}
        tools = _tool_figures(sums)
        weights = counts[:, resampling.unit_of]
        shown = sums["tp"] + sums["fn"] > 0
        tools["average_precision"] = _pooled_precisions(answers, weights)
        tools["average_precision_per_recording"] = _recording_precisions(
            answers, per_recording, weights, resampled=resampling.unit != "image"
        )
        yield (
            _overall_figures(sums, tools),
            {name: np.where(shown, values, np.nan) for name, values in tools.items()},
        )


def _sums_of_unit(answers: Answers, resampling: Resampling) -> dict[str, Values]:
    """What the threshold's and the probabilities' figures are made of, summed over each unit.

    (n_units, n_tools) each, but (n_units,) for what concerns whole images and (n_units, n_tools,
    15) for the sum of truth - probability in each bin.
    """
    true, predicted, known = answers.true, answers.predicted, answers.known
    miss = np.where(known, true - answers.probabilities, 0.0)
    of_image = {
        "right": answers.right & answers.counted,
        "counted": answers.counted,
        "tp": true & predicted,
        "fp": ~true & predicted,
        "fn": true & ~predicted,
        "known": known,
        "squared": miss**2,
    }
    sums = {name: _summed(values, resampling) for name, values in of_image.items()}
    cell = resampling.unit_of[:, np.newaxis] * answers.n_tools + np.arange(answers.n_tools)
    place = cell * N_BINS + bin_of(answers.probabilities)
    shape = (resampling.n_units, answers.n_tools, N_BINS)
    binned = np.bincount(place.ravel(), weights=miss.ravel(), minlength=int(np.prod(shape)))
    sums["binned"] = binned.reshape(shape).astype(np.float64)
    return sums


def _summed(values: NDArray[np.bool_] | Values, resampling: Resampling) -> Values:
    sums = np.zeros((resampling.n_units, *values.shape[1:]))
    np.add.at(sums, resampling.unit_of, values)
    return sums


def _tool_figures(sums: dict[str, Values]) -> dict[str, Values]:
    tp, fp, fn, known = (sums[name] for name in ("tp", "fp", "fn", "known"))
    return {
        "precision": _ratio(tp, tp + fp),
        "recall": _ratio(tp, tp + fn),
        "f1": _ratio(2 * tp, 2 * tp + fp + fn),
        "brier_score": _ratio(sums["squared"], known),
        "expected_calibration_error": _ratio(np.abs(sums["binned"]).sum(axis=2), known),
    }


def _overall_figures(sums: dict[str, Values], tools: dict[str, Values]) -> dict[str, Values]:
    tp, fp, fn, known = (sums[name].sum(axis=1) for name in ("tp", "fp", "fn", "known"))
    shown = sums["tp"] + sums["fn"] > 0
    # The bins of all tools together: their sums cancel before the amount is taken.
    binned = np.abs(sums["binned"].sum(axis=1)).sum(axis=1)
    return {
        "accuracy": _ratio(sums["right"], sums["counted"]),
        "micro_f1": _ratio(2 * tp, 2 * tp + fp + fn),
        "macro_f1": _mean_of_defined(np.where(shown, tools["f1"], np.nan)),
        "mean_average_precision": _mean_of_defined(tools["average_precision"]),
        "mean_average_precision_per_recording": _mean_of_defined(
            tools["average_precision_per_recording"]
        ),
        "brier_score": _ratio(sums["squared"].sum(axis=1), known),
        "expected_calibration_error": _ratio(binned, known),
    }


def _pooled_precisions(answers: Answers, weights: Counts) -> Values:
    rows = np.arange(len(answers.true))
    return np.stack(
        [_tool_precisions(answers, k, weights, rows) for k in range(answers.n_tools)], axis=1
    )


def _recording_precisions(
    answers: Answers, per_recording: Values, weights: Counts, *, resampled: bool
) -> Values:
    """(n_replicates, n_tools) mean over recordings that show the tool.

    Where whole recordings were drawn, their own precision stays, and each counts as often as it was
    drawn; where images were, each recording's precision is that of its images.
    """
    values = np.zeros((len(weights), answers.n_tools))
    times = np.zeros((len(weights), answers.n_tools))
    for i in range(len(per_recording)):
        rows = np.flatnonzero(answers.recordings == i)
        drawn = weights[:, rows[0]] if resampled else np.ones(len(weights))
        for k in map(int, np.flatnonzero(~np.isnan(per_recording[i]))):
            precisions = (
                np.broadcast_to(per_recording[i, k], len(weights))
                if resampled
                else _tool_precisions(answers, k, weights, rows)
            )
            defined = ~np.isnan(precisions)
            values[defined, k] += (drawn * precisions)[defined]
            times[defined, k] += drawn[defined]
    return _ratio(values, times)


def _tool_precisions(answers: Answers, k: int, weights: Counts, rows: NDArray[np.int64]) -> Values:
    rows = rows[answers.known[rows, k]]
    return average_precisions(
        weights[:, rows], answers.true[rows, k], answers.probabilities[rows, k]
    )


def average_precisions(weights: Counts, true: NDArray[np.bool_], probabilities: Values) -> Values:
    """(n_replicates,) step-wise average precision under (n_replicates, n_images) weights.

    The sum over distinct probabilities of precision x gain in recall, as in scikit-learn's
    ``average_precision_score(..., sample_weight=weights)``; NaN where no positive has weight.
    """
    if not true.any():
        return np.full(len(weights), np.nan)
    order = np.argsort(-probabilities, kind="stable")
    true, ranked = true[order], probabilities[order]
    # Equal probabilities are one step, and only steps with a positive gain recall.
    last_of_step = np.append(ranked[1:] != ranked[:-1], True)
    step_of = np.cumsum(last_of_step) - last_of_step
    gains = np.isin(np.arange(step_of[-1] + 1), step_of[true])
    steps = np.flatnonzero(last_of_step)[gains]
    ordered = weights[:, order]
    n_reached = np.cumsum(ordered, axis=1, dtype=np.int32)[:, steps]
    n_found = np.cumsum(ordered * true, axis=1, dtype=np.int32)[:, steps]
    precision = np.divide(n_found, n_reached, out=np.zeros(n_found.shape), where=n_reached > 0)
    gained = np.diff(n_found, axis=1, prepend=0)
    return _ratio((gained * precision).sum(axis=1), n_found[:, -1])


def _ratio(above: Values, below: Values | Counts) -> Values:
    """``above / below``; NaN where ``below`` is 0."""
    undefined = np.full(np.broadcast_shapes(above.shape, below.shape), np.nan)
    np.divide(above, below, out=undefined, where=below > 0)
    return undefined


def _mean_of_defined(values: Values) -> Values:
    """Mean of each row without its NaN; NaN where nothing else is there."""
    defined = ~np.isnan(values)
    return _ratio(np.where(defined, values, 0).sum(axis=1), defined.sum(axis=1))
