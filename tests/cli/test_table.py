from __future__ import annotations

from video_pipeline.cli.table import align


def test_names_stand_left_and_figures_right() -> None:
    assert align([["tool", "uses"], ["hook", "7"], ["specimen bag", "12"]]) == [
        "tool          uses",
        "hook             7",
        "specimen bag    12",
    ]


def test_wide_and_combining_characters_keep_columns_aligned() -> None:
    lines = align([["手術", "1"], ["e\u0301", "22"], ["abcd", "3"]])
    assert lines == ["手術   1", "e\u0301     22", "abcd   3"]
