"""Timelines beside their reference, with phases on top, and on pages."""

from __future__ import annotations

import re
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.output.drawn import HOSTILE, assert_inside, labels, painted, phases_of, texts
from video_pipeline.output.pictures.timeline import PAGE_S, Shown, draw_pages, draw_timeline
from video_pipeline.output.plots import write_timeline_plot
from video_pipeline.records import ToolTimeline

BLUE, INK, GROUND, WHITE = (0x00, 0x72, 0xB2), (0x22,) * 3, (0xF6, 0xF6, 0xF4), (255,) * 3
RIBBON = ((0x77, 0xAA, 0xDD), (0xEE, 0x88, 0x66), (0xEE, 0xDD, 0x88))


def tools(*rows: str, names: tuple[str, ...] | None = None) -> ToolTimeline:
    """``#`` visible, ``.`` not, ``?`` no frame (in the first row for all)."""
    cells = np.array([list(row) for row in rows]).T
    present = cells == "#"
    n_frames = (cells[:, 0] != "?").astype(np.int64)
    names = tuple(f"tool {k}" for k in range(len(rows))) if names is None else names
    probabilities = np.where(n_frames[:, np.newaxis] > 0, 0.0, np.nan) + np.zeros(present.shape)
    return ToolTimeline(names, probabilities, present, n_frames)


