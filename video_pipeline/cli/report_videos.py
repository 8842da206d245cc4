"""Which video belongs to which recording's folder: the wrong one beside a timeline would be a lie.

A video is taken if it lies where ``run.json`` says that it was annotated, or has the name and size
that are written there, or the name that ``annotate`` would give to its results. Whichever way, one
of another size than the annotated one is not it, and two that both could be it are none. A
recording of several files has all of them or none; where names come twice, as on DVDs, a folder
that holds all of them is it, if there is but one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from video_pipeline.errors import RecordingError

if TYPE_CHECKING:
    from video_pipeline.output.report.run_record import InputName, RunRecord

__all__ = ["Videos", "find_videos"]


@dataclass(frozen=True)
class Videos:
    """The videos of a folder, by what they may be called."""

    source: Path
    by_place: dict[str, Path]
    """By the digest of where they lie."""
    by_name: dict[str, list[Path]]
    by_video_id: dict[str, list[Path]]

    def of(self, folder: Path, record: RunRecord | None) -> tuple[tuple[Path, ...], str]:
        """The files of a recording's folder, in their order; where there are none, also why."""
        if record is not None and record.n_files > 1:
            return self._parts(record)
        known = None if record is None else record.found_by
        candidates = self._candidates(folder.absolute().name, known)
        if not candidates:
            return (), f"no video of this name in {self.source}"
        size_bytes = None if known is None else known.size_bytes
        fitting = [path for path in candidates if _has_size(path, size_bytes)]
        if not fitting:
            return (), f"{candidates[0]} is not the file that was annotated (its size differs)"
        if len(fitting) > 1:
            return (), f"{len(fitting)} videos could be it: {', '.join(map(str, fitting))}"
        return (fitting[0],), ""

    def _parts(self, record: RunRecord) -> tuple[tuple[Path, ...], str]:
        n_files, parts = record.n_files, record.parts
        if len(parts) != n_files:
            return (), f"was recorded in {n_files} files that run.json does not tell apart"
        fitting: list[list[Path]] = []
        for part in parts:
            named = self.by_name.get(part.name, [])
            fitting.append([path for path in named if _has_size(path, part.size_bytes)])
            if not fitting[-1]:
                what = "size" if named else "name"
                return (), f"no video of this {what} in {self.source}: {part.name}"
        each = tuple(paths[0] for paths in fitting)
        if all(len(paths) == 1 for paths in fitting) and len(set(each)) == n_files:
            return each, ""
        common = sorted(set.intersection(*({path.parent for path in paths} for paths in fitting)))
        if len(common) != 1 or len({part.name for part in parts}) < n_files:
            return (), f"several videos in {self.source} could be each of its files"
        return tuple(common[0] / part.name for part in parts), ""

    def _candidates(self, video_id: str, known: InputName | None) -> Sequence[Path]:
        if known is not None and known.path_sha256 in self.by_place:
            return [self.by_place[known.path_sha256]]
        named = self.by_name.get(known.name, []) if known is not None and known.name else []
        return named or self.by_video_id.get(video_id, [])


def find_videos(source: Path) -> Videos:
    """Look for videos in a folder and those below it, or at one file.

    Raises:
        RecordingError: there is no such folder, or no video in it.
    """
    from video_pipeline.batch.recordings import find_recordings, name_recordings
    from video_pipeline.output.provenance import digest_path

    if not source.exists():
        raise RecordingError(source, "no such file or folder")
    paths = find_recordings([source]).files
    by_name, by_video_id = defaultdict(list), defaultdict(list)
    for path in paths:
        by_name[path.name].append(path)
        # Below a file there are no results that could have taken its name.
        (alone,) = name_recordings([path], path)
        by_video_id[alone.video_id].append(path)
    return Videos(source, {digest_path(path): path for path in paths}, by_name, by_video_id)


def _has_size(path: Path, size_bytes: int | None) -> bool:
    if size_bytes is None:
        return True
    try:
        return path.stat().st_size == size_bytes
    except OSError:
        return False
