"""Probabilities survive their packing: read back by others' decoders, they are what they were."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from video_pipeline.output.report.probability_bytes import (
    MISSING_BYTE,
    hundredths,
    packed,
    strip_png,
)


def opacity(address: str) -> NDArray[np.float64]:
    """What a viewer makes of the picture: opacity from 0 to 1 of each column."""
    content = base64.b64decode(address.removeprefix("data:image/png;base64,"))
    pixels = np.asarray(Image.open(io.BytesIO(content)).convert("RGBA"))
    assert pixels.shape[0] == 1
    assert np.all(pixels[..., :3] == (0x12, 0x34, 0x56))
    return pixels[0, :, 3] / 255


def test_hundredths_are_what_two_decimals_say() -> None:
    values = np.random.default_rng(0).random((500, 3))
    said = np.array([[round(100 * float(f"{v:.2f}")) for v in row] for row in values])
    assert np.array_equal(hundredths(values), said)


def test_what_is_missing_is_no_probability() -> None:
    assert hundredths(np.array([[np.nan, 0.0, 1.0]])).tolist() == [[MISSING_BYTE, 0, 100]]


def test_bytes_lie_tool_after_tool() -> None:
    cells = np.arange(12, dtype=np.uint8).reshape(4, 3)
    assert base64.b64decode(packed(cells)) == bytes([0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11])


def test_the_strip_is_as_opaque_as_the_tool_is_likely() -> None:
    values = np.append(np.random.default_rng(1).random(300), np.nan)
    address, spanned_s = strip_png(values, "#123456")
    assert spanned_s == 301
    assert opacity(address) == pytest.approx(np.nan_to_num(values), abs=0.5 / 100 + 0.5 / 255)


@pytest.mark.parametrize("n_seconds", [8192, 8193, 20_001])
def test_a_long_strip_has_the_means_of_what_shares_a_pixel(n_seconds: int) -> None:
    values = np.random.default_rng(2).random(n_seconds)
    values[::7] = np.nan
    address, spanned_s = strip_png(values, "#123456")
    shown = opacity(address)
    step = spanned_s // len(shown)
    assert len(shown) <= 8192
    assert n_seconds <= spanned_s < n_seconds + step
    means = [
        np.nan_to_num(np.nanmean(values[k : k + step])) if np.any(values[k : k + step] >= 0) else 0
        for k in range(0, n_seconds, step)
    ]
    assert shown == pytest.approx(np.array(means), abs=0.5 / 100 + 0.5 / 255)


def test_nothing_known_gives_an_empty_strip() -> None:
    address, _ = strip_png(np.full(10, np.nan), "#123456")
    assert not opacity(address).any()
