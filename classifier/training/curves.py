"""A picture of how one training went."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from classifier.drawing import BLUE, GREY, ORANGE, new_figure, save_figure
from classifier.training.progress import EpochRecord

__all__ = ["write_training_curves"]


_TITLES = {
    "loss": "loss",
    "accuracy": "accuracy",
    "map": "mean average precision",
}


def write_training_curves(path: Path, history: Sequence[EpochRecord]) -> None:
    """Draw loss, accuracy and mean average precision over the epochs of both phases."""
    figure, axes = new_figure(13, 3.8, n_columns=len(_TITLES))
    epochs = np.arange(1, len(history) + 1)
    n_head = sum(record.phase == "head" for record in history)
    for axis, (name, title) in zip(axes, _TITLES.items(), strict=True):
        held_out = [getattr(record, f"validation_{name}") for record in history]
        if name != "map":
            # Of the training images nobody computes it: they are never ranked together.
            train = [getattr(record, name) for record in history]
            axis.plot(epochs, train, color=BLUE, marker="o", markersize=3, label="training")
        axis.plot(epochs, held_out, color=ORANGE, marker="o", markersize=3, label="validation")
        if 0 < n_head < len(history):
            axis.axvline(n_head + 0.5, color=GREY, linewidth=1, linestyle=":")
            axis.text(
                n_head + 0.55,
                0.98,
                "fine-tuning",
                transform=axis.get_xaxis_transform(),
                color=GREY,
                va="top",
                fontsize=8,
            )
        axis.set_xlabel("epoch")
        axis.set_title(title, loc="left", fontweight="bold", fontsize=10)
        axis.xaxis.get_major_locator().set_params(integer=True)
        axis.legend(frameon=False, fontsize=8)
    for axis in axes[1:]:
        axis.set_ylim(0, 1.02)
    save_figure(figure, path)
