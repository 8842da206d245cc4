"""Names are data: each format brings them back as they were, or refuses them in one line."""

from __future__ import annotations

import csv
import dataclasses
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from tests.support.labelled import exported, plain, with_features, with_phases
from video_pipeline.errors import OutputError, TableError
from video_pipeline.formats.folder import read_folder
from video_pipeline.formats.labelled import LabelledRecording
from video_pipeline.formats.labelled_folder import write_labelled_folder
from video_pipeline.formats.registry import ExportSettings, writer_of

NAMES = [
    "tab\tbed",
    "two\nlines",
    "return\r",
    'quo"te',
    "it's",
    "=cmd|' /C calc'!A0",
    "+1",
    "-1",
    "@x",
    "Ciseaux é",
    "鉗子",
    "a b",
    " lead",
    "trail ",
    "a,b",
    "a;b",
    "a/b",
    "..",
    "",
    "<NA>",
    "%20",
    "a%",
    ";; x",
    "null\x00",
    "\ufeffbom",
    "\u202egnp",
    "none",
    "a+b",
    "1",
    "x" * 300,
    "\udcff",
    "second",
    "NaN",
    "{}",
    "<b>",
    "&amp;",
    "\u2028",
]
READ = ["cholec80", "m2cai16", "cholect50", "ms-tcn", "rttm", "parquet"]


def refusal(
    format_name: str, recording: LabelledRecording, out: Path
) -> tuple[str | None, list[str], list[LabelledRecording]]:
    """The line that says why not, or the notes of an export and what came back."""
    try:
        notes, back = exported(format_name, [recording], out)
    except TableError as error:
        line = str(error)
        return line, [], []
    return None, list(notes), list(back)


@pytest.mark.parametrize("name", NAMES, ids=ascii)
@pytest.mark.parametrize("format_name", READ)
def test_a_tool_comes_back_or_is_refused_by_name(
    tmp_path: Path, format_name: str, name: str
) -> None:
    recording = plain("video07", (name, "Hook"))
    line, notes, found = refusal(format_name, recording, tmp_path)
    if line is not None:
        assert line.isprintable()
        assert "the tool " in line
        assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
        return
    (back,) = found
    if back.tools != recording.tools:
        # A format whose readers split at blanks: changed, and that is said.
        assert format_name == "ms-tcn"
        assert any(f"the tools {name!r} are called" in note for note in notes)
    assert back.timeline is not None
    assert recording.timeline is not None
    np.testing.assert_array_equal(back.timeline.present, recording.timeline.present)


@pytest.mark.parametrize("name", NAMES, ids=ascii)
@pytest.mark.parametrize("format_name", ["cholec80", "m2cai16", "ms-tcn", "parquet", "cholect50"])
def test_a_phase_comes_back_or_is_refused_by_name(
    tmp_path: Path, format_name: str, name: str
) -> None:
    recording = with_phases(plain("video07"), (name, "b", "c", "d"))
    line, notes, found = refusal(format_name, recording, tmp_path)
    if line is not None:
        assert line.isprintable()
        assert "the phase " in line
        assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
        return
    (back,) = found
    assert back.phases is not None
    assert recording.phases is not None
    names = [back.phases.phases[k] for k in back.phases.phase.tolist()]
    expected = [recording.phases.phases[k] for k in recording.phases.phase.tolist()]
    if names != expected:
        assert format_name == "ms-tcn"
        assert any(f"the phases {name!r} are called" in note for note in notes)


@pytest.mark.parametrize("name", NAMES, ids=ascii)
@pytest.mark.parametrize("format_name", [*READ, "tmrnet", "surgformer", "tecno", "trans-svnet"])
def test_a_recordings_name_leads_nowhere_else(tmp_path: Path, format_name: str, name: str) -> None:
    recording = with_features(with_phases(plain(name)))
    out = tmp_path / "inside" / "out"
    out.mkdir(parents=True)
    with suppress(TableError, OutputError):
        writer_of(format_name)([recording], out, ExportSettings())
    assert [path.name for path in tmp_path.iterdir()] == ["inside"]
    assert [path.name for path in (tmp_path / "inside").iterdir()] == ["out"]


# A bare return in a name of a tool is not quoted by our tables of tools; bytes that are no text are
# written as escapes.
@pytest.mark.parametrize("name", [n for n in NAMES if n != "\udcff" and "\r" not in n], ids=ascii)
def test_our_own_folder_brings_back_any_name_and_runs_none(tmp_path: Path, name: str) -> None:
    recording = with_phases(plain("x", (name, "Hook")), (name, "b", "c", "d"))
    write_labelled_folder(tmp_path / "x", recording)
    cells = []
    for path in (tmp_path / "x").iterdir():
        with path.open(newline="", encoding="utf-8") as file:
            cells += [cell for row in csv.reader(file) for cell in row]
    assert not [cell for cell in cells if cell[:1] in set("=+-@\t\r")]
    if name == "":
        return
    (back,) = read_folder(tmp_path)
    assert back.tools == recording.tools
    assert back.phases is not None
    assert back.phases.phases == (name, "b", "c", "d")
    assert [s.tool for s in back.segments] == [s.tool for s in recording.segments]


def test_tecnos_table_runs_nothing(tmp_path: Path) -> None:
    recording = with_features(with_phases(plain("video07", ("=cmd", "\t=x"))))
    writer_of("tecno")([recording], tmp_path, ExportSettings())
    with (tmp_path / "dataframes" / "cholec_split_250px_25fps.csv").open(newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert not [cell for cell in cells if cell[:1] in set("=+-@\t\r")]


def test_names_that_differ_in_case_only_are_one_file_somewhere(tmp_path: Path) -> None:
    one: LabelledRecording = with_phases(plain("Case"))
    other = dataclasses.replace(one, video_id="case")
    for format_name in ("cholec80", "m2cai16", "tmrnet", "cholect50", "ms-tcn"):
        with pytest.raises(TableError, match="'Case' and 'case' would be one file"):
            writer_of(format_name)([one, other], tmp_path, ExportSettings())
