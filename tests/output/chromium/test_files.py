"""A recording of several files in the browser: a click goes to the file that holds its second."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from tests.output.chromium.browsing import IN_CHROMIUM, VIDEO_STANDS, Open, Opened
from tests.support.clips import steady, write_clip
from tests.support.reports import small_report
from video_pipeline.output.report.record import RecordingReport
from video_pipeline.output.report.video_link import link_to

pytestmark = IN_CHROMIUM

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
