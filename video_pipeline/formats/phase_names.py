"""What the field calls the phases of a cholecystectomy, and in which order it numbers them.

Names are what is exchanged wherever a format allows it, for there are two orders of the numbers.
The one here is that of Cholec80's annotations, TeCNO, TMRNet, Trans-SVNet and Surgformer;
TF-Cholec80 has GallbladderRetraction as 4 and GallbladderPackaging as 6.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from video_pipeline.errors import TableError
from video_pipeline.formats.labelled import LabelledRecording

__all__ = [
    "CHOLEC80_PHASES",
    "ID_ORDER",
    "ordered_phases",
    "phase_ids",
    "why_no_phase_name",
    "without_alias",
]

CHOLEC80_PHASES = (
    "Preparation",
    "CalotTriangleDissection",
    "ClippingCutting",
    "GallbladderDissection",
    "GallbladderPackaging",
    "CleaningCoagulation",
    "GallbladderRetraction",
)
"""In the order of their ids, 0 to 6."""

ID_ORDER = ", ".join(f"{k} {name}" for k, name in enumerate(CHOLEC80_PHASES))

_ALIASES = {
    "ClippingAndCutting": "ClippingCutting",
    "CleaningAndCoagulation": "CleaningCoagulation",
}
_WITH_TROCARS = ("TrocarPlacement", *CHOLEC80_PHASES)


def without_alias(name: str) -> str:
    """The name that Cholec80's files have for the phase; others as they are."""
    return _ALIASES.get(name, name)


def ordered_phases(names: Iterable[str]) -> tuple[str, ...]:
    """The phases that a file's columns would be: all of a known operation, or as they first occur.

    So that recordings of which one lacks a phase still have the same columns.
    """
    found = tuple(dict.fromkeys(names))
    for known in (CHOLEC80_PHASES, _WITH_TROCARS):
        if set(found) <= set(known):
            return known
    return found


def why_no_phase_name(name: str) -> str | None:
    """Why a phase cannot be called so in a text file; None where it can."""
    if not name or not name.isprintable() or name != name.strip():
        return "is no name"
    if name[0] in "=+-@'":
        return "would be run by a spreadsheet"
    return "is a number" if name.isdigit() else None


def phase_ids(out: Path, recording: LabelledRecording) -> NDArray[np.int64]:
    """(n_seconds,) the phase of each second as its id; see ``CHOLEC80_PHASES``.

    Raises:
        TableError: the recording has no phases, or one that has no id.
    """
    phases = recording.phases
    if phases is None:
        raise TableError(
            out,
            f"{recording.video_id} has no phases, which this format is made of",
            hint="a phases.csv beside its timeline.csv holds them",
        )
    return np.array([_id(out, recording, name) for name in phases.phases])[phases.phase]


def _id(out: Path, recording: LabelledRecording, name: str) -> int:
    plain: str = without_alias(name)
    known: Sequence[str] = CHOLEC80_PHASES
    if plain in known:
        return known.index(plain)
    assert recording.phases is not None  # noqa: S101  phase_ids saw to it
    if not np.any(recording.phases.phase == recording.phases.phases.index(name)):
        return -1
    raise TableError(
        out,
        f"{recording.video_id}: the phase {name!r} has no id; this format knows {ID_ORDER}",
        hint="a format with names, such as cholec80, can hold it",
    )
