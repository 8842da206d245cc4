"""The mistakes that the model was surest of: false alarms and misses, as names and as pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from classifier.dataset.images import read_image, resize_image
from classifier.dataset.record import Dataset
from classifier.errors import DatasetError
from classifier.evaluation.answers import line_up
from classifier.evaluation.record import Evaluation

__all__ = ["Mistake", "thumbnail", "worst_mistakes"]

_N_EACH = 4
_MOST = 80
"""Mistakes of all tools together: a page of many tools stays small enough to send."""

_THUMBNAIL_PX = (180, 240)
_JPEG_QUALITY = 80


@dataclass(frozen=True)
class Mistake:
    """One image and one tool that the model was wrong about."""

    kind: Literal["false alarm", "miss"]
    tool: str
    row: int
    """Of the evaluation's images."""
    probability: float

    @property
    def confidence(self) -> float:
        """How sure the model was of the wrong answer."""
        return self.probability if self.kind == "false alarm" else 1 - self.probability


def worst_mistakes(evaluation: Evaluation) -> tuple[Mistake, ...]:
    """Up to 4 false alarms and 4 misses a tool, 80 in all, by tool, then the surest first."""
    answers = line_up(evaluation.config, evaluation.images, evaluation.probabilities)
    found: list[Mistake] = []
    for k, scores in enumerate(evaluation.tools):
        for kind, wrong in (
            ("false alarm", answers.predicted & ~answers.true),
            ("miss", answers.true & ~answers.predicted),
        ):
            said = answers.probabilities[:, k]
            rows = np.flatnonzero(wrong[:, k])
            order = np.argsort(-said[rows] if kind == "false alarm" else said[rows], kind="stable")
            found += [
                Mistake(kind, scores.tool, int(row), float(said[row]))  # type: ignore[arg-type]
                for row in rows[order[:_N_EACH]]
            ]
    surest = sorted(range(len(found)), key=lambda i: (-found[i].confidence, i))[:_MOST]
    return tuple(found[i] for i in sorted(surest))


def thumbnail(images: Dataset, row: int) -> bytes | None:
    """A small JPEG of one image, cut as the model saw it; None if it can no longer be read."""
    try:
        image = read_image(images.paths[row])
    except DatasetError:
        return None
    if images.crops is not None:
        image = images.crops[row](image)
    height, width = image.shape[:2]
    scale = min(_THUMBNAIL_PX[0] / height, _THUMBNAIL_PX[1] / width, 1)
    small = resize_image(image, (max(1, round(scale * height)), max(1, round(scale * width))))
    _, content = cv2.imencode(
        ".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
    )
    return content.tobytes()
