"""File names are data: whatever a recording is called, its results lie in one folder of their own.

Real clips under hostile names go through the engine; what was written is held against the names.
"""

from __future__ import annotations

import csv
import os
import shutil
import unicodedata
from pathlib import Path

import pytest

from tests.support.batches import OUTPUTS, Brightness, files_below, job_of
from tests.support.clips import steady, write_clip
from video_pipeline.batch.job import Outcome
from video_pipeline.batch.local.engine import LocalEngine
from video_pipeline.batch.naming.folder_names import folder_name, name_key
from video_pipeline.batch.recordings import Operation, name_operations
from video_pipeline.batch.search.operations import find_operations
from video_pipeline.batch.table import BATCH_NAME, update_batch_table
from video_pipeline.batch.verifying.verification import verify_folder
from video_pipeline.output.provenance import digest_path

pytestmark = pytest.mark.skipif(os.name != "posix", reason="other systems refuse such names")

NAMES = (
    b"case.mp4",
    b"case.mkv",
    b"Case.mp4",
    b"CASE.MP4",
    b"not \xff\xfe utf8.mp4",
    b"x" * 251 + b".mp4",
    "手".encode() * 83 + b".mp4",
    b"12:30:00.mp4",
    b"C:\\video.mp4",
    b"100%s%n%d.mp4",
    b"'single' \"double\" `back`.mp4",
    b"=cmd|' -C calc'!A1.mp4",
    b"=1+1.mp4",
    b"+1.mp4",
    b"-rf.mp4",
    b"--out.mp4",
    b"@sum(a1).mp4",
    b"'=1+1.mp4",
    b"<img src=x onerror=alert(1)>.mp4",
    b"line\nbreak.mp4",
    b"return\rhere, and comma.mp4",
    b"\x1b[31mred\x07.mp4",
    "right-to-left \u202e4pm.mp4".encode(),
    b"CON.mp4",
    b"nul.x.mp4",
    b"com1.mp4",
    b"ends in dots....mp4",
    b"ends in blank .mp4",
    b" begins with one.mp4",
    b"~.mp4",
    b"$HOME $(id).mp4",
    b"concat:a|b.mp4",
    b"http:x.mp4",
    b"batch.csv.mp4",
    b"run.json.mp4",
    unicodedata.normalize("NFC", "Müller").encode() + b".mp4",
    unicodedata.normalize("NFD", "Müller").encode() + b".mp4",
    "\u0939\u093f\u0928\u094d\u0926\u0940.mp4".encode(),
)
NAMED_THEMSELVES = (
    b".case.unfinished.mp4",
    b".mp4",
    b"...mp4",
    b"....mp4",
    b"no suffix",
    b".\x80.lock",
)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", steady(26))


def put(clip: Path, folder: Path, names: tuple[bytes, ...]) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    paths = [Path(os.fsdecode(os.fsencode(folder) + b"/" + name)) for name in names]
    for path in paths:
        shutil.copy(clip, path)
    return paths


def annotate(paths: list[Path], out: Path) -> list[Outcome]:
    """As the command does it."""
    named = name_operations(find_operations(paths), out)
    outcomes = []
    for outcome in LocalEngine(n_workers=2).annotate(named, Brightness(), job_of(out)):
        outcomes.append(outcome)
        update_batch_table(out, [outcome.row])
    return outcomes


@pytest.mark.slow
def test_whatever_it_is_called_each_recording_has_a_folder_and_a_row(
    clip: Path, tmp_path: Path
) -> None:
    root, out = tmp_path / "in", tmp_path / "out"
    out.mkdir()
    put(clip, root, NAMES)
    put(clip, root / "other folder", NAMES[:4])
    named = put(clip, root, NAMED_THEMSELVES)
    before = files_below(root)
    outcomes = annotate([root, *named], out)
    assert [of.row.error for of in outcomes if of.row.status != "done"] == []
    assert len(outcomes) == len(NAMES) + 4 + len(NAMED_THEMSELVES)
    ids = {of.row.video_id for of in outcomes}
    assert len({name_key(video_id) for video_id in ids}) == len(outcomes)

    # Nothing lies elsewhere, nothing is left over, no input was touched.
    assert {path.name for path in out.iterdir()} == {*ids, BATCH_NAME}
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in", "out"]
    assert files_below(root) == before
    for video_id in ids:
        assert sorted(path.name for path in (out / video_id).iterdir()) == OUTPUTS

    # A table that a spreadsheet runs nothing of, and that reads as it was written.
    with (out / BATCH_NAME).open(encoding="utf-8", newline="") as file:
        _, *rows = csv.reader(file)
    assert len(rows) == len(outcomes)
    assert not [cell for row in rows for cell in row if cell.startswith(tuple("=+-@\t\r"))]
    content = (out / BATCH_NAME).read_bytes()
    update_batch_table(out, [])
    assert (out / BATCH_NAME).read_bytes() == content
    assert verify_folder(out, recordings=[root, *named]).problems == []

    # The same call finds all of it again, in whatever order.
    again = annotate([*named[::-1], root], out)
    assert {of.row for of in again} == {of.row for of in outcomes}
    assert all(of.was_finished for of in again)
    assert (out / BATCH_NAME).read_bytes() == content


