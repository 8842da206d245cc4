"""One call at a time in a folder of frames, and nothing left over from one that was killed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from video_pipeline.batch.claim import claim
from video_pipeline.errors import OutputError
from video_pipeline.extraction.class_folders import SPLITS
from video_pipeline.extraction.frames_table import FRAMES_NAME
from video_pipeline.extraction.record import RECORD_NAME
from video_pipeline.output.files import remove_file

__all__ = ["sole_user_of"]

_PARTIAL = re.compile(r"\.[0-9a-f]{16}\.partial")


@contextmanager
def sole_user_of(folder: Path) -> Iterator[None]:
    """Hold ``folder`` for this call; half-written files of a call that was killed are taken away.

    Two calls at once, on whichever machines, would each write a frames.csv without the other's
    rows.

    Raises:
        OutputError: another call is at work there.
    """
    with claim(folder / FRAMES_NAME) as is_ours:
        if not is_ours:
            raise OutputError(
                folder, "another call is writing frames there", hint="wait until it is done"
            )
        for place in (folder, *_places(folder)):
            _remove_partials(place)
        yield


def _places(folder: Path) -> Iterator[Path]:
    """The folders into which we write, and no other: ``folder`` may hold a person's own."""
    for child in sorted(folder.iterdir()):
        if (child / RECORD_NAME).is_file():
            yield child
    for split in SPLITS:
        if (folder / split).is_dir():
            yield from (child for child in (folder / split).iterdir() if child.is_dir())


def _remove_partials(place: Path) -> None:
    for path in place.glob(".*.partial"):
        if _PARTIAL.fullmatch(path.name):
            remove_file(path)
