from __future__ import annotations

import numpy as np
import pytest

from video_pipeline.timeline.feature_means import FeatureMeans


def test_a_second_is_the_mean_of_its_frames_whatever_the_batches() -> None:
    rng = np.random.default_rng(0)
    times_s = np.sort(rng.uniform(0, 40, 500))
    times_s = times_s[(times_s < 10) | (times_s >= 12)]
    features = rng.normal(size=(len(times_s), 9)).astype(np.float16)
    seconds = times_s.astype(int)
    expected = np.full((45, 9), np.nan, dtype=np.float16)
    for second in np.unique(seconds).tolist():
        total = np.zeros(9, dtype=np.float32)
        for row in features[seconds == second]:
            total += row
        expected[second] = total / np.float32((seconds == second).sum())
    for size in (1, 7, 500):
        means = FeatureMeans()
        for start in range(0, len(times_s), size):
            means.add(times_s[start : start + size], features[start : start + size])
        np.testing.assert_array_equal(means.finish(45), expected)
    assert np.isnan(expected[10:12]).all()


def test_without_a_frame_there_are_no_features() -> None:
    assert FeatureMeans().finish(3) is None


def test_frames_come_in_order_and_inside_the_recording() -> None:
    row = np.zeros((1, 2), dtype=np.float16)
    means = FeatureMeans()
    means.add(np.array([4.0]), row)
    with pytest.raises(ValueError, match="order of time"):
        means.add(np.array([3.0]), row)
    with pytest.raises(ValueError, match="outside of 4 seconds"):
        means.finish(4)
    with pytest.raises(ValueError, match="features of 2 frames"):
        means.add(np.array([5.0, 6.0]), row)
