"""Pickles for programs that read nothing else: written, never read.

Whoever opens a pickle runs what is in it, so this project opens none. What is written holds lists,
numbers, texts and NumPy arrays only, and a plain table of pandas where one is asked for.
"""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

from video_pipeline.output.files import whole_file

__all__ = ["write_pickle"]

# Readable from Python 3.4 on; the authors' environments are old.
_PROTOCOL = 4


def write_pickle(path: Path, content: Any) -> None:
    """Write ``content``, whole or not at all; raises ``OutputError``."""
    with whole_file(path) as file:
        pickle.dump(content, file, protocol=_PROTOCOL)
