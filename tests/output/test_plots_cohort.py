"""Pictures of many recordings: usage, co-use, overview; colours at places, extents, cost."""

from __future__ import annotations

import time
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.output.drawn import HOSTILE, assert_inside, labels, painted, phases_of, texts
from video_pipeline.output.pictures.co_use import draw_co_use
from video_pipeline.output.pictures.cohort import draw_cohort
from video_pipeline.output.pictures.cohort_strips import GAP_PX, height_of_strip, paint_strips
from video_pipeline.output.pictures.usage import draw_usage
from video_pipeline.output.plots import write_co_use_plot, write_cohort_plot, write_usage_plot
from video_pipeline.records import ToolTimeline
from video_pipeline.timeline.statistics import summarise_tools
from video_pipeline.timeline.statistics.co_use import count_co_use
from video_pipeline.timeline.statistics.cohort import CohortMember

BLUE, GROUND, GREY, WHITE = (0, 0x72, 0xB2), (0xF6, 0xF6, 0xF4), (0xAB,) * 3, (255,) * 3


def member(
    present: NDArray[np.bool_], *, name: str = "case", names: tuple[str, ...] | None = None
) -> CohortMember:
    n_seconds, n_tools = present.shape
    names = tuple(f"tool {k}" for k in range(n_tools)) if names is None else names
    n_frames = np.ones(n_seconds, dtype=np.int64)
    return CohortMember(name, ToolTimeline(names, np.where(present, 0.9, 0.1), present, n_frames))


def random_member(seed: int, n_seconds: int = 600, n_tools: int = 3) -> CohortMember:
    rng = np.random.default_rng(seed)
    return member(rng.random((n_seconds, n_tools)) < 0.2, name=f"case{seed:03}")


def used(seconds: int, n_seconds: int = 100) -> NDArray[np.bool_]:
    return np.arange(n_seconds)[:, np.newaxis] < seconds


Writer = Callable[[Path, list[CohortMember]], None]
WRITERS: dict[str, Writer] = {
    "usage": lambda path, members: write_usage_plot(
        path, [summarise_tools(one.timeline) for one in members], title="a $cohort$"
    ),
    "co_use": lambda path, members: write_co_use_plot(
        path, count_co_use(members[0].timeline), title="a $cohort$"
    ),
    "cohort": lambda path, members: write_cohort_plot(path, members, title="a $cohort$"),
}


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_the_same_recordings_give_the_same_bytes(
    tmp_path: Path, write: Writer, suffix: str
) -> None:
    members = [random_member(k) for k in range(4)]
    for name in ("a", "b"):
        write(tmp_path / f"{name}.{suffix}", members)
    content = (tmp_path / f"a.{suffix}").read_bytes()
    assert content == (tmp_path / f"b.{suffix}").read_bytes()
    assert b"Date" not in content


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
@pytest.mark.parametrize("n_seconds", [0, 1, 50])
def test_recordings_without_a_tool_in_view_can_be_drawn(
    tmp_path: Path, write: Writer, n_seconds: int
) -> None:
    nothing = member(np.zeros((n_seconds, 2), dtype=np.bool_))
    for name, members in (("one", [nothing]), ("two", [nothing, nothing])):
        write(tmp_path / f"{name}.png", members)
        assert matplotlib.image.imread(tmp_path / f"{name}.png").std() > 0


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_names_are_data(tmp_path: Path, write: Writer) -> None:
    present = np.ones((9, len(HOSTILE)), dtype=np.bool_)
    write(tmp_path / "t.svg", [member(present, name=name, names=HOSTILE) for name in HOSTILE])
    ET.parse(tmp_path / "t.svg")  # noqa: S314


@pytest.mark.parametrize("n_tools", [1, 2, 8, 30])
@pytest.mark.parametrize("n_recordings", [1, 3])
def test_every_text_lies_inside_of_the_page(n_tools: int, n_recordings: int) -> None:
    names = tuple(
        f"{HOSTILE[k % 8]}{k}" if k % 8 != 2 else f"{k}{HOSTILE[2]}" for k in range(n_tools)
    )
    members = [
        member(np.ones((20_000, n_tools), dtype=np.bool_), name="W" * 80, names=names)
        for _ in range(n_recordings)
    ]
    statistics = [summarise_tools(one.timeline) for one in members]
    title = "W" * 200
    for figure in (
        draw_usage(statistics, title=title),
        draw_co_use(count_co_use(members[0].timeline), title=title),
        draw_cohort(members, title=title),
        draw_cohort(members, title=title, normalised=True),
    ):
        assert_inside(figure)


