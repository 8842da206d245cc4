"""Which names tools may have, and which two are one."""

from __future__ import annotations

from pathlib import Path

import pytest

from classifier.dataset.names import (
    begins_like_a_formula,
    name_key,
    normal_name,
    require_usable_name,
    why_unusable,
)
from classifier.errors import DatasetError
from video_pipeline.output.tables import armoured_cell


@pytest.mark.parametrize(
    "name", ["hook", "a,b", "<b>x", "..%2f..%2fx", "ciseaux_é手", "=cmd|' !A1'", "L-hook 2"]
)
def test_printable_text_is_a_name(name: str) -> None:
    assert why_unusable(name) is None
    require_usable_name(Path("x"), name)


@pytest.mark.parametrize("name", ["", "new\nline", "bell\a", "esc\x1b[2J", "b\udcff", "\u202egpj"])
def test_what_is_no_printable_text_is_no_name(name: str) -> None:
    with pytest.raises(DatasetError, match="printable text; rename it"):
        require_usable_name(Path("x"), name)


@pytest.mark.parametrize("name", ["time_s", "second", "n_frames", "flag", "Second", " flag "])
def test_columns_of_a_timeline_are_no_names(name: str) -> None:
    assert why_unusable(name) == f"{name!r} is the name of a timeline's own column"


def test_another_tools_probability_is_no_name() -> None:
    assert why_unusable("hook_probability") is None
    assert why_unusable("hook_probability", ["grasper"]) is None
    cause = why_unusable("hook_probability", ["grasper", "Hook"])
    assert cause is not None
    assert cause.endswith("for the tool 'Hook'")


def test_letter_case_blanks_and_code_points_make_no_other_name() -> None:
    assert name_key(" Hook ") == name_key("hook")
    assert name_key("e\u0301") == name_key("\u00c9")
    assert normal_name(" E\u0301 ") == "\u00c9"
    assert name_key("hook") != name_key("hook2")


@pytest.mark.parametrize("name", ["=cmd", "+1", "-y", "@x", "'=x", "hook", "a=b", "1+1", "'hook"])
def test_a_formula_is_what_tables_write_with_an_apostrophe(name: str) -> None:
    assert begins_like_a_formula(name) == (armoured_cell(name) != name)
