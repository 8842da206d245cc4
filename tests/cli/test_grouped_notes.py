"""Notes of one kind about many recordings are one line."""

from __future__ import annotations

import pytest

from video_pipeline.cli.grouped_notes import grouped_notes

LOST = "the probabilities of its tools are left out"


def about(texts: dict[str, str]) -> list[str]:
    return grouped_notes([f"{name}: {text}" for name, text in texts.items()], texts.keys())


def videos(n: int) -> list[str]:
    return [f"video{k:02}" for k in range(1, n + 1)]


@pytest.mark.parametrize(
    ("n", "line"),
    [
        (1, f"video01: {LOST}"),
        (2, f"2 recordings (video01, video02): {LOST}"),
        (3, f"3 recordings (video01, video02, video03): {LOST}"),
        (12, f"12 recordings (video01, video02, video03, ...): {LOST}"),
    ],
)
def test_three_are_named_and_all_counted(n: int, line: str) -> None:
    assert about(dict.fromkeys(videos(n), LOST)) == [line]


@pytest.mark.parametrize(
    ("texts", "line"),
    [
        (["3 s are lost", "12 s are lost", "7 s are lost"], "3 to 12 s are lost"),
        (["3 s are lost"] * 3, "3 s are lost"),
        (["9 uses of 60 s", "10 uses of 60 s"], "9 to 10 uses of 60 s"),
        ([f"is video {k}" for k in range(1, 61)], "is video 1 to 60"),
        (["is called a_1", "is called b_2"], "is called a_1, b_2"),
        ([f"is called {name}" for name in "abcd"], "is called a, b, c, ..."),
    ],
)
def test_what_differs_within_a_kind_is_a_range(texts: list[str], line: str) -> None:
    (said,) = about(dict(zip(videos(len(texts)), texts, strict=True)))
    assert said.partition("): ")[2] == line


def test_kinds_stay_apart_and_in_their_order() -> None:
    texts = ["2 s are lost", "'Hook 1' is unknown", "5 s are lost", "'Hook 2' is unknown"]
    assert about(dict(zip("abcd", texts, strict=True))) == [
        "2 recordings (a, c): 2 to 5 s are lost",
        "b: 'Hook 1' is unknown",
        "d: 'Hook 2' is unknown",
    ]


def test_what_is_of_no_recording_stays_as_it_is() -> None:
    notes = ["25 s: taken", "a: 1 s", "phases go by name", "a: 2 s", "25 s: taken"]
    assert sorted(grouped_notes(notes, {"a"})) == sorted(notes)


def test_a_name_may_look_like_a_note() -> None:
    notes = ["op: its 1 s: x", "op: x", "op: its 2 s: x"]
    names = {"op: its 1 s", "op", "op: its 2 s"}
    assert grouped_notes(notes, names) == ["3 recordings (op: its 1 s, op, op: its 2 s): x"]


def test_no_notes_are_no_lines() -> None:
    assert grouped_notes([], {"a"}) == []
