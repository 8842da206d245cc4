"""VGG Image Annotator 3: segments of time by their attributes; what is drawn is left out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.formats.drawn_recordings import drawn_at_random, labelled, phases_of, uses_of
from video_pipeline.errors import TableError
from video_pipeline.formats import via
from video_pipeline.formats.labelled import LabelledRecording
from video_pipeline.formats.registry import ExportSettings


def project_of(recording: LabelledRecording, out: Path) -> Any:
    via.write([recording], out, ExportSettings())
    return json.loads(next(out.glob("*.json")).read_text(encoding="utf-8"))


def read(tmp_path: Path, project: Any) -> LabelledRecording:
    path = tmp_path / "via.json"
    path.write_text(json.dumps(project), encoding="utf-8")
    return via.read(path)[0]


def attribute(name: str, options: dict[str, str], **more: Any) -> dict[str, Any]:
    return {"aname": name, "anchor_id": "FILE1_Z2_XY0", "type": 4, "options": options, **more}


def segment(z: list[float], av: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"vid": "1", "flg": 0, "z": z, "xy": [], "av": av, **more}


def foreign(*metadata: dict[str, Any], **more: Any) -> dict[str, Any]:
    """As VIA saves it, without anything of ours."""
    return {
        "project": {"pname": "x", "data_format_version": "3.1.1", "vid_list": ["1"]},
        "attribute": {"1": attribute("instrument", {"a": "Hook", "b": "Clipper"})},
        "file": {"7": {"fid": 7, "fname": "case 3.mp4", "type": 4, "loc": 1, "src": ""}},
        "metadata": {f"1_{k}": entry for k, entry in enumerate(metadata)},
        "view": {"1": {"fid_list": [7]}},
        **more,
    }


def test_a_project_has_all_that_via_looks_for(tmp_path: Path) -> None:
    project = project_of(drawn_at_random(0), tmp_path)
    assert set(project["config"]["file"]["loc_prefix"]) == {"1", "2", "3", "4"}
    for vid in project["project"]["vid_list"]:
        for fid in project["view"][vid]["fid_list"]:
            assert project["file"][fid]["type"] == 4
    for entry in project["metadata"].values():
        assert entry["vid"] in project["view"]
        assert entry["z"][0] < entry["z"][1]
        for aid, option in entry["av"].items():
            assert option in project["attribute"][aid]["options"]


def test_times_are_seconds_with_three_decimals(tmp_path: Path) -> None:
    sent = labelled([("Hook", 1.001, 3.999)], tools=("Hook",), n_seconds=9)
    assert project_of(sent, tmp_path)["metadata"]["1_000001"]["z"] == [1.001, 3.999]


def test_a_known_video_is_opened_from_its_place(tmp_path: Path) -> None:
    video = tmp_path / "a b.mp4"
    sent = labelled([], tools=("Hook",), n_seconds=9, video=video)
    file = project_of(sent, tmp_path)["file"]["1"]
    assert (file["loc"], file["src"]) == (3, video.as_uri())


def test_other_projects_are_read(tmp_path: Path) -> None:
    project = foreign(
        segment([0.5, 2.25], {"1": "a"}),
        segment([3, 4.0004], {"1": "b", "2": "Cutting"}),
        segment([0, 3], {"2": "Preparation"}),
    )
    project["attribute"]["2"] = attribute("Phase", {}, type=1)
    back = read(tmp_path, project)
    assert back.video_id == "case 3"
    assert back.tools == ("Hook", "Clipper")
    assert uses_of(back) == [("Hook", 500, 2250), ("Clipper", 3000, 4000)]
    assert phases_of(back) == [("Preparation", 0, 3000), ("Cutting", 3000, 4000)]


def test_ticked_boxes_are_uses_of_several_tools(tmp_path: Path) -> None:
    project = foreign(segment([1, 2], {"1": "a,b"}))
    project["attribute"]["1"]["type"] = 2
    assert uses_of(read(tmp_path, project)) == [("Hook", 1000, 2000), ("Clipper", 1000, 2000)]


def test_regions_of_the_picture_are_left_out_and_said(tmp_path: Path) -> None:
    back = read(
        tmp_path,
        foreign(
            segment([1, 2], {"1": "a"}),
            segment([1], {"1": "a"}, xy=[2, 10, 10, 50, 50]),
            segment([5], {"1": "a"}),
            segment([6, 7], {}),
        ),
    )
    assert uses_of(back) == [("Hook", 1000, 2000)]
    assert "2 regions of the picture or single times are left out" in back.notes
    assert "1 segments that name neither tool nor phase are left out" in back.notes


def test_uses_that_overlap_are_joined_and_said(tmp_path: Path) -> None:
    back = read(tmp_path, foreign(segment([1, 3], {"1": "a"}), segment([2, 4.5], {"1": "a"})))
    assert uses_of(back) == [("Hook", 1000, 4500)]
    assert any("1 uses overlapped" in note for note in back.notes)


@pytest.mark.parametrize(
    ("project", "cause"),
    [
        ([], "the document: is no object"),
        (foreign(view={}), "view: holds no file"),
        (foreign(segment([1, 2], {"1": "z"})), "metadata.1_0.av.1: there is no option 'z'"),
        (foreign(segment([1, 2], {"9": "a"})), "metadata.1_0.av.9: there is no such attribute"),
        (foreign(segment([2, 1], {"1": "a"})), "'Hook' ends before it begins, at 2 s"),
        (
            foreign(segment([1, "2"], {"1": "a"})),  # type: ignore[list-item]
            r"metadata.1_0.z\[1\]: is no number",
        ),
        (foreign(segment([1, 2], {"1": "a"}, vid="5")), "there is no view '5'"),
        (foreign(**{"surgical-video": {"1": {"duration_s": 0}}}), "is no length of a recording"),
        (foreign(**{"surgical-video": {"1": {"tools": ["a", "a"]}}}), "says something twice"),
    ],
)
def test_what_is_wrong_is_named_by_its_place(project: Any, cause: str, tmp_path: Path) -> None:
    with pytest.raises(TableError, match=cause):
        read(tmp_path, project)
