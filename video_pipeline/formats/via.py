"""VGG Image Annotator 3 projects: segments of time in seconds, with the tool or phase as attribute.

Fields as VIA's own ``_via_data.js`` reads and saves them (data format 3.1.1). What VIA does not
know stays in a project that it saves again, so the recording's length and order of tools do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from video_pipeline.formats.carried import CARRIED_NAME, Carried, carried_of, parse_carried
from video_pipeline.formats.documents import files_at
from video_pipeline.formats.file_names import file_stems, stem_of_reference
from video_pipeline.formats.json_document import JsonValue, json_text, read_json
from video_pipeline.formats.labelled import LabelledRecording
from video_pipeline.formats.losses import losses_of, unknown_videos
from video_pipeline.formats.registry import ExportSettings
from video_pipeline.formats.stretches import (
    Drawn,
    Stretch,
    phase_stretches,
    recording_of,
    tool_stretches,
)
from video_pipeline.output.files import write_text

__all__ = ["read", "write"]

_TOOL, _PHASE = "TOOL", "PHASE"
_TEMPORAL = "FILE1_Z2_XY0"
_SELECT, _VIDEO = 4, 4
_LOCAL, _URI = 1, 3
_CHOICES = frozenset({2, 3, 4})
"""Check boxes, radio buttons, a list: their values are the options' ids."""


def write(
    recordings: Sequence[LabelledRecording],
    out: Path,
    settings: ExportSettings,  # noqa: ARG001  every format is called alike
) -> list[str]:
    """Write ``<name>.json`` for each recording; return what is lost."""
    for recording, stem in zip(recordings, file_stems(recordings), strict=True):
        write_text(out / f"{stem}.json", json_text(_project(recording)))
    return [*losses_of(recordings), *unknown_videos(recordings, program="VIA")]


def _project(recording: LabelledRecording) -> dict[str, Any]:
    uses, phases = tool_stretches(recording), phase_stretches(recording)
    named = () if recording.phases is None else recording.phases.phases
    phase_names = list(dict.fromkeys([*named, *(s.label for s in phases)]))
    tool_ids = {tool: str(k) for k, tool in enumerate(recording.tools, start=1)}
    phase_ids = {phase: str(k) for k, phase in enumerate(phase_names, start=1)}
    drawn = [("1", tool_ids[s.label], s) for s in uses]
    drawn += [("2", phase_ids[s.label], s) for s in phases]
    attributes = {"1": _attribute(_TOOL, tool_ids)}
    if phase_ids:
        attributes["2"] = _attribute(_PHASE, phase_ids)
    return {
        "project": {
            # The marks of a project that no server has seen yet.
            "pid": "__VIA_PROJECT_ID__",
            "rev": "__VIA_PROJECT_REV_ID__",
            "rev_timestamp": "__VIA_PROJECT_REV_TIMESTAMP__",
            "pname": recording.video_id,
            "data_format_version": "3.1.1",
            "creator": CARRIED_NAME,
            "created": 0,
            "vid_list": ["1"],
        },
        "config": {
            "file": {"loc_prefix": {"1": "", "2": "", "3": "", "4": ""}},
            "ui": {
                "file_content_align": "center",
                "file_metadata_editor_visible": True,
                "spatial_metadata_editor_visible": False,
                "spatial_region_label_attribute_id": "",
            },
        },
        "attribute": attributes,
        "file": {"1": _file(recording)},
        "metadata": {
            f"1_{k:06}": {
                "vid": "1",
                "flg": 0,
                "z": [s.start_ms / 1000, s.end_ms / 1000],
                "xy": [],
                "av": {attribute: option},
            }
            for k, (attribute, option, s) in enumerate(drawn, start=1)
        },
        "view": {"1": {"fid_list": ["1"]}},
        CARRIED_NAME: {"1": carried_of(recording)},
    }


def _attribute(name: str, ids: dict[str, str]) -> dict[str, Any]:
    return {
        "aname": name,
        "anchor_id": _TEMPORAL,
        "type": _SELECT,
        "desc": "",
        "options": {option: label for label, option in ids.items()},
        "default_option_id": "",
    }


