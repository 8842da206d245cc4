"""Label Studio: frames as it counts them, the person's work before ours."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.formats.drawn_recordings import HOSTILE, drawn_at_random, labelled, phases_of, uses_of
from video_pipeline.errors import TableError
from video_pipeline.formats import label_studio
from video_pipeline.formats.frame_numbers import end_ms_of, frames_of, start_ms_of
from video_pipeline.formats.labelled import LabelledRecording, VideoFile
from video_pipeline.formats.registry import ExportSettings


def tasks_of(*recordings: LabelledRecording, out: Path, **settings: Any) -> Any:
    label_studio.write(recordings, out, ExportSettings(**settings))
    return json.loads((out / label_studio.TASKS_NAME).read_text(encoding="utf-8"))


def read(tmp_path: Path, document: Any) -> LabelledRecording:
    path = tmp_path / "export.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return label_studio.read(path)[0]


def result(label: str, start: int, end: int, **more: Any) -> dict[str, Any]:
    value = {"ranges": [{"start": start, "end": end}], "timelinelabels": [label]}
    return {
        "id": "r",
        "from_name": "tool",
        "to_name": "video",
        "type": "timelinelabels",
        "value": value,
        **more,
    }


def task(**more: Any) -> list[dict[str, Any]]:
    return [{"data": {"video": "https://host/a%20b/case%2012.mp4?x=1", "fps": 25}, **more}]


def test_frames_begin_at_one_and_both_ends_belong(tmp_path: Path) -> None:
    sent = labelled([("Hook", 0, 5), ("Hook", 7.2, 7.24)], tools=("Hook",), n_seconds=9)
    results = tasks_of(sent, out=tmp_path)[0]["predictions"][0]["result"]
    assert [r["value"]["ranges"] for r in results] == [
        [{"start": 1, "end": 125}],
        [{"start": 181, "end": 181}],
    ]


@pytest.mark.parametrize("rate_hz", [Fraction(25), Fraction(30000, 1001), Fraction(60)])
def test_frames_there_and_back_are_the_identity(rate_hz: Fraction) -> None:
    for start in range(1, 400, 7):
        for end in (start, start + 1, start + 93):
            times = start_ms_of(start, rate_hz), end_ms_of(end, rate_hz)
            assert frames_of(*times, rate_hz) == (start, end)


def test_neighbours_share_no_frame() -> None:
    rate_hz = Fraction(30000, 1001)
    for boundary_ms in range(100, 3000, 37):
        _, last = frames_of(0, boundary_ms, rate_hz)
        first, _ = frames_of(boundary_ms, 9000, rate_hz)
        assert first == last + 1


def test_the_rate_is_the_persons_then_the_videos_then_25(tmp_path: Path) -> None:
    plain = labelled([], tools=("Hook",), n_seconds=3)
    video = VideoFile(tmp_path / "a.mp4", Fraction(50))
    filmed = LabelledRecording("f", plain.timeline, video=video)
    assert [t["data"]["fps"] for t in tasks_of(plain, filmed, out=tmp_path)] == [25, 50]
    slow = tasks_of(plain, filmed, out=tmp_path, frame_rate=Fraction(15))
    assert [t["data"]["fps"] for t in slow] == [15, 15]
    notes = label_studio.write([plain, filmed], tmp_path, ExportSettings())
    assert any("counted at 25, 50 a second" in note and "varies" in note for note in notes)
    assert any("frame rate of case 12 is not known" in note for note in notes)


def test_the_set_up_has_every_label_of_the_tasks(tmp_path: Path) -> None:
    tools = tuple(tool for tool in HOSTILE if tool.isprintable())
    tasks = tasks_of(drawn_at_random(0, tools=tools), out=tmp_path)
    config = (tmp_path / label_studio.CONFIG_NAME).read_text(encoding="utf-8")
    root = ET.fromstring(config)  # noqa: S314
    labels = {label.get("value") for label in root.iterfind("TimelineLabels/Label")}
    used = {r["value"]["timelinelabels"][0] for r in tasks[0]["predictions"][0]["result"]}
    assert used <= labels
    assert set(tools) <= labels
    # Label Studio draws on the first control of its kind only.
    assert len(root.findall("TimelineLabels")) == 1


def test_label_studios_own_sdk_accepts_the_set_up_and_the_regions(tmp_path: Path) -> None:
    interface = pytest.importorskip("label_studio_sdk.label_interface")
    sent = drawn_at_random(0, tools=("Grasper", "Hook", 'a "b" & <c>'))
    tasks = tasks_of(sent, out=tmp_path)
    config = (tmp_path / label_studio.CONFIG_NAME).read_text(encoding="utf-8")
    labels = interface.LabelInterface(config)
    labels.validate()
    control = labels.get_control("tool")
    for region in tasks[0]["predictions"][0]["result"]:
        assert set(region["value"]["timelinelabels"]) <= set(control.labels)
    if hasattr(control, "_value_class"):
        # Version 2.0 knows the tag as a control without a class for its values.
        assert labels.validate_prediction(tasks[0]["predictions"][0])


def test_the_latest_annotation_that_was_not_cancelled_counts(tmp_path: Path) -> None:
    back = read(
        tmp_path,
        task(
            predictions=[{"result": [result("Hook", 1, 25)]}],
            annotations=[
                {"updated_at": "2024-05-02T09:00:00Z", "result": [result("Hook", 1, 50)]},
                {"updated_at": "2024-05-04T09:00:00Z", "result": [result("Hook", 1, 75)]},
                {"updated_at": "2024-05-03T09:00:00Z", "result": [result("Hook", 1, 100)]},
                {
                    "updated_at": "2024-05-09T09:00:00Z",
                    "was_cancelled": True,
                    "result": [result("Hook", 1, 125)],
                },
            ],
        ),
    )
    assert uses_of(back) == [("Hook", 0, 3000)]
    assert "the latest of 3 annotations is taken" in back.notes
    assert back.video_id == "case 12"


def test_an_annotation_from_which_all_was_deleted_counts_too(tmp_path: Path) -> None:
    tasks = tasks_of(labelled([("Hook", 1, 2)], tools=("Hook",), n_seconds=9), out=tmp_path)
    tasks[0]["annotations"] = [{"was_cancelled": False, "result": []}]
    back = read(tmp_path, tasks)
    assert uses_of(back) == []
    assert back.n_seconds == 9


def test_a_cancelled_annotation_leaves_the_prediction(tmp_path: Path) -> None:
    back = read(
        tmp_path,
        task(
            predictions=[{"result": [result("Hook", 1, 25)]}],
            annotations=[{"was_cancelled": True, "result": []}],
        ),
    )
    assert uses_of(back) == [("Hook", 0, 1000)]
    assert "nobody annotated it: the prediction is taken" in back.notes


def test_a_frame_that_somebody_moved_wins_over_our_milliseconds(tmp_path: Path) -> None:
    sent = labelled([("Hook", 1.013, 2.017)], tools=("Hook",), n_seconds=9)
    tasks = tasks_of(sent, out=tmp_path)
    region = tasks[0]["predictions"][0]["result"][0]
    assert region["value"]["ranges"] == [{"start": 26, "end": 50}]
    region["value"]["ranges"][0]["end"] = 100
    tasks[0]["annotations"] = [{"result": [region]}]
    assert uses_of(read(tmp_path, tasks)) == [("Hook", 1013, 4000)]


def test_other_projects_labels_are_tools_and_phases(tmp_path: Path) -> None:
    choice = {"from_name": "c", "type": "choices", "value": {"choices": ["x"]}}
    results = [result("Hook", 26, 26), result("phase: Cutting", 1, 250), choice]
    back = read(tmp_path, task(annotations=[{"result": results}]))
    assert uses_of(back) == [("Hook", 1000, 1040)]
    assert phases_of(back) == [("Cutting", 0, 10000)]
    assert any("1 results that are no segments" in note for note in back.notes)
    assert any("length is not in the file" in note for note in back.notes)


def test_local_files_are_called_like_their_file(tmp_path: Path) -> None:
    document = task(annotations=[{"result": [result("Hook", 1, 25)]}])
    for url, name in (
        ("/data/local-files/?d=a/b/case%201.mp4", "case 1"),
        ("/data/upload/3/f00-case.7.mp4", "f00-case.7"),
        ("C:\\videos\\x.mp4", "x"),
        ("../../..", "_"),
    ):
        document[0]["data"]["video"] = url
        assert read(tmp_path, document).video_id == name


@pytest.mark.parametrize(
    ("document", "cause"),
    [
        ({"a": 1}, "the document: is no list"),
        ([], "the document: holds no task"),
        ([3], r"\[0\]: is no object"),
        (task(), r"\[0\]: has neither annotations nor predictions"),
        (task(annotations=[{"result": 5}]), r"\[0\].annotations\[0\].result: is no list"),
        (
            task(annotations=[{"result": [result("Hook", 9, 3)]}]),
            r"result\[0\].value.ranges\[0\]: ends before it begins",
        ),
        (
            task(annotations=[{"result": [result("Hook", 1.5, 3)]}]),  # type: ignore[arg-type]
            r"ranges\[0\].start: is no whole number from 0, but 1.5",
        ),
        (
            task(annotations=[{"result": [result("Hook", 1, 10**400)]}]),
            r"ranges\[0\].end: is a number that is too large",
        ),
        (
            task(annotations=[{"result": [result("Hook", 1, 10**14)]}]),
            "which no recording does",
        ),
        (
            task(annotations=[{"result": [result(True, 1, 3)]}]),  # type: ignore[arg-type]
            r"timelinelabels\[0\]: is no text",
        ),
        ([{"data": {"video": "x", "fps": "1e999999999"}}], r"\[0\].data.fps: is no frame rate"),
        ([{"data": {"video": "x", "fps": 0}}], r"\[0\].data.fps: is no frame rate"),
    ],
)
def test_what_is_wrong_is_named_by_its_place(document: Any, cause: str, tmp_path: Path) -> None:
    with pytest.raises(TableError, match=cause) as caught:
        read(tmp_path, document)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("", r"is not JSON \(line 1"),
        ('[{"data": NaN}]', "NaN is no number"),
        ('[{"id": 1, "id": 2}]', "'id' occurs twice in one object"),
        ("[" * 100_000, "nested too deep"),
        ("[" * 100 + "]" * 100, "nested too deep"),
        ('[{"a": 1}\n{]', "line 2"),
    ],
)
def test_what_is_no_json_is_refused(text: str, cause: str, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(TableError, match=cause):
        label_studio.read(path)
