"""What images show and what was said of them, made ready for counting."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier.config import ModelConfig
from classifier.dataset.record import Dataset

__all__ = ["Answers", "line_up"]


@dataclass(frozen=True, eq=False)
class Answers:
    """Truth and prediction of each image and tool; where the truth is unknown, both are False."""

    known: NDArray[np.bool_]
    """(n_images, n_tools) whether the labels say anything."""
    true: NDArray[np.bool_]
    """(n_images, n_tools)."""
    predicted: NDArray[np.bool_]
    """(n_images, n_tools) whether the probability reaches the tool's threshold."""
    probabilities: NDArray[np.float64]
    """(n_images, n_tools)."""
    thresholds: NDArray[np.float64]
    """(n_tools,)."""
    true_class: NDArray[np.int64]
    """(n_images,) the tool that a single image shows; ``n_tools`` stands for none."""
    predicted_class: NDArray[np.int64]
    """(n_images,) the most probable tool; ``n_tools`` stands for none."""
    single: NDArray[np.bool_]
    """(n_images,) all tools are known and at most one is there: fit for a confusion matrix."""
    counted: NDArray[np.bool_]
    """(n_images,) whether the accuracy counts the image."""
    right: NDArray[np.bool_]
    """(n_images,) whether it counts as right."""
    recordings: NDArray[np.int64] | None
    """(n_images,) index of each image's recording, -1 where it has no name; None without any."""

    @property
    def n_tools(self) -> int:
        """Columns."""
        return int(self.true.shape[1])


def line_up(config: ModelConfig, images: Dataset, probabilities: NDArray[np.float32]) -> Answers:
    """Lay labels and (n_images, n_tools) probabilities beside one another.

    Raises:
        ValueError: there are no images, or the probabilities are not theirs.
    """
    n_tools = len(config.tools)
    expected = (len(images), n_tools)
    if len(images) == 0 or probabilities.shape != expected:
        raise ValueError(
            f"probabilities must have shape (n_images, n_tools), n_images above 0, here {expected};"
            f" got {probabilities.shape}"
        )
    # Written so that NaN is refused too.
    if not ((probabilities >= 0) & (probabilities <= 1)).all():
        raise ValueError("probabilities must lie in 0..1")
    labels = images.labels[:, :n_tools]
    known = ~np.isnan(labels)
    true = known & (labels > 0)
    thresholds = np.array(config.thresholds or (0.5,) * n_tools, dtype=np.float64)
    predicted = known & (probabilities >= thresholds)
    true_class = np.where(true.any(axis=1), true.argmax(axis=1), n_tools)
    predicted_class = _predicted_class(config, probabilities, thresholds)
    single = known.all(axis=1) & (true.sum(axis=1) <= 1)
    softmax = config.head == "softmax"
    return Answers(
        known=known,
        true=true,
        predicted=predicted,
        probabilities=probabilities.astype(np.float64),
        thresholds=thresholds,
        true_class=true_class,
        predicted_class=predicted_class,
        single=single,
        counted=single if softmax else np.any(known, axis=1),
        right=predicted_class == true_class if softmax else np.all(predicted == true, axis=1),
        recordings=_recordings(images),
    )


def _predicted_class(
    config: ModelConfig, probabilities: NDArray[np.float32], thresholds: NDArray[np.float64]
) -> NDArray[np.int64]:
    """(n,) index of the most probable class; the last index stands for no tool."""
    n_tools = len(config.tools)
    best = probabilities.argmax(axis=1)
    best_probability = probabilities.max(axis=1)
    if config.head == "softmax":
        # Whatever the tools leave of 1 belongs to the background classes.
        rest = 1 - probabilities.sum(axis=1) if config.background else np.full(len(best), -1.0)
        return np.where(best_probability >= rest, best, n_tools)
    reached = probabilities[np.arange(len(best)), best] >= thresholds[best]
    return np.where(reached, best, n_tools)


def _recordings(images: Dataset) -> NDArray[np.int64] | None:
    if images.videos is None:
        return None
    names = sorted(set(images.videos) - {""})
    index = {name: i for i, name in enumerate(names)}
    return np.array([index.get(name, -1) for name in images.videos], dtype=np.int64)
