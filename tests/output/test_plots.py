import subprocess
import sys
import threading
import xml.etree.ElementTree as ET
from pathlib import Path

import matplotlib as mpl
import matplotlib.image
import numpy as np
import pytest
from numpy.typing import NDArray

from video_pipeline.errors import OutputError
from video_pipeline.output.pictures.sheet import drawable, text_width_in
from video_pipeline.output.plots import write_timeline_plot
from video_pipeline.records import ToolTimeline

BLUE = (0x00, 0x72, 0xB2)


def timeline(n_seconds: int, n_tools: int, *, seed: int = 0) -> ToolTimeline:
    rng = np.random.default_rng(seed)
    probabilities = rng.random((n_seconds, n_tools))
    tools = tuple(f"tool {k}" for k in range(n_tools))
    n_frames = np.ones(n_seconds, dtype=np.int64)
    return ToolTimeline(tools, probabilities, probabilities > 0.9, n_frames)


def one_second_of_use(n_seconds: int) -> ToolTimeline:
    present = np.zeros((n_seconds, 1), dtype=np.bool_)
    present[n_seconds // 2] = True
    zeros = np.zeros((n_seconds, 1))
    return ToolTimeline(("hook",), zeros, present, np.ones(n_seconds, dtype=np.int64))


def pixels(path: Path) -> NDArray[np.int64]:
    image = np.asarray(matplotlib.image.imread(path), dtype=np.float64)[..., :3]
    return (image * 255).round().astype(np.int64)


def distance(path: Path, colour: tuple[int, int, int]) -> NDArray[np.int64]:
    """How far each pixel is from a colour, in its worst channel."""
    worst: NDArray[np.int64] = np.abs(pixels(path) - np.array(colour)).max(axis=-1)
    return worst


@pytest.mark.parametrize(("n_seconds", "n_tools"), [(3, 1), (75, 7), (10_800, 20), (1, 2), (0, 2)])
def test_recordings_of_every_size_can_be_drawn(
    tmp_path: Path, n_seconds: int, n_tools: int
) -> None:
    write_timeline_plot(tmp_path / "t.png", timeline(n_seconds, n_tools), title="a recording")
    height_px, width_px, _ = pixels(tmp_path / "t.png").shape
    assert width_px == 1650
    assert height_px >= 66 * n_tools


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_the_same_timeline_gives_the_same_bytes(tmp_path: Path, suffix: str) -> None:
    for name in ("a", "b"):
        write_timeline_plot(
            tmp_path / f"{name}.{suffix}",
            timeline(300, 3),
            title="the same",
            flags=["", "gap", *[""] * 298],
            reference=timeline(300, 3, seed=1),
        )
    assert (tmp_path / f"a.{suffix}").read_bytes() == (tmp_path / f"b.{suffix}").read_bytes()


def test_pictures_name_neither_the_hour_nor_a_version(tmp_path: Path) -> None:
    for name in ("t.png", "t.svg", "t.pdf"):
        write_timeline_plot(tmp_path / name, timeline(10, 1), title="t")
        content = (tmp_path / name).read_bytes()
        assert mpl.__version__.encode() not in content
        assert b"dc:date" not in content
        assert b"Date" not in content


def test_one_second_is_visible_at_two_hours(tmp_path: Path) -> None:
    write_timeline_plot(tmp_path / "t.png", one_second_of_use(7200), title="two hours")
    picture = distance(tmp_path / "t.png", BLUE)
    # The key, at the bottom, is blue anyway.
    assert (picture[:200] < 10).sum() >= 2 * 20


def test_seconds_without_a_frame_are_hatched(tmp_path: Path) -> None:
    seen = timeline(100, 2)
    n_frames = np.ones(100, dtype=np.int64)
    n_frames[40:60] = 0
    missing = ToolTimeline(
        seen.tools,
        np.where(n_frames[:, np.newaxis] > 0, seen.probabilities, np.nan),
        seen.present & (n_frames > 0)[:, np.newaxis],
        n_frames,
    )
    for name, one in (("seen", seen), ("missing", missing)):
        write_timeline_plot(tmp_path / f"{name}.png", one, title="t")
    hatch = (0xAB, 0xAB, 0xAB)
    counts = [(distance(tmp_path / f"{n}.png", hatch) < 5).sum() for n in ("seen", "missing")]
    assert counts[1] > counts[0] + 1000


def test_flags_are_hatched_like_missing_seconds(tmp_path: Path) -> None:
    write_timeline_plot(tmp_path / "a.png", timeline(50, 1), title="t", flags=[""] * 50)
    write_timeline_plot(tmp_path / "b.png", timeline(50, 1), title="t", flags=["black"] * 50)
    assert (tmp_path / "a.png").read_bytes() != (tmp_path / "b.png").read_bytes()


def test_a_recording_without_a_single_frame_can_be_drawn(tmp_path: Path) -> None:
    blind = ToolTimeline(
        ("hook",),
        np.full((60, 1), np.nan),
        np.zeros((60, 1), dtype=np.bool_),
        np.zeros(60, dtype=np.int64),
    )
    write_timeline_plot(tmp_path / "t.png", blind, title="nothing seen")


def test_a_reference_may_be_longer_shorter_or_of_other_tools(tmp_path: Path) -> None:
    for seconds in (59, 60, 61):
        write_timeline_plot(
            tmp_path / "t.png", timeline(60, 3), title="t", reference=timeline(seconds, 2)
        )


@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_names_and_titles_are_data(tmp_path: Path, suffix: str) -> None:
    names = (
        "$x^2$",
        "$\\frac{1}",
        "手術器具",
        "a\nb",
        "\x00\x07",
        "\udcff",
        "🔪",
        "-->",
        "x" * 500,
        "",
    )
    present = np.ones((1, len(names)), dtype=np.bool_)
    named = ToolTimeline(names, present.astype(np.float64), present, np.array([1]))
    write_timeline_plot(tmp_path / f"t.{suffix}", named, title="".join(names))
    if suffix == "svg":
        ET.parse(tmp_path / "t.svg")  # noqa: S314


def test_a_title_may_be_empty(tmp_path: Path) -> None:
    write_timeline_plot(tmp_path / "t.png", timeline(5, 1), title="")


def test_a_name_becomes_one_line_that_the_font_can_draw() -> None:
    assert drawable("a\n b", longest=10) == "a b"
    assert drawable("手術 ü", longest=10) == "□□ ü"
    assert drawable("specimen bag", longest=8) == "specime…"


def test_text_is_measured_as_it_is_drawn() -> None:
    assert text_width_in("iiii", size=10) < text_width_in("mmmm", size=10)
    assert text_width_in("hook", size=20) == pytest.approx(
        2 * text_width_in("hook", size=10), rel=0.02
    )


def test_flags_must_be_one_a_second(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="flag for each of 10 s, got 1"):
        write_timeline_plot(tmp_path / "t.png", timeline(10, 1), title="t", flags=["gap"])


def test_another_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"\.png, \.svg or \.pdf file, got t\.bmp"):
        write_timeline_plot(tmp_path / "t.bmp", timeline(10, 1), title="t")


def test_a_missing_folder_is_an_output_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        write_timeline_plot(tmp_path / "gone" / "t.png", timeline(10, 1), title="t")


def test_drawing_changes_none_of_matplotlibs_settings(tmp_path: Path) -> None:
    before = dict(mpl.rcParams)
    write_timeline_plot(tmp_path / "t.svg", timeline(10, 1), title="t")
    assert dict(mpl.rcParams) == before


def test_two_threads_draw_what_one_draws(tmp_path: Path) -> None:
    def draw(name: str) -> None:
        write_timeline_plot(tmp_path / name, timeline(120, 3), title="t")

    draw("alone.svg")
    before = dict(mpl.rcParams)
    threads = [threading.Thread(target=draw, args=(f"{k}.svg",)) for k in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    alone = (tmp_path / "alone.svg").read_bytes()
    assert all((tmp_path / f"{k}.svg").read_bytes() == alone for k in range(2))
    assert dict(mpl.rcParams) == before


def test_importing_plots_does_not_import_matplotlib() -> None:
    script = (
        "import sys, video_pipeline.output.cohort_folder; sys.exit('matplotlib' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
