"""Values from the command line, refused in words that say what was expected."""

from __future__ import annotations

import argparse
import math
import re
from fractions import Fraction

__all__ = [
    "WrongCallError",
    "duration",
    "epochs_pair",
    "input_side",
    "jpeg_quality",
    "moment",
    "non_negative_float",
    "picture_size",
    "positive_float",
    "positive_int",
    "positive_rate",
    "probability",
    "share",
    "whole_number",
]


_FASTEST_RATE_HZ = 1000
_SMALLEST_INPUT_PX = 32
_LONGEST_SIDE_PX = 16384

_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)(ms|s|min|h)")
_SECONDS_IN = {"ms": Fraction(1, 1000), "s": Fraction(1), "min": Fraction(60), "h": Fraction(3600)}
_MOMENT = re.compile(r"(?:(?:(\d{1,3}):)?([0-5]?\d):)?(\d{1,9}(?:\.\d{1,3})?)")
_SIZE = re.compile(r"(\d{1,5})[xX](\d{1,5})")


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


def whole_number(text: str) -> int:
    """A whole number from 0."""
    if not text.isdecimal() or not text.isascii():
        raise argparse.ArgumentTypeError(f"a whole number from 0 is expected, not {text!r}")
    return int(text)


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


def duration(text: str) -> Fraction:
    """A length of time with its unit, in seconds and exact: ``500ms``, ``2s``, ``1.5min``, ``1h``.

    None is shorter than a millisecond, because times are written to the millisecond.
    """
    match = _DURATION.fullmatch(text.strip())
    value = Fraction(match[1]) * _SECONDS_IN[match[2]] if match is not None else Fraction(0)
    if value < Fraction(1, 1000):
        raise argparse.ArgumentTypeError(
            f"a duration from 1ms on, such as 500ms, 2s or 1min, is expected, not {text!r}"
        )
    return value


def moment(text: str) -> Fraction:
    """A time in a recording, in seconds and exact: ``90``, ``1:30`` or ``1:02:03.5``."""
    match = _MOMENT.fullmatch(text.strip())
    if match is None or (match[2] is not None and Fraction(match[3]) >= 60):
        raise argparse.ArgumentTypeError(
            f"a time in seconds or h:mm:ss, such as 90, 1:30 or 1:02:03.5, is expected, "
            f"not {text!r}"
        )
    hours, minutes, seconds = match.groups(default="0")
    return int(hours) * 3600 + int(minutes) * 60 + Fraction(seconds)


def picture_size(text: str) -> tuple[int, int] | None:
    """``WIDTHxHEIGHT`` in pixels as (height, width); None for ``native``."""
    if text == "native":
        return None
    match = _SIZE.fullmatch(text.strip())
    width, height = (int(match[1]), int(match[2])) if match is not None else (0, 0)
    if not (1 <= width <= _LONGEST_SIDE_PX and 1 <= height <= _LONGEST_SIDE_PX):
        raise argparse.ArgumentTypeError(
            f"native or WIDTHxHEIGHT, such as 854x480, is expected, not {text!r}"
        )
    return height, width


def jpeg_quality(text: str) -> int:
    """A whole number from 1 to 100."""
    value = positive_int(text)
    if value > 100:
        raise argparse.ArgumentTypeError(f"a quality from 1 to 100 is expected, not {text!r}")
    return value
