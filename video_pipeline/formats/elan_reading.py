"""ELAN annotation documents back: ours as they were corrected, or any that ELAN itself wrote."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from video_pipeline.errors import TableError
from video_pipeline.formats.carried import CARRIED_NAME, Carried, parse_carried
from video_pipeline.formats.documents import files_at
from video_pipeline.formats.file_names import plain_video_id
from video_pipeline.formats.json_document import parse_json
from video_pipeline.formats.labelled import LabelledRecording
from video_pipeline.formats.stretches import Drawn, Stretch, recording_of
from video_pipeline.formats.xml_document import read_xml, writable_text

__all__ = ["read"]

_PHASE_TIERS = frozenset({"phase", "phases"})
_LATEST_MS = 7 * 24 * 3600 * 1000
_MOST_SHOWN = 5

_Chain = list[tuple[str, str, str]]
"""(slot where it begins, slot where it ends, value) of each annotation."""


@dataclass(frozen=True)
class _Tier:
    name: str
    kind: str
    """The linguistic type."""
    chain: _Chain
    n_references: int
    """Annotations that have no time of their own but their parents'."""


def read(path: Path) -> list[LabelledRecording]:
    """Read one ``.eaf``, or a folder of them.

    Every tier is a tool, but for those of our type ``phase`` or of the name ``phase`` or
    ``phases``: there the annotations' values are the phases.

    Raises:
        TableError: one is no such document, or says what cannot be.
    """
    return [_read(file) for file in files_at(path, {".eaf"})]


def _read(path: Path) -> LabelledRecording:
    root = read_xml(path)
    if root.tag != "ANNOTATION_DOCUMENT":
        raise TableError(path, f"is no ELAN document: it begins with <{root.tag[:40]}>")
    units = root.find("HEADER")
    if units is not None and units.get("TIME_UNITS", "milliseconds") != "milliseconds":
        raise TableError(path, f"its times are {units.get('TIME_UNITS')}, not milliseconds")
    carried = _carried(path, root)
    times_ms = _slots(path, root)
    tiers = [_tier(path, element) for element in root.iter("TIER")]
    notes: list[str] = []
    uses: list[Stretch] = []
    phases: list[Stretch] = []
    tools: list[str] = []
    spelled = {writable_text(name): name for name in (*carried.phases, *carried.tools)}
    for tier in tiers:
        if not tier.chain and tier.n_references > 0:
            notes.append(f"tier {tier.name!r} only refers to another: left out")
            continue
        stretches = list(_stretches(path, tier, times_ms, notes))
        if tier.kind == "phase" or (tier.kind != "tool" and tier.name.casefold() in _PHASE_TIERS):
            phases += [Stretch(spelled.get(s.label, s.label), *_ends(s)) for s in stretches]
            continue
        tool = spelled.get(tier.name, tier.name)
        tools.append(tool)
        uses += [Stretch(tool, *_ends(s)) for s in stretches]
        notes += _other_values(tier.name, stretches)
    if not tiers:
        raise TableError(path, "has no tier")
    video_id = carried.video_id if carried.video_id is not None else plain_video_id(path.stem)
    drawn = Drawn(video_id, uses, phases, tools, notes=tuple(notes))
    return recording_of(path, drawn, carried)


def _ends(stretch: Stretch) -> tuple[int, int]:
    return stretch.start_ms, stretch.end_ms


def _carried(path: Path, root: ET.Element) -> Carried:
    for element in root.iterfind("HEADER/PROPERTY"):
        if element.get("NAME") == CARRIED_NAME and element.text:
            return parse_carried(parse_json(path, f"property {CARRIED_NAME!r}", element.text))
    return Carried()


def _slots(path: Path, root: ET.Element) -> dict[str, int | None]:
    """Milliseconds of each slot; None where it has no time of its own."""
    times_ms: dict[str, int | None] = {}
    for element in root.iterfind("TIME_ORDER/TIME_SLOT"):
        name, value = element.get("TIME_SLOT_ID"), element.get("TIME_VALUE")
        if name is None or name in times_ms:
            raise TableError(path, f"time slot {name!r} is not the only one of its name")
        if value is not None and not (
            value.isascii() and value.isdigit() and len(value) <= 10 and int(value) <= _LATEST_MS
        ):
            raise TableError(path, f"time slot {name!r}: {value[:40]!r} is no time in milliseconds")
        times_ms[name] = None if value is None else int(value)
    return times_ms


