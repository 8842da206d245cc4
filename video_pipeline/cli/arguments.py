"""Values from the command line, refused in words that say what was expected."""

from __future__ import annotations

import argparse
import math
from fractions import Fraction

__all__ = [
    "epochs_pair",
    "non_negative_float",
    "positive_float",
    "positive_int",
    "positive_rate",
    "probability",
    "share",
]


def positive_int(text: str) -> int:
    """A whole number from 1."""
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"a whole number from 1 is expected, not {text!r}")
    return value


def positive_float(text: str) -> float:
    """A finite number above 0."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 0):
        raise argparse.ArgumentTypeError(f"a number above 0 is expected, not {text!r}")
    return value


def positive_rate(text: str) -> Fraction:
    """A rate in Hz as written: ``1``, ``0.5`` or ``25/2``, without rounding."""
    try:
        value = Fraction(text)
    except (ValueError, ZeroDivisionError):
        value = Fraction(0)
    if value <= 0:
        raise argparse.ArgumentTypeError(f"frames per second above 0 are expected, not {text!r}")
    return value


def share(text: str) -> float:
    """A number between 0 and 1, both excluded."""
    value = positive_float(text)
    if value >= 1:
        raise argparse.ArgumentTypeError(f"a share between 0 and 1 is expected, not {text!r}")
    return value


def epochs_pair(text: str) -> tuple[int, int]:
    """``HEAD,FINE``: epochs of the two phases, not both 0."""
    parts = text.split(",")
    if len(parts) != 2 or not all(part.strip().isdecimal() for part in parts):
        raise argparse.ArgumentTypeError(f"two numbers such as 3,10 are expected, not {text!r}")
    head, fine = (int(part) for part in parts)
    if head + fine == 0:
        raise argparse.ArgumentTypeError("at least one epoch is needed")
    return head, fine


def non_negative_float(text: str) -> float:
    """A finite number from 0."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= 0):
        raise argparse.ArgumentTypeError(f"a number from 0 is expected, not {text!r}")
    return value


def probability(text: str) -> float:
    """A number above 0, up to 1."""
    value = positive_float(text)
    if value > 1:
        raise argparse.ArgumentTypeError(f"a probability up to 1 is expected, not {text!r}")
    return value
