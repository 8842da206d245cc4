"""The page as written: what it holds, what it leaves out, and that nothing in it gets out."""

from __future__ import annotations

import base64
import csv
import dataclasses
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from tests.support.reports import ATTACKS, busy_report, small_report
from video_pipeline.output.plots import write_timeline_plot
from video_pipeline.output.report.markup import one_line
from video_pipeline.output.report.page import build_page, write_report
from video_pipeline.output.report.plot import tick_step_s
from video_pipeline.output.report.record import RecordingReport
from video_pipeline.output.report.run_record import RunRecord, read_run_record
from video_pipeline.output.report.video_link import VideoLink
from video_pipeline.output.tables import write_statistics
from video_pipeline.records import ToolTimeline
from video_pipeline.timeline.statistics import summarise_tools

VIDEO = VideoLink("../videos/case%2012.mp4", "case 12.mp4")


class Attributes(HTMLParser):
    """The names of all attributes of a page's elements."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del tag
        self.names |= {name for name, _ in attrs}


def run_record(folder: Path) -> RunRecord:
    content = {
        "status": "partial",
        "warnings": ["the recording ends early", "<b>odd</b>"],
        "input": {"name": "Doe_Jane.mp4", "sha256": "ab" * 32, "path_sha256": "cd" * 32},
        "model": {"sha256": "ef" * 32, "name": "model", "head": "softmax"},
        "parameters": {"rate_hz": "1", "smoothing": {"median_s": None, "on_threshold": 0.7}},
        "decoding": {
            "duration_s": 19.52,
            "n_lost": 3,
            "gaps": [[12.0, 13.0]],
            "is_complete": False,
        },
        "versions": {"numpy": "2.1"},
    }
    (folder / "run.json").write_text(json.dumps(content))
    record = read_run_record(folder)
    assert record is not None
    return record


def body_rows(page: str, caption: str) -> list[str]:
    """The rows of one table's body."""
    table = page[page.index(f'<caption class="unseen">{caption}</caption>') :]
    return re.findall(r"<tr>.*</tr>", table[table.index("<tbody>") : table.index("</tbody>")])


def policy_of(page: str) -> dict[str, str]:
    found = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert found is not None
    directives = [directive.strip().partition(" ") for directive in found[1].split(";")]
    return {name: value for name, _, value in directives}


def between(page: str, start: str, end: str) -> str:
    (content,) = re.findall(f"{re.escape(start)}(.*?){re.escape(end)}", page, re.DOTALL)
    return str(content)


def test_the_policy_allows_this_script_and_this_style_alone() -> None:
    page = build_page(small_report(videos=(VIDEO,)))
    policy = policy_of(page)
    assert policy["default-src"] == "'none'"
    for directive, content in (
        ("script-src", between(page, "<script>", "</script>")),
        ("style-src", between(page, "<style>", "</style>")),
    ):
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert policy[directive] == f"'sha256-{digest}'"
    assert "unsafe" not in page.split("<style>")[0]


def test_media_are_allowed_only_where_there_is_a_video() -> None:
    assert policy_of(build_page(small_report(videos=(VIDEO,))))["media-src"] == "'self' file:"
    assert "media-src" not in policy_of(build_page(small_report()))


def test_nothing_points_out_of_the_page_but_the_video() -> None:
    page = build_page(small_report(videos=(VIDEO,), phases=("a", "b")))
    addresses = re.findall(r'(?:src|href|action|data|poster)="([^"]*)"', page)
    outside = [a for a in addresses if not a.startswith("data:image/png;base64,")]
    assert outside == [VIDEO.url]
    assert re.findall(r"url\(([^)]*)\)", page) == ["#doubt", "#hatch", "#doubt"]
    assert "http:" not in page
    assert "https:" not in page


def test_no_element_has_a_style_or_handler_of_its_own() -> None:
    report = small_report(tools=ATTACKS, video_id=ATTACKS[0], phases=ATTACKS, videos=(VIDEO,))
    page = build_page(report)
    seen = Attributes(page)
    assert {"class", "src", "title", "d", "data-seek"} <= seen.names
    assert not {name for name in seen.names if name == "style" or name.startswith("on")}


@pytest.mark.parametrize("k", range(len(ATTACKS)))
def test_hostile_names_become_no_elements(k: int) -> None:
    names = (ATTACKS[k], "hook")
    tame = build_page(small_report(tools=("a", "hook"), video_id="a", phases=("a", "hook")))
    wild = build_page(small_report(tools=names, video_id=ATTACKS[k], phases=names))
    tags = re.compile(r"<[a-zA-Z!/][^\s>]*")
    without_tooltips = [t for t in tags.findall(wild) if t not in {"<title", "</title"}]
    assert without_tooltips == [t for t in tags.findall(tame) if t not in {"<title", "</title"}]
    data = json.loads(between(wild, 'id="data">', "</script>"))
    assert data["tools"][0] == one_line(ATTACKS[k])


def test_the_same_recording_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.html", "b.html"):
        write_report(tmp_path / name, small_report(videos=(VIDEO,), run=run_record(tmp_path)))
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_every_use_and_every_tool_has_a_row() -> None:
    report = busy_report(600)
    page = build_page(report)
    assert len(body_rows(page, "Uses of tools")) == len(report.segments) > 100
    assert len(body_rows(page, "Statistics of each tool")) == 7
    assert len(body_rows(page, "Phases")) == 7


