"""A picture of how one training went."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from classifier.drawing import BLUE, GREY, ORANGE, new_figure, save_figure

__all__ = ["write_training_curves"]


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
    figure, axes = new_figure(10, 3.8, n_columns=2)
    epochs = np.arange(1, len(history) + 1)
    n_head = sum(record.phase == "head" for record in history)
    for axis, name in zip(axes, ("loss", "accuracy"), strict=True):
        train = [getattr(record, name) for record in history]
        held_out = [getattr(record, f"validation_{name}") for record in history]
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
        axis.set_title(name, loc="left", fontweight="bold", fontsize=10)
        axis.xaxis.get_major_locator().set_params(integer=True)
        axis.legend(frameon=False, fontsize=8)
    axes[1].set_ylim(0, 1.02)
    save_figure(figure, path)
