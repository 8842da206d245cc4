"""What comes from outside stays text, in markup, in attributes and in the page's data."""

from __future__ import annotations

import json
from html.parser import HTMLParser

import pytest

from tests.support.reports import ATTACKS
from video_pipeline.output.report.markup import (
    MISSING,
    Cell,
    clock,
    json_in_script,
    one_line,
    probability,
    table,
    text,
    time_cell,
)


class Seen(HTMLParser):
    """Everything that a parser takes a page for."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.comments: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)


@pytest.mark.parametrize("name", ATTACKS)
def test_a_name_is_text_in_an_element_and_in_an_attribute(name: str) -> None:
    seen = Seen(f'<p title="{text(name)}">{text(name)}</p>')
    assert seen.tags == [("p", {"title": one_line(name)})]
    assert "".join(seen.words) == one_line(name)
    assert seen.comments == []


@pytest.mark.parametrize("name", ATTACKS)
def test_data_neither_ends_its_script_nor_changes(name: str) -> None:
    written = json_in_script({"names": [name]})
    assert json.loads(written) == {"names": [name]}
    assert not set("<>&\u2028\u2029") & set(written)
    assert written.isascii()


def test_characters_that_do_not_print_are_shown_as_escapes() -> None:
    assert one_line("a\u202eb\nc\udcff") == "a\\u202eb\\nc\\udcff"


def test_an_endless_name_is_cut() -> None:
    assert one_line("x" * 10_000) == "x" * 299 + "…"


@pytest.mark.parametrize(
    ("time_s", "shown"),
    [
        (0, "0:00"),
        (59.9996, "1:00"),
        (65, "1:05"),
        (3599.5, "59:59.500"),
        (3600, "1:00:00"),
        (36061, "10:01:01"),
    ],
)
def test_times_read_like_a_clock(time_s: float, shown: str) -> None:
    assert clock(time_s) == shown


def test_what_is_missing_is_no_number() -> None:
    assert probability(None) == probability(float("nan")) == time_cell(None) == Cell(MISSING)
    assert probability(0.0) == Cell("0.00", 0.0)
    assert time_cell(0.0, seeks=True) == Cell("0:00", 0.0, 0.0)


def test_a_table_names_its_columns_and_rows_for_those_who_hear_it() -> None:
    seen = Seen(table(("tool", "from"), [(Cell("hook"), [Cell("0:04", 4, 4)])], caption="Uses"))
    scopes = [attributes["scope"] for tag, attributes in seen.tags if tag == "th"]
    assert scopes == ["col", "col", "row"]
    assert ("td", {"data-v": "4", "data-seek": "4"}) in seen.tags
    assert "caption" in [tag for tag, _ in seen.tags]
