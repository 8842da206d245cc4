"""Frames of real clips whose pixels carry their own time, written, found again, added to."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from classifier.dataset.images import read_image
from tests.extraction.calls import PNG, extract, extract_one, files_below, rows_of
from tests.support.clips import cut_file, read_barcode, steady, two_coloured, write_clip
from tests.support.locks import held_elsewhere
from video_pipeline.errors import OutputError, RecordingError, TableError
from video_pipeline.extraction.choosing import AtRate, Part, SpreadEvenly
from video_pipeline.extraction.pictures import PictureSettings
from video_pipeline.frames import sample_frames


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("made") / "clip.mp4", steady(75))


@pytest.fixture
def clip(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(made, tmp_path / "clip.mp4"))


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "frames"


def reading_flags(rows: list[dict[str, str]]) -> set[str]:
    """Flags that come from reading; a barcode's blocks may well be called a blurred picture."""
    found = {flag for row in rows for flag in row["flag"].split("+") if flag}
    return found - {"black", "frozen", "blurred", "out_of_field"}


def test_black_frames_are_flagged(out: Path, tmp_path: Path) -> None:
    # Number 0 is twenty black blocks; the first second shows nothing else.
    clip = write_clip(tmp_path / "c.mp4", steady(50), numbers=[0] * 25 + list(range(1000, 1025)))
    extract_one(clip, out)
    flags = [row["flag"] for row in rows_of(out / "frames.csv")]
    assert flags[0] == "black"
    assert "black" not in flags[1]


def test_each_frame_shows_its_own_time(clip: Path, out: Path) -> None:
    extraction = extract_one(clip, out, moments=AtRate(Fraction(2)))
    assert (extraction.n_frames, extraction.n_new, extraction.is_whole) == (6, 6, True)
    rows = rows_of(out / "frames.csv")
    assert [row["time_s"] for row in rows] == ["0", "0.5", "1", "1.5", "2", "2.5"]
    assert [row["pts_s"] for row in rows] == ["0", "0.48", "1", "1.48", "2", "2.48"]
    assert rows[1]["file"] == "clip/clip_000000.500s.png"
    assert {row["video_id"] for row in rows} == {"clip"}
    assert reading_flags(rows) == set()
    for row in rows:
        assert read_barcode(read_image(out / row["file"])) == float(row["pts_s"]) * 25


def test_a_png_holds_the_very_pixels_that_were_sampled(tmp_path: Path, out: Path) -> None:
    clip = write_clip(tmp_path / "colours.mp4", steady(30), picture=two_coloured)
    (batch,) = sample_frames(clip, size_px=None)
    extract_one(clip, out)
    extract_one(clip, out, picture=PictureSettings())
    for k, image in enumerate(batch.images):
        name = f"colours_{k:06}.000s"
        png, jpeg = (read_image(out / "colours" / f"{name}.{kind}") for kind in ("png", "jpg"))
        np.testing.assert_array_equal(png, image)
        assert np.abs(jpeg.astype(int) - image).mean() < 2


def test_a_size_is_met_by_the_one_resize_rule(clip: Path, out: Path) -> None:
    extract_one(clip, out, picture=PictureSettings("png", None, size_px=(48, 64)))
    (batch,) = sample_frames(clip, size_px=(48, 64))
    np.testing.assert_array_equal(read_image(out / "clip/clip_000002.000s.png"), batch.images[2])


def test_times_beyond_the_millisecond_are_rounded_in_names_and_rows(clip: Path, out: Path) -> None:
    extract_one(clip, out, moments=AtRate(Fraction(3)), part=Part(end=Fraction(1)))
    rows = rows_of(out / "frames.csv")
    assert [row["time_s"] for row in rows] == ["0", "0.333", "0.667"]
    assert rows[2]["file"] == "clip/clip_000000.667s.png"


def test_a_part_is_sampled_at_the_times_of_the_whole(clip: Path, out: Path) -> None:
    extract_one(clip, out, part=Part(Fraction(1, 2), Fraction(2)), moments=AtRate(Fraction(1)))
    assert [row["time_s"] for row in rows_of(out / "frames.csv")] == ["1"]


def test_a_count_is_spread_over_what_the_recording_really_lasts(clip: Path, out: Path) -> None:
    events: list[str] = []
    extract_one(clip, out, moments=SpreadEvenly(2), events=events)
    assert [row["time_s"] for row in rows_of(out / "frames.csv")] == ["0.75", "2.25"]
    assert events == ["Measuring", "Sampling"]
    events.clear()
    extract_one(clip, out, moments=SpreadEvenly(1), events=events)
    assert events == ["Sampling"], "the length is remembered"
    assert [row["time_s"] for row in rows_of(out / "frames.csv")] == ["0.75", "1.5", "2.25"]


