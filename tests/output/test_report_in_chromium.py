"""The page in a browser, opened from the disk, beside a video whose pixels say their time."""

from __future__ import annotations

import dataclasses
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from tests.support.clips import read_barcode, steady, write_clip
from tests.support.reports import ATTACKS, busy_report, small_report
from video_pipeline.output.report.markup import one_line
from video_pipeline.output.report.page import write_report
from video_pipeline.output.report.record import RecordingReport
from video_pipeline.output.report.video_link import link_to

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, ViewportSize

CHROMIUM = shutil.which("chromium")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here"),
]

# Blanks, quotes, signs that mean something in an address, and letters beyond ASCII.
HOSTILE_FILE_NAME = "case #1?%2e 'x' \"y\" <b>&; \N{LATIN SMALL LETTER U WITH DIAERESIS}中.mp4"
LONGEST_OPENING_S = 5.0
_PAINTED_WITHIN_S = 10.0
VIDEO_STANDS = "video.readyState >= 2 && !video.seeking"


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


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


Open = Callable[..., Opened]


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


FILES = (("part 1.mp4", 0, 190), ("part #2.mp4", 190, 340), ("part3.mp4", 340, 500))
"""Name, first frame and end of each of three files: they begin at 0, 7.6 and 13.6 s."""


@pytest.fixture(scope="module")
def file_clips(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The clip's twenty seconds in three files; frame k of all together shows the number k."""
    folder = tmp_path_factory.mktemp("files")
    return [
        write_clip(folder / name, steady(end - first), numbers=range(first, end))
        for name, first, end in FILES
    ]


@pytest.fixture
def in_files(tmp_path: Path, file_clips: list[Path]) -> RecordingReport:
    """A recording of three files."""
    page = tmp_path / "out" / "case" / "report.html"
    return small_report(
        videos=tuple(
            link_to(clip, page=page, start_s=first / 25)
            for clip, (_, first, _) in zip(file_clips, FILES, strict=True)
        )
    )


def file_shown(here: Opened) -> str:
    return here.page.locator("#part").inner_text()


def test_a_click_shows_the_file_in_which_the_second_lies(
    open_page: Open, in_files: RecordingReport
) -> None:
    here = open_page(in_files)
    assert file_shown(here) == "file 1 of 3: part 1.mp4"
    for second, file in (
        *((16, "file 3 of 3: part3.mp4"), (7, "file 1 of 3: part 1.mp4")),
        *((8, "file 2 of 3: part #2.mp4"), (13, "file 2 of 3: part #2.mp4")),
        *((14, "file 3 of 3: part3.mp4"), (19, "file 3 of 3: part3.mp4")),
    ):
        here.click_second(second, 20)
        here.wait_until(VIDEO_STANDS)
        assert file_shown(here) == file
        assert here.position_s == second
        assert here.shows(25 * second)
        assert here.page.evaluate("video.paused")


def test_in_a_pause_between_files_the_click_holds_and_the_video_shows_what_was_last(
    open_page: Open, in_files: RecordingReport
) -> None:
    first, second, _ = in_files.videos
    late = dataclasses.replace(second, start_s=12.0)
    here = open_page(dataclasses.replace(in_files, videos=(first, late)))
    here.click_second(9, 20)
    assert here.video_s == pytest.approx(7.6, abs=0.05)
    assert here.position_s == 9
    assert file_shown(here) == "file 1 of 2: part 1.mp4"
    here.click_second(13, 20)
    assert here.shows(190 + 25)
    assert here.position_s == 13


def test_two_clicks_before_a_file_is_there_show_the_second_of_the_last(
    open_page: Open, in_files: RecordingReport
) -> None:
    here = open_page(in_files)
    here.page.evaluate(
        """() => {
        const box = canvas.getBoundingClientRect();
        for (const second of [9, 15, 16, 10]) canvas.dispatchEvent(new PointerEvent("pointerdown",
          { button: 0, clientX: box.left + (box.width * (second + 0.5)) / 20 }));
        }"""
    )
    here.wait_until(VIDEO_STANDS)
    assert here.shows(250)
    assert here.position_s == 10


def test_a_playing_recording_goes_on_in_its_next_file(
    open_page: Open, in_files: RecordingReport
) -> None:
    here = open_page(in_files)
    here.click_second(7, 20)
    here.wait_until(VIDEO_STANDS)
    here.page.evaluate("video.muted = true; video.play()")
    here.wait_until("document.getElementById('part').textContent.startsWith('file 2')")
    here.wait_until("video.currentTime > 0.6")
    assert 7.6 + 0.6 - 1 < here.position_s <= 11
    assert not here.page.evaluate("video.paused")
    # And on where a click leads, in another file too.
    here.click_second(18, 20)
    here.wait_until("video.ended")
    assert file_shown(here) == "file 3 of 3: part3.mp4"
    assert here.position_s == 19
    # At the end it stands: what is looked up then does not begin to play.
    here.click_second(2, 20)
    here.wait_until(VIDEO_STANDS)
    assert here.page.evaluate("video.paused")
    assert here.shows(50)


def test_of_files_the_one_that_cannot_be_played_is_named(
    open_page: Open, in_files: RecordingReport, tmp_path: Path
) -> None:
    (tmp_path / "no video.mp4").write_bytes(b"no video")
    page = tmp_path / "out" / "case" / "report.html"
    bad = link_to(tmp_path / "no video.mp4", page=page, start_s=7.6)
    first, _, last = in_files.videos
    here = open_page(dataclasses.replace(in_files, videos=(first, bad, last)))
    here.click_second(9, 20)
    message = here.page.locator("#unplayable")
    message.wait_for(state="visible")
    assert "cannot play no video.mp4:" in message.inner_text()
    assert not here.page.locator("#part").is_visible()
    here.click_second(3, 20)
    assert here.position_s == 3
    here.complaints.clear()


@pytest.mark.parametrize("second", [0, 7, 16, 19])
def test_a_click_on_the_plot_shows_that_second(
    open_page: Open, report: RecordingReport, second: int
) -> None:
    here = open_page(report)
    here.click_second(second, 20)
    assert here.video_s == pytest.approx(second, abs=0.05)
    assert here.position_s == second
    assert here.shows(25 * second)


def test_a_row_of_uses_leads_to_its_beginning(open_page: Open, report: RecordingReport) -> None:
    here = open_page(report)
    row = here.page.locator("table.uses tbody tr").nth(2)
    assert row.inner_text().split("\t")[:2] == ["scissors", "0:04"]
    row.locator("td").last.click()
    assert here.video_s == pytest.approx(4, abs=0.05)


def test_enter_on_a_row_leads_there_and_arrows_go_on(
    open_page: Open, report: RecordingReport
) -> None:
    here = open_page(report)
    keyboard = here.page.keyboard
    here.page.locator("table.uses tbody button").first.focus()
    keyboard.press("ArrowDown")
    keyboard.press("Enter")
    assert here.video_s == pytest.approx(2, abs=0.05)
    for key, second in (
        *(("ArrowRight", 3), ("Shift+ArrowRight", 13), ("ArrowLeft", 12)),
        *(("Shift+ArrowLeft", 2), ("Shift+ArrowLeft", 0), ("ArrowLeft", 0)),
    ):
        keyboard.press(key)
        assert here.video_s == pytest.approx(second, abs=0.05)
    here.page.locator("#canvas").focus()
    keyboard.press("End")
    assert here.video_s == pytest.approx(19, abs=0.05)


def test_the_tools_of_the_second_are_highlighted(open_page: Open, report: RecordingReport) -> None:
    here = open_page(report)

    def lit(rows: str) -> list[str]:
        return [text.split()[0] for text in here.page.locator(f"{rows}.on").all_inner_texts()]

    for second, tools in ((0, ["grasper"]), (2, ["grasper", "hook"]), (9, [])):
        here.click_second(second, 20)
        assert lit(".readout li") == lit(".name") == tools
    here.click_second(12, 20)
    readout = here.page.locator("#readout").inner_text()
    assert "doubtful: gap" in readout
    assert "second" in readout
    assert readout.count("–") == 3


def test_the_playhead_follows_the_playing_video(open_page: Open, report: RecordingReport) -> None:
    here = open_page(report)
    here.page.evaluate("video.muted = true; video.currentTime = 3.5; video.play()")
    here.wait_until("video.currentTime > 4.3")
    here.page.evaluate("video.pause()")
    stands_s = here.video_s
    here.wait_until("!document.querySelector('.name.c0').classList.contains('on')")
    x = float((here.page.locator(".playhead").get_attribute("x1") or "").removesuffix("%"))
    assert x / 100 * 20 == pytest.approx(stands_s, abs=0.1)
    assert here.position_s == int(stands_s)


def test_without_a_video_a_click_shows_the_values_of_the_second(open_page: Open) -> None:
    here = open_page(small_report())
    here.click_second(3, 20)
    values = here.page.locator(".readout li b").all_inner_texts()
    assert values == ["0.10", "0.90", "0.10"]
    assert "0:03" in here.page.locator("#readout").inner_text()


def test_a_video_that_cannot_be_played_is_said_and_the_plot_goes_on(
    open_page: Open, report: RecordingReport, tmp_path: Path
) -> None:
    (tmp_path / "videos" / HOSTILE_FILE_NAME).write_bytes(b"no video")
    here = open_page(report)
    message = here.page.locator("#unplayable")
    message.wait_for(state="visible")
    assert HOSTILE_FILE_NAME in message.inner_text()
    here.click_second(3, 20)
    assert here.position_s == 3
    # The browser's own word about the file is not the page's.
    here.complaints.clear()


def test_headings_sort_by_number_and_by_name(open_page: Open) -> None:
    here = open_page(small_report())

    def column(k: int) -> list[str]:
        rows = here.page.locator("table.uses tbody tr").all()
        return [row.locator("th, td").nth(k).inner_text() for row in rows]

    lasts = here.page.locator("table.uses thead button").nth(3)
    lasts.click()
    assert column(3) == ["3 s"] * 3 + ["5 s"] * 3
    lasts.click()
    assert column(3) == ["5 s"] * 3 + ["3 s"] * 3
    here.page.locator("table.uses thead button").nth(0).click()
    assert column(0) == sorted(column(0))
    assert here.page.locator("table.uses th[aria-sort]").count() == 1


def test_zooming_keeps_the_second_in_view(open_page: Open) -> None:
    here = open_page(busy_report(3600))
    here.click_second(3000, 3600)
    second = here.position_s
    for _ in range(3):
        here.page.get_by_label("Zoom in").click()
    view, playhead = (here.page.locator(s).bounding_box() for s in (".view", ".playhead"))
    assert view is not None
    assert playhead is not None
    width = here.page.evaluate("canvas.clientWidth / canvas.parentNode.clientWidth")
    assert width == pytest.approx(8, rel=0.01)
    assert view["x"] <= playhead["x"] <= view["x"] + view["width"]
    assert here.position_s == second


def test_hostile_names_are_shown_and_do_not_run(open_page: Open) -> None:
    here = open_page(small_report(tools=ATTACKS, video_id=ATTACKS[0], phases=ATTACKS[:2]))
    here.click_second(16, 20)
    here.page.locator("table.uses thead button").first.click()
    assert here.page.evaluate("window.hacked === undefined")
    assert here.page.locator("img, main svg[onload]").count() == 0
    assert here.page.locator("h1").inner_text() == ATTACKS[0]
    shown = here.page.locator(".readout li span").all_text_contents()
    assert shown == [one_line(name) for name in ATTACKS]


def test_the_policy_stops_what_would_slip_through(open_page: Open) -> None:
    here = open_page(small_report())
    reasons: list[str | None] = []
    here.page.on("requestfailed", lambda request: reasons.append(request.failure))
    here.page.evaluate(
        """() => {
        const script = document.createElement("script");
        script.textContent = "window.hacked = 1";
        document.body.append(script);
        const image = document.createElement("img");
        image.src = "http://127.0.0.1:9/x.png";
        document.body.append(image);
        return fetch("http://127.0.0.1:9/").catch(() => {});
        }"""
    )
    assert here.page.evaluate("window.hacked === undefined")
    refused = [text for text in here.complaints if "Content Security Policy" in text]
    assert len(refused) >= 3
    assert reasons == ["csp"] * len(reasons)
    # Playwright counts what was refused among what was asked for.
    assert len(reasons) == len([url for url in here.requests if url.startswith("http:")])
    here.requests.clear()
    here.complaints.clear()


def test_without_scripts_the_plot_and_the_tables_are_there(
    open_page: Open, report: RecordingReport
) -> None:
    here = open_page(report, scripts=False)
    assert here.page.locator("path.bar").count() == 3
    assert here.page.locator("table.uses tbody tr").count() == len(report.segments)
    assert here.page.locator("#readout").inner_text() == ""
    assert here.page.locator("main button").count() == 0


@pytest.mark.parametrize("hours", [1, 3])
def test_a_long_recording_opens_at_once(open_page: Open, hours: int) -> None:
    report = busy_report(3600 * hours)
    start = time.perf_counter()
    here = open_page(report)
    assert here.page.locator(".readout li").count() == 7
    assert time.perf_counter() - start < LONGEST_OPENING_S


@pytest.mark.parametrize(
    ("size", "scheme"), [((1600, 1000), "light"), ((1200, 900), "dark"), ((390, 844), "light")]
)
def test_nothing_is_wider_than_the_screen(
    open_page: Open,
    report: RecordingReport,
    tmp_path: Path,
    size: tuple[int, int],
    scheme: str,
) -> None:
    here = open_page(report, size=size, scheme=scheme)
    here.click_second(2, 20)
    here.page.screenshot(path=tmp_path / "report.png", full_page=True)
    assert (tmp_path / "report.png").stat().st_size > 10_000
    assert here.page.evaluate("document.documentElement.scrollWidth") <= size[0]


def test_on_paper_the_plot_fits_and_the_player_is_left_out(open_page: Open) -> None:
    here = open_page(busy_report(3600))
    here.page.get_by_label("Zoom in").click()
    here.page.emulate_media(media="print")
    assert not here.page.locator("#player").is_visible()
    assert here.page.evaluate("canvas.clientWidth == canvas.parentNode.clientWidth")
    assert here.page.pdf(format="A4").startswith(b"%PDF")
