"""Result folders that are whole or absent: filled beside their place, then renamed into it."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from classifier.errors import ClassifierError

__all__ = ["new_folder", "require_free"]


def require_free(folder: Path, *, overwrite: bool) -> None:
    """Refuse, before hours are spent, a place where results would bury something.

    Raises:
        ClassifierError: the folder holds files already, and nobody asked to overwrite it.
    """
    if folder.exists() and not folder.is_dir():
        raise ClassifierError(folder, "is a file", hint="name a folder")
    if not overwrite and folder.is_dir() and any(folder.iterdir()):
        raise ClassifierError(
            folder, "holds files already", hint="name another folder or pass --overwrite"
        )


@contextlib.contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Yield an empty folder to fill, which takes the place of ``folder`` if all goes well."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    except OSError as error:
        raise ClassifierError(folder, f"cannot be written ({error.strerror})") from error
    try:
        yield beside
        beside.chmod(0o755)
        _replace(beside, folder)
    except OSError as error:
        raise ClassifierError(folder, f"cannot be written ({error.strerror})") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _replace(new: Path, place: Path) -> None:
    if not place.exists():
        new.rename(place)
        return
    old = place.with_name(f".{place.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    place.rename(old)
    new.rename(place)
    shutil.rmtree(old)
