"""The calibration that a model's description holds."""

from __future__ import annotations

from classifier.calibration.calibration import Calibration
from classifier.calibration.stored import read_calibration
from classifier.config import ModelConfig

__all__ = ["calibration_of"]


def calibration_of(config: ModelConfig) -> Calibration | None:
    """Give the calibration that a model folder's description holds, or None."""
    if config.calibration is None:
        return None
    return read_calibration(config.calibration, head=config.head, tools=config.tools)
