"""Pictures of a judgement."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.calibration.error import N_BINS
from classifier.drawing import BLUE, GREY, new_figure, save_figure
from classifier.evaluation.reliability import Reliability

__all__ = ["write_confusion_matrix", "write_precision_recall", "write_reliability"]

_MOST_TITLE = 28
"""Characters that fit above one reliability diagram."""


def write_confusion_matrix(
    path: Path, counts: NDArray[np.int64], classes: Sequence[str], *, title: str
) -> None:
    """Draw (n_classes, n_classes) counts: rows are what was true, columns what was predicted."""
    cells = 0.62 * len(classes)
    longest = 0.085 * max(map(len, classes))
    figure, (axis,) = new_figure(cells + longest + 1.0, cells + 0.7 * longest + 1.2, n_columns=1)
    totals = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, totals, out=np.zeros(counts.shape), where=totals > 0)
    axis.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for i in range(len(classes)):
        for k in range(len(classes)):
            if counts[i, k]:
                colour = "white" if shares[i, k] > 0.55 else "black"
                axis.text(
                    k, i, f"{counts[i, k]}", ha="center", va="center", color=colour, fontsize=8
                )
    ticks = np.arange(len(classes))
    axis.set_xticks(ticks, classes, rotation=45, ha="right", parse_math=False)
    axis.set_yticks(ticks, classes, parse_math=False)
    axis.set_xlabel("predicted")
    axis.set_ylabel("true")
    figure.suptitle(title, x=0.01, ha="left", fontsize=9)
    axis.spines[:].set_visible(False)
    axis.tick_params(length=0)
    save_figure(figure, path)


def write_precision_recall(
    path: Path,
    curves: Sequence[tuple[str, NDArray[np.float64], NDArray[np.float64], float]],
) -> None:
    """Draw one precision-recall curve a tool from (tool, recall, precision, average precision)."""
    figure, (axis,) = new_figure(6.4, 4.4, n_columns=1)
    palette = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#000000")
    styles = ("-", "--", ":", "-.")
    for k, (tool, recall, precision, average) in enumerate(curves):
        axis.step(
            recall,
            precision,
            where="post",
            color=palette[k % len(palette)],
            linestyle=styles[(k // len(palette)) % len(styles)],
            label=f"{tool}  AP {average:.3f}".replace("$", r"\$"),
        )
    axis.set_xlim(0, 1.01)
    axis.set_ylim(0, 1.02)
    axis.set_xlabel("recall")
    axis.set_ylabel("precision")
    axis.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))
    save_figure(figure, path)


def write_reliability(path: Path, diagrams: Sequence[tuple[str, Reliability]]) -> None:
    """Draw a reliability diagram for each (title, bins), with the number of images in each bin."""
    n_columns = min(4, len(diagrams))
    n_rows = -(-len(diagrams) // n_columns)
    figure, _ = new_figure(2.5 * n_columns, 3.1 * n_rows, n_columns=1)
    figure.clear()
    parts = figure.subfigures(n_rows, n_columns, squeeze=False).ravel()
    most = max(1, *(int(bins.counts.max()) for _, bins in diagrams))
    for part, (title, bins) in zip(parts, diagrams, strict=False):
        _draw_reliability(part, title, bins, most=most)
    save_figure(figure, path)


def _draw_reliability(part: Any, title: str, bins: Reliability, *, most: int) -> None:
    """One diagram above, its bins' counts below on an axis that all diagrams share."""
    above, below = part.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    filled = bins.counts > 0
    above.plot((0, 1), (0, 1), color=GREY, linewidth=1, linestyle=":")
    above.plot(
        bins.mean_probability[filled],
        bins.share_shown[filled],
        color=BLUE,
        marker="o",
        markersize=4,
        linewidth=0.6,
        clip_on=False,
    )
    shown = title if len(title) <= _MOST_TITLE else title[: _MOST_TITLE - 1] + "…"
    above.set_title(shown, loc="left", fontsize=9, fontweight="bold", parse_math=False)
    above.set_ylim(0, 1)
    above.set_ylabel("share that shows it", fontsize=7)
    middles = (np.arange(N_BINS) + 0.5) / N_BINS
    below.bar(middles, bins.counts, width=0.9 / N_BINS, color=GREY)
    below.set_yscale("symlog", linthresh=1)
    below.set_ylim(0, 1.5 * most)
    below.set_ylabel("images", fontsize=7)
    error = bins.expected_calibration_error
    told = f" (ECE {error:.3f})" if error is not None else ""
    below.set_xlabel(f"predicted probability{told}", fontsize=7)
    below.set_xlim(0, 1)
    for axis in (above, below):
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(labelsize=7)
