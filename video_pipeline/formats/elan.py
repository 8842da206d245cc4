"""ELAN annotation documents (.eaf, version 3.0): a tier a tool, one more for phases.

Written to the schema EAFv3.0.xsd (https://www.mpi.nl/tools/elan/EAFv3.0.xsd), which also orders the
elements. ``DATE`` is a fixed one, for the same labels give the same bytes. ``elan_reading`` reads.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from video_pipeline.formats.carried import CARRIED_NAME, carried_line
from video_pipeline.formats.elan_reading import read
from video_pipeline.formats.file_names import file_stems
from video_pipeline.formats.labelled import LabelledRecording
from video_pipeline.formats.losses import losses_of, unknown_videos
from video_pipeline.formats.registry import ExportSettings
from video_pipeline.formats.stretches import Stretch, phase_stretches, tool_stretches
from video_pipeline.formats.xml_document import attribute_text, element_text, writable_text
from video_pipeline.output.files import write_text

__all__ = ["read", "write"]

_Slots = dict[tuple[int, bool], str]
"""The slot of (annotation, whether its end is meant)."""

_DATE = "1970-01-01T00:00:00Z"
_MIME_TYPES = {
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".mov": "video/quicktime",
    ".mpg": "video/mpeg",
    ".mpeg": "video/mpeg",
    ".avi": "video/x-msvideo",
    ".mkv": "video/x-matroska",
}
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>',
    f'<ANNOTATION_DOCUMENT AUTHOR="{CARRIED_NAME}" DATE="{_DATE}" FORMAT="3.0" VERSION="3.0"',
    '    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"',
    '    xsi:noNamespaceSchemaLocation="http://www.mpi.nl/tools/elan/EAFv3.0.xsd">',
)
_TYPE = 'GRAPHIC_REFERENCES="false" TIME_ALIGNABLE="true"'


def write(
    recordings: Sequence[LabelledRecording],
    out: Path,
    settings: ExportSettings,  # noqa: ARG001  every format is called alike
) -> list[str]:
    """Write ``<name>.eaf`` for each recording; return what is lost."""
    for recording, stem in zip(recordings, file_stems(recordings), strict=True):
        lines = _lines(recording, out)
        write_text(out / f"{stem}.eaf", "".join(f"{line}\n" for line in lines))
    return [*losses_of(recordings), *unknown_videos(recordings, program="ELAN")]


def _lines(recording: LabelledRecording, out: Path) -> Iterator[str]:
    tiers = _tiers(recording)
    stretches = [s for _, _, inside in tiers for s in inside]
    slots = _slots(stretches)
    yield from _HEAD
    yield '    <HEADER MEDIA_FILE="" TIME_UNITS="milliseconds">'
    if recording.video is not None:
        yield f"        {_media(recording.video.path, out)}"
    carried = element_text(carried_line(recording))
    yield f'        <PROPERTY NAME="{CARRIED_NAME}">{carried}</PROPERTY>'
    yield f'        <PROPERTY NAME="lastUsedAnnotationId">{len(stretches)}</PROPERTY>'
    yield "    </HEADER>"
    yield "    <TIME_ORDER>"
    for (annotation, end), slot in slots.items():
        stretch = stretches[annotation]
        time_ms = stretch.end_ms if end else stretch.start_ms
        yield f'        <TIME_SLOT TIME_SLOT_ID="{slot}" TIME_VALUE="{time_ms}"/>'
    yield "    </TIME_ORDER>"
    n_before = 0
    for name, kind, inside in tiers:
        yield from _tier(name, kind, inside, slots, n_before)
        n_before += len(inside)
    yield f'    <LINGUISTIC_TYPE LINGUISTIC_TYPE_ID="tool" {_TYPE}/>'
    yield f'    <LINGUISTIC_TYPE LINGUISTIC_TYPE_ID="phase" {_TYPE}/>'
    yield "</ANNOTATION_DOCUMENT>"


def _tiers(recording: LabelledRecording) -> list[tuple[str, str, list[Stretch]]]:
    """(name, type, what lies in it): the tools in their order, then the phases where known."""
    uses, phases = tool_stretches(recording), phase_stretches(recording)
    tiers = [(tool, "tool", [s for s in uses if s.label == tool]) for tool in recording.tools]
    if recording.phases is not None or phases:
        name = "phase"
        # Tiers differ in their names; which kind one is of, its type says.
        while name in {writable_text(tool) for tool in recording.tools}:
            name += "s"
        tiers.append((name, "phase", list(phases)))
    return tiers


def _slots(stretches: Sequence[Stretch]) -> _Slots:
    """A slot of its own for each begin and each end, in order of time.

    Annotations that share one would be moved together, also those of other tiers.
    """
    ends = [(s.end_ms, False, k) for k, s in enumerate(stretches)]
    begins = [(s.start_ms, True, k) for k, s in enumerate(stretches)]
    return {
        (annotation, not is_begin): f"ts{k}"
        for k, (_, is_begin, annotation) in enumerate(sorted([*ends, *begins]), start=1)
    }


def _tier(
    name: str, kind: str, inside: Sequence[Stretch], slots: _Slots, n_before: int
) -> Iterator[str]:
    head = f'    <TIER LINGUISTIC_TYPE_REF="{kind}" TIER_ID="{attribute_text(name)}"'
    if not inside:
        yield f"{head}/>"
        return
    yield f"{head}>"
    for k, stretch in enumerate(inside, start=n_before):
        yield "        <ANNOTATION>"
        yield (
            f'            <ALIGNABLE_ANNOTATION ANNOTATION_ID="a{k + 1}" '
            f'TIME_SLOT_REF1="{slots[k, False]}" TIME_SLOT_REF2="{slots[k, True]}">'
        )
        value = element_text(stretch.label)
        yield f"                <ANNOTATION_VALUE>{value}</ANNOTATION_VALUE>"
        yield "            </ALIGNABLE_ANNOTATION>"
        yield "        </ANNOTATION>"
    yield "    </TIER>"


def _media(video: Path, out: Path) -> str:
    """Where the video lies; ELAN takes these URLs letter by letter, without percent signs."""
    absolute = video.absolute().as_posix()
    relative = Path(os.path.relpath(video.absolute(), out.absolute())).as_posix()
    url = f"file://{absolute if absolute.startswith('/') else f'/{absolute}'}"
    beside = relative if relative.startswith("../") else f"./{relative}"
    kind = _MIME_TYPES.get(video.suffix.lower(), "unknown")
    return (
        f'<MEDIA_DESCRIPTOR MEDIA_URL="{attribute_text(url)}" MIME_TYPE="{kind}" '
        f'RELATIVE_MEDIA_URL="{attribute_text(beside)}"/>'
    )
