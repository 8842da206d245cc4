"""``verify`` finds whatever is not as it was written: one byte, a lost file, a lost row."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.batches import Brightness, annotate_in_turn, files_below, job_of
from tests.support.clips import cut_file, steady, write_clip
from video_pipeline.batch.recordings import name_operations
from video_pipeline.batch.search.operations import find_operations
from video_pipeline.batch.table import update_batch_table
from video_pipeline.batch.verifying.verification import verify_folder
from video_pipeline.cli import main


class WithFeatures(Brightness):
    def predict(
        self, images: NDArray[np.uint8]
    ) -> tuple[NDArray[np.float32], NDArray[np.float16] | None]:
        probabilities, _ = super().predict(images)
        return probabilities, probabilities.astype(np.float16)


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole recording, one that was cut, one that is none, and two parts of one."""
    folder = tmp_path_factory.mktemp("recordings")
    write_clip(folder / "whole.mp4", steady(60))
    options = {"movflags": "faststart"}
    cut_file(write_clip(folder / "=cut, 'it'.mp4", steady(250), container_options=options), 0.6)
    (folder / "none.mp4").write_bytes(b"no video")
    (folder / "parts").mkdir()
    for k in (1, 2):
        write_clip(folder / "parts" / f"case_part{k}.mp4", steady(26 * k))
    return folder


