"""``dataset.lock.json``: a dataset's lock, written canonically and read with suspicion."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from classifier.dataset.lock import SPLITS, DatasetLock, LockedFile, digest_of_path
from classifier.errors import ClassifierError, DatasetError

__all__ = ["LOCK_NAME", "read_lock", "write_lock"]

LOCK_NAME = "dataset.lock.json"
_FORMAT = 1
_MOST_BYTES = 256 << 20
_HINT = "take the file as `train` wrote it"


def write_lock(folder: Path, lock: DatasetLock) -> None:
    """Write ``dataset.lock.json`` into a folder that is being filled.

    Raises:
        ClassifierError: it cannot be written.
    """
    try:
        (folder / LOCK_NAME).write_text(_as_json(lock), encoding="utf-8", newline="\n")
    except OSError as error:
        raise ClassifierError(folder, f"cannot be written ({error.strerror})") from error


def read_lock(path: Path) -> DatasetLock:
    """Read a lock, or the one of a model folder.

    Raises:
        DatasetError: there is none, or it is not as ``write_lock`` writes it.
    """
    if path.is_dir():
        path = path / LOCK_NAME
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise DatasetError(path, f"cannot be read ({error.strerror})") from error
    if len(content) > _MOST_BYTES:
        raise DatasetError(path, f"is larger than {_MOST_BYTES >> 20} MiB", hint=_HINT)
    try:
        return _lock_of(json.loads(content))
    except RecursionError as error:
        raise DatasetError(path, "is no dataset lock: nested too deeply", hint=_HINT) from error
    except KeyError as error:
        raise DatasetError(path, f"is no dataset lock: {error} is missing", hint=_HINT) from error
    except (ValueError, TypeError, AttributeError) as error:
        raise DatasetError(path, f"is no dataset lock: {error}", hint=_HINT) from error


def _as_json(lock: DatasetLock) -> str:
    head = {
        "format": _FORMAT,
        "dataset_sha256": lock.dataset_sha256,
        "split_sha256": lock.split_sha256,
        "tools": lock.tools,
        "background": lock.background,
        "n_recordings": lock.n_recordings,
        "n_patients": lock.n_patients,
        "counts": lock.counts,
    }
    # A line for each file, so that version control shows what changed. A file's name may hold
    # bytes that are no text; only escapes bring them back.
    lines = ",\n".join(f"    {json.dumps(_entry(file))}" for file in lock.files)
    return f'{json.dumps(head, indent=2)[:-2]},\n  "files": [\n{lines}\n  ]\n}}\n'


def _entry(file: LockedFile) -> dict[str, Any]:
    named = {"path": file.path} if file.path is not None else {"path_sha256": file.path_sha256}
    entry = {
        **named,
        "size_bytes": file.size_bytes,
        "sha256": file.sha256,
        "split": file.split,
        "shows": file.shows,
    }
    return entry | ({"unknown": file.unknown} if file.unknown else {})


def _lock_of(content: Any) -> DatasetLock:
    """Raises ``ValueError``, ``TypeError`` or ``KeyError`` where it is not as we write it."""
    if type(content) is not dict or type(content.get("format")) is not int:
        raise ValueError("it has no format")
    if content["format"] != _FORMAT:
        raise ValueError(f"it has format {content['format']:.9g}, this version reads {_FORMAT}")
    lock = DatasetLock(
        dataset_sha256=_digest(content["dataset_sha256"]),
        tools=_texts(content["tools"]),
        background=_texts(content["background"]),
        n_recordings=_count_or_none(content["n_recordings"]),
        n_patients=_count_or_none(content["n_patients"]),
        files=tuple(_file_of(entry) for entry in _list(content["files"])),
    )
    known = set(lock.classes)
    if any(not known >= {*file.shows, *file.unknown} for file in lock.files):
        raise ValueError("an image shows a class that is not listed")
    if content["split_sha256"] != lock.split_sha256:
        raise ValueError("its files are not those that its digest speaks of")
    return lock


def _file_of(entry: Any) -> LockedFile:
    if type(entry) is not dict:
        raise ValueError("a file is no object")
    path = entry.get("path")
    if path is not None and type(path) is not str:
        raise ValueError("a path is no text")
    if entry["split"] not in SPLITS:
        raise ValueError(f"a split is none of {', '.join(SPLITS)}")
    size = _count_or_none(entry["size_bytes"])
    if size is None:
        raise ValueError("a file has no size")
    return LockedFile(
        path_sha256=_digest(entry["path_sha256"]) if path is None else digest_of_path(path),
        size_bytes=size,
        sha256=_digest(entry["sha256"]),
        split=entry["split"],
        shows=_texts(entry["shows"]),
        unknown=_texts(entry.get("unknown", [])),
        path=path,
    )


def _list(value: Any) -> list[Any]:
    if type(value) is not list:
        raise ValueError("a list is expected")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    texts = _list(value)
    if not all(type(text) is str for text in texts):
        raise ValueError("a list of names is expected")
    return tuple(texts)


def _digest(value: Any) -> str:
    if type(value) is not str or len(value) != 64 or not set(value) <= set("0123456789abcdef"):
        raise ValueError("a digest is none")
    return value


def _count_or_none(value: Any) -> int | None:
    if value is not None and (type(value) is not int or value < 0):
        raise ValueError("a count is none")
    return value
