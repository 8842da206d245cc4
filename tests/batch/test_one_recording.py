from __future__ import annotations

import json
import shutil
from fractions import Fraction
from pathlib import Path

import pytest

from tests.support.batches import MODEL, OUTPUTS, Brightness, annotate_in_turn
from tests.support.clips import damage_packet, steady, write_clip
from video_pipeline.batch.job import BatchJob, Outcome
from video_pipeline.batch.recordings import name_recordings
from video_pipeline.config import AnnotationSettings
from video_pipeline.output.manifest import read_manifest
from video_pipeline.output.provenance import ModelIdentity, digest_file


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "clip.mp4", steady(75))


def annotate(
    paths: list[Path],
    out: Path,
    *,
    classifier: Brightness | None = None,
    model: ModelIdentity = MODEL,
    settings: AnnotationSettings | None = None,
) -> list[Outcome]:
    job = BatchJob(out, settings or AnnotationSettings(), model)
    return annotate_in_turn(name_recordings(paths, out), job, classifier)


def test_every_file_is_written_and_named_by_the_manifest(clip: Path, tmp_path: Path) -> None:
    (outcome,) = annotate([clip], tmp_path / "out")
    assert (outcome.row.status, outcome.row.seconds) == ("done", 3)
    assert sorted(p.name for p in outcome.folder.iterdir()) == OUTPUTS
    manifest = json.loads((outcome.folder / "run.json").read_text())
    for name in OUTPUTS[1:]:
        assert manifest["outputs"][name]["sha256"] == digest_file(outcome.folder / name)
    assert manifest["input"]["sha256"] == digest_file(clip)
    assert str(clip.parent) not in (outcome.folder / "run.json").read_text()


def test_a_finished_recording_is_left_alone(clip: Path, tmp_path: Path) -> None:
    annotate([clip], tmp_path / "out")
    classifier = Brightness()
    (again,) = annotate([clip], tmp_path / "out", classifier=classifier)
    assert again.was_finished
    assert again.row.seconds == 3
    assert classifier.n_images == 0


def test_the_same_input_gives_the_same_bytes(clip: Path, tmp_path: Path) -> None:
    folders = [annotate([clip], tmp_path / name)[0].folder for name in ("one", "two")]
    for name in OUTPUTS:
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes()