@pytest.fixture(scope="module")
def written(recordings: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a batch wrote of them."""
    out = tmp_path_factory.mktemp("written") / "out"
    named = name_operations(find_operations([recordings], join="parts"), out)
    outcomes = annotate_in_turn(named, job_of(out, features=True), WithFeatures())
    assert [of.row.status for of in outcomes] == ["partial", "failed", "done", "done"]
    update_batch_table(out, [of.row for of in outcomes])
    return out


@pytest.fixture
def out(written: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    return Path(shutil.copytree(written, tmp_path / "out"))


Verify = Callable[..., tuple[int, str, list[str]]]


@pytest.fixture
def verify(capsys: pytest.CaptureFixture[str]) -> Verify:
    """Exit status, what was printed, and the problems, each without the program's name."""

    def run(*arguments: object) -> tuple[int, str, list[str]]:
        status = main(["verify", *map(str, arguments)])
        printed, said = capsys.readouterr()
        lines = said.splitlines()
        prefix = "surgical-video: "
        return status, printed, [line.removeprefix(prefix) for line in lines if prefix in line]

    return run


def flip(path: Path, position: int) -> None:
    content = bytearray(path.read_bytes())
    content[position] ^= 1
    path.write_bytes(content)


def test_what_was_written_is_all_right(verify: Verify, out: Path, recordings: Path) -> None:
    n_files = len(files_below(out)) - len(list(out.glob("*/run.json"))) - 1
    status, printed, problems = verify(out)
    assert (status, problems) == (0, [])
    assert re.fullmatch(
        rf"3 recordings, {n_files} files, [\d.]+ [KM]iB checked in .*: all as it was written\n",
        printed,
    )
    status, printed, problems = verify(out, "--recordings", recordings / "none.mp4", recordings)
    assert (status, problems) == (0, [])
    assert f"{n_files + 4} files" in printed
    assert verify(out / "whole")[0] == 0


def test_progress_is_told_in_bytes_up_to_all_of_them(out: Path, recordings: Path) -> None:
    told: list[tuple[int, int]] = []
    found = verify_folder(
        out, recordings=[recordings], progress=lambda n, of_all: told.append((n, of_all))
    )
    assert [n for n, _ in told] == sorted({n for n, _ in told})
    assert {of_all for _, of_all in told} == {found.n_bytes}
    assert told[-1] == (found.n_bytes, found.n_bytes)
    unread = [*out.glob("*/run.json"), out / "batch.csv", recordings / "none.mp4"]
    files = [path for root in (out, recordings) for path in root.rglob("*") if path.is_file()]
    assert found.n_bytes == sum(path.stat().st_size for path in files if path not in unread)


def test_one_changed_byte_of_any_output_is_found(verify: Verify, out: Path) -> None:
    names = [name for name in files_below(out) if name != "batch.csv"]
    assert len(names) == 3 * 6
    for name in names:
        before = (out / name).read_bytes()
        for position in (0, len(before) // 2, len(before) - 1):
            flip(out / name, position)
            status, _, problems = verify(out)
            assert status == 1, (name, position)
            # Nothing can be said of a recording whose manifest is not to be trusted.
            assert problems[0].startswith(f"{out / name}: was "), (name, position)
            assert "; run the command that wrote it again" in problems[0]
            (out / name).write_bytes(before)
    assert verify(out)[0] == 0


def test_one_changed_byte_of_a_digest_or_of_anything_else_in_a_manifest_is_found(
    verify: Verify, out: Path
) -> None:
    path = out / "whole" / "run.json"
    before = path.read_bytes()
    digests = [match.start(1) for match in re.finditer(rb'"([0-9a-f]{64})"', before)]
    assert len(digests) > 6
    for position in (*digests, *range(0, len(before), 97), len(before) - 1):
        flip(path, position)
        status, _, problems = verify(out / "whole")
        assert status == 1, position
        assert problems[0].startswith(f"{path}: was "), position
        path.write_bytes(before)


def test_one_changed_byte_of_what_the_table_says_is_found(verify: Verify, out: Path) -> None:
    table = out / "batch.csv"
    before = table.read_bytes()
    lines = before.splitlines(keepends=True)
    for number, line in enumerate(lines[1:], 1):
        is_failed, is_partial = b",failed," in line, b",partial," in line
        # Errors' texts, and the path of what failed, stand nowhere else.
        end = len(line)
        if is_partial:
            end = line.index(b",partial,") + len(b",partial,") + 2
        start = line.index(b",failed,") + 1 if is_failed else 0
        end = line.index(b",failed,") + len(b",failed,") if is_failed else end
        first_of_path = line.index(b"/")
        for position in range(start, end, 3):
            if position == first_of_path:
                # A path that is no longer absolute is known by its name only.
                continue
            flip(table, len(b"".join(lines[:number])) + position)
            assert verify(out)[0] == 1, (line, position)
            table.write_bytes(before)


@pytest.mark.parametrize(
    "name", ["timeline.csv", "segments.csv", "statistics.csv", "timeline.png", "features.npy"]
)
def test_a_lost_file_is_named(verify: Verify, out: Path, name: str) -> None:
    (out / "whole" / name).unlink()
    status, _, problems = verify(out)
    assert status == 1
    assert problems == [f"{out / 'whole' / name}: is missing; run the command that wrote it again"]


def test_a_lost_manifest_folder_or_table_is_named(verify: Verify, out: Path) -> None:
    manifest = out / "whole" / "run.json"
    cut = manifest.read_bytes()[:-100]
    manifest.write_bytes(cut)
    assert verify(out)[2][0].startswith(f"{manifest}: was cut or changed")
    manifest.unlink()
    folder, row = verify(out)[2]
    assert folder.startswith(f"{out / 'whole'}: holds results without run.json; run")
    assert "says that whole is done, but there is no run.json of it" in row
    shutil.rmtree(out / "whole")
    assert verify(out)[2] == [row]
    table = (out / "batch.csv").read_text().splitlines(keepends=True)
    (out / "batch.csv").write_text("".join(table[:-1]))
    assert verify(out)[0] == 0
    (out / "batch.csv").write_text("".join(table[:-3]))
    (problem,) = verify(out)[2]
    assert problem.startswith(f"{out / 'case'}: has no row in batch.csv; run `annotate` again")
    (out / "batch.csv").unlink()
    assert verify(out)[2][0].startswith(f"{out / 'batch.csv'}: is missing; run `annotate` again")


def test_what_the_table_says_otherwise_is_named(verify: Verify, out: Path) -> None:
    text = (out / "batch.csv").read_text()
    for old, new, said in (
        (",done,3,", ",done,4,", "has 4 seconds, its table 3"),
        (",done,3,", ",partial,3,", "says that whole is partial, its run.json says done"),
        (",done,3,", ",failed,,no", "says that whole is failed, its run.json says done"),
        (",done,3,", ",fine,3,", "'fine' is no status"),
        ("whole,", "../whole,", "'../whole' is no name of a recording's folder"),
        ("whole,", "none,", "none has a second row"),
        ("none,", "whole,", "whole has a second row"),
        ("path,", "place,", "line 1: has not the columns of this table"),
        (",done,3,", ",done,3", "has 4 columns instead of 5"),
    ):
        assert old in text
        (out / "batch.csv").write_text(text.replace(old, new))
        status, _, problems = verify(out)
        assert status == 1
        assert any(said in problem for problem in problems), (said, problems)


def test_what_was_left_unfinished_is_named_and_what_is_not_ours_is_counted(
    verify: Verify, out: Path
) -> None:
    (out / ".whole.unfinished").mkdir()
    (out / "whole" / f".{'ab' * 8}.partial").write_bytes(b"half")
    (out / "whole" / "report.html").write_text("a page")
    (out / "whole" / "notes.txt").write_text("mine")
    (out / "mine").mkdir()
    status, printed, problems = verify(out, "--json")
    assert status == 1
    assert [problem.split(": ")[0] for problem in problems] == [
        str(out / ".whole.unfinished"),
        str(out / "whole" / f".{'ab' * 8}.partial"),
    ]
    said = json.loads(printed)
    assert said["foreign"] == 2
    assert [of["hint"] for of in said["problems"]] == ["run the same call again, or remove it"] * 2
    assert not said["is_as_written"]


def test_a_link_or_a_pipe_in_the_place_of_a_file_is_named(verify: Verify, out: Path) -> None:
    table = out / "whole" / "timeline.csv"
    table.rename(out.parent / "elsewhere.csv")
    table.symlink_to(out.parent / "elsewhere.csv")
    assert "timeline.csv: is no plain file" in verify(out)[2][0]
    table.unlink()
    os.mkfifo(table)
    assert "timeline.csv: is no plain file" in verify(out)[2][0]
    (out / "whole" / "run.json").unlink()
    os.mkfifo(out / "whole" / "run.json")
    assert "run.json: is no plain file" in verify(out)[2][0]
    (out / "batch.csv").unlink()
    os.mkfifo(out / "batch.csv")
    assert any("batch.csv: is no plain file" in problem for problem in verify(out)[2])


def test_another_recording_under_the_same_name_is_found(
    verify: Verify, out: Path, recordings: Path, tmp_path: Path
) -> None:
    moved = Path(shutil.copytree(recordings, tmp_path / "moved"))
    os.mkfifo(moved / "pipe.mp4")
    assert verify(out, "--recordings", moved)[0] == 0
    assert verify(out, "--recordings", moved, moved / "none")[2] == [
        f"{moved / 'none'}: cannot be read (No such file or directory)"
    ]
    flip(moved / "whole.mp4", 2000)
    (problem,) = verify(out, "--recordings", moved)[2]
    assert problem.startswith(f"{moved / 'whole.mp4'}: is not the file that whole was made from: i")
    (moved / "whole.mp4").write_bytes(b"short")
    assert "it has 5 bytes instead of" in verify(out, "--recordings", moved)[2][0]
    (moved / "whole.mp4").unlink()
    (problem,) = verify(out, "--recordings", moved)[2]
    assert problem.startswith(f"{out / 'whole'}: its recording, whole.mp4, is not among those")
    (moved / "whole.mp4").mkdir()
    assert "is not among those named" in verify(out, "--recordings", moved)[2][0]


@pytest.mark.parametrize("make", [Path.absolute, Path.mkdir, Path.touch])
def test_where_there_is_nothing_to_verify_that_is_said(
    verify: Verify, tmp_path: Path, make: Callable[[Path], object]
) -> None:
    make(tmp_path / "out")
    status, _, problems = verify(tmp_path / "out")
    assert status == 1
    assert len(problems) == 1
    assert problems[0].startswith(f"{tmp_path / 'out'}: ")
