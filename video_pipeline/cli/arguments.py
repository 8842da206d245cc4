"""Values from the command line, refused in words that say what was expected."""

from __future__ import annotations

import argparse
import math
from fractions import Fraction

__all__ = [
    "WrongCallError",
    "epochs_pair",
    "input_side",
    "non_negative_float",
    "positive_float",
    "positive_int",
    "positive_rate",
    "probability",
    "share",
]


_FASTEST_RATE_HZ = 1000
_SMALLEST_INPUT_PX = 32


class WrongCallError(Exception):
    """Arguments that are each possible, but not together."""


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
    if not 0 < value <= _FASTEST_RATE_HZ:
        raise argparse.ArgumentTypeError(
            f"frames a second above 0, up to {_FASTEST_RATE_HZ}, are expected, not {text!r}"
        )
    return value


def input_side(text: str) -> int:
    """Side of the network's square input in pixels."""
    value = positive_int(text)
    if value < _SMALLEST_INPUT_PX:
        raise argparse.ArgumentTypeError(
            f"the network needs at least {_SMALLEST_INPUT_PX} px, not {text!r}"
        )
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
