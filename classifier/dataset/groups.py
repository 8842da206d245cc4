"""Which recording or patient an image is of, told from its file's name by a pattern."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from classifier.dataset.record import Dataset
from classifier.errors import DatasetError

__all__ = ["group_pattern", "suggest_group_regex", "with_groups"]

_NAMES = ("video", "patient")
_LIKELY = (r"^(.+)/", r"^(.+)_", r"^(.+)-", r"^([A-Za-z]+[0-9]+)[^0-9]")
"""A folder for each recording; what stands before the last ``_`` or ``-``; ``video01frame7``."""


def group_pattern(regex: str) -> re.Pattern[str]:
    """Compile a pattern that names the recording, the patient, or both.

    Its named groups ``video`` and ``patient`` say which; without them its first group is the
    recording. The pattern is the user's own: one that needs exponential time, such as
    ``(a+)+$``, will take it.

    Raises:
        ValueError: it is no regular expression, or has no group.
    """
    try:
        pattern = re.compile(regex)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"{regex!r} is no regular expression ({error})") from error
    if pattern.groups == 0:
        raise ValueError(f"{regex!r} has no group: put what names the recording in ( )")
    if pattern.groupindex and not set(_NAMES) & set(pattern.groupindex):
        raise ValueError(f"the named groups of {regex!r} must be video or patient")
    return pattern


def with_groups(dataset: Dataset, regex: str | re.Pattern[str]) -> Dataset:
    """Have ``regex`` say the recording or the patient of each image.

    It is searched for in the path below the class folder, or for a table in the path from its
    folder, with forward slashes: ``^(scene[0-9]+)_`` finds ``scene107`` in
    ``train/hook/scene107_t014.9.jpg``, ``^([^/]+)/`` finds ``case3`` in
    ``train/hook/case3/0001.jpg``. What the pattern does not speak of, recording or patient, stays
    as the dataset has it.

    Raises:
        DatasetError: an image does not match. It is not taken for a recording of its own, because
            a pattern that fits half of the names would then share operations between training
            and validation and nobody would notice.
        ValueError: ``regex`` is none, or has no group.
    """
    pattern = group_pattern(regex) if isinstance(regex, str) else regex
    names = _names_below(dataset)
    asked: dict[str, str | int] = {name: name for name in _NAMES if name in pattern.groupindex}
    found = {
        field: _found(dataset, pattern, names, group)
        for field, group in (asked or {"video": 1}).items()
    }
    return replace(
        dataset,
        videos=found.get("video", dataset.videos),
        patients=found.get("patient", dataset.patients),
    )


def suggest_group_regex(dataset: Dataset) -> str | None:
    """A pattern that seems to name the recordings of these files, or None where none does.

    It is a guess, good for a hint and nothing else. Every name has to match and to hold a digit
    in what is found, there are at least two groups of at least two images on average, and a group
    shows more than one class: names such as ``hook_001.jpg`` begin with the tool.
    """
    names = _names_below(dataset)
    of_class = [row.tobytes() for row in dataset.labels]
    several = len(set(of_class)) > 1
    for regex in _LIKELY:
        pattern = re.compile(regex)
        classes: dict[str, set[bytes]] = defaultdict(set)
        for name, shown in zip(names, of_class, strict=True):
            match = pattern.search(name)
            if match is None or not any(c.isdigit() for c in match[1]):
                break
            classes[match[1]].add(shown)
        else:
            mixed = not several or any(len(shown) > 1 for shown in classes.values())
            if 2 <= len(classes) <= len(names) / 2 and mixed:
                return regex
    return None


def _found(
    dataset: Dataset, pattern: re.Pattern[str], names: Sequence[str], group: str | int
) -> tuple[str, ...]:
    found: list[str] = []
    strangers: list[int] = []
    for row, name in enumerate(names):
        match = pattern.search(name)
        text = match[group] if match is not None else None
        if text:
            found.append(text)
        else:
            strangers.append(row)
    if strangers:
        what = "patient" if group == "patient" else "recording"
        others = f", nor for {len(strangers) - 1} others" if len(strangers) > 1 else ""
        raise DatasetError(
            dataset.paths[strangers[0]],
            f"{pattern.pattern!r} finds no {what} in {names[strangers[0]]!r}{others}",
            hint="change the pattern so that it fits every image's name",
        )
    return tuple(found)


def _names_below(dataset: Dataset) -> list[str]:
    """Each image's path as patterns see it."""
    is_folder = dataset.source.is_dir()
    root = dataset.source if is_folder else dataset.source.parent
    return [_name_below(root, path, n_left_out=1 if is_folder else 0) for path in dataset.paths]


def _name_below(root: Path, path: Path, *, n_left_out: int) -> str:
    try:
        parts = path.relative_to(root).parts[n_left_out:]
    except ValueError:
        # A table may name images that lie elsewhere.
        return path.as_posix()
    return "/".join(parts)
