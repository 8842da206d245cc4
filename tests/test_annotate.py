from __future__ import annotations

import json
import threading
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.clips import cut_file, read_barcode, steady, write_clip
from video_pipeline.annotate import annotate_video
from video_pipeline.batch.job import BatchJob, Outcome
from video_pipeline.batch.one_recording import annotate_recording
from video_pipeline.batch.recordings import name_recordings
from video_pipeline.config import AnnotationSettings
from video_pipeline.errors import RecordingError
from video_pipeline.frames import RegularTimes, open_video
from video_pipeline.output.features import read_features
from video_pipeline.output.provenance import ModelIdentity, digest_file
from video_pipeline.records import VideoInfo
from video_pipeline.timeline.smoothing import Smoothing, SmoothingSettings

PLAIN = SmoothingSettings(
    median_s=None, on_threshold=0.5, off_threshold=None, min_on_s=None, min_off_s=None
)


class BarcodeReader:
    """A classifier that says from a frame's pixels which frame it is: a thousandth a frame."""

    tools = ("number", "even")
    input_size_px = (120, 160)

    def predict(self, images: NDArray[np.uint8]) -> tuple[NDArray[np.float32], None]:
        numbers = np.array([read_barcode(image) for image in images])
        answer = np.stack([numbers / 1000, numbers % 2 == 0], axis=1)
        return answer.astype(np.float32), None


