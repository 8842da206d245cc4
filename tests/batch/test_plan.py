"""A plan says what the batch then does; a trial says how fast, and leaves nothing behind."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from tests.support.batches import Brightness, annotate_in_turn, files_below, job_of
from tests.support.clips import steady, write_clip
from video_pipeline.batch.engine import Progress
from video_pipeline.batch.job import BatchJob, Outcome
from video_pipeline.batch.one_recording import annotate_recording
from video_pipeline.batch.planning.lengths import lengths_of
from video_pipeline.batch.planning.plan import (
    Planned,
    free_bytes,
    plan_recordings,
    presumed_finished,
    result_bytes,
)
from video_pipeline.batch.planning.trial import evenly_chosen, measure_pace
from video_pipeline.batch.recordings import Recording, name_recordings
from video_pipeline.config import AnnotationSettings
from video_pipeline.frame_classifier import FrameClassifier
from video_pipeline.output.provenance import ModelIdentity

SAMPLES = Path(__file__).parents[2] / "samples" / "expected"


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "clip.mp4", steady(75))


def plan_of(paths: list[Path], job: BatchJob) -> list[Planned]:
    recordings = name_recordings(paths, job.out)
    lengths = {of.video_id: length for of, length in lengths_of(recordings, job.settings)}
    return list(plan_recordings(recordings, job, lengths))


def change_nothing(clip: Path, job: BatchJob) -> BatchJob:
    del clip
    return job


def change_model(clip: Path, job: BatchJob) -> BatchJob:
    del clip
    return replace(job, model=ModelIdentity("n" * 64, "other", "sigmoid"))


def change_rate(clip: Path, job: BatchJob) -> BatchJob:
    del clip
    return replace(job, settings=AnnotationSettings(rate_hz=Fraction(2)))


def change_input(clip: Path, job: BatchJob) -> BatchJob:
    shutil.copy(write_clip(clip.with_name("other.mp4"), steady(50)), clip)
    return job


def damage_output(clip: Path, job: BatchJob) -> BatchJob:
    (job.out / clip.stem / "segments.csv").write_text("")
    return job


def lose_manifest(clip: Path, job: BatchJob) -> BatchJob:
    (job.out / clip.stem / "run.json").unlink()
    return job


def force(clip: Path, job: BatchJob) -> BatchJob:
    del clip
    return replace(job, force=True)


def remove_input(clip: Path, job: BatchJob) -> BatchJob:
    clip.unlink()
    return job


@pytest.mark.parametrize(
    ("change", "action", "reason"),
    [
        (change_nothing, "leave", ""),
        (change_model, "annotate", "the model has changed"),
        (change_rate, "annotate", "rate_hz was 1 and is 2"),
        (change_input, "annotate", "the recording has changed"),
        (damage_output, "annotate", "its results were changed or lost"),
        (lose_manifest, "annotate", ""),
        (force, "annotate", "--force"),
        (remove_input, "cannot", "no such file"),
    ],
)
def test_the_plan_is_what_the_batch_does(
    clip: Path,
    tmp_path: Path,
    change: Callable[[Path, BatchJob], BatchJob],
    action: str,
    reason: str,
) -> None:
    job = job_of(tmp_path / "out")
    annotate_in_turn(name_recordings([clip], job.out), job)
    job = change(clip, job)
    before = files_below(job.out)
    (planned,) = plan_of([clip], job)
    assert (planned.action, planned.reason) == (action, reason)
    assert files_below(job.out) == before
    (outcome,) = annotate_in_turn(name_recordings([clip], job.out), job)
    assert outcome.was_finished == (action == "leave")
    assert (outcome.row.status == "failed") == (action == "cannot")
    if action == "annotate":
        assert outcome.again == reason


def test_a_new_recording_is_annotated_and_a_text_cannot_be(clip: Path, tmp_path: Path) -> None:
    text = tmp_path / "text.mp4"
    text.write_text("no video")
    new, bad = plan_of([clip, text], job_of(tmp_path / "out"))
    assert (new.action, new.reason, new.length.seconds) == ("annotate", "", 3.0)
    assert (bad.action, bad.reason) == ("cannot", "not a video container: the file is text")
    assert not (tmp_path / "out").exists()


def test_what_a_newer_version_wrote_is_not_planned_over(clip: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out" / "clip"
    folder.mkdir(parents=True)
    (folder / "run.json").write_text('{"format": 99}')
    (planned,) = plan_of([clip], job_of(tmp_path / "out"))
    assert planned.action == "cannot"
    assert "newer version" in planned.reason


def test_finished_ones_are_presumed_without_reading_them(clip: Path, tmp_path: Path) -> None:
    job = job_of(tmp_path / "out")
    recordings = name_recordings([clip], job.out)
    assert presumed_finished(recordings, job) == set()
    annotate_in_turn(recordings, job)
    assert presumed_finished(recordings, job) == {"clip"}
    assert presumed_finished(recordings, replace(job, force=True)) == set()
    assert presumed_finished(recordings, change_rate(clip, job)) == set()
    with clip.open("ab") as file:
        file.write(b"x")
    assert presumed_finished(recordings, job) == set()


@pytest.mark.parametrize("name", ["sample_25fps", "sample_2997fps"])
def test_space_is_told_within_a_factor_of_two(name: str) -> None:
    there = files_below(SAMPLES / name)
    n_seconds = there["timeline.csv"].count(b"\n") - 1
    told = result_bytes(n_seconds, AnnotationSettings(), n_tools=7, n_recordings=1)
    # run.json is not among the expected files: about three thousand bytes.
    real = sum(map(len, there.values())) + 3000
    assert real / 2 < told < 3 * real


def test_features_need_their_space() -> None:
    plain, more = (
        result_bytes(1000, AnnotationSettings(features=on), n_tools=1, n_recordings=1)
        for on in (False, True)
    )
    assert more - plain == 1000 * 2048 * 2


def test_free_space_is_that_of_the_disk_where_the_folder_will_be(tmp_path: Path) -> None:
    free = free_bytes(tmp_path / "not" / "there")
    assert free is not None
    assert abs(free - shutil.disk_usage(tmp_path).free) < 1 << 30


class InTurn:
    """An engine of one process."""

    def annotate(
        self,
        recordings: Sequence[Recording],
        classifier: FrameClassifier,
        job: BatchJob,
        *,
        progress: Progress | None = None,
    ) -> Iterator[Outcome]:
        for recording in recordings:
            yield annotate_recording(recording, classifier, job, progress=progress)


def test_a_trial_counts_video_by_the_clock_and_leaves_nothing(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    long = write_clip(tmp_path / "long.mp4", steady(180, 2), rate_hz=2)
    now = iter(range(0, 10_000, 2))
    job = job_of(tmp_path / "out", batch_size=5)
    recordings = name_recordings([long, clip], job.out)
    pace = measure_pace(InTurn(), recordings, Brightness(), job, n_at_once=2, clock=now.__next__)
    # A batch of five frames, one a second, is told every two seconds of this clock.
    assert pace == 2.5
    assert files_below(tmp_path / "out") == {}
    assert list(place.iterdir()) == []


def test_a_trial_that_sees_nothing_tells_nothing(tmp_path: Path) -> None:
    recordings = name_recordings([tmp_path / "none.mp4"], tmp_path)
    job = job_of(tmp_path / "out")
    assert measure_pace(InTurn(), recordings, Brightness(), job, n_at_once=1) is None


def test_a_trial_takes_recordings_from_everywhere() -> None:
    recordings = [Recording(Path(f"{k}.mp4"), str(k)) for k in range(12)]
    assert [of.video_id for of in evenly_chosen(recordings, 3)] == ["2", "6", "10"]
    assert evenly_chosen(recordings[:2], 3) == recordings[:2]
