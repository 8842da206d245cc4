"""What lies in the folders of one split, class by class; nothing is opened or judged."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from classifier.dataset.findings import Finding
from classifier.dataset.images import IMAGE_SUFFIXES
from classifier.errors import DatasetError

__all__ = ["ClassFolder", "SplitListing", "list_split"]

_FOREIGN_SUFFIXES = frozenset(
    {
        ".arw", ".avif", ".cr2", ".dcm", ".dng", ".exr", ".hdr", ".heic", ".heif", ".j2k", ".jp2",
        ".jpe", ".jxl", ".nef", ".pbm", ".pgm", ".pnm", ".ppm", ".psd", ".raw", ".tga",
    }
)  # fmt: skip
"""Pictures too, and somebody may think that they are learned from."""

_SYSTEM_FILES = frozenset({"thumbs.db", "desktop.ini"})


@dataclass(frozen=True)
class ClassFolder:
    """One folder that stands for a class, and what lies in and below it."""

    path: Path
    images: tuple[Path, ...]
    """Files named like images, in any depth: a sub-folder sorts images, it is no class."""
    findings: tuple[Finding, ...]
    """Of all that is passed over there, and of images in sub-folders."""


@dataclass(frozen=True)
class SplitListing:
    """The class folders of ``train``, ``validation`` or ``test``."""

    folder: Path
    classes: tuple[ClassFolder, ...]
    """In the order of their names."""
    findings: tuple[Finding, ...]
    """Of what lies beside the class folders and is none."""


def list_split(folder: Path) -> SplitListing:
    """List ``folder/<class>/**``.

    Raises:
        DatasetError: there is no such folder, or it cannot be listed.
    """
    if not folder.is_dir():
        raise DatasetError(
            folder,
            "no such folder",
            hint="a dataset holds train/<tool>/*.jpg and test/<tool>/*.jpg",
        )
    classes: list[ClassFolder] = []
    findings: list[Finding] = []
    for child in sorted(folder.iterdir()):
        if _is_hidden(child.name):
            findings.append(Finding("not_a_class", child, "hidden, so no class"))
        elif child.is_dir():
            classes.append(_list_class(child))
        else:
            findings.append(Finding("not_a_class", child, "a file beside the class folders"))
    return SplitListing(folder, tuple(classes), tuple(findings))


def _list_class(folder: Path) -> ClassFolder:
    images: list[Path] = []
    findings: list[Finding] = []
    for path in _below(folder):
        passed_over = _why_passed_over(folder, path)
        if passed_over is not None:
            findings.append(passed_over)
            continue
        images.append(path)
        if path.parent != folder:
            name = path.parent.relative_to(folder).as_posix()
            findings.append(Finding("nested", path, f"in the sub-folder {name}"))
    return ClassFolder(folder, tuple(images), tuple(findings))


def _why_passed_over(folder: Path, path: Path) -> Finding | None:
    suffix = path.suffix.casefold()
    names = path.relative_to(folder).parts
    if any(map(_is_hidden, names)) or path.name.casefold() in _SYSTEM_FILES:
        return Finding("hidden", path, "hidden")
    if path.is_dir():
        return Finding("linked_folder", path, "a link to a folder")
    if path.is_symlink() and not path.exists():
        return Finding("unreadable", path, "a link that leads nowhere")
    if suffix in _FOREIGN_SUFFIXES:
        what = suffix.removeprefix(".").upper()
        return Finding("not_supported", path, f"{what} is not read; save it as JPEG or PNG")
    if suffix not in IMAGE_SUFFIXES:
        return Finding("stranger", path, "not an image file")
    if not path.is_file():
        return Finding("unreadable", path, "not a regular file")
    return None


def _is_hidden(name: str) -> bool:
    """Whether a name begins with one dot; with two, it is a name that somebody gave."""
    return name.startswith(".") and not name.startswith("..")


def _below(folder: Path) -> Iterator[Path]:
    """Files in any depth and links to folders, in the order of their paths."""
    found: list[Path] = []

    def refuse(error: OSError) -> None:
        raise DatasetError(error.filename, f"cannot be listed ({error.strerror})") from error

    for root, folders, files in os.walk(folder, onerror=refuse):
        place = Path(root)
        found += [place / name for name in files]
        found += [place / name for name in folders if (place / name).is_symlink()]
    yield from sorted(found)
