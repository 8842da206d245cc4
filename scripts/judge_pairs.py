#!/usr/bin/env python
"""Whether a model finds both tools of images that show two.

.venv/bin/python scripts/make_samples.py single-tools --scenes 500 --out single
.venv/bin/python scripts/make_samples.py pairs --out pairs
.venv/bin/surgical-video train single --out model --head sigmoid --pairs pasted ...
.venv/bin/python scripts/judge_pairs.py model --pairs pairs --singles single/train

Both are found if both reach their thresholds (0.5 unless the model says otherwise). Beside it: how
often nothing else is said too; how often the two are the most probable ones, which is the best that
a softmax head can do; and, on images of one tool or none, how often just that is said.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def main() -> int:
    """Predict and print one line a model."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("models", type=Path, nargs="+", metavar="MODEL")
    parser.add_argument("--pairs", type=Path, required=True, help="folder of make_samples.py pairs")
    parser.add_argument("--singles", type=Path, help="class folders of one tool each, unseen")
    arguments = parser.parse_args()

    from classifier import load_classifier

    print(f"{'model':24}{'both found':>12}{'and no other':>14}{'two highest':>13}{'singles':>9}")
    for path in arguments.models:
        classifier = load_classifier(path)
        true, predicted, probabilities = _answers(classifier, arguments.pairs)
        both = (predicted & true).sum(axis=1) == 2
        exact = (predicted == true).all(axis=1)
        highest = np.argsort(-probabilities, axis=1)[:, :2]
        top = np.take_along_axis(true, highest, axis=1).all(axis=1)
        singles = "-"
        if arguments.singles is not None:
            true, predicted, _ = _answers(classifier, arguments.singles)
            singles = f"{(predicted == true).all(axis=1).mean():.3f}"
        print(
            f"{path.name:24}{both.mean():12.3f}{exact.mean():14.3f}{top.mean():13.3f}{singles:>9}"
            f"   ({len(both)} pairs)"
        )
    return 0


def _answers(
    classifier: Any, images: Path
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.float32]]:
    """What is shown, what is said, and the probabilities; each (n, n_tools)."""
    from classifier.evaluation.judging import evaluate_images

    evaluation = evaluate_images(classifier, images)
    n_tools = len(classifier.tools)
    thresholds = np.array(classifier.config.thresholds or (0.5,) * n_tools)
    true = evaluation.images.labels[:, :n_tools] == 1
    return true, evaluation.probabilities >= thresholds, evaluation.probabilities


if __name__ == "__main__":
    sys.exit(main())
