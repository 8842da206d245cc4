"""``surgical-video explain`` as a person calls it: images, folders, moments; right and wrong."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from tests.cli.test_bad_input import Called, call
from tests.support.clips import read_barcode, steady, write_clip
from video_pipeline.cli import main
from video_pipeline.cli.explain_inputs import Subject, find_inputs, read_subjects
from video_pipeline.cli.field_of_view import find_crop

if TYPE_CHECKING:
    from classifier.prediction import ToolClassifier

__all__ = ["call"]

Call = Callable[..., Called]


def write_picture(path: Path, *, seed: int = 0, size_px: tuple[int, int] = (90, 120)) -> Path:
    image = np.random.default_rng(seed).integers(0, 256, (*size_px, 3), dtype=np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Written by hand: OpenCV takes no file name that is not text.
    path.write_bytes(cv2.imencode(".png", image)[1].tobytes())
    return path


def rows_of(out: Path) -> list[dict[str, str]]:
    with (out / "explanations.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def width_of(path: Path) -> int:
    image = cv2.imread(str(path))
    assert image is not None
    return int(image.shape[1])


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recordings")
    return write_clip(folder / "clip.mp4", steady(75), size_px=(240, 426))


@dataclass(frozen=True)
class Explained:
    """One call about a bit of everything."""

    place: Path
    said: Called

    @property
    def out(self) -> Path:
        return self.place / "out"

    def subjects(self) -> list[tuple[Path, str, str]]:
        """(image, moment, sheet) of each picture, in the order of the table."""
        rows = rows_of(self.out)
        assert [row["tool"] for row in rows] == ["grasper", "hook", "scissors"] * (len(rows) // 3)
        return [(Path(row["image"]), row["time_s"], row["sheet"]) for row in rows[::3]]


NAMES = [os.fsdecode(b"caf\xe9.png"), "手術\n1.png", "$x^2$.png", "-.png", 'x, "y".png']


@pytest.fixture(scope="module")
def explained(
    model_folder: Path, clip: Path, tmp_path_factory: pytest.TempPathFactory
) -> Explained:
    place = tmp_path_factory.mktemp("explained")
    frames, named = place / "frames", place / "named"
    for k, name in enumerate(["b.png", "a.png", "deep/a.jpg", ".hidden.png"]):
        write_picture(frames / name, seed=k)
    (frames / "notes.txt").write_text("no image")
    for name in NAMES:
        write_picture(named / name)
    # Called as the sheet of a moment is.
    twin = write_picture(place / "clip_000001.500s.png")
    (place / "bad.png").write_bytes(twin.read_bytes()[:200])
    (place / "text.mp4").write_text("a text\n" * 99)
    (place / "empty").mkdir()
    inputs = [place / name for name in ("bad.png", "none.png", "text.mp4", "empty")]
    inputs += [frames, frames / "a.png", named, twin, clip]
    moments = [*("--at", "0:01.5"), *("--at", "0.04"), *("--at", "77")]
    arguments = ["explain", model_folder, *inputs, *moments, "--out", place / "out", "--all-tools"]
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main([*map(str, arguments)])
    return Explained(place, Called(status, out.getvalue(), err.getvalue()))


@pytest.mark.slow
def test_images_folders_and_moments_in_one_call(explained: Explained) -> None:
    subjects = explained.subjects()
    images = [(image.name, at) for image, at, _ in subjects if image.parent.name != "named"]
    assert images == [
        *(("a.png", ""), ("b.png", ""), ("a.jpg", "")),
        ("clip_000001.500s.png", ""),
        *(("clip.mp4", "0.040"), ("clip.mp4", "1.500")),
    ]
    sheets = [sheet for _, _, sheet in subjects]
    assert "clip_000000.040s.png" in sheets
    assert sorted(path.name for path in explained.out.iterdir()) == sorted(
        [*sheets, "explanations.csv"]
    )
    where = f"sheets: {explained.out}/<name>.png; peaks and probabilities: "
    assert where + f"{explained.out}/explanations.csv" in explained.said.out


@pytest.mark.slow
def test_each_picture_has_a_sheet_of_its_own(explained: Explained) -> None:
    """Also a.png beside a.jpg, and an image that is called as a moment of a recording."""
    sheets = [sheet for _, _, sheet in explained.subjects()]
    assert len(set(sheets)) == len(sheets) == 11


@pytest.mark.slow
def test_a_file_name_is_data(explained: Explained) -> None:
    subjects = explained.subjects()
    sheets = [sheet for image, _, sheet in subjects if image.parent.name == "named"]
    assert len(sheets) == len(NAMES)
    assert all((explained.out / sheet).is_file() for sheet in sheets)


@pytest.mark.slow
def test_the_others_go_on_where_one_fails(explained: Explained) -> None:
    said, place = explained.said, explained.place
    assert said.status == 1
    found = "\n".join(said.problems)
    assert len(said.problems) == 5
    assert f"{place / 'bad.png'}: the image is cut off" in found
    assert "none.png: no such file or folder" in found
    assert "text.mp4: not a video container" in found
    assert "empty: no image in this folder" in found
    assert "clip.mp4: shows nothing at 77 s; the recording lasts 3.0 s" in found
    assert "11 pictures explained, 5 failed" in said.out


@pytest.mark.slow
def test_the_table_says_what_was_answered_and_where(
    call: Call, model_folder: Path, classifier: ToolClassifier, tmp_path: Path
) -> None:
    from classifier.dataset.images import read_image
    from classifier.explanation.grad_cam import explain_images

    path, out = write_picture(tmp_path / "x.png", size_px=(480, 854)), tmp_path / "out"
    assert call("explain", model_folder, path, "--layer", "conv5", "--out", out).status == 0
    image = read_image(path, size_px=(64, 64))[np.newaxis]
    probabilities = classifier.predict(image)[0][0]
    maps = np.maximum(explain_images(model_folder, image, layer="conv5")[0], 0)
    for row, probability, one_map in zip(rows_of(out), probabilities, maps, strict=True):
        assert row["probability"] == f"{probability:.4f}"
        assert row["visible"] == str(int(probability >= 0.5))
        assert float(row["map_max"]) == pytest.approx(one_map.max(), rel=1e-3)
        assert (row["peak_x_px"] == "") == (one_map.max() <= 0)
        if row["peak_x_px"] != "":
            y, x = np.unravel_index(one_map.argmax(), one_map.shape)
            assert int(row["peak_x_px"]) * 2 // 854 == x
            assert int(row["peak_y_px"]) * 2 // 480 == y


@pytest.mark.slow
def test_a_moment_is_the_frame_on_display_as_annotate_sees_it(
    call: Call, model_folder: Path, clip: Path, tmp_path: Path
) -> None:
    from classifier.model.bundle import read_model_folder

    config = read_model_folder(model_folder).config
    inputs, _ = find_inputs([clip], tmp_path, has_moments=True)
    moments = [Fraction("2.959"), Fraction(1), Fraction("0.079")]
    subjects = [one for one in read_subjects(inputs, moments, config) if isinstance(one, Subject)]
    assert [one.time_ms for one in subjects] == [79, 1000, 2959]
    assert [read_barcode(one.seen.image) for one in subjects] == [1, 25, 73]
    assert {one.seen.image.shape for one in subjects} == {(240, 426, 3)}

    out, timelines = tmp_path / "out", tmp_path / "timelines"
    assert call("explain", model_folder, clip, "--at", "1", "--out", out).status == 0
    call("annotate", clip, "--model", model_folder, "--out", timelines, "--quiet")
    with (timelines / "clip" / "timeline.csv").open(encoding="utf-8", newline="") as file:
        second = list(csv.DictReader(file))[1]
    for row in rows_of(out):
        assert row["probability"] == second[f"{row['tool']}_probability"]


@pytest.mark.slow
def test_maps_of_a_model_that_crops_lie_in_the_uncropped_picture(
    call: Call, model_folder: Path, tmp_path: Path
) -> None:
    model = Path(shutil.copytree(model_folder, tmp_path / "model"))
    described = json.loads((model / "classifier.json").read_text())
    described["crops_field_of_view"] = True
    (model / "classifier.json").write_text(json.dumps(described))
    image = np.zeros((256, 512, 3), np.uint8)
    image[:, 200:456] = np.random.default_rng(4).integers(90, 220, (256, 256, 3))
    cut = find_crop([image])(image)
    # Where the finder cuts, told by where its view begins in memory.
    left = (cut.ctypes.data - image.ctypes.data) // 3
    right = left + cut.shape[1]
    assert 190 < left <= 200
    assert 456 <= right < 466
    cv2.imwrite(str(tmp_path / "whole.png"), image)
    cv2.imwrite(str(tmp_path / "cut.png"), cut)
    out = tmp_path / "out"
    called = call(
        *("explain", model, tmp_path / "whole.png", tmp_path / "cut.png", "--out", out),
        *("--all-tools", "--overlays"),
    )
    assert called.status == 0
    for of_whole, of_cut in zip(rows_of(out)[:3], rows_of(out)[3:], strict=True):
        assert of_whole["probability"] == of_cut["probability"], "the border was not cut off"
        assert of_whole["peak_y_px"] == of_cut["peak_y_px"]
        if of_cut["peak_x_px"] != "":
            assert int(of_whole["peak_x_px"]) == int(of_cut["peak_x_px"]) + left
    assert any(row["peak_x_px"] != "" for row in rows_of(out))
    for path in (out / "overlays" / "whole").iterdir():
        overlay = cv2.imread(str(path))
        assert overlay is not None
        np.testing.assert_array_equal(overlay[:, :left], image[:, :left])
        np.testing.assert_array_equal(overlay[:, right:], image[:, right:])


@pytest.mark.slow
def test_the_tools_asked_for_have_panels_and_files(
    call: Call, model_folder: Path, tmp_path: Path
) -> None:
    path, out = write_picture(tmp_path / "x.png", size_px=(480, 600)), tmp_path / "out"
    given = ("explain", model_folder, path, "--out", out)
    two = ("--tool", "scissors", "--tool", "hook", "--tool", "hook", "--overlays")
    assert call(*given, *two).status == 0
    width_of_two = width_of(out / "x.png")
    overlays = sorted(one.name for one in (out / "overlays" / "x").iterdir())
    assert overlays == ["02_hook.png", "03_scissors.png"]
    assert width_of(out / "overlays" / "x" / "02_hook.png") == 600
    # In its place, nothing of it is left.
    assert call(*given, "--top", "1", "--layer", "conv4", "--overwrite").status == 0
    assert width_of(out / "x.png") < width_of_two
    assert sorted(one.name for one in out.iterdir()) == ["explanations.csv", "x.png"]


def test_nothing_is_written_where_nothing_can_be_explained(
    call: Call, model_folder: Path, tmp_path: Path
) -> None:
    called = call("explain", model_folder, tmp_path / "none.png", "--out", tmp_path / "out")
    assert called.status == 1
    assert len(called.problems) == 1
    assert not list(tmp_path.iterdir())


def test_a_wrong_call_says_what_would_be_right(
    call: Call, model_folder: Path, clip: Path, tmp_path: Path
) -> None:
    image, out = write_picture(tmp_path / "x.png"), tmp_path / "out"
    for arguments, cause in (
        ([image, "--tool", "hammer"], "no tool 'hammer', only grasper, hook, scissors"),
        ([clip], "such as --at 1:30"),
        ([image, "--at", "3"], "--at is for recordings"),
    ):
        called = call("explain", model_folder, *arguments, "--out", out)
        assert called.status == 2
        assert cause in called.problems[0]
    assert call("explain", model_folder, image, "--at", "soon", "--out", out).status == 2
    assert call("explain", model_folder, image, "--tool", "hook", "--top", "1").status == 2
    assert not out.exists()


def test_results_are_not_buried_unasked(call: Call, model_folder: Path, tmp_path: Path) -> None:
    image, out = write_picture(tmp_path / "x.png"), tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("mine")
    called = call("explain", model_folder, image, "--out", out)
    assert called.status == 1
    assert "--overwrite" in called.problems[0]
    assert [path.name for path in out.iterdir()] == ["mine.txt"]