def test_the_same_call_decodes_nothing_and_changes_nothing(clip: Path, out: Path) -> None:
    extract_one(clip, out)
    before = files_below(out)
    stamps = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
    events: list[str] = []
    again = extract_one(clip, out, events=events)
    assert again.was_finished
    assert (again.n_frames, again.n_new, events) == (3, 0, [])
    assert files_below(out) == before
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*")} == stamps


def test_another_rate_adds_frames_and_leaves_those_that_are_there(clip: Path, out: Path) -> None:
    extract_one(clip, out)
    marked = out / "clip" / "clip_000001.000s.png"
    marked.write_bytes(b"touched by hand")
    added = extract_one(clip, out, moments=AtRate(Fraction(2)))
    assert (added.n_frames, added.n_new) == (6, 3)
    assert marked.read_bytes() == b"touched by hand"
    assert len(rows_of(out / "frames.csv")) == 6
    assert extract_one(clip, out).was_finished
    assert extract_one(clip, out, moments=AtRate(Fraction(2))).was_finished


def test_a_frame_that_was_taken_away_is_written_again(clip: Path, out: Path) -> None:
    extract_one(clip, out)
    before = files_below(out)
    (out / "clip" / "clip_000001.000s.png").unlink()
    again = extract_one(clip, out)
    assert (again.n_frames, again.n_new) == (3, 1)
    assert files_below(out) == before


def test_a_table_that_was_taken_away_is_written_again(clip: Path, out: Path) -> None:
    extract_one(clip, out)
    before = files_below(out)
    (out / "frames.csv").unlink()
    assert extract_one(clip, out).n_new == 0
    assert files_below(out) == before


def test_frames_that_were_sorted_into_class_folders_stay_there(clip: Path, out: Path) -> None:
    extract_one(clip, out)
    hook = out / "train" / "hook"
    hook.mkdir(parents=True)
    (out / "clip" / "clip_000001.000s.png").rename(hook / "clip_000001.000s.png")
    again = extract_one(clip, out, moments=AtRate(Fraction(2)))
    assert (again.n_frames, again.n_new) == (6, 3)
    assert not (out / "clip" / "clip_000001.000s.png").exists()
    files = {row["time_s"]: row["file"] for row in rows_of(out / "frames.csv")}
    assert files["1"] == "train/hook/clip_000001.000s.png"


def test_another_recording_of_the_same_name_is_refused(clip: Path, out: Path) -> None:
    extract_one(clip, out)
    before = files_below(out)
    write_clip(clip, steady(50))
    with pytest.raises(RecordingError, match=r"is not the recording whose frames are in .*; ren"):
        extract_one(clip, out)
    assert files_below(out) == before


@pytest.mark.parametrize(
    "picture", [PictureSettings("png", None, (48, 64)), PictureSettings("jpg", 50)]
)
def test_frames_of_another_size_or_quality_are_not_mixed_in(
    clip: Path, out: Path, picture: PictureSettings
) -> None:
    extract_one(clip, out)
    extract_one(clip, out, picture=PictureSettings())
    with pytest.raises(RecordingError, match=r"frames in .* have another size or quality; choose"):
        extract_one(clip, out, picture=picture)


@pytest.mark.parametrize("name", ["train", "TEST"])
def test_a_recording_is_not_called_like_what_lies_in_the_folder(
    clip: Path, out: Path, name: str
) -> None:
    path = clip.rename(clip.with_name(f"{name}.mp4"))
    with pytest.raises(RecordingError, match=f"cannot be called '{name}' here; rename it"):
        extract_one(path, out)
    assert files_below(out) == {}


def test_nothing_is_left_of_a_recording_that_shows_nothing_then(clip: Path, out: Path) -> None:
    with pytest.raises(RecordingError, match=r"shows no frame .*; it lasts 3.0 s; look at --start"):
        extract_one(clip, out, part=Part(Fraction(3600)))
    assert list(out.iterdir()) == []


