"""The samples are what their README says, and the sample model does what it is for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from video_pipeline.annotate import annotate_video
from video_pipeline.output.table_reading import read_timeline
from video_pipeline.timeline.metrics import compare_timelines

if TYPE_CHECKING:
    from classifier.prediction import ToolClassifier

SAMPLES = Path(__file__).parents[1] / "samples"
RECORDINGS = ["sample_25fps", "sample_2997fps"]
TOOLS = ("grasper", "bipolar", "hook", "scissors", "clipper", "irrigator", "specimen_bag")


def test_the_sample_model_is_one_small_file_of_weights() -> None:
    described = json.loads((SAMPLES / "model" / "classifier.json").read_text())
    assert tuple(described["tools"]) == TOOLS
    assert described["input_size_px"] == [224, 224]
    assert (SAMPLES / "model" / "model.weights.h5").stat().st_size <= 50_000_000


@pytest.mark.parametrize("name", RECORDINGS)
def test_reference_timelines_have_a_row_for_every_second(name: str) -> None:
    timeline = read_timeline(SAMPLES / "recordings" / f"{name}.reference.csv").timeline
    assert timeline.tools == TOOLS
    assert timeline.n_seconds == {"sample_25fps": 75, "sample_2997fps": 60}[name]


@pytest.fixture(scope="module")
def sample_classifier() -> ToolClassifier:
    from classifier.prediction import load_classifier

    return load_classifier(SAMPLES / "model")


@pytest.mark.slow
@pytest.mark.parametrize("name", RECORDINGS)
def test_annotating_a_sample_gives_the_expected_timeline(
    sample_classifier: ToolClassifier, name: str
) -> None:
    recording = SAMPLES / "recordings" / f"{name}.mp4"
    found = annotate_video(recording, sample_classifier).timeline
    expected = read_timeline(SAMPLES / "expected" / name / "timeline.csv").timeline
    # Another processor rounds differently: probabilities may differ in the third decimal.
    assert abs(found.probabilities - expected.probabilities).max() < 0.005
    assert (found.present != expected.present).mean() < 0.01
    reference = read_timeline(SAMPLES / "recordings" / f"{name}.reference.csv").timeline
    f1 = compare_timelines(found, reference).micro.f1
    assert f1 is not None
    assert f1 >= 0.9
