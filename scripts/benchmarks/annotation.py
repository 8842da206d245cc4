"""The whole way from a recording to probabilities, against the loop that papers' code uses."""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from classifier.prediction import ToolClassifier

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Cost:
    """What one run took."""

    wall_s: float
    cpu_s: float


def add_parser(commands: Any) -> None:
    """Describe the benchmark's arguments."""
    parser = commands.add_parser(
        "annotate", help="frames, classifier and timeline together, against the naive script"
    )
    parser.add_argument(
        "recording",
        type=Path,
        nargs="?",
        default=ROOT / "samples" / "recordings" / "sample_25fps.mp4",
    )
    parser.add_argument("--model", type=Path, default=ROOT / "samples" / "model")
    parser.add_argument("--repeats", type=int, default=3)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Compare ``annotate_video`` with the loop that papers' code uses, both warm."""
    from classifier.prediction import load_classifier
    from video_pipeline.annotate import annotate_video

    classifier = load_classifier(arguments.model)
    model = plain_model(arguments.model)
    recording = arguments.recording

    def ours() -> NDArray[np.float64]:
        return annotate_video(recording, classifier).timeline.probabilities

    def naive() -> NDArray[np.float64]:
        return naive_probabilities(recording, model, classifier)

    answers = [ours(), naive()]
    costs = alternate([ours, naive], repeats=arguments.repeats)
    n_rows = min(map(len, answers))
    difference = np.nanmax(np.abs(answers[0][:n_rows] - answers[1][:n_rows]))
    n_seconds = len(answers[0])
    print(
        f"{recording.name}: {n_seconds} s of video, {os.cpu_count()} processors, median of "
        f"{arguments.repeats} alternating runs, both warm"
    )
    print(f"{'':34}{'wall s':>8}{'CPU s':>8}{'x real time':>13}")
    for name, cost in zip(
        ("surgical-video", "cv2 loop + model.predict a frame"), costs, strict=True
    ):
        print(f"{name:34}{cost.wall_s:8.2f}{cost.cpu_s:8.2f}{n_seconds / cost.wall_s:13.1f}")
    print(
        f"ratio of wall time {costs[1].wall_s / costs[0].wall_s:.2f}, of CPU time "
        f"{costs[1].cpu_s / costs[0].cpu_s:.2f}"
    )
    print(f"largest difference of a probability between the two: {difference:.4f}")
    return 0


def plain_model(folder: Path) -> Any:
    """The same network as Keras builds it: nothing folded, frozen or batched."""
    from classifier.backend import keras
    from classifier.model.bundle import read_model_folder
    from classifier.model.loading import network_of

    described = read_model_folder(folder)
    network = network_of(described)
    link = keras.ops.softmax if described.config.head == "softmax" else keras.ops.sigmoid
    return keras.Model(network.logits.input, link(network.logits.output))


def naive_probabilities(
    recording: Path, model: Any, classifier: ToolClassifier
) -> NDArray[np.float64]:
    """Read every frame with OpenCV, keep each fps-th, resize, predict it alone."""
    import cv2

    height, width = classifier.input_size_px
    capture = cv2.VideoCapture(str(recording))
    every = round(capture.get(cv2.CAP_PROP_FPS))
    answers = []
    number = 0
    while True:
        is_read, frame = capture.read()
        if not is_read:
            break
        if number % every == 0:
            image = cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA)
            image = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
            answers.append(model.predict(image[np.newaxis], verbose=0)[0])
        number += 1
    capture.release()
    return np.array(answers, dtype=np.float64)[:, : len(classifier.tools)]


def alternate(runs: Sequence[Callable[[], object]], *, repeats: int) -> list[Cost]:
    """Run each in turn, ``repeats`` times; the median cost of each."""
    costs: list[list[Cost]] = [[] for _ in runs]
    for _ in range(repeats):
        for k, run in enumerate(runs):
            wall, cpu = time.perf_counter(), _cpu_seconds()
            run()
            costs[k].append(Cost(time.perf_counter() - wall, _cpu_seconds() - cpu))
    return [
        Cost(
            statistics.median(c.wall_s for c in of_run), statistics.median(c.cpu_s for c in of_run)
        )
        for of_run in costs
    ]


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
