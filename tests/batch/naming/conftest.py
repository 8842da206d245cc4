"""A site's key, an output folder, and the pseudonyms that one gives in the other."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.batch.naming.keys import KEY
from video_pipeline.batch.naming.pseudonyms import Pseudonyms


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "site" / "deidentify.key"
    path.parent.mkdir()
    path.write_text(f"{KEY.hex()}\n")
    path.chmod(0o600)
    return path


@pytest.fixture
def out(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


@pytest.fixture
def pseudonyms(key_file: Path, out: Path) -> Pseudonyms:
    return Pseudonyms.of_key_file(key_file, out=out)
