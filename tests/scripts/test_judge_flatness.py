"""Memory and open files of a long batch stay what they were."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "judge_flatness.py"


@pytest.mark.slow
def test_five_hundred_recordings_need_no_more_than_the_first_ones() -> None:
    # In a process of its own: this one has grown with every test before.
    judged = subprocess.run(
        [sys.executable, SCRIPT, "--recordings", "500"], capture_output=True, text=True, check=False
    )
    assert judged.returncode == 0, judged.stdout + judged.stderr
    assert judged.stdout.rstrip().endswith("flat")
