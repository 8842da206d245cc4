"""Whether a recording is the one that its results were made from, without reading it again.

A thousand recordings of hours are terabytes; a call that finds them finished should not have to
read them all for their digests. The system notes when a file was last changed, in content or in
place, and lets nobody set that time back.
"""

from __future__ import annotations

from pathlib import Path

from video_pipeline.batch.recordings import Recording
from video_pipeline.output.manifest import MANIFEST_NAME, Manifest

__all__ = ["is_untouched"]

_CLOCKS_DIFFER_S = 2.0


def is_untouched(recording: Recording, folder: Path, earlier: Manifest) -> bool:
    """Whether its files are as large as they were, and none was changed since the results.

    What was changed less than two seconds before the manifest was written counts as changed since.
    Where recordings and results lie on servers whose clocks differ by more, a change to as many
    bytes can go unseen: ``verify --recordings`` reads everything, and ``--force`` does it again.
    """
    try:
        written_s = (folder / MANIFEST_NAME).stat().st_mtime
        files = [path.stat() for path in recording.paths]
    except (OSError, ValueError):
        return False
    changed_s = max(max(file.st_mtime, file.st_ctime) for file in files)
    n_bytes = sum(file.st_size for file in files)
    is_as_large = n_bytes == earlier.provenance.input_bytes
    return is_as_large and changed_s + _CLOCKS_DIFFER_S < written_s
