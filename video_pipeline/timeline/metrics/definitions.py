"""What each figure means and where that is defined, in words for those who publish it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DEFINITIONS", "Definition"]


@dataclass(frozen=True)
class Definition:
    """One name of the output."""

    definition: str
    source: str


_SCIKIT_LEARN = "scikit-learn, zero_division=nan"
_MESAROS = 'Mesaros et al., "Metrics for polyphonic sound event detection", 2016; sed_eval'
_LEA = 'Lea et al., "Temporal convolutional networks for action segmentation and detection", 2017'
_FUNKE = 'Funke et al., "Metrics Matter in Surgical Phase Recognition", arXiv 2305.13961'
_M2CAI = f"m2cai16-workflow evaluation, as revised for Cholec80; {_FUNKE}"
_EFRON = 'Efron and Tibshirani, "An Introduction to the Bootstrap", 1993'

_TOOLS = {
    "accuracy": Definition("share of right cells, seconds x tools", _SCIKIT_LEARN),
    "precision": Definition("TP / (TP + FP) over seconds", _SCIKIT_LEARN),
    "recall": Definition("TP / (TP + FN) over seconds", _SCIKIT_LEARN),
    "f1": Definition("2 TP / (2 TP + FP + FN) over seconds", _SCIKIT_LEARN),
    "micro_precision": Definition("precision of the counts of all tools", _SCIKIT_LEARN),
    "micro_recall": Definition("recall of the counts of all tools", _SCIKIT_LEARN),
    "micro_f1": Definition("F1 of the counts of all tools", _SCIKIT_LEARN),
    "macro_f1": Definition("mean of the F1s of the tools that define one", _SCIKIT_LEARN),
    "average_precision": Definition(
        "step sum over the seconds of all recordings together; undefined where the tool is absent",
        'scikit-learn; pooling: Twinanda et al., "EndoNet", 2017 (Cholec80)',
    ),
    "average_precision_videowise": Definition(
        "step sum of each recording, mean over the recordings in which the tool occurs",
        "Nwoye and Padoy, arXiv 2204.05235 (CholecT50)",
    ),
    "mean_average_precision": Definition("mean over tools of average_precision", "as that"),
    "mean_average_precision_videowise": Definition(
        "mean over tools of average_precision_videowise", "as that"
    ),
    **{
        f"event_f1_{percent}": Definition(
            "2 matched / (predicted + reference) uses, matched one to one at an intersection over "
            f"union of {percent / 100:g} or more, the largest matching",
            _LEA,
        )
        for percent in (25, 50, 75)
    },
    "macro_event_f1": Definition("mean over tools of the event F1 at min_overlap", "as that"),
    "collar_f1": Definition(
        "the same, matched where onsets differ by 2 s at most and offsets by 2 s or 20 % of the "
        "true length, the larger; optimal matching",
        _MESAROS,
    ),
    "intersection_f1": Definition(
        "2 TP / (2 TP + FP + FN): a prediction counts if true uses cover half of it (else FP), "
        "a true use is found if predictions that count cover half of it",
        'Bilen et al., "A framework for the robust evaluation of sound event detection", 2020; '
        "psds_eval",
    ),
    "segment_ratio": Definition(
        "predicted over true uses; above 1 is over-segmentation", "a ratio of counts"
    ),
    "segments": Definition(
        "segment-based at 1 s; f1 is the F1 per second, as timelines have whole seconds", _MESAROS
    ),
    "error_rate": Definition(
        "(substitutions + deletions + insertions) / true tool seconds, in segments of 1 s",
        _MESAROS,
    ),
}

_PHASES = {
    "phase_accuracy": Definition("share of right seconds", _SCIKIT_LEARN),
    "phase_precision": Definition(
        "TP / (TP + FP) of each phase, mean over the phases that are predicted",
        f"{_SCIKIT_LEARN}; {_FUNKE}",
    ),
    "phase_recall": Definition(
        "TP / (TP + FN) of each phase, mean over the phases that occur",
        f"{_SCIKIT_LEARN}; {_FUNKE}",
    ),
    "phase_jaccard": Definition(
        "TP / (TP + FP + FN) of each phase, mean over the phases that occur or are predicted",
        f"{_SCIKIT_LEARN}; {_FUNKE}",
    ),
    "phase_f1": Definition(
        "mean over phases of each one's F1, not the F1 of the means", f"{_SCIKIT_LEARN}; {_FUNKE}"
    ),
    "relaxed_phase_accuracy": Definition(
        "share of seconds that are right, or wrong by a neighbouring phase within 10 s of a "
        "boundary; depends on the order of phases",
        _M2CAI,
    ),
    "relaxed_phase_precision": Definition(
        "(right or forgiven seconds where the phase is predicted or true) / predicted seconds, at "
        "most 1; mean over the phases that occur and are predicted",
        _M2CAI,
    ),
    "relaxed_phase_recall": Definition(
        "the same over true seconds; mean over the phases that occur", _M2CAI
    ),
    "relaxed_phase_jaccard": Definition(
        "the same over the union; mean over the phases that occur", _M2CAI
    ),
    "relaxed_phase_f1": Definition(
        "harmonic mean of a phase's relaxed precision and recall, mean over the phases that occur",
        _M2CAI,
    ),
    "edit_score": Definition(
        "(1 - Levenshtein distance of the segments' labels / the longer sequence) x 100",
        f"{_LEA}; as in MS-TCN",
    ),
    **{
        f"segment_f1_{percent}": Definition(
            "F1 of segments, each prediction taking the true segment of its label that it overlaps "
            f"most, at an intersection over union of {percent} % or more",
            f"{_LEA}; as in MS-TCN",
        )
        for percent in (10, 25, 50)
    },
}

_COHORT = {
    "summary": Definition(
        "over the recordings that define the figure: mean, standard deviation (ddof 1), 95 % "
        "percentile bootstrap of the mean; no interval with fewer than 3",
        _EFRON,
    ),
    "against": Definition(
        "first run minus second, recording by recording: mean, 95 % percentile bootstrap of it, "
        "two-sided p of the Wilcoxon signed-rank test, not corrected for the number of figures",
        f"{_EFRON}; Wilcoxon, 1945, by SciPy",
    ),
}

DEFINITIONS: dict[str, Definition] = _TOOLS | _PHASES | _COHORT
"""By name, as in the output."""
