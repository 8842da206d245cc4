"""Which files could be those that results were made from, so that their digests can tell."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from video_pipeline.batch.search.searching import find_files
from video_pipeline.errors import OutputError, PipelineError, RecordingError
from video_pipeline.output.manifest_reading import Claims, InputClaim
from video_pipeline.output.provenance import digest_path

__all__ = ["Input", "choose_inputs"]

_NAME_ITS_FOLDER = "name its folder, or the file"


@dataclass(frozen=True)
class Input:
    """One file that results were made from, and where it may lie."""

    folder: Path
    """Of the results."""
    claim: InputClaim
    candidates: tuple[Path, ...]
    """At least one; the likeliest first."""


def choose_inputs(
    claims: Mapping[Path, Claims], recordings: Sequence[Path], problems: list[PipelineError]
) -> list[Input]:
    """Look for each input in files and folders: where it lay, by its name, or by its size.

    Only files of its size are candidates; an input without any is added to ``problems``. Whatever
    else lies there, pipes and links without end included, is nobody's input.
    """
    known = _Files(recordings, problems)
    inputs: list[Input] = []
    for folder, claim in claims.items():
        for one in claim.inputs:
            place = claim.path_sha256 if len(claim.inputs) == 1 else None
            likely = known.like(one, place)
            fitting = tuple(path for path in likely if one.size_bytes in (None, known.size(path)))
            if fitting:
                inputs.append(Input(folder, one, fitting))
            elif likely:
                cause = (
                    f"is not the file that {folder.name} was made from: it has "
                    f"{known.size(likely[0])} bytes instead of {one.size_bytes}"
                )
                problems.append(RecordingError(likely[0], cause, hint="annotate it again"))
            else:
                cause = f"its recording, {one.name}, is not among those named"
                problems.append(OutputError(folder, cause, hint=_NAME_ITS_FOLDER))
    return inputs


class _Files:
    """Files by where they lie, their names, their sizes."""

    def __init__(self, recordings: Sequence[Path], problems: list[PipelineError]) -> None:
        found = find_files(recordings)
        self._by_place: dict[str, Path] = {}
        self._by_name: dict[str, list[Path]] = defaultdict(list)
        self._by_size: dict[int, list[Path]] = defaultdict(list)
        self._sizes: dict[Path, int] = {}
        for path in found.files:
            try:
                size = os.stat(path).st_size  # noqa: PTH116
            except OSError as error:
                problems.append(RecordingError(path, f"cannot be read ({error.strerror})"))
                continue
            self._by_place[digest_path(path)] = path
            self._by_name[path.name].append(path)
            self._by_size[size].append(path)
            self._sizes[path] = size

    def like(self, claim: InputClaim, place: str | None) -> list[Path]:
        if place is not None and place in self._by_place:
            return [self._by_place[place]]
        by_size = [] if claim.size_bytes is None else self._by_size.get(claim.size_bytes, [])
        # A name may be a pseudonym: then there is no such file, and the size has to do.
        return self._by_name.get(claim.name) or by_size

    def size(self, path: Path) -> int:
        return self._sizes[path]