def _file(recording: LabelledRecording) -> dict[str, Any]:
    """A browser finds a file by its URI; without one, VIA lets the person choose it."""
    video = recording.video
    return {
        "fid": "1",
        "fname": recording.video_id if video is None else video.path.name,
        "type": _VIDEO,
        "loc": _LOCAL if video is None else _URI,
        "src": "" if video is None else video.path.absolute().as_uri(),
    }


def read(path: Path) -> list[LabelledRecording]:
    """Read a project, or a folder of them; a view of one file is a recording.

    Attributes of segments of time name tools, but for those called ``phase`` or ``phases``.

    Raises:
        TableError: one is no such project; the value that is wrong is named by its place.
    """
    return [
        recording
        for file in files_at(path, {".json"})
        for recording in _recordings(read_json(file))
    ]


def _recordings(project: JsonValue) -> Iterator[LabelledRecording]:
    attributes = {aid: _Attribute(of) for aid, of in project["attribute"].members()}
    carried_by_view = project.get(CARRIED_NAME)
    views = dict(project["view"].members())
    if not views:
        raise project["view"].error("holds no file")
    metadata: dict[str, list[JsonValue]] = {vid: [] for vid in views}
    for _, entry in project["metadata"].members():
        vid = entry["vid"].text()
        if vid not in views:
            raise entry["vid"].error(f"there is no view {vid!r}")
        metadata[vid].append(entry)
    for vid, view in views.items():
        carried = parse_carried(None if carried_by_view is None else carried_by_view.get(vid))
        video_id = carried.video_id
        if video_id is None:
            video_id = _video_id(project, view)
        yield _recording(project, video_id, metadata[vid], attributes, carried)


class _Attribute:
    """What the values of an attribute mean."""

    def __init__(self, definition: JsonValue) -> None:
        self.is_temporal = definition["anchor_id"].text() == _TEMPORAL
        self.is_phase = definition["aname"].text().strip().casefold() in ("phase", "phases")
        self._is_choice = definition["type"].value in _CHOICES
        options = definition.get("options")
        members = () if options is None or not self._is_choice else options.members()
        self.options = {key: name.text() for key, name in members}

    def labels(self, value: JsonValue) -> list[str]:
        """What a segment is called; several where boxes are ticked."""
        text = value.text()
        if not self._is_choice:
            return [text] if text.strip() else []
        ids = [text] if text in self.options else [part for part in text.split(",") if part]
        for part in ids:
            if part not in self.options:
                raise value.error(f"there is no option {part!r}")
        return [self.options[part] for part in ids]


def _video_id(project: JsonValue, view: JsonValue) -> str:
    files = view["fid_list"].items()
    if not files:
        raise view.error("holds no file")
    file = project["file"][str(files[0].value)]
    return stem_of_reference(file["fname"].text() or file["src"].text())


def _recording(
    project: JsonValue,
    video_id: str,
    entries: Sequence[JsonValue],
    attributes: dict[str, _Attribute],
    carried: Carried,
) -> LabelledRecording:
    uses: list[Stretch] = []
    phases: list[Stretch] = []
    n_spatial = n_unnamed = 0
    for entry in entries:
        times = entry["z"].items()
        if len(times) != 2 or ("xy" in entry and entry["xy"].items()):
            n_spatial += 1
            continue
        ends = [round(time.number() * 1000) for time in times]
        named = False
        for aid, value in entry["av"].members():
            if aid not in attributes:
                raise value.error("there is no such attribute")
            attribute = attributes[aid]
            if attribute.is_temporal:
                labels = attribute.labels(value)
                named = named or bool(labels)
                (phases if attribute.is_phase else uses).extend(
                    Stretch(label, ends[0], ends[1]) for label in labels
                )
        n_unnamed += not named
    notes = []
    if n_spatial > 0:
        notes.append(f"{n_spatial} regions of the picture or single times are left out")
    if n_unnamed > 0:
        notes.append(f"{n_unnamed} segments that name neither tool nor phase are left out")
    tools = [
        name
        for attribute in attributes.values()
        if attribute.is_temporal and not attribute.is_phase
        for name in attribute.options.values()
    ]
    drawn = Drawn(video_id, uses, phases, tools, notes=tuple(notes))
    return recording_of(project.path, drawn, carried)
