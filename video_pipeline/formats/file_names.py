"""Names: of the files that an export writes, and of recordings that other programs call something.

A recording's name becomes a folder, and comes from strangers' documents here: what would lead out
of its place is taken away.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath, PureWindowsPath
from urllib.parse import unquote, urlsplit

from video_pipeline.formats.labelled import LabelledRecording

__all__ = ["file_stems", "is_folder_name", "plain_video_id", "stem_of_reference"]

_LONGEST = 100
_NOT_PLAIN = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]|^[.\s]+|[.\s]+$')


def file_stems(recordings: Sequence[LabelledRecording]) -> tuple[str, ...]:
    """What each recording's file is called, without a suffix: as its video is.

    So players find it beside the video. Where the video is not known, or its name is another's
    too, it is called like the recording.
    """
    stems = [of.video_id if of.video is None else of.video.path.stem for of in recordings]
    keys = [stem.casefold() for stem in stems]
    taken = {of.video_id.casefold() for of in recordings}
    return tuple(
        stem if keys.count(key) == 1 and (key not in taken or stem == of.video_id) else of.video_id
        for stem, key, of in zip(stems, keys, recordings, strict=True)
    )


def is_folder_name(name: str) -> bool:
    """Whether a recording's name is a folder's everywhere, and leads nowhere else."""
    return 0 < len(name.encode(errors="replace")) <= 2 * _LONGEST and not _NOT_PLAIN.search(name)


def plain_video_id(name: str) -> str:
    """The name itself where it can be a folder's, else one made from it."""
    plain = _NOT_PLAIN.sub("_", name.strip())[:_LONGEST].rstrip(". ")
    return plain if is_folder_name(plain) else "recording"


def stem_of_reference(reference: str) -> str:
    """What a path or URL in a document calls the recording: the file's name without its suffix."""
    query = urlsplit(reference).query if "://" in reference or reference.startswith("/") else ""
    # Label Studio's local files: /data/local-files/?d=folder/case12.mp4
    path = query.partition("d=")[2] if query.startswith("d=") else reference
    if "://" in reference or query:
        path = unquote(path.partition("?")[0] if not query else path)
    # Windows' rules split at both kinds of slashes.
    return plain_video_id(PurePosixPath(PureWindowsPath(path).name).stem)
