from __future__ import annotations

import threading
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.clips import cut_file, read_barcode, steady, write_clip
from video_pipeline.annotate import annotate_video
from video_pipeline.config import AnnotationSettings
from video_pipeline.errors import RecordingError
from video_pipeline.records import VideoInfo
from video_pipeline.timeline.smoothing import SmoothingSettings

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
    return AnnotationSettings(**({"smoothing": PLAIN} | changes))  # type: ignore[arg-type]


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
