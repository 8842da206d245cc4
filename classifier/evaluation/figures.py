"""Every figure of a judgement, as scikit-learn computes it, over what is known and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from classifier.evaluation.answers import Answers
from classifier.evaluation.record import ToolScores
from classifier.evaluation.reliability import measure_reliability

__all__ = [
    "accuracy",
    "confusion_counts",
    "mean_of_defined",
    "micro_f1",
    "pooled_brier_score",
    "precision_per_recording",
    "score_tool",
]


def accuracy(answers: Answers) -> float | None:
    """Share of right images among those that count; None if none counts."""
    from sklearn.metrics import accuracy_score

    rows = answers.counted
    if not rows.any():
        return None
    # An image is right or not, whatever the head: its rightness is compared with being right.
    return float(accuracy_score(np.ones(rows.sum(), dtype=np.bool_), answers.right[rows]))


def micro_f1(answers: Answers) -> float | None:
    """F1 over all known image-tool pairs together; None if none is true or predicted."""
    from sklearn.metrics import f1_score

    known = answers.known
    if not known.any():
        return None
    return _defined(f1_score(answers.true[known], answers.predicted[known], zero_division=np.nan))


def pooled_brier_score(answers: Answers) -> float | None:
    """Mean squared difference of probability and truth over all known image-tool pairs."""
    known = answers.known
    return _brier(answers.true[known], answers.probabilities[known])


def mean_of_defined(values: Sequence[float | None]) -> float | None:
    """Mean of those that are not None; None if there is none."""
    defined = [value for value in values if value is not None]
    return float(np.mean(defined)) if defined else None


def precision_per_recording(answers: Answers) -> NDArray[np.float64]:
    """(n_recordings, n_tools) average precision; NaN where a recording does not show the tool.

    Averaged over recordings, then over tools, this is the video-wise mean average precision that
    Nwoye and Padoy recommend (Data Splits and Metrics for Method Benchmarking on Surgical Action
    Triplet Datasets, arXiv 2204.05235).
    """
    recordings = answers.recordings
    if recordings is None:
        return np.empty((0, answers.n_tools))
    n_recordings = int(recordings.max()) + 1
    table = np.full((n_recordings, answers.n_tools), np.nan)
    for i in range(n_recordings):
        for k in range(answers.n_tools):
            value = _average_precision(answers, k, rows=np.equal(recordings, i))
            table[i, k] = np.nan if value is None else value
    return table


def score_tool(
    answers: Answers, k: int, *, tool: str, per_recording: NDArray[np.float64]
) -> ToolScores:
    """All figures of the tool in column ``k``, of which ``per_recording`` is (n_recordings,).

    A tool that no image shows has no figures: None throughout, but for its counts.
    """
    from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

    rows = answers.known[:, k]
    true, predicted = answers.true[rows, k], answers.predicted[rows, k]
    shown = bool(true.any())
    precision = recall = f1 = brier = reliability = None
    (tn, fp), (fn, tp) = (
        confusion_matrix(true, predicted, labels=[False, True]) if len(true) else ((0, 0), (0, 0))
    )
    if shown:
        precision, recall, f1, _ = map(
            _defined,
            precision_recall_fscore_support(
                true, predicted, average="binary", zero_division=np.nan
            ),
        )
        brier = _brier(true, answers.probabilities[rows, k])
        reliability = measure_reliability(true, answers.probabilities[rows, k])
    defined = per_recording[~np.isnan(per_recording)]
    return ToolScores(
        tool=tool,
        n_images=int(true.sum()),
        precision=precision,
        recall=recall,
        f1=f1,
        average_precision=_average_precision(answers, k, rows=rows),
        average_precision_per_recording=float(defined.mean()) if len(defined) else None,
        brier_score=brier,
        expected_calibration_error=reliability.expected_calibration_error if reliability else None,
        n_known=int(rows.sum()),
        n_recordings=len(defined) if answers.recordings is not None else None,
        threshold=float(answers.thresholds[k]),
        true_positives=int(tp),
        false_positives=int(fp),
        false_negatives=int(fn),
        true_negatives=int(tn),
        reliability=reliability,
    )


def confusion_counts(answers: Answers, n_classes: int) -> NDArray[np.int64]:
    """(n_classes, n_classes) single images: rows true, columns predicted."""
    from sklearn.metrics import confusion_matrix

    if not answers.single.any():
        # Every image shows several tools; scikit-learn refuses to count nothing.
        return np.zeros((n_classes, n_classes), dtype=np.int64)
    true, predicted = answers.true_class[answers.single], answers.predicted_class[answers.single]
    counts = confusion_matrix(true, predicted, labels=np.arange(n_classes))
    return np.asarray(counts, dtype=np.int64)


def _average_precision(answers: Answers, k: int, *, rows: NDArray[np.bool_]) -> float | None:
    from sklearn.metrics import average_precision_score

    rows = rows & answers.known[:, k]
    if not answers.true[rows, k].any():
        return None
    return float(average_precision_score(answers.true[rows, k], answers.probabilities[rows, k]))


def _brier(true: NDArray[np.bool_], probabilities: NDArray[np.float64]) -> float | None:
    from sklearn.metrics import brier_score_loss

    if len(true) == 0:
        return None
    return float(brier_score_loss(true, probabilities, pos_label=True))


def _defined(value: float | None) -> float | None:
    return None if value is None or np.isnan(value) else float(value)
