"""Plot, table and video in the browser: what is chosen in one is shown by the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.output.chromium.browsing import HOSTILE_FILE_NAME, IN_CHROMIUM, Open
from tests.support.reports import small_report
from video_pipeline.output.report.record import RecordingReport

pytestmark = IN_CHROMIUM


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
