"""One process at a time on a recording: claims are held, waited for, given back, and survived."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.batches import Brightness, annotate_in_turn, files_below, job_of
from tests.support.clips import steady, write_clip
from tests.support.locks import held_elsewhere
from tests.support.processes import OURS
from video_pipeline.batch import claim as claims
from video_pipeline.batch.claim import claim, clear_up
from video_pipeline.batch.local.engine import LocalEngine
from video_pipeline.batch.one_recording import annotate_recording
from video_pipeline.batch.recordings import name_recordings
from video_pipeline.errors import OutputError

fcntl = pytest.importorskip("fcntl")


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("clips")
    return [write_clip(folder / f"clip{k}.mp4", steady(n)) for k, n in enumerate((75, 130, 50))]


def test_a_claim_leaves_nothing_behind(tmp_path: Path) -> None:
    with claim(tmp_path / "clip") as is_ours:
        assert is_ours
        assert [path.name for path in tmp_path.iterdir()] == [".clip.lock"]
    assert list(tmp_path.iterdir()) == []


def test_a_claim_ends_with_its_process_however_that_ends(tmp_path: Path) -> None:
    with held_elsewhere(tmp_path / ".clip.lock"), claim(tmp_path / "clip") as is_ours:
        assert not is_ours
    assert (tmp_path / ".clip.lock").exists()
    with claim(tmp_path / "clip") as is_ours:
        assert is_ours
    assert list(tmp_path.iterdir()) == []


COUNT = """\
import os, sys
from pathlib import Path
from video_pipeline.batch.claim import claim
folder = Path(sys.argv[1])
for _ in range(100):
    with claim(folder / "count", wait_s=600) as is_ours:
        assert is_ours
        alone = os.open(folder / "alone", os.O_CREAT | os.O_EXCL)
        n = int((folder / "count").read_text())
        (folder / "count").write_text(str(n + 1))
        os.close(alone)
        os.unlink(folder / "alone")
"""


@pytest.mark.slow
def test_many_processes_are_never_at_one_place_at_once(tmp_path: Path) -> None:
    (tmp_path / "count").write_text("0")
    call = [sys.executable, "-c", COUNT, str(tmp_path)]
    processes = [subprocess.Popen(call, env=OURS) for _ in range(4)]
    assert [process.wait() for process in processes] == [0, 0, 0, 0]
    assert (tmp_path / "count").read_text() == "400"
    assert [path.name for path in tmp_path.iterdir()] == ["count"]


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_where_there_are_no_locks_there_are_no_claims(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "lockf", refuse)
    with claim(tmp_path / "clip") as is_ours:
        assert is_ours
    assert list(tmp_path.iterdir()) == []


def test_where_the_system_has_no_locks_there_are_no_claims(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "fcntl", None)
    with held_elsewhere(tmp_path / ".clip.lock"), claim(tmp_path / "clip") as is_ours:
        assert is_ours


def test_a_link_in_the_locks_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / ".clip.lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OutputError, match="cannot be locked"), claim(tmp_path / "out" / "clip"):
        pass
    assert not (tmp_path / "elsewhere").exists()


def test_what_another_process_is_writing_is_not_cleared_up(tmp_path: Path) -> None:
    half = tmp_path / ".clip.unfinished" / "timeline.csv"
    half.parent.mkdir()
    half.write_text("half")
    with held_elsewhere(tmp_path / ".clip.lock"):
        clear_up(tmp_path / "clip")
        assert half.exists()
    clear_up(tmp_path / "clip")
    assert list(tmp_path.iterdir()) == []


def test_a_recording_that_is_claimed_elsewhere_is_not_touched(
    clips: list[Path], tmp_path: Path
) -> None:
    (recording,) = name_recordings(clips[:1], tmp_path)
    classifier = Brightness()
    with held_elsewhere(tmp_path / ".clip0.lock"):
        outcome = annotate_recording(recording, classifier, job_of(tmp_path))
        assert outcome.is_elsewhere
        assert classifier.n_images == 0
        assert [path.name for path in tmp_path.iterdir()] == [".clip0.lock"]
    again = annotate_recording(recording, classifier, job_of(tmp_path))
    assert (again.is_elsewhere, again.row.status) == (False, "done")
    assert [path.name for path in tmp_path.iterdir()] == ["clip0"]


def test_an_engine_comes_back_to_what_was_claimed_elsewhere(
    clips: list[Path], tmp_path: Path
) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    annotate_in_turn(name_recordings(clips, one), job_of(one))
    other.mkdir()
    recordings = name_recordings(clips, other)
    with held_elsewhere(other / ".clip0.lock") as holder:
        outcomes = LocalEngine(n_workers=2).annotate(recordings, Brightness(), job_of(other))
        others = {next(outcomes).row.video_id, next(outcomes).row.video_id}
        assert others == {"clip1", "clip2"}
        holder.kill()
        (last,) = outcomes
    assert (last.row.video_id, last.row.status, last.was_finished) == ("clip0", "done", False)
    assert files_below(other) == files_below(one)


BATCH = """\
import sys
from pathlib import Path
from tests.support.batches import Brightness, job_of
from video_pipeline.batch.local.engine import LocalEngine
from video_pipeline.batch.recordings import name_recordings
from video_pipeline.batch.table import update_batch_table
out, *clips = map(Path, sys.argv[1:])
classifier = Brightness()
recordings = name_recordings(clips, out)
for outcome in LocalEngine(n_workers=2).annotate(recordings, classifier, job_of(out)):
    assert outcome.row.status == "done"
    update_batch_table(out, [outcome.row])
print(classifier.n_images)
"""


@pytest.mark.slow
def test_two_batches_on_one_folder_annotate_each_recording_once(
    clips: list[Path], tmp_path: Path
) -> None:
    one, both = tmp_path / "one", tmp_path / "both"
    for out, n_batches in ((one, 1), (both, 2)):
        call = [sys.executable, "-c", BATCH, str(out), *map(str, clips)]
        batches = [
            subprocess.Popen(call, env=OURS, stdout=subprocess.PIPE, text=True)
            for _ in range(n_batches)
        ]
        n_images = [int(batch.communicate()[0]) for batch in batches]
        assert sum(n_images) == 3 + 6 + 2
    assert files_below(both) == files_below(one)


def test_recordings_of_one_name_from_calls_at_once_share_no_folder(
    clips: list[Path], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    other = write_clip(tmp_path / clips[0].name, steady(100))
    # Both calls have named theirs before either has a result.
    named = [name_recordings([path], out)[0] for path in (clips[0], other)]
    assert {of.video_id for of in named} == {"clip0"}
    first, second = annotate_in_turn(named, job_of(out))
    assert [first.row.seconds, second.row.seconds] == [3, 4]
    assert first.folder != second.folder
    assert second.row.video_id == second.folder.name
    # As the next call would name them.
    assert name_recordings([other], out)[0].video_id == second.row.video_id
    assert annotate_in_turn(named[:1], job_of(out))[0].was_finished
