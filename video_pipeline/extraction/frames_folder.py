"""A folder of frames: which pictures lie in it, what its table says of them, where new ones go."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from pathlib import Path

from video_pipeline.extraction.class_folders import SPLITS
from video_pipeline.extraction.frames_table import FRAMES_NAME, FrameRow, FramesTable
from video_pipeline.extraction.label_table import LABELS_NAME
from video_pipeline.extraction.pictures import find_pictures

__all__ = ["RESERVED_NAMES", "FramesFolder"]

RESERVED_NAMES = frozenset({*SPLITS, FRAMES_NAME, LABELS_NAME})
"""What no recording can be called here, in lower case."""


class FramesFolder:
    """One folder of frames for the length of one call."""

    def __init__(self, path: Path) -> None:
        """Look at what is there; raises ``TableError`` where frames.csv is broken."""
        self.path = path
        self._table = FramesTable(path)
        self._places = find_pictures(path)

    def of(self, video_id: str) -> Path:
        """Where a recording's record lies, and its frames unless they are in class folders."""
        return self.path / video_id

    def place_of(self, name: str) -> str | None:
        """Where a picture lies, relative to the folder; None where it is nowhere."""
        places = self._places.get(name)
        return None if places is None else places[0]

    def rows_of(self, video_id: str) -> tuple[FrameRow, ...]:
        """The rows of a recording whose pictures are there, with the places where they are now."""
        rows = []
        for row in self._table.of(video_id):
            places = self._places.get(row.name, [])
            if row.file in places:
                rows.append(row)
            elif places:
                rows.append(dataclasses.replace(row, file=places[0]))
        return tuple(rows)

    def n_without_row(self, video_id: str) -> int:
        """Pictures of a recording of which the table does not speak."""
        listed = {row.name for row in self._table.of(video_id)}
        of_recording = (n for n in self._places if n.rsplit("_", 1)[0] == video_id)
        return sum(name not in listed for name in of_recording)

    def add(self, rows: Iterable[FrameRow]) -> None:
        """Take note of pictures that were written."""
        for row in rows:
            self._places.setdefault(row.name, [row.file])

    def list(self, video_id: str, rows: Iterable[FrameRow]) -> None:
        """Write frames.csv with these rows of a recording; raises ``OutputError``."""
        self._table.put(video_id, rows)
