"""How many workers the local engine has: as many as the classifier can make use of."""

from __future__ import annotations

import math
import os
import time
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.batches import Brightness, job_of
from tests.support.clips import steady, write_clip
from tests.support.processes import children_of
from video_pipeline.batch.local.engine import LocalEngine
from video_pipeline.batch.local.staffing import Staffing
from video_pipeline.batch.recordings import Recording, name_recordings
from video_pipeline.records import VideoInfo


def work(staffing: Staffing, *, seconds: float, decode_hz: float, classify_hz: float) -> None:
    """Batches of 8 images, where each worker decodes at one rate and all share a classifier."""
    passed = 0.0
    while passed < seconds:
        answered_s = 8 / classify_hz
        waited_s = max(0.0, 8 / (staffing.n_wanted * decode_hz) - answered_s)
        staffing.note(waited_s=waited_s, answered_s=answered_s, n_delivering=staffing.n_wanted)
        passed += waited_s + answered_s


@pytest.mark.parametrize("classify_hz", [5, 79, 81, 400, 1500, 1e6])
def test_there_come_to_be_as_many_as_keep_the_classifier_busy(classify_hz: float) -> None:
    staffing = Staffing(most=64)
    work(staffing, seconds=10, decode_hz=40, classify_hz=classify_hz)
    enough = math.ceil(0.95 * classify_hz / 40)
    assert staffing.n_wanted == min(64, max(2, enough))


def test_who_reads_a_file_for_its_digest_tells_nothing() -> None:
    staffing = Staffing(most=64)
    for _ in range(600):
        staffing.note(waited_s=0.2, answered_s=0, n_delivering=0)
    assert staffing.n_wanted == 2
    # One of many delivers, and fills half of the time: two do.
    for _ in range(600):
        staffing.note(waited_s=0.1, answered_s=0.1, n_delivering=1)
    assert staffing.n_wanted == 2
    for _ in range(600):
        staffing.note(waited_s=0.1, answered_s=0.1, n_delivering=3)
    assert staffing.n_wanted == 6


def test_there_are_no_more_than_there_may_be() -> None:
    assert Staffing(most=1).n_wanted == 1
    assert Staffing(most=7, at_once=True).n_wanted == 7
    staffing = Staffing(most=9)
    work(staffing, seconds=10, decode_hz=1, classify_hz=100)
    assert staffing.n_wanted == 9


@pytest.mark.slow
@pytest.mark.parametrize(("answer_s", "rate_hz"), [(0.3, 1), (0.0, 25)])
def test_the_engine_starts_workers_where_the_classifier_waits_for_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer_s: float, rate_hz: int
) -> None:
    class Paced(Brightness):
        def predict(self, images: NDArray[np.uint8]) -> tuple[NDArray[np.float32], None]:
            time.sleep(answer_s)
            return (images.mean(axis=(1, 2, 3)) / 255)[:, np.newaxis].astype(np.float32), None

    monkeypatch.setattr("video_pipeline.batch.local.engine.n_processors", lambda: 16)
    clip = write_clip(tmp_path / "clip.mp4", steady(1500), gop=25)
    paths = [tmp_path / f"clip{k}.mp4" for k in range(8)]
    for path in paths:
        path.hardlink_to(clip)
    before, n_workers = len(children_of(os.getpid())), 0

    def look(recording: Recording, position_s: float, info: VideoInfo) -> None:
        del recording, position_s, info
        nonlocal n_workers
        n_workers = len(children_of(os.getpid())) - before

    job = job_of(tmp_path / "out", rate_hz=Fraction(rate_hz), batch_size=8)
    recordings = name_recordings(paths, job.out)
    outcomes = LocalEngine().annotate(recordings, Paced(), job, progress=look)
    assert next(outcomes).row.status == "done"
    if answer_s:
        # At a recording's end there is a time without images: another one would be right then.
        assert n_workers == 2
    else:
        while n_workers == 2:
            assert next(outcomes).row.status == "done"
        assert n_workers > 2
    outcomes.close()  # type: ignore[attr-defined]
