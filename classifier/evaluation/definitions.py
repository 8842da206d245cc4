"""What each figure means, in the words that stand beside it wherever it is shown."""

from __future__ import annotations

from classifier.calibration.error import N_BINS
from classifier.evaluation.intervals import LEVEL
from classifier.evaluation.resampling import FEWEST_GROUPS

__all__ = ["DEFINITIONS"]

DEFINITIONS = {
    "accuracy": "softmax: share of images whose most probable class is the true one, over images "
    "that show at most one tool and of which every tool is known; sigmoid: share of images whose "
    "whole set of tools is right at the thresholds, over the tools that are known of it",
    "precision": "of the images in which the tool is said to be there, the share that shows it; a "
    "tool counts as predicted from its threshold (0.5 unless the model says otherwise)",
    "recall": "of the images that show the tool, the share in which it is found (sensitivity)",
    "f1": "harmonic mean of precision and recall",
    "micro_f1": "F1 over all known image-tool pairs together",
    "macro_f1": "mean of F1 over the tools that occur",
    "average_precision": "scikit-learn's step-wise average precision over all images together",
    "mean_average_precision": "mean of average_precision over the tools that occur (pooled over "
    "images, the habit of Cholec80)",
    "average_precision_per_recording": "average precision within each recording that shows the "
    "tool, then the mean over those recordings; recordings without the tool are left out, not "
    "counted as 0",
    "mean_average_precision_per_recording": "mean of average_precision_per_recording over the "
    "tools that occur (video-wise, as CholecT50 recommends: Nwoye and Padoy, arXiv 2204.05235)",
    "brier_score": "mean squared difference of probability and truth, 0 is best; of all tools: "
    "over all known image-tool pairs",
    "expected_calibration_error": f"probabilities in {N_BINS} bins of equal width; mean over the "
    "bins of |share that shows the tool - mean probability|, weighted with the bins' numbers of "
    "images; 0 is best; of all tools: the pairs of all tools in the same bins",
    "confusion": "rows true, columns predicted, over images that show at most one tool and of "
    "which every tool is known; predicted is the most probable class, for a sigmoid head no_tool "
    "if that does not reach its threshold",
    "undefined": "a tool that no image is known to show has no figures (null, n/a), and no part "
    "in means over tools; its false alarms count in micro_f1, brier_score and "
    "expected_calibration_error of all tools",
    "unknown labels": "an image whose label for a tool is unknown is left out of that tool's "
    "figures",
    "intervals": f"{LEVEL:.0%} percentile bootstrap: patients are drawn with replacement if at "
    f"least {FEWEST_GROUPS} are known, else recordings if at least {FEWEST_GROUPS} are, else "
    "single images; replicates in which a figure is undefined are counted and left out, and with "
    "fewer than half of them left there is no interval; the replicates of "
    "expected_calibration_error, which noise only makes larger, are moved so that their mean is "
    "the figure",
}
"""By the key in metrics.json that they explain."""
