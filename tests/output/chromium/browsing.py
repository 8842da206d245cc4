"""A report's page that is open in Chromium, and what tests ask of it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from tests.support.clips import read_barcode

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["CHROMIUM", "HOSTILE_FILE_NAME", "IN_CHROMIUM", "VIDEO_STANDS", "Open", "Opened"]

CHROMIUM = shutil.which("chromium")
IN_CHROMIUM = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")]

# Blanks, quotes, signs that mean something in an address, and letters beyond ASCII.
HOSTILE_FILE_NAME = "case #1?%2e 'x' \"y\" <b>&; \N{LATIN SMALL LETTER U WITH DIAERESIS}中.mp4"
VIDEO_STANDS = "video.readyState >= 2 && !video.seeking"
_PAINTED_WITHIN_S = 10.0


class Opened:
    """A page that is open, and everything that it asked for or complained of."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: self.complaints.append(dialog.message))

    @property
    def position_s(self) -> float:
        """Where the plot's slider stands."""
        return float(self.page.locator("#canvas").get_attribute("aria-valuenow") or "nan")

    @property
    def video_s(self) -> float:
        """Where the video stands, once it is there."""
        self.wait_until(VIDEO_STANDS)
        return float(self.page.evaluate("video.currentTime"))

    def wait_until(self, expression: str) -> None:
        """Wait for what the page's own policy keeps Playwright from evaluating again and again."""
        self.page.evaluate(
            "new Promise((done, fail) => { const since = performance.now(); const look = () => "
            f"({expression}) ? done() : performance.now() - since > 20000 ? fail() "
            ": requestAnimationFrame(look); look(); })"
        )

    def click_second(self, second: int, n_seconds: int) -> None:
        box = self.page.locator("#canvas").bounding_box()
        assert box is not None
        x = box["x"] + box["width"] * (second + 0.5) / n_seconds
        self.page.mouse.click(x, box["y"] + 20)

    def shows(self, number: int) -> bool:
        """Whether the video's picture is that one, or becomes it within some seconds.

        The position changes at once, the picture when a busy machine comes to it.
        """
        until = time.monotonic() + _PAINTED_WITHIN_S
        while (shown := self._shown_number()) != number:
            if time.monotonic() > until:
                raise AssertionError(f"picture {shown} is shown, not {number}")
        return True

    def _shown_number(self) -> int:
        # Controls would lie over the blocks, and corners are round.
        self.page.evaluate("video.controls = false")
        self.wait_until(VIDEO_STANDS)
        self.page.evaluate(
            "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )
        content = self.page.locator("#video").screenshot()
        picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR_RGB)
        assert picture is not None
        return read_barcode(picture.astype(np.uint8))


Open = Callable[..., Opened]
"""Writes a report and opens it; see the fixture ``open_page``."""