def test_a_bad_recording_costs_itself_only(clip: Path, out: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.mp4"
    bad.write_text("no video")
    first, second = extract([bad, clip], out)
    assert first.extraction is None
    assert str(first.error).startswith(f"{bad}: ")
    assert second.extraction is not None
    assert sorted(p.name for p in out.iterdir()) == ["clip", "frames.csv"]


def test_rows_are_in_the_order_of_recordings_and_times(clip: Path, out: Path) -> None:
    other = Path(shutil.copy(clip, clip.with_name("a b.mp4")))
    for path in (clip, other):
        extract_one(path, out, moments=AtRate(Fraction(1)))
    extract_one(clip, out, moments=AtRate(Fraction(2)))
    keys = [(row["video_id"], float(row["time_s"])) for row in rows_of(out / "frames.csv")]
    assert keys == sorted(keys)
    assert len(keys) == 3 + 6


def test_a_cut_recording_gives_what_it_has_and_says_where_it_ends(
    out: Path, tmp_path: Path
) -> None:
    clip = write_clip(
        tmp_path / "cut.mp4", steady(250), container_options={"movflags": "faststart"}
    )
    cut_file(clip, 0.6)
    for _ in range(2):
        extraction = extract_one(clip, out)
        assert not extraction.is_whole
        assert "the recording was cut off" in extraction.warnings[-1]
    rows = rows_of(out / "frames.csv")
    assert reading_flags(rows[:-1]) == set()
    assert rows[-1]["flag"].endswith("cut_off")


def test_seconds_without_a_frame_are_counted_and_left_out(out: Path, tmp_path: Path) -> None:
    times = [*steady(50), *(t + 62 for t in steady(25))]
    clip = write_clip(tmp_path / "gap.mkv", times, time_base=Fraction(1, 1000))
    spread = extract_one(clip, out, moments=SpreadEvenly(9))
    assert "8 of 9 moments have no frame: nothing was shown then" in spread.notes
    assert reading_flags(rows_of(out / "frames.csv")) == set()


def test_more_frames_than_the_recording_shows_are_called_the_same(clip: Path, out: Path) -> None:
    extraction = extract_one(clip, out, moments=AtRate(Fraction(50)), part=Part(end=Fraction(1)))
    assert extraction.n_frames == 50
    assert extraction.notes[0].startswith("frames that repeat the picture before them: 25; ")


def test_frames_that_an_interrupted_call_left_without_rows_are_mentioned(
    clip: Path, out: Path
) -> None:
    extract_one(clip, out, moments=AtRate(Fraction(2)))
    for name in ("frames.csv", "clip/extract.json"):
        (out / name).unlink()
    extraction = extract_one(clip, out)
    assert extraction.notes[-1].startswith("frames that are not in frames.csv: 3; ")
    assert extract_one(clip, out, moments=AtRate(Fraction(2))).notes == ()


def test_a_spreadsheet_runs_no_name(clip: Path, out: Path) -> None:
    path = clip.rename(clip.with_name("=1+1.mp4"))
    extract_one(path, out)
    row = rows_of(out / "frames.csv")[0]
    assert (row["video_id"], row["file"]) == ("'=1+1", "'=1+1/=1+1_000000.000s.png")
    before = files_below(out)
    assert extract_one(path, out).was_finished
    assert files_below(out) == before


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        ("image,label\n", "line 1: is not file,time_s,pts_s,video_id,flag"),
        ("file,time_s,pts_s,video_id,flag\na,b\n", "line 2: has 2 columns"),
        ("file,time_s,pts_s,video_id,flag\na.png,-1,0,a,\n", "line 2, column 'time_s': '-1' is no"),
        ('file,time_s,pts_s,video_id,flag\n"a', "is no CSV in UTF-8"),
    ],
)
def test_a_broken_table_is_named_and_left_as_it_is(
    clip: Path, out: Path, content: str, cause: str
) -> None:
    out.mkdir()
    (out / "frames.csv").write_text(content)
    with pytest.raises(TableError, match=cause) as caught:
        extract(clip, out)
    assert "\n" not in str(caught.value)
    assert files_below(out) == {"frames.csv": content.encode()}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[:20],
        lambda text: text.replace('"format": 1', '"format": 2'),
        lambda text: text.replace('"duration_s": 3.0', '"duration_s": NaN'),
        lambda _: "[" * 100_000,
        lambda _: "[]",
    ],
    ids=["cut", "newer", "no number", "deep", "a list"],
)
def test_a_broken_record_is_named_and_costs_its_recording_only(
    clip: Path, out: Path, spoil: Callable[[str], str]
) -> None:
    extract_one(clip, out)
    record = out / "clip" / "extract.json"
    record.write_text(spoil(record.read_text()))
    other = Path(shutil.copy(clip, clip.with_name("other.mp4")))
    first, second = extract([clip, other], out)
    assert isinstance(first.error, TableError)
    assert str(first.error).startswith(f"{record}: cannot be read")
    assert second.extraction is not None


def test_a_folder_that_cannot_be_written_ends_the_call(clip: Path, out: Path) -> None:
    out.mkdir()
    (out / "clip").write_text("a file where the frames should be")
    with pytest.raises(OutputError, match="clip: cannot be created"):
        extract(clip, out)


def test_two_calls_at_once_do_not_write_into_one_folder(clip: Path, out: Path) -> None:
    out.mkdir()
    with (
        held_elsewhere(out / ".frames.csv.lock"),
        pytest.raises(OutputError, match="another call is writing frames"),
    ):
        extract(clip, out)
    extract_one(clip, out)
    assert not (out / ".frames.csv.lock").exists()


def test_two_formats_lie_beside_each_other(clip: Path, out: Path) -> None:
    extract_one(clip, out, picture=PNG)
    extract_one(clip, out, picture=PictureSettings("jpg", 80))
    record = json.loads((out / "clip" / "extract.json").read_text())
    assert record["pictures"] == {
        "png": {"quality": None, "size_px": None},
        "jpg": {"quality": 80, "size_px": None},
    }
    assert record["n_frames"] == 6
    assert str(clip.parent) not in (out / "clip" / "extract.json").read_text()