def _tier(path: Path, element: ET.Element) -> _Tier:
    name = element.get("TIER_ID")
    if name is None:
        raise TableError(path, "a tier has no TIER_ID")
    chain: _Chain = []
    for annotation in element.iterfind("ANNOTATION/ALIGNABLE_ANNOTATION"):
        begin, end = annotation.get("TIME_SLOT_REF1"), annotation.get("TIME_SLOT_REF2")
        if begin is None or end is None:
            raise TableError(
                path, f"tier {name!r}: annotation {annotation.get('ANNOTATION_ID')!r} has no slots"
            )
        chain.append((begin, end, annotation.findtext("ANNOTATION_VALUE") or ""))
    n_references = len(element.findall("ANNOTATION/REF_ANNOTATION"))
    return _Tier(name, element.get("LINGUISTIC_TYPE_REF", ""), chain, n_references)


def _stretches(
    path: Path, tier: _Tier, times_ms: dict[str, int | None], notes: list[str]
) -> Iterable[Stretch]:
    if tier.n_references > 0:
        notes.append(f"tier {tier.name!r}: {tier.n_references} references are left out")
    for begin, end, _ in tier.chain:
        for slot in (begin, end):
            if slot not in times_ms:
                raise TableError(path, f"tier {tier.name!r}: there is no time slot {slot!r}")
    n_placed = 0
    for chain in _chains(tier.chain):
        slots = [chain[0][0], *(end for _, end, _ in chain)]
        placed, n = _placed(path, tier.name, slots, [times_ms[slot] for slot in slots])
        n_placed += n
        for k, (_, _, value) in enumerate(chain):
            yield Stretch(value, placed[k], placed[k + 1])
    if n_placed > 0:
        notes.append(f"tier {tier.name!r}: {n_placed} boundaries without a time are placed evenly")


def _chains(annotations: _Chain) -> Iterable[_Chain]:
    """Annotations that share their boundaries with one another, together."""
    chain: _Chain = []
    for annotation in annotations:
        if chain and chain[-1][1] != annotation[0]:
            yield chain
            chain = []
        chain.append(annotation)
    if chain:
        yield chain


def _placed(
    path: Path, tier: str, slots: Sequence[str], times_ms: Sequence[int | None]
) -> tuple[list[int], int]:
    """Times of all boundaries of a chain, those without one evenly between their neighbours."""
    known = [k for k, time_ms in enumerate(times_ms) if time_ms is not None]
    if not known or known[0] > 0 or known[-1] < len(times_ms) - 1:
        missing = next(slot for slot, t in zip(slots, times_ms, strict=True) if t is None)
        raise TableError(
            path,
            f"tier {tier!r}: time slot {missing!r} has no time, and none on one side of it",
            hint="give the annotation a begin and an end in ELAN",
        )
    placed: list[int] = [0 if t is None else t for t in times_ms]
    for left, right in pairwise(known):
        step = (placed[right] - placed[left]) / (right - left)
        for k in range(left + 1, right):
            placed[k] = round(placed[left] + step * (k - left))
    return placed, len(times_ms) - len(known)


def _other_values(tier: str, stretches: Sequence[Stretch]) -> list[str]:
    """What is written on uses beside the tool's name, which the timeline has no place for."""
    others: dict[str, list[int]] = {}
    for stretch in stretches:
        if stretch.label.strip() not in ("", tier.strip()):
            others.setdefault(stretch.label, []).append(stretch.start_ms)
    lines = [
        f"tier {tier!r}: {value!r}, {len(starts)} times, first at {starts[0] / 1000:g} s"
        for value, starts in others.items()
    ]
    if len(lines) > _MOST_SHOWN:
        n_more = len(lines) - _MOST_SHOWN
        lines = [*lines[:_MOST_SHOWN], f"tier {tier!r}: {n_more} other values"]
    return lines
