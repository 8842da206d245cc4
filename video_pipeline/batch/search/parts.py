"""Which files are parts of one operation, and in which order, as far as their names tell.

Nothing is guessed from a number alone: ``video01``, ``case-12`` and ``2024-01-05`` are names of
operations. Files of one folder and one suffix belong together where their names are equal but for

    a part      ``case12_part1``, ``case12 part 2``, ``Teil 3``, ``chapter 4 of 5``
    a number    ``case12_001``, ``case12-1``, ``case12.1``, ``case12(1)``, where what stands before
                it ends in an operation's number, which is no year and no date; at most 20 of them,
                equally long if filled up with zeros, and no ``case12`` itself beside them
    a chapter   GoPro's ``GX010012``, ``GX020012`` (chapter, recording) and ``GOPR0012``,
                ``GP010012``; a DVD's ``VTS_01_1.VOB``, ``VTS_01_2.VOB``

and these numbers go from 0 or 1 (a DVD's from 1) on, each once, none left out. A camcorder's
``00012.MTS``, ``00013.MTS`` belong together as long as they follow one another.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

__all__ = ["group_parts", "in_natural_order", "natural_key", "operation_name", "without_menus"]

_MOST_NUMBERED = 20
"""More files that are told apart by a number alone are a series of operations."""

_GOPRO = re.compile(r"G([HXS])(\d\d)(\d{4})", re.IGNORECASE)
_EARLY_GOPRO = re.compile(r"G(?:OPR|P(\d\d))(\d{4})", re.IGNORECASE)
_DVD = re.compile(r"(VTS_\d\d)_(\d)", re.IGNORECASE)
_DVD_MENU = re.compile(r"(VIDEO_TS|VTS_\d\d_0)\.VOB", re.IGNORECASE)
_CAMCORDER = re.compile(r"\d{5}")
_PART = re.compile(
    r"(.*?)[ _.([-]*(?<![^\W\d_])(?:part|teil|partie|parte|chapter)[ _.-]*(\d{1,3})"
    r"(?:[ _-]*of[ _-]*\d+)?[)\]]?",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"(.*\d)([_.-])(\d{1,3})")
_IN_BRACKETS = re.compile(r"(.*\d)( ?\()(\d{1,3})\)")
_YEAR_OR_DATE = re.compile(
    r"(?<!\d)(?:(19|20)\d\d|(19|20)\d\d[01]\d[0-3]\d|[0-3]\d[01]\d(19|20)\d\d"
    # The first two of three numbers, as of a date or a time of day.
    r"|\d{1,4}[_.-]\d{1,2})$"
)

NaturalKey = tuple[tuple[tuple[str, int], ...], str, str]


@dataclass(frozen=True)
class _Place:
    """What a file's name says: a part of what, and which."""

    kind: str
    operation: str
    """The name without what says which part; empty where nothing is left."""
    written: str
    """The part's number as it stands in the name."""

    @property
    def number(self) -> int:
        return int(self.written)


def natural_key(name: str) -> NaturalKey:
    """Sorts names as people count: ``part2`` before ``part10``, ``case`` before ``case1``.

    GoPro's names are sorted by recording and then by chapter, although the chapter stands first.
    """
    stem, suffix = Path(name).stem, Path(name).suffix
    gopro = _gopro(stem)
    if gopro is not None:
        stem = f"g{gopro.operation[-4:]} {gopro.written}"
    pieces = re.findall(r"(\D*)(\d*)", stem)
    counted = ((text.casefold(), int(digits) if digits else -1) for text, digits in pieces)
    return tuple(counted), suffix.casefold(), name


def in_natural_order(paths: Iterable[Path]) -> list[Path]:
    """Folder by folder, and within each as people count."""
    return sorted(paths, key=lambda path: [natural_key(piece) for piece in path.parts])


def without_menus(paths: Sequence[Path]) -> list[Path]:
    """Leave out a DVD's menus where its films lie beside them."""
    places = {path: _place(path) for path in paths}
    films = {path.parent for path, place in places.items() if place and place.kind == "dvd"}
    return [p for p in paths if not (p.parent in films and _DVD_MENU.fullmatch(p.name))]


