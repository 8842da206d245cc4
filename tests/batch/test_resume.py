"""A batch that was killed goes on to the same bytes; more of it in ``scripts/judge_resume.py``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.batches import Brightness, annotate_in_turn, files_below, job_of
from tests.support.clips import steady, write_clip
from tests.support.processes import ROOT
from video_pipeline.batch.recordings import name_recordings


@pytest.mark.slow
def test_kills_and_the_same_call_again_give_the_same_bytes(
    tmp_path: Path, model_folder: Path
) -> None:
    clips = [write_clip(tmp_path / f"clip{k}.mp4", steady(25 * k + 30)) for k in range(4)]
    call = [sys.executable, str(ROOT / "scripts" / "judge_resume.py"), *map(str, clips)]
    call += ["--model", str(model_folder), "--kills", "2", "--seed", "2"]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "2 of 2 byte-identical"


@pytest.mark.parametrize("is_finished", [False, True])
def test_what_a_killed_call_left_of_a_recording_is_taken_away(
    tmp_path: Path, is_finished: bool
) -> None:
    clip = write_clip(tmp_path / "clip.mp4", steady(50))
    out = tmp_path / "out"
    recordings = name_recordings([clip], out)
    annotate_in_turn(recordings, job_of(out))
    wanted = files_below(out)
    if not is_finished:
        (out / "clip" / "run.json").unlink()
        (out / "clip" / "timeline.csv").write_text("of another run")
    (out / ".clip.unfinished").mkdir()
    (out / ".clip.unfinished" / ".0123456789abcdef.partial").write_text("half")
    (out / ".clip.lock").touch()
    classifier = Brightness()
    (outcome,) = annotate_in_turn(recordings, job_of(out), classifier)
    assert outcome.was_finished == is_finished
    assert (classifier.n_images == 0) == is_finished
    assert files_below(out) == wanted
    assert [path.name for path in out.iterdir()] == ["clip"]
