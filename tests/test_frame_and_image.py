"""A frame must look to the network as the same frame did when it was a training image."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from classifier.dataset.images import read_image
from tests.support.clips import steady, write_clip
from video_pipeline.frames import sample_frames

if TYPE_CHECKING:
    from classifier.prediction import ToolClassifier


def test_a_sampled_frame_and_its_saved_image_get_the_same_probabilities(
    tmp_path: Path, classifier: ToolClassifier
) -> None:
    clip = write_clip(tmp_path / "clip.mp4", steady(75), size_px=(240, 426))
    size = classifier.input_size_px
    sampled = np.concatenate([batch.images for batch in sample_frames(clip, size_px=size)])
    loaded = []
    for batch in sample_frames(clip, size_px=None, batch_size=1):
        path = tmp_path / f"{batch.times_s[0]}.png"
        cv2.imwrite(str(path), cv2.cvtColor(batch.images[0], cv2.COLOR_RGB2BGR))
        loaded.append(read_image(path, size_px=size))
    from_video, from_images = (classifier.predict(x)[0] for x in (sampled, np.stack(loaded)))
    assert len(from_video) == 3
    np.testing.assert_allclose(from_video, from_images, atol=1e-3)