def group_parts(paths: Sequence[Path]) -> list[tuple[Path, ...]]:
    """Files that belong together by their names, each group in order; most files are alone.

    Groups come in the order of their first file. A DVD's menus are left out.
    """
    files = without_menus(list(dict.fromkeys(paths)))
    alike: dict[tuple[str, ...], list[tuple[_Place, Path]]] = {}
    for path in files:
        place = _place(path)
        if place is not None:
            names = (place.kind, place.operation, path.suffix)
            key = (str(path.parent), *(name.casefold() for name in names))
            alike.setdefault(key, []).append((place, path))
    taken = {(path.parent, path.name.casefold()) for path in files}
    groups = [group for candidates in alike.values() for group in _complete(candidates, taken)]
    group_of = {path: group for group in groups for path in group}
    return list(dict.fromkeys(group_of.get(path, (path,)) for path in files))


def operation_name(paths: Sequence[Path]) -> str:
    """What files that are read as one are called: what their names share, or the first one's stem.

    Files called no more than ``part1``, ``part2`` have the name of their folder.
    """
    first = _place(paths[0])
    are_parts = len(paths) > 1 and group_parts(paths) == [tuple(paths)]
    if first is None or not are_parts or first.kind in {"gopro", "camcorder"}:
        return paths[0].stem
    return first.operation or paths[0].absolute().parent.name or paths[0].stem


def _place(path: Path) -> _Place | None:
    stem, suffix = path.stem, path.suffix.casefold()
    if suffix in {".mts", ".m2ts"} and _CAMCORDER.fullmatch(stem):
        return _Place("camcorder", "", stem)
    if suffix == ".vob":
        film = _DVD.fullmatch(stem)
        return None if film is None or film[2] == "0" else _Place("dvd", film[1], film[2])
    if (part := _PART.fullmatch(stem)) is not None:
        return _Place("part", part[1], part[2])
    for pattern in (_NUMBERED, _IN_BRACKETS):
        found = pattern.fullmatch(stem)
        if found is not None and not _YEAR_OR_DATE.search(found[1]):
            return _Place(f"number{found[2]}", found[1], found[3])
    return _gopro(stem)


def _gopro(stem: str) -> _Place | None:
    if (later := _GOPRO.fullmatch(stem)) is not None:
        return _Place("gopro", f"G{later[1]}{later[3]}", later[2])
    if (early := _EARLY_GOPRO.fullmatch(stem)) is not None:
        return _Place("gopro", f"GP{early[2]}", early[1] or "0")
    return None


def _complete(
    candidates: list[tuple[_Place, Path]], taken: set[tuple[Path, str]]
) -> list[tuple[Path, ...]]:
    """The candidates as one group, a camcorder's as several; none where one may be missing."""
    candidates.sort(key=lambda candidate: candidate[0].number)
    numbers = [place.number for place, _ in candidates]
    group = tuple(path for _, path in candidates)
    if len(set(numbers)) < len(numbers):
        return []
    first = candidates[0][0]
    if first.kind == "camcorder":
        starts = [k for k, n in enumerate(numbers) if k == 0 or n > numbers[k - 1] + 1]
        return [group[a:b] for a, b in pairwise([*starts, len(group)])]
    is_whole = numbers[0] <= 1 and numbers[-1] - numbers[0] == len(numbers) - 1
    if not is_whole or (first.kind.startswith("number") and not _is_sure(candidates, taken)):
        return []
    return [group]


def _is_sure(candidates: list[tuple[_Place, Path]], taken: set[tuple[Path, str]]) -> bool:
    """Whether numbers alone may be believed to mean parts."""
    lengths = {len(place.written) for place, _ in candidates}
    is_filled_up = any(place.written[0] == "0" != place.written for place, _ in candidates)
    place, path = candidates[0]
    # Beside the operation itself they may be copies of it, or it may be the whole of them.
    unnumbered = (path.parent, f"{place.operation}{path.suffix}".casefold())
    is_even = len(lengths) == 1 or not is_filled_up
    return is_even and len(candidates) <= _MOST_NUMBERED and unnumbered not in taken