def blue_px(figure_pixels: NDArray[np.int64]) -> int:
    """How wide the bar of the first tool is, in the left column."""
    left_half = figure_pixels[:, : figure_pixels.shape[1] // 2]
    return int((np.abs(left_half - BLUE) < 5).all(axis=-1).sum(axis=1).max())


def test_bars_are_as_long_as_their_figures() -> None:
    def bar(*seconds: int) -> int:
        recordings = [summarise_tools(member(used(s)).timeline) for s in seconds]
        return blue_px(painted(draw_usage(recordings, title="t")))

    whole = bar(100)
    assert bar(50, 100, 50) == pytest.approx(whole / 2, abs=2)
    assert bar(25, 100, 75, 1, 1) == pytest.approx(whole / 4, abs=2)


def test_the_darker_cell_is_the_pair_that_is_used_together_more() -> None:
    first = used(60)
    present = np.concatenate([first, used(50), ~first & used(90)], axis=1)
    figure = draw_co_use(count_co_use(member(present).timeline), title="t")
    pixels, axes = painted(figure), figure.axes[0]

    def cell(row: int, column: int) -> int:
        x, y = axes.transData.transform((column + 0.1, row + 0.9))
        return int(pixels[len(pixels) - round(y), round(x)].sum())

    assert cell(1, 0) < cell(2, 0)
    assert {"83%", "0:50", "1:00", "–"} <= set(texts(figure))


def strip_of(
    one: CohortMember, *, width_px: int, span_s: int | None, n_tools: int = 1
) -> NDArray[np.uint8]:
    tools = tuple(f"tool {k}" for k in range(n_tools))
    (strip,) = paint_strips([one], tools, (), width_px=width_px, span_s=span_s)
    assert len(strip) == height_of_strip(1, n_tools, 0)
    return strip


def test_a_pixel_shows_a_tool_that_any_of_its_seconds_shows() -> None:
    for n_seconds, width_px in ((7200, 100), (100, 100), (10, 100), (7, 100), (1000, 333)):
        present = np.random.default_rng(n_seconds).random((n_seconds, 1)) < 0.01
        present[n_seconds // 2] = True
        strip = strip_of(member(present), width_px=width_px, span_s=n_seconds)
        for x in range(width_px):
            # In whole numbers: pixel x covers seconds [x n / width, (x + 1) n / width).
            first, stop = x * n_seconds // width_px, -(-(x + 1) * n_seconds // width_px)
            visible = present[first : max(stop, first + 1)].any()
            assert tuple(strip[0, x]) == (BLUE if visible else GROUND), (n_seconds, x)


def test_recordings_keep_one_scale_or_fill_the_width() -> None:
    short = member(np.ones((50, 1), dtype=np.bool_))
    to_scale = strip_of(short, width_px=200, span_s=100)[0]
    assert (to_scale[:100] == BLUE).all()
    assert (to_scale[100:] == WHITE).all()
    assert (strip_of(short, width_px=200, span_s=None)[0] == BLUE).all()


def test_seconds_without_a_frame_are_grey() -> None:
    n_frames = np.array([1] * 50 + [0] * 50)
    blind = ToolTimeline(("tool 0",), np.zeros((100, 1)), used(20), n_frames)
    row = strip_of(CohortMember("blind", blind), width_px=100, span_s=100)[0]
    assert [tuple(row[x]) for x in (10, 30, 70)] == [BLUE, GROUND, GREY]
    assert "no frame" in texts(draw_cohort([CohortMember("blind", blind)], title="t"))


def test_a_tool_that_a_recording_does_not_know_leaves_its_row_empty() -> None:
    strip = strip_of(member(used(100)), width_px=100, span_s=100, n_tools=2)
    assert tuple(strip[0, 50]) == BLUE
    assert tuple(strip[len(strip) - GAP_PX - 1, 50]) == GROUND


def test_phases_are_painted_above_the_tools_where_they_are_known() -> None:
    phase = np.repeat([0, 1], 50).astype(np.int64)
    known = CohortMember("known", member(used(0)).timeline, phases_of(phase, "q", "r"))
    unknown = member(used(0))
    strips = paint_strips([known, unknown], ("tool 0",), ("q", "r"), width_px=100, span_s=100)
    assert [tuple(strips[0][0, x]) for x in (49, 50)] == [(0x77, 0xAA, 0xDD), (0xEE, 0x88, 0x66)]
    assert tuple(strips[1][0, 50]) == WHITE


def test_each_recording_is_painted_where_its_name_stands() -> None:
    members = [member(used(30 * (k + 1)), name=f"case{k}") for k in range(3)]
    figure = draw_cohort(members, title="t")
    pixels = painted(figure)
    heights = {text.get_text(): text.get_position()[1] for text in labels(figure)}
    widths = []
    for k in range(3):
        y = len(pixels) - round(heights[f"case{k}"] * figure.dpi)
        widths.append(int((pixels[y] == BLUE).all(axis=-1).sum()))
    assert widths[1] == pytest.approx(2 * widths[0], abs=2)
    assert widths[2] == pytest.approx(3 * widths[0], abs=3)


def test_more_recordings_than_fit_are_left_out_and_said() -> None:
    members = [random_member(k, n_seconds=30, n_tools=7) for k in range(600)]
    figure = draw_cohort(members, title="many")
    (subtitle,) = [text for text in texts(figure) if text.startswith("600 recordings")]
    n_shown = 20_000 // height_of_strip(600, 7, 0)
    assert f"the first {n_shown} are shown" in subtitle
    assert figure.get_figheight() * figure.dpi < 21_000


def test_sixty_recordings_of_four_hours_are_drawn_in_five_seconds_of_processor_time(
    tmp_path: Path,
) -> None:
    members = [random_member(k, n_seconds=4 * 3600, n_tools=7) for k in range(60)]
    start = time.process_time()
    write_cohort_plot(tmp_path / "t.png", members, title="t")
    assert time.process_time() - start < 5


def test_another_suffix_is_refused(tmp_path: Path) -> None:
    for name, write in WRITERS.items():
        with pytest.raises(ValueError, match=r"\.pdf file, got"):
            write(tmp_path / f"{name}.gif", [random_member(0)])
