"""``run.json``: what one recording's results were made from, and the digest of each of them.

It is written last, so a folder with a manifest whose digests hold is a finished one.
"""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.metadata
import json
import platform
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from video_pipeline.annotate import Annotation
from video_pipeline.config import AnnotationSettings
from video_pipeline.errors import OutputError
from video_pipeline.frames.pictures.field_of_view import FieldOfView
from video_pipeline.output.files import write_bytes
from video_pipeline.output.sealed_json import sealed_json
from video_pipeline.timeline.smoothing.stored import smoothing_to_json

__all__ = [
    "MANIFEST_NAME",
    "InputFile",
    "InputLabel",
    "Manifest",
    "ModelIdentity",
    "Provenance",
    "digest_file",
    "digest_path",
    "digests_of",
    "is_finished",
    "read_manifest",
    "require_no_newer_manifest",
    "versions",
    "write_manifest",
]

MANIFEST_NAME = "run.json"
_FORMAT = 1
_PACKAGES = ("av", "numpy", "opencv-python-headless", "pydicom", "tensorflow", "keras")
_MOST_CHARACTERS = 16 << 20


@dataclass(frozen=True)
class ModelIdentity:
    """Which model gave the probabilities."""

    sha256: str
    """Changes with anything that changes an answer."""
    name: str
    head: str
    """``softmax`` probabilities compete with one another, ``sigmoid`` ones do not."""


@dataclass(frozen=True)
class InputFile:
    """One file of a recording, known by its content."""

    name: str
    """Without its folder: folders often carry patients' names."""
    sha256: str
    size_bytes: int

    @classmethod
    def of(cls, path: Path) -> InputFile:
        """Digest a file."""
        return cls(path.name, digest_file(path), path.stat().st_size)


@dataclass(frozen=True)
class InputLabel:
    """What a manifest calls a recording, and how it tells its place from others."""

    name: str
    path_sha256: str
    """Where it lies: see ``digest_path``; of a pseudonym, its own keyed digest."""
    parts: tuple[str, ...] | None = None
    """What each of its files is called; None: by its name."""

    @classmethod
    def of(cls, path: Path) -> InputLabel:
        """By its name without the folder, and the digest of its path."""
        return cls(path.absolute().name, digest_path(path))


@dataclass(frozen=True)
class Provenance:
    """What results depend on: if any of it changes, they are stale."""

    input_sha256: str
    """Digest of the file; of several, of their digests in their order."""
    input_bytes: int
    """Of all files together."""
    model_sha256: str
    parameters: Mapping[str, Any]
    files: tuple[InputFile, ...] = field(default=(), compare=False)
    """What the digest was made from; not read back from a manifest."""

    @classmethod
    def of(
        cls,
        files: Sequence[InputFile],
        *,
        model_sha256: str,
        settings: AnnotationSettings,
    ) -> Provenance:
        """Sum up a recording's files, and name the settings that change a result."""
        parameters: dict[str, Any] = {
            "rate_hz": str(settings.rate_hz),
            "start_s": str(settings.start),
            "end_s": _text(settings.end),
            "decoder": settings.decoder,
            "stream": settings.stream,
            "resize_rule": settings.resize_rule,
            "crop_field_of_view": settings.crop_field_of_view,
            "smoothing": smoothing_to_json(settings.smoothing),
        }
        # Only where asked for: manifests from before there were features stay valid.
        if settings.features:
            parameters["features"] = True
        if settings.plots:
            parameters["plots"] = sorted(settings.plots)
        return cls(
            _digest_of_all(files),
            sum(file.size_bytes for file in files),
            model_sha256,
            parameters,
            tuple(files),
        )

    def suffices_for(self, wanted: Provenance) -> bool:
        """Whether results of this provenance are those of ``wanted``, or hold them and more."""
        there, asked = self.parameters, wanted.parameters
        plots = there.get("plots")
        return (
            self._without_extras() == wanted._without_extras()
            and asked.get("features") in (None, there.get("features"))
            and all(isinstance(plots, list) and plot in plots for plot in asked.get("plots", ()))
        )

    def _without_extras(self) -> Provenance:
        """Without what is asked for besides the tables, which is the same with or without it."""
        extras = {"features", "plots"}
        parameters = {key: value for key, value in self.parameters.items() if key not in extras}
        return dataclasses.replace(self, parameters=parameters)


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
        "versions": versions() | _decoder_versions(provenance),
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


def versions() -> dict[str, str | None]:
    """Of Python, this program, and the packages that results depend on."""
    return {
        "python": platform.python_version(),
        "surgical-video": _version("surgical-video"),
        **{name: _version(name) for name in _PACKAGES},
    }


def digest_file(path: Path) -> str:
    """SHA-256 of a file's content, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest_path(path: Path) -> str:
    """SHA-256 of where a recording lies, in hex: tells places apart without naming them."""
    return hashlib.sha256(str(path.absolute()).encode("utf-8", "surrogateescape")).hexdigest()


def _digest_of_all(files: Sequence[InputFile]) -> str:
    if len(files) == 1:
        return files[0].sha256
    return hashlib.sha256("\n".join(file.sha256 for file in files).encode()).hexdigest()


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


def _decoder_versions(provenance: Provenance) -> dict[str, str]:
    """Of the libraries that read the file: PyAV's FFmpeg, which plans for OpenCV too, and its."""
    import av

    found = {
        name: ".".join(map(str, av.library_versions[name]))
        for name in ("libavformat", "libavcodec", "libavutil", "libswscale")
    }
    if provenance.parameters.get("decoder") == "opencv":
        import cv2

        built = re.findall(
            r"^ +(avcodec|avformat|swscale): +YES \(([\d.]+)\)", cv2.getBuildInformation(), re.M
        )
        found |= {f"opencv_lib{name}": version for name, version in built}
    return found


def _box(field_of_view: FieldOfView | None) -> dict[str, float] | None:
    return None if field_of_view is None else dataclasses.asdict(field_of_view)


def _field_of_view(box: Mapping[str, float] | None) -> FieldOfView | None:
    return None if box is None else FieldOfView(**box)


def _text(value: object | None) -> str | None:
    return None if value is None else str(value)


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