def test_names_are_plain_everywhere() -> None:
    for name in (*NAMES, *NAMED_THEMSELVES):
        plain = folder_name(os.fsdecode(name).removesuffix(".mp4"))
        assert len(plain.encode()) <= 100
        assert not set(plain) & set("/\\:*?\"<>|%'`$\n\r\x1b\x07")
        assert plain.isprintable()
        assert plain.strip(". ") == plain
        first = plain.split(".")[0].strip().casefold()
        assert first not in {"con", "nul", "prn", "aux", "com1", "lpt9"}
    for kept in ("case 12 (left)", "é手術", "a.b", "Fall-3_links", "_x", "हिन्दी"):
        assert folder_name(kept) == unicodedata.normalize("NFC", kept) == kept


def test_names_that_some_system_takes_for_the_same_are_parted(tmp_path: Path) -> None:
    stems = ("ß", "SS", "ss", "é", "É", unicodedata.normalize("NFD", "é"))
    operations = [Operation.of_file(tmp_path / f"{stem}.mp4") for stem in stems]
    ids = [of.video_id for of in name_operations(operations, tmp_path / "out")]
    assert len({name_key(video_id) for video_id in ids}) == len(stems)


def test_a_name_made_to_be_that_of_another_gets_its_own(tmp_path: Path) -> None:
    """Whoever knows the rule can call a file as another's results would be called."""
    first, second = tmp_path / "a" / "case.mp4", tmp_path / "b" / "case.mp4"
    digest = digest_path(first)
    paths = [first, second]
    paths += [tmp_path / f"case-{digest[:8]}.mp4", tmp_path / "c" / f"case-{digest}.mp4"]
    operations = [Operation.of_file(path) for path in paths]
    ids = {of.path: of.video_id for of in name_operations(operations, tmp_path / "out")}
    assert len(set(ids.values())) == 4
    backwards = name_operations(operations[::-1], tmp_path / "out")
    assert {of.path: of.video_id for of in backwards} == ids


def test_what_is_skipped_takes_no_name_from_a_recording(tmp_path: Path) -> None:
    recording = Operation.of_file(tmp_path / "b" / "case.mp4")
    skipped = [
        Operation(tmp_path / place / "case.mp4", "case", (tmp_path,), "a pipe, not a file")
        for place in ("a", "c")
    ]
    for operations in ([recording, *skipped], [*skipped, recording]):
        ids = {of.path: of.video_id for of in name_operations(operations, tmp_path / "out")}
        assert ids[recording.path] == "case"
        assert len(set(ids.values())) == 3
    (alone,) = name_operations(skipped[:1], tmp_path / "out")
    assert (alone.video_id, alone.why_skipped) == ("case", "a pipe, not a file")


def test_a_recording_keeps_the_name_under_which_its_results_lie(clip: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (first,) = put(clip, tmp_path / "a", (b"case.mp4",))
    (second,) = put(clip, tmp_path / "b", (b"case.mp4",))
    annotate([first], out)
    both = {of.recording.path: of for of in annotate([first, second], out)}
    assert both[first].row.video_id == "case"
    assert both[first].was_finished
    assert both[second].row.video_id.startswith("case-")
    # Also when the other one is no longer there.
    shutil.rmtree(out / "case")
    (alone,) = annotate([second], out)
    assert alone.was_finished


@pytest.mark.parametrize("leads_to", ["folder", "nowhere", "file"])
def test_results_never_leave_the_output_folder_through_a_link(
    clip: Path, tmp_path: Path, leads_to: str
) -> None:
    name = "case"
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    out.mkdir()
    if leads_to == "folder":
        elsewhere.mkdir()
        (elsewhere / "timeline.csv").write_text("precious")
    elif leads_to == "file":
        elsewhere.write_text("precious")
    before = files_below(tmp_path)
    (out / name).symlink_to(elsewhere)
    (outcome,) = annotate(put(clip, tmp_path / "in", (b"case.mp4",)), out)
    assert outcome.row.status == "failed"
    assert "\n" not in outcome.row.error
    assert outcome.row.error == (
        f"case: the place of its results, {name}, is a link, which may lead elsewhere; "
        "remove the link or choose another output folder"
    )
    (tmp_path / "in" / "case.mp4").unlink()
    (out / BATCH_NAME).unlink()
    (out / name).unlink()
    assert files_below(tmp_path) == before


def test_a_link_where_results_are_staged_goes_and_what_it_leads_to_stays(
    clip: Path, tmp_path: Path
) -> None:
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    out.mkdir()
    elsewhere.mkdir()
    (elsewhere / "timeline.csv").write_text("precious")
    (out / ".case.unfinished").symlink_to(elsewhere)
    (outcome,) = annotate(put(clip, tmp_path / "in", (b"case.mp4",)), out)
    assert outcome.row.status == "done"
    assert not (out / ".case.unfinished").is_symlink()
    assert files_below(elsewhere) == {"timeline.csv": b"precious"}


def test_a_table_that_is_a_link_is_replaced_and_not_written_through(tmp_path: Path) -> None:
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    out.mkdir()
    elsewhere.write_text("precious")
    (out / BATCH_NAME).symlink_to(elsewhere)
    update_batch_table(out, [])
    assert elsewhere.read_text() == "precious"
    assert not (out / BATCH_NAME).is_symlink()