def long(n_seconds: int, n_tools: int = 7) -> ToolTimeline:
    rng = np.random.default_rng(0)
    present = np.repeat(rng.random((n_seconds // 20 + 1, n_tools)) < 0.3, 20, axis=0)[:n_seconds]
    names = tuple(f"tool {k}" for k in range(n_tools))
    probabilities = np.clip(present + rng.normal(0, 0.2, present.shape), 0, 1)
    return ToolTimeline(names, probabilities, present, np.ones(n_seconds, dtype=np.int64))


class Row:
    """The pixels of a one-tool timeline at a second, from above its row to below it."""

    def __init__(self, shown: Shown) -> None:
        self._figure = draw_timeline(shown)
        self._pixels = painted(self._figure)
        self._axes = self._figure.axes[0]

    def at(self, second: float) -> NDArray[np.int64]:
        """(height, 3) of the row's pixels, downwards."""
        top, bottom = (self._axes.transData.transform((second, y)) for y in (-0.44, 0.40))
        height = len(self._pixels)
        return self._pixels[height - round(top[1]) : height - round(bottom[1]), round(top[0])]

    def rows_of(self, second: float, colour: tuple[int, int, int]) -> NDArray[np.intp]:
        """How far below the row's upper end, in pixels, a colour lies."""
        return np.flatnonzero((np.abs(self.at(second) - colour) < 12).all(axis=1))


def test_a_reference_has_a_row_of_its_own_below_the_bar() -> None:
    row = Row(Shown(tools("####...."), "t", reference=tools("####....")))
    bar, reference = row.rows_of(2, BLUE), row.rows_of(2, INK)
    assert len(bar) >= 20
    assert len(reference) >= 6
    assert reference.min() > bar.max()
    assert len(row.rows_of(6, BLUE)) == len(row.rows_of(6, INK)) == 0


def test_what_is_predicted_alone_and_what_is_missed_have_places_of_their_own() -> None:
    row = Row(Shown(tools("####...."), "t", reference=tools("..####..")))
    both, extra, missed = (row.rows_of(second, BLUE) for second in (3, 1, 5))
    assert len(extra) > len(both), "the mark of what is too much"
    assert len(missed) == 0
    too_much = set(extra) - set(both)
    reference = row.rows_of(3, INK)
    missing = set(row.rows_of(5, INK)) - set(reference)
    assert min(too_much) > max(reference)
    assert min(missing) > max(too_much)


@pytest.mark.parametrize("reference", ["####????", "####"])
def test_where_the_reference_has_no_frame_nothing_differs(reference: str) -> None:
    row = Row(Shown(tools("########"), "t", reference=tools(reference)))
    assert len(row.rows_of(6, BLUE)) == len(row.rows_of(2, BLUE))


def test_phases_are_a_ribbon_above_the_rows() -> None:
    phase = np.repeat([0, 1, 2, 1], 25).astype(np.int64)
    figure = draw_timeline(
        Shown(tools("." * 100), "t", phases=phases_of(phase, "first", "second", "third"))
    )
    pixels, axes = painted(figure), figure.axes[1]
    for second, k in ((2, 0), (27, 1), (52, 2), (98, 1)):
        x, y = axes.transData.transform((second, 0.1))
        assert tuple(pixels[len(pixels) - round(y), round(x)]) == RIBBON[k]
    assert {"first", "second", "third"} <= set(texts(figure))


def test_a_phase_whose_name_has_no_room_is_named_above_the_ribbon() -> None:
    phase = np.array([0] * 99 + [1], dtype=np.int64)
    shown = Shown(tools("." * 100), "t", phases=phases_of(phase, "long", "short"))
    figure = draw_timeline(shown)
    places = {text.get_text(): text.get_position() for text in labels(figure)}
    assert places["short"][1] > places["long"][1]


def test_a_phase_that_never_occurs_is_not_named() -> None:
    phase = np.zeros(100, dtype=np.int64)
    figure = draw_timeline(Shown(tools("." * 100), "t", phases=phases_of(phase, "now", "never")))
    assert "now" in texts(figure)
    assert "never" not in texts(figure)


def test_without_phases_and_reference_the_picture_is_as_high_as_its_rows() -> None:
    plain, compared = (
        draw_timeline(Shown(tools("#."), "t", reference=reference))
        for reference in (None, tools("#."))
    )
    assert plain.get_figheight() == pytest.approx(0.86 + 0.44 + 0.66)
    assert compared.get_figheight() > plain.get_figheight()


@pytest.mark.parametrize(
    ("n_seconds", "n_pages"), [(1, 1), (2700, 1), (2701, 2), (3600, 2), (3601, 3), (4 * 3600, 8)]
)
def test_a_pdf_has_pages_of_half_an_hour_from_45_minutes_on(
    tmp_path: Path, n_seconds: int, n_pages: int
) -> None:
    write_timeline_plot(tmp_path / "t.pdf", long(n_seconds, 2), title="long")
    content = (tmp_path / "t.pdf").read_bytes()
    assert len(re.findall(rb"/Type /Page\b", content)) == n_pages
    assert content.startswith(b"%PDF-")


def test_pages_have_one_scale_and_follow_one_another() -> None:
    pages = draw_pages(Shown(long(4000), "long"))
    limits = [page.axes[0].get_xlim() for page in pages]
    assert limits == [(0, PAGE_S), (PAGE_S, 2 * PAGE_S), (2 * PAGE_S, 3 * PAGE_S)]
    assert [t for page in pages for t in texts(page) if "page" in t] == [
        f"1:06:40 · 7 of 7 tools seen · page {k} of 3 · figures at the right are of all pages"
        for k in (1, 2, 3)
    ]


def test_a_use_over_a_page_break_is_on_both_pages() -> None:
    present = np.zeros((3600, 1), dtype=np.bool_)
    present[1790:1810] = True
    one = ToolTimeline(("hook",), np.zeros((3600, 1)), present, np.ones(3600, dtype=np.int64))
    pages = draw_pages(Shown(one, "t"))
    blue = [(np.abs(painted(page)[:200] - BLUE) < 10).all(axis=-1).sum() for page in pages]
    assert blue[0] == pytest.approx(blue[1], rel=0.2)
    assert min(blue) > 50


def test_the_last_page_is_empty_paper_after_the_end() -> None:
    page = draw_pages(Shown(long(4000), "long"))[-1]
    pixels = painted(page)
    for second, colour in ((3950, GROUND), (4550, WHITE)):
        x, y = page.axes[0].transData.transform((second, -0.4))
        assert tuple(pixels[len(pixels) - round(y), round(x)]) == colour


@pytest.mark.parametrize("n_seconds", [1, 100, 4000])
def test_every_text_lies_inside_of_the_page(n_seconds: int) -> None:
    present = np.ones((n_seconds, len(HOSTILE)), dtype=np.bool_)
    one = ToolTimeline(
        HOSTILE, np.where(present, 0.9, 0.1), present, np.ones(n_seconds, dtype=np.int64)
    )
    phase = (np.arange(n_seconds) * len(HOSTILE) // n_seconds).astype(np.int64)
    shown = Shown(
        one, "W$" * 60, ["x"] * n_seconds, reference=one, phases=phases_of(phase, *HOSTILE)
    )
    for page in draw_pages(shown):
        assert_inside(page)


@pytest.mark.parametrize(("suffix", "most"), [("png", 5), ("svg", 5), ("pdf", 24)])
def test_four_hours_cost_little_more_than_half_an_hour_a_page(
    tmp_path: Path, suffix: str, most: float
) -> None:
    """``most``: as many times the processor time of half an hour, which is a page; pdf has 8.

    The least of several: what else a process does now and then, it does in one of them.
    """

    def least_s(n_seconds: int) -> float:
        return min(cost_s(n_seconds) for _ in range(4))

    def cost_s(n_seconds: int) -> float:
        one = long(n_seconds)
        phases = phases_of((np.arange(n_seconds) // 2058).astype(np.int64), *"abcdefg")
        start = time.process_time()
        write_timeline_plot(
            tmp_path / f"t.{suffix}", one, title="long", reference=one, phases=phases
        )
        return time.process_time() - start

    assert least_s(4 * 3600) < most * least_s(1800)
