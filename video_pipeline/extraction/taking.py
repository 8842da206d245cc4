"""A recording decoded once, its frames written as they come; memory holds a few batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

from video_pipeline.batch.recordings import Recording
from video_pipeline.errors import RecordingError
from video_pipeline.extraction.class_folders import class_of
from video_pipeline.extraction.frames_folder import FramesFolder
from video_pipeline.extraction.frames_table import FrameRow, flags_of_seconds
from video_pipeline.extraction.pictures import milliseconds, picture_name, write_new_picture
from video_pipeline.extraction.settings import ExtractionSettings
from video_pipeline.formats.tool_annotation import ToolAnnotation
from video_pipeline.frames import (
    ChosenTimes,
    FrameSampler,
    SamplingReport,
    SamplingTimes,
    open_video,
    prefetch,
    resize_rgb,
)
from video_pipeline.frames.pictures.quality import QUALITY_SIZE_PX, JudgedPictures, QualityWatch
from video_pipeline.records import FrameBatch, VideoInfo

__all__ = ["Sampling", "Taken", "take_frames"]

_BATCH_BYTES = 16 << 20
_LARGEST_BATCH = 32
_N_THREADS = 4
"""That encode and write; most of their time they wait for the disk."""


@dataclass(frozen=True)
class Sampling:
    """How far the frames of a recording have been taken."""

    recording: Recording
    position_s: float
    info: VideoInfo


@dataclass(frozen=True)
class Taken:
    """What one pass over a recording brought."""

    rows: tuple[FrameRow, ...]
    """Each frame that was asked for and is on disk, whoever wrote it."""
    n_new: int
    n_left_out: int
    """Frames without a class folder: of several tools, or not annotated."""
    report: SamplingReport
    notes: tuple[str, ...]


def take_frames(
    recording: Recording,
    folder: FramesFolder,
    settings: ExtractionSettings,
    *,
    times: SamplingTimes,
    annotation: ToolAnnotation | None,
    begin: Callable[[], None],
    progress: Callable[[Sampling], None],
) -> Taken:
    """Write the frames on display at ``times``; ``begin`` is called before the first of them.

    Raises:
        RecordingError: the recording cannot be read, or shows nothing at these times.
        OutputError: a frame cannot be written.
    """
    written: list[_Written] = []
    writer = _FrameWriter(recording.video_id, folder, settings, annotation)
    quality = QualityWatch()
    with open_video(recording.path, decoder=settings.decoder, stream=settings.stream) as reader:
        sampler = FrameSampler(
            reader,
            times=times,
            size_px=settings.picture.size_px,
            batch_size=_batch_size(reader.info, settings.picture.size_px),
        )
        with prefetch(sampler, depth=1) as batches, ThreadPoolExecutor(_N_THREADS) as pool:
            for batch in batches:
                if not written:
                    begin()
                of_batch = list(pool.map(writer.write, *_columns(batch)))
                folder.add(one.row for one in of_batch if one.row is not None)
                quality.add(JudgedPictures.of(_small(batch)))
                written += of_batch
                progress(Sampling(recording, float(batch.times_s[-1]), reader.info))
    report = sampler.report
    if not written:
        raise RecordingError(
            recording.path,
            f"shows no frame at the times asked for; it lasts {report.duration_s:.1f} s",
            hint="look at --start and --end",
        )
    flags = flags_of_seconds(report, quality.flagged_seconds())
    rows = [one.row for one in written if one.row is not None]
    return Taken(
        rows=tuple(replace(row, flag=flags[min(row.second, len(flags) - 1)]) for row in rows),
        n_new=sum(one.is_new for one in written),
        n_left_out=len(written) - len(rows),
        report=report,
        notes=tuple(_notes(written, rows, times)),
    )


@dataclass(frozen=True)
class _Written:
    """What became of one sampled frame."""

    row: FrameRow | None
    """Without its flag, which is known at the end; None where it belongs in no class folder."""
    is_new: bool = False
    is_elsewhere: bool = False
    """It lies in another class folder than the annotation says."""


@dataclass(frozen=True, eq=False)
class _FrameWriter:
    """Writes frames of one recording where they belong, from several threads."""

    video_id: str
    folder: FramesFolder
    settings: ExtractionSettings
    annotation: ToolAnnotation | None

    def write(self, image: NDArray[np.uint8], time_s: float, pts_s: float) -> _Written:
        """Write a frame unless it is there already, wherever that is."""
        time_ms = milliseconds(time_s)
        name = picture_name(self.video_id, time_ms, self.settings.picture.format)
        parts = self._place(time_ms // 1000)
        there = self.folder.place_of(name)
        if there is not None:
            row = FrameRow(there, time_ms, milliseconds(pts_s), self.video_id, "")
            is_elsewhere = parts is None or PurePosixPath(there).parent.name != parts[-1]
            return _Written(row, is_elsewhere=is_elsewhere and self.settings.split is not None)
        if parts is None:
            return _Written(None)
        path = self.folder.path.joinpath(*parts, name)
        is_new = write_new_picture(path, image, self.settings.picture)
        row = FrameRow("/".join([*parts, name]), time_ms, milliseconds(pts_s), self.video_id, "")
        return _Written(row, is_new=is_new)

    def _place(self, second: int) -> tuple[str, ...] | None:
        """Folders below each other; None where a frame has none, because it is of no one class."""
        if self.settings.split is None or self.annotation is None:
            return (self.video_id,)
        class_name = class_of(second, self.annotation)
        return None if class_name is None else (self.settings.split, class_name)


def _small(batch: FrameBatch) -> FrameBatch:
    """The same frames at the size that the quality flags were measured at."""
    images = np.stack([resize_rgb(image, QUALITY_SIZE_PX) for image in batch.images])
    return FrameBatch(images, batch.times_s, batch.pts_s)


def _columns(
    batch: FrameBatch,
) -> tuple[Iterator[NDArray[np.uint8]], Sequence[float], Sequence[float]]:
    return iter(batch.images), batch.times_s.tolist(), batch.pts_s.tolist()


def _batch_size(info: VideoInfo, size_px: tuple[int, int] | None) -> int:
    height, width = size_px if size_px is not None else (info.height_px, info.width_px)
    return max(1, min(_LARGEST_BATCH, _BATCH_BYTES // (3 * height * width)))


def _notes(
    written: Sequence[_Written], rows: Sequence[FrameRow], times: SamplingTimes
) -> Iterator[str]:
    n_asked = len(times.times) if isinstance(times, ChosenTimes) else len(written)
    if n_asked > len(written):
        yield f"{n_asked - len(written)} of {n_asked} moments have no frame: nothing was shown then"
    n_same = sum(a.pts_ms == b.pts_ms for a, b in pairwise(rows))
    if n_same > 0:
        yield (
            f"frames that repeat the picture before them: {n_same}; the recording showed no newer "
            "one"
        )
    n_elsewhere = sum(one.is_elsewhere for one in written)
    if n_elsewhere > 0:
        yield (
            f"frames in another class folder than the annotation says, left there: {n_elsewhere}"
        )
