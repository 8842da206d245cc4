"""Pairs of predictions and references: who has no partner is said, and does not fill the screen."""

from __future__ import annotations

from pathlib import Path

import pytest

from video_pipeline.errors import TableError
from video_pipeline.formats.pairing import read_pairs


def write_tables(folder: Path, names: list[str]) -> Path:
    folder.mkdir()
    for name in names:
        (folder / f"{name}.csv").write_text("second,Hook\n0,1\n1,0\n")
    return folder


def numbered(first: int, last: int) -> list[str]:
    return [f"video{k:02}" for k in range(first, last + 1)]


@pytest.mark.parametrize(
    ("n_alone", "named"),
    [
        (1, "video03"),
        (5, "video03, video04, video05, video06, video07"),
        (6, "video03, video04, video05, video06, video07 and 1 more"),
        (60, "video03, video04, video05, video06, video07 and 55 more"),
    ],
)
def test_five_without_a_partner_are_named_and_the_rest_counted(
    tmp_path: Path, n_alone: int, named: str
) -> None:
    few = write_tables(tmp_path / "few", numbered(1, 2))
    many = write_tables(tmp_path / "many", numbered(1, 2 + n_alone))
    pairs, notes = read_pairs(few, many)
    assert [(a.video_id, b.video_id) for a, b in pairs] == [("video01",) * 2, ("video02",) * 2]
    assert notes == (f"only in the references, left out: {named}",)
    assert read_pairs(many, few)[1] == (f"only in the predictions, left out: {named}",)


def test_nothing_is_said_where_all_have_partners(tmp_path: Path) -> None:
    one, other = (write_tables(tmp_path / name, numbered(1, 9)) for name in ("a", "b"))
    assert read_pairs(one, other)[1] == ()


def test_no_pair_at_all_is_an_error(tmp_path: Path) -> None:
    one = write_tables(tmp_path / "a", numbered(1, 2))
    other = write_tables(tmp_path / "b", numbered(3, 4))
    with pytest.raises(TableError, match="has no recording in common"):
        read_pairs(one, other)
