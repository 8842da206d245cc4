"""Notes about many recordings: a line for each kind of note, not one for each recording.

video01: 3 s without a frame are written as no tool
video02: 12 s without a frame are written as no tool
-> 2 recordings (video01, video02): 3 to 12 s without a frame are written as no tool
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

__all__ = ["grouped_notes"]

_MOST_NAMED = 3
# What may differ between notes of one kind: how much, and what a recording is called instead.
_VARYING = re.compile(r"\b\d+(?= (?:s|uses)\b)|(?<=^is video )\d+$|(?<=^is called ).+", re.DOTALL)


def grouped_notes(notes: Sequence[str], video_ids: Collection[str]) -> list[str]:
    """Notes of ``<video_id>: <text>``, those of one kind in one line, where the first of it stood.

    The first few recordings are named. What one recording alone has, and what is of none of them,
    stays as it is.
    """
    known = frozenset(video_ids)
    kinds: dict[tuple[bool, tuple[str, ...]], list[tuple[str | None, str]]] = {}
    for note in notes:
        video_id, text = _parts(note, known)
        kind = (video_id is None, tuple(_VARYING.split(text)))
        kinds.setdefault(kind, []).append((video_id, text))
    return [line for members in kinds.values() for line in _lines(members)]


def _parts(note: str, video_ids: Collection[str]) -> tuple[str | None, str]:
    """The recording, whose name may hold colons too, and what is said of it."""
    for colon in reversed(list(re.finditer(": ", note))):
        if note[: colon.start()] in video_ids:
            return note[: colon.start()], note[colon.end() :]
    return None, note


def _lines(members: Sequence[tuple[str | None, str]]) -> list[str]:
    names = list(dict.fromkeys(video_id for video_id, _ in members if video_id is not None))
    if not names:
        return [text for _, text in members]
    if len(names) == 1:
        return [f"{names[0]}: {text}" for _, text in members]
    return [f"{len(names)} recordings ({_first_of(names)}): {_text([t for _, t in members])}"]


def _text(texts: Sequence[str]) -> str:
    """Texts of one kind as one, with the range of what varies."""
    values = iter(zip(*(_VARYING.findall(text) for text in texts), strict=True))
    return _VARYING.sub(lambda _: _range(next(values)), texts[0])


def _range(values: Sequence[str]) -> str:
    different = list(dict.fromkeys(values))
    if len(different) == 1:
        return different[0]
    if all(value.isdecimal() for value in different):
        return f"{min(different, key=int)} to {max(different, key=int)}"
    return _first_of(different)


def _first_of(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_MOST_NAMED])
    return shown if len(names) <= _MOST_NAMED else f"{shown}, ..."
