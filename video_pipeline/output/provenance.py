"""What results were made from: recording, model and parameters, each known by what it is.

If any of it changes, the results are stale.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from video_pipeline.config import AnnotationSettings
from video_pipeline.timeline.smoothing.stored import smoothing_to_json

__all__ = [
    "InputFile",
    "InputLabel",
    "ModelIdentity",
    "Provenance",
    "digest_file",
    "digest_path",
]


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


def _text(value: object | None) -> str | None:
    return None if value is None else str(value)
