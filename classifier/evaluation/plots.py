"""Pictures of a judgement."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classifier.drawing import new_figure, save_figure

__all__ = ["write_confusion_matrix", "write_precision_recall"]


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