def settings(**changes: object) -> AnnotationSettings:
    return AnnotationSettings(**({"smoothing": Smoothing(PLAIN)} | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("rate", [Fraction(25), Fraction(30000, 1001), Fraction(24000, 1001)])
def test_row_k_holds_the_frame_on_display_at_second_k(tmp_path: Path, rate: Fraction) -> None:
    clip = write_clip(tmp_path / "clip.mp4", steady(130, rate))
    timeline = annotate_video(clip, BarcodeReader(), settings()).timeline
    n_seconds = -(-Fraction(130) // rate)
    expected = [int(k * rate) for k in range(n_seconds)]
    assert np.rint(timeline.probabilities[:, 0] * 1000).astype(int).tolist() == expected
    assert timeline.present[:, 1].tolist() == [number % 2 == 0 for number in expected]


def test_several_frames_a_second_are_averaged(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", steady(50))
    timeline = annotate_video(clip, BarcodeReader(), settings(rate_hz=Fraction(5))).timeline
    assert timeline.n_frames.tolist() == [5, 5]
    np.testing.assert_allclose(timeline.probabilities[:, 0], [0.010, 0.035], atol=1e-6)


def test_a_pause_gives_rows_without_frames_and_flags(tmp_path: Path) -> None:
    times = steady(50) + [Fraction(10) + t for t in steady(50)]
    annotation = annotate_video(
        write_clip(tmp_path / "paused.mkv", times), BarcodeReader(), settings()
    )
    timeline = annotation.timeline
    assert timeline.n_seconds == 12
    missing = timeline.n_frames == 0
    assert set(np.flatnonzero(missing)) <= set(range(2, 10))
    assert missing[4:10].all()
    assert [flag == "gap" for flag in annotation.flags] == missing.tolist()
    assert not timeline.present[missing].any()


def test_a_cut_recording_is_annotated_up_to_the_cut(tmp_path: Path) -> None:
    whole = write_clip(tmp_path / "cut.ts", steady(250))
    annotation = annotate_video(cut_file(whole, 0.5), BarcodeReader(), settings())
    assert 3 <= annotation.timeline.n_seconds <= 7
    assert annotation.timeline.n_frames[:3].tolist() == [1, 1, 1]


def test_no_batch_size_changes_a_timeline(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", steady(130))
    first, *others = [
        annotate_video(clip, BarcodeReader(), settings(batch_size=n)).timeline for n in (1, 2, 64)
    ]
    for other in others:
        np.testing.assert_array_equal(other.probabilities, first.probabilities)
        np.testing.assert_array_equal(other.present, first.present)


def test_progress_tells_the_video_time_reached(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", steady(100))
    told: list[tuple[float, float | None]] = []

    def progress(position_s: float, info: VideoInfo) -> None:
        told.append((position_s, info.duration_s))

    annotate_video(clip, BarcodeReader(), settings(batch_size=2), progress=progress)
    assert told == [(1.0, 4.0), (3.0, 4.0)]


class BrokenClassifier(BarcodeReader):
    def predict(self, images: NDArray[np.uint8]) -> tuple[NDArray[np.float32], None]:
        raise FloatingPointError(f"{len(images)} images were too many")


def test_a_failing_classifier_leaves_no_thread_behind(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", steady(100))
    n_threads = threading.active_count()
    with pytest.raises(FloatingPointError, match="too many"):
        annotate_video(clip, BrokenClassifier(), settings(batch_size=1))
    assert threading.active_count() == n_threads


def test_what_is_no_recording_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("no video")
    with pytest.raises(RecordingError, match="not a video container"):
        annotate_video(tmp_path / "text.mp4", BarcodeReader(), settings())


def test_outside_of_start_and_end_nobody_looks(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", steady(200))
    chosen = settings(start=Fraction(5, 2), end=Fraction(5))
    annotation = annotate_video(clip, BarcodeReader(), chosen)
    assert annotation.timeline.n_frames.tolist() == [0, 0, 0, 1, 1, 0, 0, 0]
    # The grid is that of the whole recording: second 3 shows frame 75.
    assert np.rint(annotation.timeline.probabilities[3:5, 0] * 1000).tolist() == [75, 100]
    assert [flag == "not_sampled" for flag in annotation.flags] == [True] * 3 + [False] * 2 + [
        True
    ] * 3


def test_a_frozen_picture_is_flagged_and_changes_no_probability(tmp_path: Path) -> None:
    numbers = [*range(50), *[50] * 75, *range(51, 76)]
    clip = write_clip(tmp_path / "clip.mp4", steady(150), numbers=numbers)
    annotation = annotate_video(clip, BarcodeReader(), settings())
    assert ["frozen" in flag for flag in annotation.flags] == [False] * 3 + [True] * 2 + [False]
    assert np.rint(annotation.timeline.probabilities[:, 0] * 1000).tolist() == [
        *(0, 25, 50, 50, 50, 51)
    ]


class Camera:
    """A classifier that keeps what it is shown, and says how it wants it."""

    tools = ("any",)
    input_size_px = (60, 60)

    def __init__(self, **wishes: object) -> None:
        self.images: list[NDArray[np.uint8]] = []
        vars(self).update(wishes)

    def predict(self, images: NDArray[np.uint8]) -> tuple[NDArray[np.float32], None]:
        self.images += list(images)
        return np.zeros((len(images), 1), np.float32), None


@pytest.mark.parametrize("rule", ["opencv_inter_area", "swscale_area"])
def test_frames_are_resized_by_the_rule_that_the_classifier_was_trained_with(
    tmp_path: Path, rule: str
) -> None:
    clip = write_clip(tmp_path / "clip.mp4", steady(50), size_px=(240, 320), picture=noise)
    camera = Camera(resize_rule=rule)
    annotate_video(clip, camera, settings())
    with open_video(clip) as reader:
        samples = [s.frame.rgb((60, 60), resize_rule=rule) for s in reader.samples(RegularTimes())]
    assert np.array_equal(np.stack(camera.images), np.stack(samples))
    other = Camera()
    annotate_video(clip, other, settings())
    assert np.array_equal(np.stack(camera.images), np.stack(other.images)) == (
        rule == "opencv_inter_area"
    )


def test_frames_are_cropped_where_the_classifier_was_trained_so(tmp_path: Path) -> None:
    def framed(number: int, size_px: tuple[int, int]) -> NDArray[np.uint8]:
        image = noise(number, size_px)
        image[:, :80] = image[:, -80:] = 0
        return image

    clip = write_clip(tmp_path / "clip.mp4", steady(100), size_px=(240, 320), picture=framed)
    cropped, whole = Camera(crops_field_of_view=True), Camera()
    found = annotate_video(clip, cropped, settings()).field_of_view
    assert annotate_video(clip, whole, settings()).field_of_view is None
    assert found is not None
    assert (found.left, found.right) == pytest.approx((0.25, 0.75), abs=0.01)
    assert (
        np.stack(whole.images)[:, :, :10].mean() < 20 < np.stack(cropped.images)[:, :, :10].mean()
    )
    again = Camera(crops_field_of_view=True)
    annotate_video(clip, again, settings(), field_of_view=found)
    assert np.array_equal(np.stack(again.images), np.stack(cropped.images))


def noise(number: int, size_px: tuple[int, int]) -> NDArray[np.uint8]:
    rng = np.random.default_rng(number)
    return rng.integers(60, 220, (*size_px, 3), dtype=np.uint8)


class Featured(BarcodeReader):
    """Its features are a frame's number, and that number's square; it counts its calls."""

    def __init__(self) -> None:
        self.n_images = 0

    def predict(self, images: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float16]]:  # type: ignore[override]
        self.n_images += len(images)
        numbers = np.array([read_barcode(image) for image in images])
        features = np.stack([numbers, numbers**2], axis=1).astype(np.float16)
        return super().predict(images)[0], features


def test_row_k_of_the_features_is_the_frame_on_display_at_second_k(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", steady(130))
    annotation = annotate_video(clip, Featured(), settings(features=True))
    assert annotation.features is not None
    assert annotation.features.dtype == np.float16
    assert annotation.features[:, 0].tolist() == [0, 25, 50, 75, 100, 125]
    assert annotation.features[:, 1].tolist() == [0, 625, 2500, 5624, 10000, 15624]
    assert annotate_video(clip, Featured(), settings()).features is None


def test_features_of_several_frames_a_second_are_their_mean_whatever_the_batch(
    tmp_path: Path,
) -> None:
    clip = write_clip(tmp_path / "clip.mp4", steady(50))
    first, *others = [
        annotate_video(
            clip, Featured(), settings(features=True, rate_hz=Fraction(5), batch_size=n)
        ).features
        for n in (1, 3, 64)
    ]
    assert first is not None
    # Frames 0, 5, 10, 15, 20 and 25, 30, 35, 40, 45, and the means of their squares.
    assert first.tolist() == [[10, 150], [35, 1275]]
    for other in others:
        assert other is not None
        np.testing.assert_array_equal(other, first)


def test_a_second_without_a_frame_has_no_features(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", steady(200))
    chosen = settings(start=Fraction(5, 2), end=Fraction(5), features=True)
    features = annotate_video(clip, Featured(), chosen).features
    assert features is not None
    assert np.isnan(features).all(axis=1).tolist() == [True] * 3 + [False] * 2 + [True] * 3
    assert features[3:5, 0].tolist() == [75, 100]


def test_features_of_a_classifier_without_any_are_a_wrong_call(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", steady(50))
    with pytest.raises(ValueError, match="BarcodeReader gives none"):
        annotate_video(clip, BarcodeReader(), settings(features=True))


def annotate_into(out: Path, clip: Path, **changes: object) -> tuple[Outcome, Featured]:
    classifier = Featured()
    model = ModelIdentity(sha256="m" * 64, name="model", head="sigmoid")
    (recording,) = name_recordings([clip], out)
    job = BatchJob(out, settings(**changes), model)
    return annotate_recording(recording, classifier, job), classifier


def test_features_lie_beside_the_timeline_and_in_the_manifest(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", steady(75))
    outcome, _ = annotate_into(tmp_path / "out", clip, features=True)
    path = outcome.folder / "features.npy"
    assert read_features(path)[:, 0].tolist() == [0, 25, 50]
    manifest = json.loads((outcome.folder / "run.json").read_text())
    assert manifest["outputs"]["features.npy"] == {"sha256": digest_file(path), "rows": 3}
    assert manifest["parameters"]["features"] is True


def test_features_that_are_wanted_and_absent_are_made(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", steady(75))
    plain, _ = annotate_into(tmp_path / "out", clip)
    path = plain.folder / "features.npy"
    manifest = json.loads((plain.folder / "run.json").read_text())
    assert "features" not in manifest["parameters"]
    assert not path.exists()
    assert not annotate_into(tmp_path / "out", clip, features=True)[0].was_finished
    whole = path.read_bytes()
    assert annotate_into(tmp_path / "out", clip, features=True)[0].was_finished
    path.unlink()
    assert not annotate_into(tmp_path / "out", clip, features=True)[0].was_finished
    assert path.read_bytes() == whole


def test_a_folder_with_features_is_a_finished_one_for_who_wants_none(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", steady(75))
    annotate_into(tmp_path / "out", clip, features=True)
    again, classifier = annotate_into(tmp_path / "out", clip)
    assert again.was_finished
    assert classifier.n_images == 0
    assert (again.folder / "features.npy").exists()
    # Other results are not: their features would be of another run.
    other, _ = annotate_into(tmp_path / "out", clip, rate_hz=Fraction(2))
    assert not other.was_finished
    assert not (other.folder / "features.npy").exists()
