"""A small dataset in which nothing is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.labelled_folders import write


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """Two tools, three images each in train and two in test: nothing is wrong with it."""
    folder = tmp_path / "dataset"
    for k, (split, n) in enumerate((("train", 3), ("test", 2))):
        for m, tool in enumerate(("grasper", "hook")):
            for i in range(n):
                write(folder / split / tool / f"{i}.jpg", 100 * k + 10 * m + i)
    return folder
