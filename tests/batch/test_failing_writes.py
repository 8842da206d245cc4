"""Every write of a recording may fail: a line says so, nothing is lost, and the next run is whole.

The faults are put below our own code: where it asks Python to open for writing, write, flush to the
disk, rename, make or take away. Everything runs for every single one of these operations.
"""

from __future__ import annotations

import errno
import io
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.support.batches import Brightness, job_of
from tests.support.clips import steady, write_clip
from tests.support.processes import ROOT
from video_pipeline.batch.job import Outcome
from video_pipeline.batch.one_recording import annotate_recording
from video_pipeline.batch.recordings import name_recordings
from video_pipeline.batch.table import update_batch_table
from video_pipeline.errors import OutputError
from video_pipeline.output.manifest import is_finished, read_manifest

NUMBERS = (errno.ENOSPC, errno.EIO, errno.EACCES)
TAKING_AWAY = {"unlink", "rmdir"}


class Faults:
    """Lets writing below a folder fail from the ``first`` operation on, ``n`` times."""

    def __init__(self, root: Path, *, first: int | None = None, n: int = 1, number: int = 0):
        self._root = root
        self._failing = range(0) if first is None else range(first, first + n)
        self._number = number
        self.done: list[tuple[str, Path]] = []
        """What was asked for and where, whether or not it failed."""

    def meet(self, what: str, path: object, folder: int | None = None) -> None:
        """One operation: an error where one is due."""
        place = Path(os.fsdecode(path))  # type: ignore[arg-type]
        if folder is not None:
            place = Path(f"/proc/self/fd/{folder}").readlink() / place
        if not place.is_relative_to(self._root):
            return
        self.done.append((what, place))
        if len(self.done) - 1 in self._failing:
            raise OSError(self._number, os.strerror(self._number), str(place))

    def install(self, patch: pytest.MonkeyPatch) -> None:
        """In place of what the standard library writes with."""
        opening, opening_low, syncing = io.open, os.open, os.fsync
        meet = self.meet

        class Raw(io.FileIO):
            def write(self, content: Any) -> int:
                meet("write", self.name)
                return super().write(content) or 0

        def open_file(file: Any, mode: str = "r", *rest: Any, **named: Any) -> Any:
            if set(mode).isdisjoint("wax+"):
                return opening(file, mode, *rest, **named)
            meet("open", file)
            assert "b" in mode, "our files are written as bytes"
            return io.BufferedWriter(Raw(file, mode.replace("b", "")))

        def open_low(path: Any, flags: int, *rest: Any, **named: Any) -> int:
            if flags & (os.O_CREAT | os.O_WRONLY | os.O_RDWR):
                meet("open", path)
            return opening_low(path, flags, *rest, **named)

        def sync(descriptor: int) -> None:
            meet("fsync", Path(f"/proc/self/fd/{descriptor}").readlink())
            syncing(descriptor)

        patch.setattr(io, "open", open_file)
        patch.setattr(os, "open", open_low)
        patch.setattr(os, "fsync", sync)
        for name in ("replace", "rename", "mkdir", "unlink", "remove", "rmdir"):
            patch.setattr(os, name, self._failing_at_times(name, getattr(os, name)))

    def _failing_at_times(self, what: str, really: Callable[..., None]) -> Callable[..., None]:
        def act(path: Any, *rest: Any, **named: Any) -> None:
            # A rename is met where it leads.
            target = rest[0] if what in {"replace", "rename"} else path
            self.meet(what, target, named.get("dir_fd"))
            really(path, *rest, **named)

        return act


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clips") / "clip.mp4", steady(75))


def annotate(clip: Path, out: Path, faults: Faults | None = None, **settings: object) -> Outcome:
    """As a batch does it for one recording; a table that cannot be written ends nothing."""
    (recording,) = name_recordings([clip], out)
    with pytest.MonkeyPatch.context() as patch:
        if faults is not None:
            faults.install(patch)
        outcome = annotate_recording(recording, Brightness(), job_of(out, **settings))
        with suppress(OutputError):
            update_batch_table(out, [outcome.row])
    return outcome


