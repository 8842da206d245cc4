"""What a ``run.json`` claims, to be checked: read only where it is whole, each value as it must be.

``read_manifest`` of ``manifest`` answers another question: whether work has to be done again. Here
whoever asks wants to hear what is wrong.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from video_pipeline.errors import OutputError
from video_pipeline.output.manifest import MANIFEST_NAME, require_no_newer_manifest
from video_pipeline.output.sealed_json import is_seal_whole

__all__ = ["Claims", "FileClaim", "InputClaim", "read_claims"]

_MOST_BYTES = 64 << 20
_AGAIN = "run the command that wrote it again"


@dataclass(frozen=True)
class FileClaim:
    """What one file beside the manifest was when it was written."""

    sha256: str
    rows: int


@dataclass(frozen=True)
class InputClaim:
    """One file that the results were made from."""

    name: str
    sha256: str
    size_bytes: int | None


@dataclass(frozen=True)
class Claims:
    """What a manifest says that can be checked."""

    status: str
    is_of_annotate: bool
    """Otherwise another command wrote it, which keeps no ``batch.csv``."""
    path_sha256: str | None
    name: str
    """Of the recording: its file, or where several lie."""
    inputs: tuple[InputClaim, ...]
    outputs: Mapping[str, FileClaim]

    @property
    def n_seconds(self) -> int | None:
        """Rows of its timeline."""
        timeline = self.outputs.get("timeline.csv")
        return None if timeline is None else timeline.rows


def read_claims(folder: Path) -> Claims:
    """Read the manifest of ``folder``.

    Raises:
        OutputError: there is none, it was cut or changed, or a newer version wrote it.
    """
    path = folder / MANIFEST_NAME
    content = _bytes(path)
    require_no_newer_manifest(folder)
    if not is_seal_whole(content):
        raise OutputError(path, "was cut or changed since it was written", hint=_AGAIN)
    try:
        return _claims(json.loads(content))
    except (
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        OverflowError,
        RecursionError,
    ) as error:
        raise OutputError(path, "does not say what a manifest says", hint=_AGAIN) from error


def _bytes(path: Path) -> bytes:
    try:
        if path.is_symlink() or (path.exists() and not path.is_file()):
            raise OutputError(path, "is no plain file", hint=_AGAIN)
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except FileNotFoundError as error:
        raise OutputError(path, "is missing", hint=_AGAIN) from error
    except OSError as error:
        raise OutputError(path, f"cannot be read ({error.strerror})") from error
    if len(content) > _MOST_BYTES:
        raise OutputError(path, "is too large for a manifest", hint=_AGAIN)
    return content


def _claims(content: Mapping[str, Any]) -> Claims:
    given = content["input"]
    files = given.get("parts", [given])
    return Claims(
        status=_text(content["status"]),
        is_of_annotate="command" not in content,
        path_sha256=_text(given["path_sha256"]) if "path_sha256" in given else None,
        name=_text(given["name"]),
        inputs=tuple(
            InputClaim(_text(file["name"]), _text(file["sha256"]), _size(file.get("size_bytes")))
            for file in files
        ),
        outputs={
            name: FileClaim(_text(entry["sha256"]), int(entry["rows"]))
            for name, entry in content["outputs"].items()
        },
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"a text is expected, got {value!r}")
    return value


def _size(value: object) -> int | None:
    if value is not None and type(value) is not int:
        raise TypeError(f"a size in bytes is expected, got {value!r}")
    return value
