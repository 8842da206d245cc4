"""A browser, pages in it, and a report beside a video whose pixels say their time."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.output.chromium.browsing import CHROMIUM, HOSTILE_FILE_NAME, Open, Opened
from tests.support.clips import steady, write_clip
from tests.support.reports import small_report
from video_pipeline.output.report.page import write_report
from video_pipeline.output.report.record import RecordingReport
from video_pipeline.output.report.video_link import link_to

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ViewportSize


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Writes a report and opens it from the disk; nothing but files was asked for, none refused."""
    opened: list[Opened] = []

    def run(
        report: RecordingReport,
        *,
        size: tuple[int, int] = (1200, 900),
        scripts: bool = True,
        scheme: str = "light",
    ) -> Opened:
        path = tmp_path / "out" / "case" / "report.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_report(path, report)
        viewport: ViewportSize = {"width": size[0], "height": size[1]}
        context = browser.new_context(
            viewport=viewport,
            java_script_enabled=scripts,
            color_scheme="dark" if scheme == "dark" else "light",
        )
        here = Opened(context.new_page())
        opened.append(here)
        here.page.goto(path.as_uri())
        return here

    yield run
    for here in opened:
        assert [url for url in here.requests if not url.startswith("file://")] == []
        assert here.complaints == []
        here.page.context.close()


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty seconds at 25 frames a second; frame k shows the number k."""
    return write_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", steady(500))


@pytest.fixture
def report(tmp_path: Path, clip: Path) -> RecordingReport:
    """Three tools, two phases, and the video, under a name that is hard to link to."""
    video = tmp_path / "videos" / HOSTILE_FILE_NAME
    video.parent.mkdir()
    shutil.copyfile(clip, video)
    page = tmp_path / "out" / "case" / "report.html"
    return small_report(phases=("first", "second"), videos=(link_to(video, page=page),))
