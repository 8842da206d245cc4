"""BORIS: states are pairs of events, as BORIS itself checks them."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.formats.drawn_recordings import drawn_at_random, labelled, phases_of, uses_of
from video_pipeline.errors import TableError
from video_pipeline.formats import boris
from video_pipeline.formats.labelled import LabelledRecording
from video_pipeline.formats.registry import ExportSettings

EMPTY_PROJECT = {
    *("time_format", "project_date", "project_name", "project_description"),
    *("project_format_version", "subjects_conf", "behaviors_conf", "observations"),
    *("behavioral_categories", "behavioral_categories_config", "independent_variables"),
    *("coding_map", "behaviors_coding_map", "converters"),
}
"""The members of BORIS's own empty project."""


def project_of(*recordings: LabelledRecording, out: Path) -> Any:
    boris.write(recordings, out, ExportSettings())
    return json.loads((out / boris.PROJECT_NAME).read_text(encoding="utf-8"))


def read(tmp_path: Path, project: Any) -> LabelledRecording:
    path = tmp_path / "x.boris"
    path.write_text(json.dumps(project), encoding="utf-8")
    return boris.read(path)[0]


def behavior(code: str, kind: str = "State event", category: str = "") -> dict[str, Any]:
    return {"type": kind, "key": "h", "code": code, "category": category, "modifiers": ""}


def foreign(*events: list[Any], **more: Any) -> dict[str, Any]:
    """As BORIS saves it, without anything of ours."""
    return {
        "behaviors_conf": {
            "0": behavior("Hook"),
            "1": behavior("Bleeding", "Point event"),
            "2": behavior("Cutting", category="phase"),
            "3": behavior("Clipper"),
        },
        "observations": {
            "day 1": {
                "file": {"1": ["a.mp4", "b.mp4"], "2": []},
                "type": "MEDIA",
                "description": "by hand",
                "time offset": 0.0,
                "events": list(events),
                "media_info": {"length": {"a.mp4": 60.2, "b.mp4": 30.1, "c.mp4": 5}},
                **more,
            }
        },
    }


def test_a_project_has_all_members_of_an_empty_one(tmp_path: Path) -> None:
    assert set(project_of(drawn_at_random(0), out=tmp_path)) == EMPTY_PROJECT


def test_every_state_event_is_paired_and_in_the_ethogram(tmp_path: Path) -> None:
    project = project_of(drawn_at_random(0), drawn_at_random(1, video_id="b"), out=tmp_path)
    codes = [entry["code"] for entry in project["behaviors_conf"].values()]
    assert len(set(codes)) == len(codes)
    for observation in project["observations"].values():
        counts = Counter(event[2] for event in observation["events"])
        assert set(counts) <= set(codes)
        assert all(n % 2 == 0 for n in counts.values())
        times = [event[0] for event in observation["events"]]
        assert times == sorted(times)


def test_tools_and_phases_differ_in_their_category(tmp_path: Path) -> None:
    behaviors = project_of(drawn_at_random(0), out=tmp_path)["behaviors_conf"].values()
    assert {b["category"] for b in behaviors} == {"tool", "phase"}
    # A phase that is called like a tool is renamed, no other.
    assert [b["code"] for b in behaviors if b["category"] == "phase"][-1] == "never"


def test_length_and_rate_stand_with_the_media(tmp_path: Path) -> None:
    video = tmp_path / "film.mp4"
    sent = labelled([], tools=("Hook",), n_seconds=75, video=video)
    observation = project_of(sent, out=tmp_path)["observations"]["case 12"]
    assert observation["file"] == {"1": [str(video)]}
    assert observation["media_info"]["length"] == {str(video): 75.0}
    assert observation["media_info"]["fps"] == {str(video): 25.0}


def test_other_projects_are_read(tmp_path: Path) -> None:
    back = read(
        tmp_path,
        foreign(
            [4.5, "", "Hook", "", ""],
            [1.001, "", "Hook", "", "", 25],
            [0, "", "Cutting", "", ""],
            [2.0, "", "Bleeding", "", ""],
            [88.25, "", "Cutting", "", ""],
        ),
    )
    assert back.video_id == "day 1"
    assert back.tools == ("Hook", "Clipper")
    assert uses_of(back) == [("Hook", 1001, 4500)]
    assert phases_of(back) == [("Cutting", 0, 88250)]
    assert back.n_seconds == 91
    assert "1 point events are left out: they have no length" in back.notes


def test_each_subject_and_modifier_is_paired_by_itself(tmp_path: Path) -> None:
    back = read(
        tmp_path,
        foreign(
            [1.0, "surgeon", "Hook", "left", ""],
            [2.0, "assistant", "Hook", "", ""],
            [3.0, "surgeon", "Hook", "left", ""],
            [5.0, "assistant", "Hook", "", ""],
        ),
    )
    assert uses_of(back) == [("Hook", 1000, 5000)]
    assert any("1 uses overlapped" in note for note in back.notes)


def test_without_measured_media_it_ends_with_the_last_event(tmp_path: Path) -> None:
    events = ([1.0, "", "Hook", "", ""], [2.5, "", "Hook", "", ""])
    assert read(tmp_path, foreign(*events, media_info={"offset": {}})).n_seconds == 3
    assert read(tmp_path, foreign(*events, file=[], type="LIVE", media_info={})).n_seconds == 3


@pytest.mark.parametrize(
    ("project", "cause"),
    [
        (
            foreign([1, "", "Hook", "", ""], [2, "", "Hook", "", ""], [7.25, "", "Hook", "", ""]),
            "observation 'day 1': 'Hook' begins at 7.250 s and never ends; state events come in",
        ),
        (foreign([1, "", "Saw", "", ""]), "observation 'day 1', 1.000 s: there is no .* 'Saw'"),
        (foreign([1, "", 3, "", ""]), r"observations.day 1.events\[0\]\[2\]: is no text"),
        (foreign([None, "", "Hook", ""]), r"events\[0\]\[0\]: is no number"),
        (foreign([1]), r"events\[0\]: is no event"),
        (foreign(events={}), "observations.day 1.events: is no list"),
        ({"behaviors_conf": {}, "observations": {}}, "observations: holds no observation"),
        ({"observations": {}}, "the document: has no 'behaviors_conf'"),
        (
            foreign(description='surgical-video {"duration_s": "long"}'),
            "observations.day 1.description.duration_s: is no number",
        ),
        (foreign(description="surgical-video {"), "observations.day 1.description: is not JSON"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(project: Any, cause: str, tmp_path: Path) -> None:
    with pytest.raises(TableError, match=cause) as caught:
        read(tmp_path, project)
    assert "\n" not in str(caught.value)


def test_an_observation_that_leads_elsewhere_gets_a_plain_name(tmp_path: Path) -> None:
    project = foreign([1, "", "Hook", "", ""], [2, "", "Hook", "", ""])
    project["observations"] = {"../../x": project["observations"]["day 1"]}
    assert read(tmp_path, project).video_id == "__.._x"
