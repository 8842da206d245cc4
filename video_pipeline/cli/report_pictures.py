"""The pictures that ``report`` draws from a recording's tables, against a reference if wanted.

``timeline`` shows tools, and phases where they are known; ``timeline_vs_reference`` the reference
too, and what differs. Beside a ``run.json``, ``timeline`` is the tools alone as that run drew them,
and what has phases is called ``timeline_with_phases``: a file that ``run.json`` names is never
replaced by other bytes, or the folder would count as unfinished.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from video_pipeline.cli.console import note, printable
from video_pipeline.errors import TableError

if TYPE_CHECKING:
    from video_pipeline.formats.labelled import LabelledRecording
    from video_pipeline.output.report.run_record import RunRecord

__all__ = ["Pictures", "wanted_pictures"]

_OF_THE_REFERENCE = "ref. phase"


@dataclass(frozen=True)
class Pictures:
    """What is to be drawn of each recording."""

    formats: tuple[str, ...]
    references: Mapping[str, LabelledRecording] | None = field(default=None, repr=False)
    """By the name of the recording's folder; None: nothing is drawn against a reference."""

    def write(
        self, folder: Path, recording: LabelledRecording, record: RunRecord | None
    ) -> Iterator[Path]:
        """Draw one recording; tells what was written as soon as it is there.

        Raises:
            TableError: the reference is of another recording.
            OutputError: a picture cannot be written.
        """
        reference = None
        if self.references is not None:
            reference = self.references.get(recording.video_id)
            if reference is None:
                _say(recording, "has no reference; nothing is drawn")
                return
            _require_same_recording(folder, recording, reference)
        if recording.timeline is None and self.formats:
            _say(recording, "has phases only; nothing is drawn")
            return
        for file_format in self.formats:
            path = folder / f"{_stem(recording, reference, record)}.{file_format}"
            content = _drawn(file_format, recording, reference)
            if _may_write(path, content, record):
                _write(path, content)
                yield path
            else:
                _say(
                    recording,
                    f"{path.name} was drawn by an annotation with other versions, and is kept",
                )


def wanted_pictures(
    formats: tuple[str, ...] | None, reference: Path | None, *, source: Path, names: Sequence[str]
) -> Pictures:
    """What a call asks for; with a reference and no ``formats``, a PNG.

    ``names`` are those of the recordings' folders at ``source``. A single recording and a single
    reference belong together whatever their names.

    Raises:
        TableError: the reference cannot be read, or is of none of the recordings.
    """
    if reference is None:
        return Pictures(formats or ())
    from video_pipeline.formats.folder import read_folder
    from video_pipeline.formats.pairing import pair_ids

    labelled = read_folder(reference)
    if len(names) == len(labelled) == 1:
        pairs = [(names[0], labelled[0].video_id)]
    else:
        pairs = pair_ids(names, [one.video_id for one in labelled])
    if not pairs:
        raise TableError(
            source, f"has no recording in common with {reference}", hint="names must agree"
        )
    by_id = {one.video_id: one for one in labelled}
    return Pictures(formats or ("png",), {name: by_id[of] for name, of in pairs})


def _require_same_recording(
    folder: Path, recording: LabelledRecording, reference: LabelledRecording
) -> None:
    """Refuse what ``compare`` would refuse, and tell which tools only one of the two knows."""
    import numpy as np

    from video_pipeline.timeline.metrics.alignment import (
        IncomparableError,
        align_tools,
        comparable_seconds,
    )

    if recording.timeline is None:
        return
    try:
        if reference.timeline is not None:
            align_tools(recording.timeline, reference.timeline)
        else:
            there = np.ones(reference.n_seconds, dtype=np.bool_)
            comparable_seconds(recording.timeline.n_frames > 0, there)
    except IncomparableError as error:
        raise TableError(
            folder, f"cannot be drawn against the reference of {reference.video_id}: {error}"
        ) from error
    if reference.timeline is not None:
        _tell_alone(recording, recording.tools, reference.tools, "not in the reference")
        _tell_alone(recording, reference.tools, recording.tools, "in the reference only, not drawn")


def _tell_alone(
    recording: LabelledRecording, tools: Sequence[str], others: Sequence[str], what: str
) -> None:
    alone = [tool for tool in tools if tool not in others]
    if alone:
        _say(recording, f"{what}: {', '.join(alone)}")


def _stem(
    recording: LabelledRecording, reference: LabelledRecording | None, record: RunRecord | None
) -> str:
    from video_pipeline.output.derived_files import COMPARED_STEM, TIMELINE_STEM, WITH_PHASES_STEM

    if reference is not None:
        return COMPARED_STEM
    return TIMELINE_STEM if recording.phases is None or record is None else WITH_PHASES_STEM


def _drawn(
    file_format: str, recording: LabelledRecording, reference: LabelledRecording | None
) -> bytes:
    from video_pipeline.output.plots import encode_timeline_plot

    assert recording.timeline is not None  # noqa: S101  only called with one
    true_phases = None if reference is None else reference.phases
    has_own = recording.phases is not None
    return encode_timeline_plot(
        file_format,
        recording.timeline,
        title=recording.video_id,
        flags=recording.flags,
        reference=None if reference is None else reference.timeline,
        phases=recording.phases if has_own else true_phases,
        ribbon_name="phase" if has_own else _OF_THE_REFERENCE,
    )


def _may_write(path: Path, content: bytes, record: RunRecord | None) -> bool:
    """Whether the manifest, if it names the file, means these bytes."""
    digest = None if record is None else record.outputs.get(path.name)
    return digest in (None, hashlib.sha256(content).hexdigest())


def _write(path: Path, content: bytes) -> None:
    from video_pipeline.output.files import write_bytes

    write_bytes(path, content)


def _say(recording: LabelledRecording, text: str) -> None:
    note(printable(f"{recording.video_id}: {text}"))