def everything_below(folder: Path) -> dict[str, bytes | None]:
    """Files and, as None, folders by their names."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


class Judge:
    """Earlier results, those of an undisturbed run over them, and what may lie between the two."""

    def __init__(self, clip: Path, folder: Path) -> None:
        self._clip = clip
        self._earlier = folder / "earlier"
        self._out = folder / "out"
        annotate(clip, self._earlier, rate_hz=Fraction(2))
        self.before = everything_below(self._earlier)
        self.operations = self.judge(None)
        self.wanted = everything_below(self._out)
        assert self.wanted != self.before

    def judge(self, first: int | None, *, n: int = 1) -> list[tuple[str, Path]]:
        """Run with faults, look at what is left, run again; the operations of the first run."""
        shutil.rmtree(self._out, ignore_errors=True)
        shutil.copytree(self._earlier, self._out)
        number = NUMBERS[(first or 0) % len(NUMBERS)]
        faults = Faults(self._out, first=first, n=n, number=number)
        outcome = annotate(self._clip, self._out, faults)
        if first is not None:
            self._look(outcome, faults.done, first, number, lasts=n > 1)
            annotate(self._clip, self._out)
            assert everything_below(self._out) == self.wanted
        return faults.done

    def _look(
        self,
        outcome: Outcome,
        done: list[tuple[str, Path]],
        first: int,
        number: int,
        *,
        lasts: bool,
    ) -> None:
        left = everything_below(self._out)
        if outcome.row.status != "done":
            assert outcome.row.status == "failed"
            assert f"({os.strerror(number)}); " in outcome.row.error, "the cause, then a hint"
            assert "\n" not in outcome.row.error
        shown = {name: content for name, content in left.items() if not hidden(name)}
        for name, content in shown.items():
            if name != "batch.csv":
                assert content in (self.before.get(name), self.wanted[name]), f"{name} is whole"
        folder = self._out / "clip"
        if not any(folder in (place, place.parent) for _, place in done[: first + 1]):
            results = {name for name in self.before if name.startswith("clip")}
            assert {name: shown.get(name) for name in results} == {
                name: self.before[name] for name in results
            }
        manifest = read_manifest(folder)
        assert manifest is None or is_finished(folder, manifest)
        if not lasts and done[first][0] not in TAKING_AWAY:
            assert [name for name in left if hidden(name)] == []


def hidden(name: str) -> bool:
    return any(part.startswith(".") for part in Path(name).parts)


@pytest.mark.slow
def test_any_one_write_may_fail(clip: Path, tmp_path: Path) -> None:
    judge = Judge(clip, tmp_path)
    kinds = {what for what, _ in judge.operations}
    assert kinds == {"open", "write", "fsync", "replace", "mkdir", "unlink", "rmdir"}
    for first in range(len(judge.operations)):
        judge.judge(first)


@pytest.mark.slow
def test_all_writes_may_fail_from_any_one_on(clip: Path, tmp_path: Path) -> None:
    judge = Judge(clip, tmp_path)
    for first in range(0, len(judge.operations), 5):
        judge.judge(first, n=10**6)


def test_a_table_that_cannot_be_written_says_so_and_loses_no_row(
    clip: Path, tmp_path: Path
) -> None:
    outcome = annotate(clip, tmp_path)
    before = (tmp_path / "batch.csv").read_bytes()
    undisturbed = Faults(tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        undisturbed.install(patch)
        update_batch_table(tmp_path, [outcome.row])
    for first, (what, _) in enumerate(undisturbed.done):
        with pytest.MonkeyPatch.context() as patch:
            Faults(tmp_path, first=first, number=errno.ENOSPC).install(patch)
            if what in TAKING_AWAY:
                # That of a lock which nobody holds any more.
                update_batch_table(tmp_path, [outcome.row])
            else:
                with pytest.raises(OutputError, match=r"batch\.csv.* \(No space left on device\);"):
                    update_batch_table(tmp_path, [outcome.row])
        assert (tmp_path / "batch.csv").read_bytes() == before


FILL = """\
import subprocess, sys
from pathlib import Path
from tests.batch.test_failing_writes import annotate, everything_below
clip, disk, undisturbed = map(Path, sys.argv[1:])
annotate(clip, undisturbed)
n_failed = 0
for size in ("8k", "16k", "24k", "32k", "40k", "48k", "56k", "64k", "10m"):
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", disk], check=True)
    outcome = annotate(clip, disk / "out")
    if outcome.row.status == "failed":
        n_failed += 1
        assert "(No space left on device); free some space" in outcome.row.error, outcome.row.error
    assert not list(disk.rglob(".*")), size
    # The table may not have found room behind the results: that is made good as well.
    subprocess.run(["mount", "-o", "remount,size=10m", disk], check=True)
    annotate(clip, disk / "out")
    assert everything_below(disk / "out") == everything_below(undisturbed), size
    subprocess.run(["umount", disk], check=True)
print(n_failed)
"""


@pytest.mark.slow
def test_a_disk_may_be_really_full(clip: Path, tmp_path: Path) -> None:
    private = ["unshare", "--map-root-user", "--mount"]
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = [*private, "mount", "-t", "tmpfs", "tmpfs", str(disk)]
    if shutil.which("unshare") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    call = [*private, sys.executable, "-c", FILL, str(clip), str(disk), str(tmp_path / "out")]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(call, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 3
