"""Pictures of a training and of a judgement, drawn without a screen and the same each time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["write_confusion_matrix", "write_precision_recall", "write_training_curves"]

_BLUE, _ORANGE, _GREY = "#0072B2", "#D55E00", "#767676"
_DOTS_PER_INCH = 150


class _Epoch(Protocol):
    @property
    def phase(self) -> str: ...
    @property
    def loss(self) -> float: ...
    @property
    def accuracy(self) -> float: ...
    @property
    def validation_loss(self) -> float: ...
    @property
    def validation_accuracy(self) -> float: ...


def write_training_curves(path: Path, history: Sequence[_Epoch]) -> None:
    """Draw loss and accuracy of training and validation images over the epochs of both phases."""
    figure, axes = _figure(10, 3.8, n_columns=2)
    epochs = np.arange(1, len(history) + 1)
    n_head = sum(record.phase == "head" for record in history)
    for axis, name in zip(axes, ("loss", "accuracy"), strict=True):
        train = [getattr(record, name) for record in history]
        held_out = [getattr(record, f"validation_{name}") for record in history]
        axis.plot(epochs, train, color=_BLUE, marker="o", markersize=3, label="training")
        axis.plot(epochs, held_out, color=_ORANGE, marker="o", markersize=3, label="validation")
        if 0 < n_head < len(history):
            axis.axvline(n_head + 0.5, color=_GREY, linewidth=1, linestyle=":")
            axis.text(
                n_head + 0.55,
                0.98,
                "fine-tuning",
                transform=axis.get_xaxis_transform(),
                color=_GREY,
                va="top",
                fontsize=8,
            )
        axis.set_xlabel("epoch")
        axis.set_title(name, loc="left", fontweight="bold", fontsize=10)
        axis.xaxis.get_major_locator().set_params(integer=True)
        axis.legend(frameon=False, fontsize=8)
    axes[1].set_ylim(0, 1.02)
    _save(figure, path)


def write_confusion_matrix(
    path: Path, counts: NDArray[np.int64], classes: Sequence[str], *, title: str
) -> None:
    """Draw (n_classes, n_classes) counts: rows are what was true, columns what was predicted."""
    cells = 0.62 * len(classes)
    longest = 0.085 * max(map(len, classes))
    figure, (axis,) = _figure(cells + longest + 1.0, cells + 0.7 * longest + 1.2, n_columns=1)
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
    _save(figure, path)


def write_precision_recall(
    path: Path,
    curves: Sequence[tuple[str, NDArray[np.float64], NDArray[np.float64], float]],
) -> None:
    """Draw one precision-recall curve a tool from (tool, recall, precision, average precision)."""
    figure, (axis,) = _figure(6.4, 4.4, n_columns=1)
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
    _save(figure, path)


def _figure(width_inch: float, height_inch: float, *, n_columns: int) -> tuple[Any, Any]:
    # Imported here: matplotlib takes a second that no other command should pay.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width_inch, height_inch), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(1, n_columns, squeeze=False)[0]
    for axis in axes:
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(visible=False)
    return figure, axes


def _save(figure: Any, path: Path) -> None:
    # No date and no version in the file: the same numbers give the same bytes.
    figure.savefig(path, dpi=_DOTS_PER_INCH, metadata={"Software": None})
