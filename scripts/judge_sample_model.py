#!/usr/bin/env python
"""How good the sample model is on rendered recordings that it has never seen.

.venv/bin/python scripts/make_samples.py held-out --out held_out --count 6 --duration 60
.venv/bin/python scripts/judge_sample_model.py held_out

Annotates every recording of the folder and pools all seconds of all of them. Presence is compared
after smoothing and by the plain threshold 0.5; average precision is scikit-learn's, its mean over
the tools that occur.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]


def main() -> int:
    """Annotate, compare, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("held_out", type=Path, help="a folder of make_samples.py held-out")
    parser.add_argument("--model", type=Path, default=ROOT / "samples" / "model")
    arguments = parser.parse_args()
    recordings = sorted(arguments.held_out.glob("*.mp4"))
    if not recordings:
        parser.error(f"no *.mp4 in {arguments.held_out}")

    from sklearn.metrics import average_precision_score, f1_score

    from classifier import load_classifier
    from video_pipeline import annotate_video
    from video_pipeline.output.table_reading import read_timeline

    classifier = load_classifier(arguments.model)
    predicted = [annotate_video(path, classifier).timeline for path in recordings]
    reference = [read_timeline(path.with_suffix(".reference.csv")).timeline for path in recordings]
    true = np.concatenate([timeline.present for timeline in reference])
    smoothed = np.concatenate([timeline.present for timeline in predicted])
    probabilities = np.concatenate([timeline.probabilities for timeline in predicted])
    print(f"{len(recordings)} rendered recordings, {len(true)} seconds")
    print("tool            seconds    F1     AP")
    averages = []
    for k, tool in enumerate(classifier.tools):
        if not true[:, k].any():
            print(f"{tool:16}{0:7}      -      -")
            continue
        averages.append(average_precision_score(true[:, k], probabilities[:, k]))
        f1 = f1_score(true[:, k], smoothed[:, k])
        print(f"{tool:16}{true[:, k].sum():7}{f1:7.3f}{averages[-1]:7.3f}")
    plain = f1_score(true, probabilities >= 0.5, average="micro")
    print(
        f"presence micro-F1 {f1_score(true, smoothed, average='micro'):.3f} after smoothing, "
        f"{plain:.3f} by the threshold 0.5; mAP {np.mean(averages):.3f}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
