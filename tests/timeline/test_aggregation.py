import numpy as np
import pandas as pd
import pytest

from video_pipeline.records import FramePredictions
from video_pipeline.timeline.aggregation import SecondMeans, build_timeline
from video_pipeline.timeline.smoothing import Smoothing

TOOLS = ("grasper", "hook")


def predictions(times_s: list[float], *, seed: int = 0) -> FramePredictions:
    values = np.random.default_rng(seed).random((len(times_s), 2), dtype=np.float32)
    return FramePredictions(np.array(times_s, dtype=np.float64), values, TOOLS)


def test_a_second_is_the_mean_of_the_frames_sampled_in_it() -> None:
    frames = FramePredictions(
        np.array([0.0, 0.5, 1.0]),
        np.array([[0.25, 1], [0.75, 1], [0.125, 0]], dtype=np.float32),
        TOOLS,
    )
    means = SecondMeans(TOOLS)
    means.add(frames)
    probabilities, n_frames = means.finish(2)
    assert probabilities.tolist() == [[0.5, 1.0], [0.125, 0.0]]
    assert n_frames.tolist() == [2, 1]


def test_a_second_without_a_frame_is_missing() -> None:
    means = SecondMeans(TOOLS)
    means.add(predictions([0.0, 2.0]))
    probabilities, n_frames = means.finish(4)
    assert n_frames.tolist() == [1, 0, 1, 0]
    assert np.isnan(probabilities).all(axis=1).tolist() == [False, True, False, True]


def test_a_recording_without_frames_is_all_missing() -> None:
    probabilities, n_frames = SecondMeans(TOOLS).finish(3)
    assert np.isnan(probabilities).all()
    assert n_frames.tolist() == [0, 0, 0]


@pytest.mark.parametrize("batch_size", [1, 2, 7, 64, 5000])
def test_batches_change_nothing_not_even_the_last_bit(batch_size: int) -> None:
    frames = predictions([k / 7 for k in range(3000)])
    whole, parts = SecondMeans(TOOLS), SecondMeans(TOOLS)
    whole.add(frames)
    for start in range(0, 3000, batch_size):
        batch = slice(start, start + batch_size)
        parts.add(FramePredictions(frames.times_s[batch], frames.probabilities[batch], TOOLS))
    for one, other in zip(whole.finish(429), parts.finish(429), strict=True):
        assert one.tobytes() == other.tobytes()


def test_means_are_those_of_pandas() -> None:
    times_s = np.sort(np.random.default_rng(5).random(900)) * 60
    frames = predictions(times_s.tolist())
    means = SecondMeans(TOOLS)
    means.add(frames)
    probabilities, n_frames = means.finish(60)
    table = pd.DataFrame(frames.probabilities.astype(np.float64)).groupby(times_s.astype(int))
    np.testing.assert_allclose(probabilities, table.mean().reindex(range(60)), rtol=1e-12)
    assert n_frames.tolist() == table.size().reindex(range(60), fill_value=0).tolist()


def test_three_hours_are_held_by_the_second() -> None:
    means = SecondMeans(TOOLS)
    for start in range(0, 10_800, 600):
        means.add(predictions([float(start + k) for k in range(600)]))
    probabilities, n_frames = means.finish(10_800)
    assert probabilities.shape == (10_800, 2)
    assert n_frames.tolist() == [1] * 10_800


def test_an_empty_batch_adds_nothing() -> None:
    means = SecondMeans(TOOLS)
    means.add(predictions([]))
    assert means.finish(1)[1].tolist() == [0]


def test_frames_out_of_order_are_refused() -> None:
    means = SecondMeans(TOOLS)
    means.add(predictions([0.0, 1.0]))
    with pytest.raises(ValueError, match="order of time"):
        means.add(predictions([1.0]))


def test_a_frame_before_time_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="time zero"):
        SecondMeans(TOOLS).add(predictions([-0.5]))


def test_a_frame_beyond_the_end_is_refused() -> None:
    means = SecondMeans(TOOLS)
    means.add(predictions([0.0, 5.0]))
    with pytest.raises(ValueError, match="outside of 5 seconds"):
        means.finish(5)


def test_predictions_of_other_tools_are_refused() -> None:
    with pytest.raises(ValueError, match="expected"):
        SecondMeans(("hook", "grasper")).add(predictions([0.0]))


def test_a_timeline_is_built_from_the_means() -> None:
    timeline = build_timeline(
        tools=TOOLS,
        probabilities=np.array([[0.9, 0.1], [0.9, 0.1], [np.nan, np.nan]]),
        n_frames=np.array([1, 1, 0]),
        smoothing=Smoothing(),
    )
    assert timeline.present.tolist() == [[True, False], [True, False], [False, False]]
    assert timeline.tools == TOOLS
