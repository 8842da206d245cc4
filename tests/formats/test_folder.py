"""Labels are found wherever they lie, and what is of one recording comes together."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.support.labelled import (
    annotated,
    assert_same_phases,
    assert_same_tools,
    features_of,
    plain,
    to_the_millisecond,
    uses,
    with_phases,
)
from video_pipeline.errors import OutputError, TableError
from video_pipeline.formats.folder import read_folder, video_id_of
from video_pipeline.formats.labelled_folder import write_labelled_folder
from video_pipeline.output.features import write_features
from video_pipeline.output.phase_tables import phases_csv

TOOLS = "Frame\tGrasper\n" + "".join(f"{25 * k}\t{k % 2}\n" for k in range(5))


def phases_text(n: int) -> str:
    return "Frame\tPhase\n" + "".join(f"{25 * k}\tPreparation\n" for k in range(n))


def test_our_own_folder_comes_back_with_all_that_is_in_it(tmp_path: Path) -> None:
    recording = annotated()
    write_labelled_folder(tmp_path / "case 3", recording)
    for place in (tmp_path, tmp_path / "case 3"):
        (read,) = read_folder(place)
        assert read.video_id == "case 3"
        assert_same_tools(read, recording)
        assert_same_phases(read, recording)
        assert read.timeline is not None
        assert recording.timeline is not None
        np.testing.assert_array_equal(read.timeline.probabilities, recording.timeline.probabilities)
        np.testing.assert_array_equal(read.timeline.n_frames, recording.timeline.n_frames)
        assert read.flags == recording.flags
        assert read.features is not None
        np.testing.assert_array_equal(read.features, features_of(6, 4))
        assert read.notes == ()


def test_uses_between_seconds_come_back_to_the_millisecond(tmp_path: Path) -> None:
    recording = to_the_millisecond()
    write_labelled_folder(tmp_path / recording.video_id, recording)
    (read,) = read_folder(tmp_path)
    assert_same_tools(read, recording)
    assert uses(read)[0] == ("Hook", 40, 2500)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Hook,0.04,2.5,2.46", "Hook,0.6,2.5,1.9"),
        ("Hook,2.5", "Other,2.5"),
        ("9.999,7.499", "13,10.5"),
    ],
)
def test_segments_that_do_not_agree_with_the_seconds_are_derived_and_that_is_said(
    tmp_path: Path, old: str, new: str
) -> None:
    recording = to_the_millisecond()
    write_labelled_folder(tmp_path / recording.video_id, recording)
    table = tmp_path / recording.video_id / "segments.csv"
    assert old in table.read_text()
    table.write_text(table.read_text().replace(old, new))
    (read,) = read_folder(tmp_path)
    assert all(start % 1000 == end % 1000 == 0 for _, start, end in uses(read))
    assert "segments.csv does not agree with timeline.csv" in read.notes[0]


def test_a_recording_of_phases_alone_has_a_folder_too(tmp_path: Path) -> None:
    recording = with_phases(plain("x"))
    assert recording.phases is not None
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "phases.csv").write_text(phases_csv(recording.phases))
    (read,) = read_folder(tmp_path)
    assert read.timeline is None
    assert_same_phases(read, recording)
    write_labelled_folder(tmp_path / "again" / "x", read)
    assert [path.name for path in (tmp_path / "again" / "x").iterdir()] == ["phases.csv"]


def test_features_of_another_length_are_refused(tmp_path: Path) -> None:
    write_labelled_folder(tmp_path / "case 3", annotated())
    write_features(tmp_path / "case 3" / "features.npy", features_of(5, 4))
    with pytest.raises(TableError, match="has 5 rows, but the recording 6 s"):
        read_folder(tmp_path)


@pytest.mark.parametrize("layout", ["flat", "folders"])
@pytest.mark.parametrize(
    ("n_phases", "n_seconds", "note"),
    [
        (5, 5, ()),
        (6, 5, ("the last second of its phases has no counterpart and is left out",)),
        (4, 4, ("the last second of its tools has no counterpart and is left out",)),
    ],
)
def test_texts_of_one_recording_are_put_together(
    tmp_path: Path, layout: str, n_phases: int, n_seconds: int, note: tuple[str, ...]
) -> None:
    for kind, text in (("tool", TOOLS), ("phase", phases_text(n_phases))):
        folder = tmp_path if layout == "flat" else tmp_path / f"{kind}_annotations"
        folder.mkdir(exist_ok=True)
        (folder / f"video41-{kind}.txt").write_text(text)
    (tmp_path / "tool_only-tool.txt").write_text(TOOLS)
    (tmp_path / "readme.txt").write_text("Please cite.")
    (tmp_path / "export_note.txt").write_text("nothing was lost\n")
    (tmp_path / "video41-timestamp.txt").write_text("Frame\tTimestamp\n0\t00:00:00.00\n")
    only, both = read_folder(tmp_path)
    assert only.phases is None
    assert both.n_seconds == n_seconds
    assert both.timeline is not None
    assert both.phases is not None
    assert both.notes == note
    assert uses(both) == [("Grasper", 1000, 2000), ("Grasper", 3000, 4000)]


@pytest.mark.parametrize("n_phases", [3, 7])
def test_lengths_that_differ_by_more_than_a_second_do_not_belong_together(
    tmp_path: Path, n_phases: int
) -> None:
    (tmp_path / "video41-tool.txt").write_text(TOOLS)
    (tmp_path / "video41-phase.txt").write_text(phases_text(n_phases))
    with pytest.raises(
        TableError, match=f"video41: its tools cover 5 s, but its phases {n_phases} s"
    ):
        read_folder(tmp_path)


def test_tables_and_texts_are_told_apart_by_their_headers(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("second,phase\n0,x\n1,y\n")
    (tmp_path / "b.csv").write_text("second,hook\n0,1\n1,0\n")
    (tmp_path / "b-phase.csv").write_text("second,phase\n0,x\n1,y\n")
    (tmp_path / "video3-phase.txt").write_text("0\t0\n25\t6\n")
    a, b, third = read_folder(tmp_path)
    assert (a.timeline, third.timeline) == (None, None)
    assert b.tools == ("hook",)
    assert b.phases is not None
    assert third.phases is not None
    assert third.phases.phase.tolist() == [0, 6]
    assert "phases have numbers only" in third.notes[0]


def test_two_files_of_one_kind_and_recording_are_refused(tmp_path: Path) -> None:
    (tmp_path / "video41-tool.txt").write_text(TOOLS)
    (tmp_path / "tool_video41.txt").write_text(TOOLS)
    with pytest.raises(TableError, match="two files speak of the recording 'video41'"):
        read_folder(tmp_path)


@pytest.mark.parametrize(
    ("name", "video_id"),
    [
        ("video41-tool.txt", "video41"),
        ("a-phase-tool.txt", "a-phase"),
        ("tool_video_41.txt", "video_41"),
        ("tool_video_41_pred.txt", "video_41"),
        ("workflow_video_41.txt", "video_41"),
        ("case.reference.csv", "case"),
        ("case/timeline.csv", "case"),
        ("case/phases.csv", "case"),
    ],
)
def test_a_file_says_by_its_name_whose_it_is(tmp_path: Path, name: str, video_id: str) -> None:
    assert video_id_of(tmp_path / name) == video_id


def test_an_import_replaces_an_import_but_no_annotation(tmp_path: Path) -> None:
    folder = tmp_path / "case 3"
    write_labelled_folder(folder, annotated())
    write_labelled_folder(folder, plain("case 3"))
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["segments.csv", "statistics.csv", "timeline.csv"]
    (folder / "run.json").write_text("{}")
    with pytest.raises(OutputError, match="holds an annotation, which an import does not replace"):
        write_labelled_folder(folder, plain("case 3"))


@pytest.mark.parametrize("video_id", ["../up", "a/b", "..", "", "/etc/x"])
def test_no_name_leads_out_of_the_folder(tmp_path: Path, video_id: str) -> None:
    out = tmp_path / "out"
    with pytest.raises(OutputError, match="cannot be the name of a folder"):
        write_labelled_folder(out / video_id, plain(video_id))
    assert list(tmp_path.iterdir()) == []


def test_the_manifest_says_what_the_video_is_called(tmp_path: Path) -> None:
    write_labelled_folder(tmp_path / "x", plain("x"))
    assert read_folder(tmp_path)[0].video is None
    for content, expected in (
        ('{"input": {"name": "x.mp4", "frame_rate_from_header": "30000/1001"}}', "30000/1001"),
        ('{"input": {"name": "x.mp4", "frame_rate_from_header": null}}', "None"),
        ('{"input": {"name": "x.mp4", "frame_rate_from_header": "1/0"}}', "None"),
        ('{"input": {"name": "x.mp4", "frame_rate_from_header": "-5"}}', "None"),
    ):
        (tmp_path / "x" / "run.json").write_text(content)
        video = read_folder(tmp_path)[0].video
        assert video is not None
        assert (str(video.path), str(video.frame_rate)) == ("x.mp4", expected)
    for content in (
        *("{", "[]", "[" * 100_000, '{"input": 1}', '{"input": {"name": 5}}'),
        *('{"input": {"name": "../x.mp4"}}', '{"input": {"name": "x", "parts": []}}'),
    ):
        (tmp_path / "x" / "run.json").write_text(content)
        assert read_folder(tmp_path)[0].video is None


def test_a_bad_table_is_refused_by_its_line_wherever_it_lies(shared: Path, tmp_path: Path) -> None:
    tables = sorted((shared / "bad_inputs" / "tables").glob("timeline_*.csv"))
    refused = []
    for table in tables:
        place = tmp_path / table.stem / table.name
        place.parent.mkdir()
        shutil.copy(table, place)
        try:
            read_folder(place.parent)
        except TableError as error:
            line = str(error)
            refused.append(table.name)
            assert line.startswith(f"{place}: line ")
    assert {"timeline_dup_rows.csv", "timeline_latin1.csv", "timeline_semicolon.csv"} <= set(
        refused
    )
    assert "timeline_bom_crlf.csv" not in refused


def test_nothing_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="holds no timeline"):
        read_folder(tmp_path)
    shutil.rmtree(tmp_path)
    with pytest.raises(TableError, match="cannot be read"):
        read_folder(tmp_path)
