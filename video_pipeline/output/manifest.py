"""``run.json``: what one recording's results were made from, and the digest of each of them.

It is written last, so a folder with a manifest whose digests hold is a finished one.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from video_pipeline.annotate import Annotation
from video_pipeline.errors import OutputError
from video_pipeline.frames.pictures.field_of_view import FieldOfView
from video_pipeline.output.files import write_bytes
from video_pipeline.output.provenance import (
    InputLabel,
    ModelIdentity,
    Provenance,
    digest_file,
)
from video_pipeline.output.sealed_json import sealed_json
from video_pipeline.output.versions import decoder_versions, versions

__all__ = [
    "MANIFEST_NAME",
    "Manifest",
    "digests_of",
    "is_finished",
    "read_manifest",
    "require_no_newer_manifest",
    "write_manifest",
]

MANIFEST_NAME = "run.json"
_FORMAT = 1
_MOST_CHARACTERS = 16 << 20


@dataclass(frozen=True)
class Manifest:
    """The parts of a manifest that decide whether its folder is finished and fresh."""

    provenance: Provenance
    path_sha256: str
    status: str
    n_seconds: int
    warnings: tuple[str, ...]
    outputs: Mapping[str, str]
    """SHA-256 of each file beside it."""
    field_of_view: FieldOfView | None
    """What frames were cropped to; None where they were not."""

    def believed(self) -> Manifest:
        """Itself; ``ValueError`` where it says what no manifest of ours does."""
        of = self.provenance
        texts = (of.input_sha256, of.model_sha256, self.path_sha256, *self.outputs.values())
        if not all(isinstance(text, str) for text in texts):
            raise ValueError("digests are texts")
        if not isinstance(of.parameters, dict) or type(of.input_bytes) is not int:
            raise ValueError("the input has a size, and parameters have names")
        if self.status not in {"done", "partial"} or not 0 <= self.n_seconds < 10**9:
            raise ValueError("no status, or no length, of finished results")
        return self


def write_manifest(
    folder: Path,
    annotation: Annotation,
    provenance: Provenance,
    *,
    label: InputLabel,
    status: str,
    model: ModelIdentity,
    outputs: Mapping[str, int],
) -> None:
    """Write the manifest of ``folder``; ``outputs`` names its files and their row counts."""
    report = dataclasses.asdict(annotation.report)
    warnings = report.pop("warnings")
    content = {
        "format": _FORMAT,
        "status": status,
        "input": {
            # The name and not the path: folders often carry patients' names.
            "name": label.name,
            "path_sha256": label.path_sha256,
            "size_bytes": provenance.input_bytes,
            "sha256": provenance.input_sha256,
            "stream_index": annotation.info.stream_index,
            "codec": annotation.info.codec,
            "width_px": annotation.info.width_px,
            "height_px": annotation.info.height_px,
            "frame_rate_from_header": _text(annotation.info.frame_rate),
            **_parts(annotation, provenance, label),
        },
        "model": dataclasses.asdict(model),
        "tools": annotation.timeline.tools,
        "parameters": provenance.parameters,
        "field_of_view": _box(annotation.field_of_view),
        "decoding": report,
        "warnings": warnings,
        "outputs": digests_of(folder, outputs),
        "versions": versions() | decoder_versions(provenance.parameters.get("decoder")),
    }
    write_bytes(folder / MANIFEST_NAME, sealed_json(content))


def read_manifest(folder: Path) -> Manifest | None:
    """Read the manifest of ``folder``; None where there is none that can be believed."""
    content = _content(folder)
    if content is None or _is_newer(content):
        return None
    try:
        return Manifest(
            provenance=Provenance(
                input_sha256=content["input"]["sha256"],
                input_bytes=content["input"]["size_bytes"],
                model_sha256=content["model"]["sha256"],
                parameters=dict(content["parameters"]),
            ),
            path_sha256=content["input"]["path_sha256"],
            status=str(content["status"]),
            n_seconds=int(content["outputs"]["timeline.csv"]["rows"]),
            warnings=tuple(str(warning) for warning in content["warnings"]),
            outputs={name: entry["sha256"] for name, entry in content["outputs"].items()},
            field_of_view=_field_of_view(content.get("field_of_view")),
        ).believed()
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
        # Of another making: the work has to be done (again).
        return None


def require_no_newer_manifest(folder: Path) -> None:
    """Refuse to replace what a later version of this program wrote and we cannot judge.

    Raises:
        OutputError: the manifest of ``folder`` says so.
    """
    content = _content(folder)
    if content is not None and _is_newer(content):
        raise OutputError(
            folder / MANIFEST_NAME,
            "was written by a newer version of this program, and is not overwritten",
            hint="update this program, name another output folder, or remove this one",
        )


def is_finished(folder: Path, manifest: Manifest) -> bool:
    """Whether every file that the manifest names is there, unchanged."""
    try:
        return all(
            # No manifest of ours names a file elsewhere, and a pipe would never end.
            Path(name).name == name
            and not (folder / name).is_symlink()
            and (folder / name).is_file()
            and digest_file(folder / name) == digest
            for name, digest in manifest.outputs.items()
        )
    except (OSError, ValueError):
        return False


def _content(folder: Path) -> dict[str, Any] | None:
    """What the manifest says; None where it is absent, cut, or not JSON at all."""
    path = folder / MANIFEST_NAME
    try:
        if path.is_symlink() or not path.is_file():
            return None
        with path.open(encoding="utf-8") as file:
            content = json.loads(file.read(_MOST_CHARACTERS))
    except (OSError, ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def _is_newer(content: Mapping[str, Any]) -> bool:
    """Whether a version that is not known here wrote it, under whichever of the usual names."""
    versions = [content.get(name) for name in ("format", "schema")]
    return any(isinstance(version, int) and version > _FORMAT for version in versions)


def digests_of(folder: Path, outputs: Mapping[str, int]) -> dict[str, dict[str, Any]]:
    """What a manifest says of files beside it: their digests and row counts."""
    return {
        name: {"sha256": digest_file(folder / name), "rows": rows} for name, rows in outputs.items()
    }


def _parts(annotation: Annotation, provenance: Provenance, label: InputLabel) -> dict[str, Any]:
    """The files of a recording that has several, and where each lies on its clock."""
    if not annotation.parts:
        return {}
    files = provenance.files
    names = [file.name for file in files] if label.parts is None else label.parts
    return {
        "parts": [
            dataclasses.asdict(file)
            | {"name": name, "start_s": span.start_s, "duration_s": span.duration_s}
            for file, name, span in zip(files, names, annotation.parts, strict=True)
        ]
    }


def _box(field_of_view: FieldOfView | None) -> dict[str, float] | None:
    return None if field_of_view is None else dataclasses.asdict(field_of_view)


def _field_of_view(box: Mapping[str, float] | None) -> FieldOfView | None:
    return None if box is None else FieldOfView(**box)


def _text(value: object | None) -> str | None:
    return None if value is None else str(value)