def test_statistics_have_every_figure_of_their_table(tmp_path: Path) -> None:
    report = busy_report(600)
    assert report.timeline is not None
    path = tmp_path / "statistics.csv"
    write_statistics(path, summarise_tools(report.timeline))
    rows = body_rows(build_page(report), "Statistics of each tool")
    with path.open(encoding="utf-8", newline="") as file:
        table = list(csv.reader(file))[1:]
    assert len(rows) == len(table)
    for row, (_, *cells) in zip(rows, table, strict=True):
        shown = [float(value) for value in re.findall(r'data-v="([^"]*)"', row)]
        assert shown == pytest.approx([float(cell) for cell in cells], abs=5e-4)


def test_what_a_gap_and_a_change_are_stands_beside() -> None:
    page = build_page(small_report())
    heading = between(page, '<caption class="unseen">Statistics of each tool</caption>', "</tr>")
    assert re.findall(r">([a-z ]+)</th>", heading)[-3:] == [
        *("gaps", "median gap", "changes per minute")
    ]
    assert "<dt>gap</dt><dd>a hole between a use and the next one" in page
    assert "<dt>changes</dt>" in page


def test_a_row_of_uses_says_when_how_long_and_how_sure() -> None:
    report = small_report()
    row = body_rows(build_page(report), "Uses of tools")[0]
    cells = re.sub(r"<[^>]*>", "|", row).strip("|")
    assert [cell for cell in cells.split("|") if cell] == [
        *("grasper", "0:00", "0:03", "3 s"),
        *("0.90", "0.90"),
    ]


def test_bars_are_the_uses() -> None:
    page = build_page(small_report())
    bars = re.findall(r'<path class="bar" d="([^"]*)"', page)
    assert bars[1] == "M2 0h3v1h-3zM15 0h5v1h-5z"
    assert len(bars) == 3


def test_doubtful_seconds_are_hatched_and_listed_by_reason() -> None:
    page = build_page(small_report())
    assert re.findall(r'<path class="doubtful" d="([^"]*)"', page) == ["M12 0h1v1h-1zM19 0h1v1h-1z"]
    rows = body_rows(page, "Doubtful seconds")
    assert [re.findall(r">([^<>]+)<", row) for row in rows] == [
        ["gap", "1", "0:12"],
        ["blurred", "1", "0:19"],
        ["cut_off", "1", "0:19"],
    ]


def test_a_second_without_a_frame_is_doubtful_even_if_nobody_flagged_it() -> None:
    report = dataclasses.replace(small_report(), flags=None)
    assert report.doubtful() == {"no frame": [(12, 13)]}


def test_labels_without_probabilities_show_none() -> None:
    report = small_report()
    assert report.timeline is not None
    blank = np.full_like(report.timeline.probabilities, np.nan)
    timeline = dataclasses.replace(report.timeline, probabilities=blank)
    page = build_page(dataclasses.replace(report, timeline=timeline))
    assert "<image" not in page
    assert json.loads(between(page, 'id="data">', "</script>"))["probabilities"] == ""


def test_a_recording_of_phases_alone_has_a_page() -> None:
    phases = small_report(phases=("one", "two")).phases
    page = build_page(RecordingReport("case12", None, (), phases=phases))
    assert len(body_rows(page, "Phases")) == 2
    assert "Uses of tools" not in page


def test_a_tool_never_seen_is_missing_from_the_figures_not_zero() -> None:
    timeline = ToolTimeline(
        ("hook",), np.zeros((5, 1)), np.zeros((5, 1), dtype=np.bool_), np.ones(5, dtype=np.int64)
    )
    page = build_page(RecordingReport("case12", timeline, ()))
    (row,) = body_rows(page, "Statistics of each tool")
    assert row.count('<span class="missing">') == 5
    assert "No tool was seen." in page


def test_what_the_run_says_is_on_the_page_but_no_name_of_a_file(tmp_path: Path) -> None:
    page = build_page(small_report(run=run_record(tmp_path)))
    for said in ("ab" * 32, "ef" * 32, "partial", "&lt;b&gt;odd&lt;/b&gt;", "19.52", "12.0–13.0"):
        assert said in page
    assert "Doe" not in page
    assert "cd" * 32 not in page


def test_the_name_of_the_video_is_there_only_with_the_video(tmp_path: Path) -> None:
    run = run_record(tmp_path)
    assert "case 12.mp4" in build_page(small_report(run=run, videos=(VIDEO,)))
    assert "case 12" not in build_page(small_report(run=run))


def test_a_page_without_a_manifest_says_so() -> None:
    page = build_page(small_report())
    assert "There is no <code>run.json</code>" in page
    assert "origin not recorded" in page


def test_three_busy_hours_stay_below_two_megabytes() -> None:
    report = busy_report(3 * 3600)
    assert len(report.segments) > 3000
    assert len(build_page(report).encode()) < 2_000_000


def test_tools_have_the_colours_of_the_picture(tmp_path: Path) -> None:
    report = small_report(tools=tuple("abcdefg"))
    assert report.timeline is not None
    write_timeline_plot(tmp_path / "timeline.svg", report.timeline, title="x")
    drawn = (tmp_path / "timeline.svg").read_text()
    colours = re.findall(r"\.c\d \{ --mark: (#\w+); \}", build_page(report))
    assert len(colours) >= 7
    assert all(f"fill: {colour.lower()}" in drawn for colour in colours[:7])


@pytest.mark.parametrize("n_seconds", [1, 2, 13, 75, 3599, 3600, 10_800, 86_400, 10_000_000])
def test_there_are_at_most_thirteen_ticks(n_seconds: int) -> None:
    assert n_seconds // tick_step_s(n_seconds) <= 12


def test_parts_of_different_lengths_are_no_recording() -> None:
    report = small_report()
    with pytest.raises(ValueError, match="equally long"):
        dataclasses.replace(report, flags=("",) * 19)
    with pytest.raises(ValueError, match="of tools or of phases"):
        RecordingReport("case12", None, ())