def test_another_model_setting_or_input_is_done_again(clip: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    annotate([clip], out)
    changes: list[dict[str, object]] = [
        {"model": ModelIdentity(sha256="n" * 64, name="model", head="sigmoid")},
        {"settings": AnnotationSettings(rate_hz=Fraction(2))},
    ]
    for change in changes:
        assert not annotate([clip], out, **change)[0].was_finished  # type: ignore[arg-type]
    shutil.copy(write_clip(clip.with_name("new.mp4"), steady(100)), clip)
    assert annotate([clip], out)[0].row.seconds == 4


def test_the_batch_size_makes_nothing_stale(clip: Path, tmp_path: Path) -> None:
    annotate([clip], tmp_path / "out")
    (again,) = annotate([clip], tmp_path / "out", settings=AnnotationSettings(batch_size=5))
    assert again.was_finished


@pytest.mark.parametrize("name", OUTPUTS)
def test_a_lost_or_changed_output_is_made_again(clip: Path, tmp_path: Path, name: str) -> None:
    (first,) = annotate([clip], tmp_path / "out")
    before = (first.folder / name).read_bytes()
    (first.folder / name).write_bytes(before[: len(before) // 2])
    assert not annotate([clip], tmp_path / "out")[0].was_finished
    assert (first.folder / name).read_bytes() == before


def test_a_broken_recording_costs_only_itself(clip: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.mp4"
    bad.write_text("no video")
    outcomes = annotate([bad, tmp_path / "none.mp4", clip], tmp_path / "out")
    assert [o.row.status for o in outcomes] == ["failed", "failed", "done"]
    assert "not a video container" in outcomes[0].row.error
    assert "no such file" in outcomes[1].row.error
    assert not outcomes[0].folder.exists()


def test_a_damaged_recording_is_partial_the_second_time_too(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "damaged.mp4", steady(100))
    damage_packet(clip, 25)  # the key frame at 1 s, which is sampled
    (first,) = annotate([clip], tmp_path / "out")
    (again,) = annotate([clip], tmp_path / "out")
    assert (first.row.status, again.row.status) == ("partial", "partial")
    assert again.was_finished
    assert first.row == again.row
    assert first.row.error != ""


def test_an_output_place_that_cannot_be_written_fails_in_one_line(
    clip: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "clip").write_text("a file where the folder should be")
    (outcome,) = annotate([clip], out)
    assert outcome.row.status == "failed"
    assert outcome.row.error.startswith("clip: cannot be created (File exists)")


def test_pictures_that_are_asked_for_are_written_and_named_by_the_manifest(
    clip: Path, tmp_path: Path
) -> None:
    drawn = AnnotationSettings(plots=("svg", "pdf"))
    (first,) = annotate([clip], tmp_path / "out", settings=drawn)
    assert sorted(p.name for p in first.folder.iterdir()) == sorted(
        [*OUTPUTS, "timeline.pdf", "timeline.svg"]
    )
    manifest = json.loads((first.folder / "run.json").read_text())
    assert manifest["parameters"]["plots"] == ["pdf", "svg"]
    for name in ("timeline.pdf", "timeline.svg"):
        assert manifest["outputs"][name] == {"sha256": digest_file(first.folder / name), "rows": 1}


def test_pictures_that_are_asked_for_and_absent_are_made(clip: Path, tmp_path: Path) -> None:
    (plain,) = annotate([clip], tmp_path / "out")
    assert "plots" not in json.loads((plain.folder / "run.json").read_text())["parameters"]
    svg, pdf = AnnotationSettings(plots=("svg",)), AnnotationSettings(plots=("pdf",))
    assert not annotate([clip], tmp_path / "out", settings=svg)[0].was_finished
    assert annotate([clip], tmp_path / "out", settings=svg)[0].was_finished
    # Whoever wants fewer has them; whoever wants others gets those and no others.
    assert annotate([clip], tmp_path / "out")[0].was_finished
    assert not annotate([clip], tmp_path / "out", settings=pdf)[0].was_finished
    assert sorted(p.name for p in plain.folder.iterdir()) == sorted([*OUTPUTS, "timeline.pdf"])


@pytest.mark.parametrize("plots", [("png",), ("svg", "svg"), ("jpg",)])
def test_only_pictures_that_can_be_asked_for_can_be(plots: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="plots are svg, pdf"):
        AnnotationSettings(plots=plots)


DERIVED = [
    "report.html",
    "timeline.svg",
    "timeline_vs_reference.pdf",
    "timeline_vs_reference.png",
    "timeline_with_phases.svg",
]


def test_what_was_made_from_finished_tables_is_left_alone(clip: Path, tmp_path: Path) -> None:
    (first,) = annotate([clip], tmp_path / "out")
    for name in (*DERIVED, "notes.txt"):
        (first.folder / name).write_text("made later")
    (again,) = annotate([clip], tmp_path / "out")
    assert again.was_finished
    assert {(first.folder / name).read_text() for name in DERIVED} == {"made later"}


def test_no_page_or_picture_of_older_tables_stays_beside_newer_ones(
    clip: Path, tmp_path: Path
) -> None:
    (first,) = annotate([clip], tmp_path / "out")
    for name in (*DERIVED, "notes.txt"):
        (first.folder / name).write_text("made from the first tables")
    faster = AnnotationSettings(rate_hz=Fraction(2))
    assert not annotate([clip], tmp_path / "out", settings=faster)[0].was_finished
    assert sorted(p.name for p in first.folder.iterdir()) == ["notes.txt", *OUTPUTS]


@pytest.mark.parametrize("content", ["", "{", "[" * 100_000, "[]", '{"input": 3}'])
def test_a_manifest_that_cannot_be_believed_counts_as_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "run.json").write_text(content)
    assert read_manifest(tmp_path) is None


def test_losing_the_very_last_frame_is_a_warning(tmp_path: Path) -> None:
    faststart = {"movflags": "faststart"}
    clip = write_clip(tmp_path / "c.mp4", steady(75), b_frames=0, container_options=faststart)
    clip.write_bytes(clip.read_bytes()[:-1])
    (outcome,) = annotate([clip], tmp_path / "out")
    assert (outcome.row.status, outcome.row.seconds) == ("done", 3)
    assert outcome.warnings == ("the very last frame could not be decoded",)


def test_a_start_between_key_frames_is_a_warning(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "c.ts", steady(75), b_frames=0)
    data = clip.read_bytes()
    clip.write_bytes(data[: 188 * 3] + data[188 * 20 :])
    (outcome,) = annotate([clip], tmp_path / "out")
    assert outcome.row.status == "done"
    assert "frames before the first key frame" in outcome.warnings[0]


def test_frames_that_were_never_received_are_a_loss(tmp_path: Path) -> None:
    # Whole packets are gone, as from a network stream: what is left decodes without an error.
    clip = write_clip(tmp_path / "c.ts", steady(100), gop=1, b_frames=0)
    data = clip.read_bytes()
    clip.write_bytes(data[: 188 * 100] + data[188 * 120 :])
    (outcome,) = annotate([clip], tmp_path / "out")
    assert outcome.row.status == "partial"
    assert "frames that are missing from the file: about 10" in outcome.warnings


def test_the_field_of_view_is_looked_for_once_a_recording(clip: Path, tmp_path: Path) -> None:
    crop = AnnotationSettings(crop_field_of_view=True)
    (first,) = annotate([clip], tmp_path / "out", settings=crop)
    place = first.folder / "run.json"
    content = json.loads(place.read_text())
    assert set(content["field_of_view"]) == {"top", "bottom", "left", "right"}
    # A box that no look at this clip would find: whoever has it took it from the manifest.
    kept = {"top": 0.25, "bottom": 0.75, "left": 0.25, "right": 0.75}
    place.write_text(json.dumps(content | {"field_of_view": kept}))
    faster = AnnotationSettings(crop_field_of_view=True, rate_hz=Fraction(2))
    (again,) = annotate([clip], tmp_path / "out", settings=faster)
    assert not again.was_finished
    assert json.loads(place.read_text())["field_of_view"] == kept
    # Another recording in its place is looked at anew.
    write_clip(clip, steady(50))
    annotate([clip], tmp_path / "out", settings=faster)
    assert json.loads(place.read_text())["field_of_view"] != kept


def test_the_results_of_a_newer_version_are_kept(clip: Path, tmp_path: Path) -> None:
    (first,) = annotate([clip], tmp_path / "out")
    manifest = first.folder / "run.json"
    content = json.loads(manifest.read_text()) | {"format": 2}
    manifest.write_text(json.dumps(content))
    before = {p.name: p.read_bytes() for p in first.folder.iterdir()}
    (again,) = annotate([clip], tmp_path / "out")
    assert again.row.status == "failed"
    assert "newer version" in again.row.error
    assert {p.name: p.read_bytes() for p in first.folder.iterdir()} == before


def test_a_manifest_that_names_files_elsewhere_counts_as_unfinished(
    clip: Path, tmp_path: Path
) -> None:
    (first,) = annotate([clip], tmp_path / "out")
    manifest = first.folder / "run.json"
    content = json.loads(manifest.read_text())
    content["outputs"]["/dev/zero"] = {"sha256": "0" * 64, "rows": 1}
    manifest.write_text(json.dumps(content))
    assert not annotate([clip], tmp_path / "out")[0].was_finished
