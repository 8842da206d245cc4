"""Texts that speak of recordings, in a folder: which is whose, and both kinds of one together.

    video41-tool.txt, video41-phase.txt           Cholec80, also in tool_annotations/ and
                                                  phase_annotations/
    tool_video_41.txt, tool_video_41_pred.txt     m2cai16: tools, and how likely each is
    workflow_video_41.txt                         m2cai16: phases

The kind of a file is known by its first line and its name, the recording by the name alone.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from video_pipeline.errors import TableError
from video_pipeline.formats.aligning import together
from video_pipeline.formats.labelled import LabelledRecording
from video_pipeline.formats.phase_annotation import is_phase_annotation, read_phase_annotation
from video_pipeline.formats.phase_texts_by_id import read_ids
from video_pipeline.formats.tool_annotation import (
    ToolAnnotation,
    read_tool_annotation,
    read_tool_confidences,
)
from video_pipeline.records import ToolTimeline

__all__ = [
    "PREDICTED",
    "merged",
    "read_annotation_text",
    "read_annotation_texts",
    "text_files",
    "timeline_of_annotation",
    "video_id_of_text",
]

TOOL_FOLDER = "tool_annotations"
PHASE_FOLDER = "phase_annotations"
PREDICTED = "_pred"
_CALLED_SO = re.compile(
    r"[^.].*-(?:tool|phase)\.txt|(?:tool|workflow)_.+\.txt|video-\d+\.txt", re.IGNORECASE
)
_MAY_BE = re.compile(r"[^.].*(?<!-timestamp)\.txt", re.IGNORECASE)
_BEGINS_SO = re.compile(r"\s*frame\s*\t|\d+\t\d+$", re.IGNORECASE)
_SUFFIXES = ("-tool", "-phase", PREDICTED, ".reference")
_PREFIXES = ("tool_", "workflow_")


def text_files(path: Path) -> list[Path]:
    """The texts at ``path``: itself, or those in the folder and in its folders of annotations.

    Of a folder, those that are called or begin like annotations: a note, a licence or
    ``videoXX-timestamp.txt`` beside them is none.
    """
    if not path.is_dir():
        return [path]
    folders = [path, path / TOOL_FOLDER, path / PHASE_FOLDER]
    try:
        entries = [entry for of in folders if of.is_dir() for entry in sorted(of.iterdir())]
    except OSError as error:
        raise TableError(path, f"cannot be read ({error.strerror})") from error
    return [
        entry
        for entry in entries
        if _CALLED_SO.fullmatch(entry.name)
        or (_MAY_BE.fullmatch(entry.name) and _BEGINS_SO.match(_first_line(entry)))
    ]


def read_annotation_texts(
    path: Path, files: Iterable[Path], *, with_confidences: bool = False
) -> tuple[LabelledRecording, ...]:
    """Read texts below ``path``, and put together what is of one recording, by video id.

    ``with_confidences``: predictions beside a text of 0 and 1 are its probabilities; otherwise they
    are another text of the same recording, which is refused.

    Raises:
        TableError: one cannot be read, or two do not belong together.
    """
    of_kind: dict[str, dict[str, LabelledRecording]] = {"tools": {}, "phases": {}, "likely": {}}
    for file in files:
        recording = read_annotation_text(file)
        kind = "phases" if recording.timeline is None else "tools"
        if kind == "tools" and with_confidences and file.stem.endswith(PREDICTED):
            kind = "likely"
        if recording.video_id in of_kind[kind]:
            raise TableError(
                path, f"two files speak of the recording {recording.video_id!r}", hint="keep one"
            )
        of_kind[kind][recording.video_id] = recording
    for video_id, likely in of_kind["likely"].items():
        sure = of_kind["tools"].get(video_id)
        of_kind["tools"][video_id] = (
            likely if sure is None else _with_confidences(path, sure, likely)
        )
    return merged(path, of_kind["tools"], of_kind["phases"])


def merged(
    path: Path, tools: dict[str, LabelledRecording], phases: dict[str, LabelledRecording]
) -> tuple[LabelledRecording, ...]:
    """Tools and phases of the same recordings put together; see ``aligning``."""
    return tuple(
        together(path, tools[video_id], phases[video_id])
        if video_id in tools and video_id in phases
        else tools.get(video_id) or phases[video_id]
        for video_id in sorted(tools | phases)
    )


def read_annotation_text(path: Path) -> LabelledRecording:
    """Read a text of tools, or of phases; raises ``TableError``."""
    first = _first_line(path)
    video_id = video_id_of_text(path)
    if is_phase_annotation(first):
        return read_phase_annotation(path).as_recording(video_id)
    if first.split("\t")[0].strip().isdigit():
        return read_ids(path, video_id, header=False, stride=25)
    if path.stem.endswith(PREDICTED):
        return LabelledRecording.of(video_id, read_tool_confidences(path))
    return LabelledRecording.of(video_id, timeline_of_annotation(read_tool_annotation(path)))


def video_id_of_text(path: Path) -> str:
    """The recording that a file speaks of: its name without what says the kind of the file."""
    name = path.stem
    for suffix in _SUFFIXES:
        if name.endswith(suffix) and name != suffix:
            name = name.removesuffix(suffix)
            break
    for prefix in _PREFIXES:
        if name.startswith(prefix) and name != prefix:
            return name.removeprefix(prefix)
    return name


def timeline_of_annotation(annotation: ToolAnnotation) -> ToolTimeline:
    """Seconds of a tool annotation; those that nobody annotated have no frame."""
    shape = (annotation.n_seconds, len(annotation.tools))
    present = np.zeros(shape, dtype=np.bool_)
    present[annotation.seconds] = annotation.present
    n_frames = np.zeros(shape[0], dtype=np.int64)
    n_frames[annotation.seconds] = 1
    return ToolTimeline(annotation.tools, np.full(shape, np.nan), present, n_frames)


def _with_confidences(
    path: Path, sure: LabelledRecording, likely: LabelledRecording
) -> LabelledRecording:
    """The states of the one with the probabilities of the other."""
    states, confidences = sure.timeline, likely.timeline
    assert states is not None  # noqa: S101  both are texts of tools
    assert confidences is not None  # noqa: S101
    if states.tools != confidences.tools or not np.array_equal(
        states.n_frames, confidences.n_frames
    ):
        raise TableError(
            path, f"{sure.video_id}: its predictions have other tools or frames than its states"
        )
    timeline = ToolTimeline(
        states.tools, confidences.probabilities, states.present, states.n_frames
    )
    note = f"its probabilities are those of its {PREDICTED}.txt"
    return dataclasses.replace(LabelledRecording.of(sure.video_id, timeline), notes=(note,))


def _first_line(path: Path) -> str:
    """The first line as far as it tells the kind of a file; what is wrong with it is said later."""
    try:
        if not path.is_file():
            raise TableError(path, "no such file")
        with path.open("rb") as file:
            content = file.readline(1 << 16)
    except OSError as error:
        raise TableError(path, f"cannot be read ({error.strerror})") from error
    return content.decode("utf-8-sig", errors="replace").rstrip("\r\n")
