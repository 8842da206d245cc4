"""The page in the browser: opened from the disk, on any screen and on paper, by nobody's names."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.output.chromium.browsing import IN_CHROMIUM, Open
from tests.support.reports import ATTACKS, busy_report, small_report
from video_pipeline.output.report.markup import one_line
from video_pipeline.output.report.record import RecordingReport

pytestmark = IN_CHROMIUM

LONGEST_OPENING_S = 5.0


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
