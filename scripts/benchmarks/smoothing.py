"""CPU time of each way of smoothing, beside what else is installed and does the same.

Seven tools for three hours, a row a second: streams of uses and errors drawn from a seed. Peers get
arrays and models that are ready; ours begins at the probabilities, as `annotate` does. Filters have
pandas and SciPy beside them, two-state models hmmlearn with the same numbers, a tool after another.
``same`` is the share of seconds and tools for which both decide alike; SciPy mirrors a recording at
its ends, where our windows are cut off.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import cycle
from typing import Any

import numpy as np
from numpy.typing import NDArray

from video_pipeline.timeline.smoothing import (
    Smoothing,
    SmoothingSettings,
    UseModel,
    smooth_tools,
)
from video_pipeline.timeline.smoothing.evidence import logits_of
from video_pipeline.timeline.smoothing.per_tool import ToolSmoothing
from video_pipeline.timeline.smoothing.use_model import Durations, Errors, FittedEvidence

__all__ = ["add_parser"]

MOST_CPU_S = 0.05
"""What any way may take for seven tools and three hours."""

_WINDOW = 7
_ERRORS = Errors(sd=1.5, outlier_share=0.0, outlier_sd=3.0)
_TWO_STATES = UseModel(
    Durations((1.0,), (60.0,)),
    Durations((1.0,), (12.0,)),
    FittedEvidence((-2.0, 2.0), 0.0, (_ERRORS, _ERRORS), (_ERRORS, _ERRORS)),
    share_present=0.2,
)
"""The plain two-state hidden Markov model of Gaussian logits, which hmmlearn knows too."""
_LEARNED = replace(_ERRORS, outlier_share=0.05)
_TWO_DURATIONS = replace(
    _TWO_STATES,
    absent=Durations((0.5, 0.5), (6.0, 120.0)),
    present=Durations((0.6, 0.4), (2.5, 30.0)),
    evidence=FittedEvidence((-2.0, 2.0), 0.6, (_LEARNED, _LEARNED), (_LEARNED, _LEARNED)),
)

Decide = Callable[[], NDArray[np.bool_]]
"""(n_seconds, n_tools) present."""


@dataclass(frozen=True)
class Row:
    """One way, and who else can do it."""

    name: str
    way: ToolSmoothing
    peers: tuple[str, ...] = ()
    """Names of ``_peers``."""
    others: tuple[ToolSmoothing, ...] = ()
    """Where tools are smoothed in different ways: those of the second tool, the third, ..."""

    def of(self, tools: Sequence[str]) -> Smoothing:
        """Each tool's way, from the first on again where there are more tools than ways."""
        return Smoothing(by_tool=dict(zip(tools, cycle((self.way, *self.others)), strict=False)))


def _filter(**values: Any) -> SmoothingSettings:
    plain = {"on_threshold": 0.5, "off_threshold": None, "min_on_s": None}
    return SmoothingSettings(**(plain | values))


_ROWS = (
    Row("threshold", _filter()),
    Row("default: hysteresis, shortest use", SmoothingSettings()),
    Row("moving average", _filter(mean_s=_WINDOW), ("pandas mean", "SciPy mean")),
    Row("median", _filter(median_s=_WINDOW), ("pandas median", "SciPy median")),
    Row("median, causal", _filter(median_s=_WINDOW, is_causal=True), ("pandas median, causal",)),
    Row(
        "median, hysteresis, durations",
        SmoothingSettings(median_s=5.0, on_threshold=0.6, min_on_s=2.0, min_off_s=4.0),
    ),
    Row("two states, Viterbi", replace(_TWO_STATES, decision="path"), ("hmmlearn Viterbi",)),
    Row("two states, forward-backward", _TWO_STATES, ("hmmlearn posterior",)),
    Row("two states, forward filter", replace(_TWO_STATES, lag_s=0.0)),
    Row("two states, lag 3 s", replace(_TWO_STATES, lag_s=3.0)),
    Row("two durations, Viterbi", replace(_TWO_DURATIONS, decision="path")),
    Row("two durations, forward-backward", _TWO_DURATIONS),
    Row("two durations, forward filter", replace(_TWO_DURATIONS, lag_s=0.0)),
    Row("two durations, lag 3 s", replace(_TWO_DURATIONS, lag_s=3.0)),
    Row(
        "another way for each tool",
        _filter(median_s=_WINDOW),
        others=(
            replace(_TWO_STATES, decision="path"),
            _TWO_DURATIONS,
            replace(_TWO_DURATIONS, lag_s=0.0),
            replace(_TWO_DURATIONS, lag_s=1.0),
            replace(_TWO_DURATIONS, lag_s=3.0),
            SmoothingSettings(),
        ),
    ),
)


def add_parser(commands: Any) -> None:
    """Describe the benchmark's arguments."""
    parser = commands.add_parser(
        "smooth", help="each way of smoothing, against pandas, SciPy and hmmlearn"
    )
    parser.add_argument("--tools", type=int, default=7)
    parser.add_argument("--hours", type=float, default=3.0)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--seed", type=int, default=0)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Measure ours and its peers in turns, and print a line for each."""
    shape = (max(2, round(3600 * arguments.hours)), arguments.tools)
    probabilities = streams(shape, seed=arguments.seed)
    peers = _peers(probabilities)
    costs = [_measure(row, probabilities, peers, arguments.repeats) for row in _ROWS]
    print(
        f"{shape[1]} tools, {shape[0]} s, {os.cpu_count()} processors, CPU time, median of "
        f"{arguments.repeats} alternating runs"
    )
    _print_table([line for row, of in zip(_ROWS, costs, strict=True) for line in _lines(row, of)])
    slowest_s = max(of[0].cpu_s for of in costs)
    print(f"bar: {_ms(MOST_CPU_S)} ms for 7 tools and 3 hours; slowest here: {_ms(slowest_s)} ms")
    return 0


@dataclass(frozen=True)
class Cost:
    """What one of those measured together took."""

    name: str
    cpu_s: float
    same: float
    """Share of seconds and tools for which it decides as ours does."""


def _measure(
    row: Row, probabilities: NDArray[np.float64], peers: Mapping[str, Decide], repeats: int
) -> list[Cost]:
    """Ours, then each peer that is here: all in turns, ``repeats`` times; the median counts."""
    tools = [f"tool {k}" for k in range(probabilities.shape[1])]
    smoothing = row.of(tools)
    runs: dict[str, Decide] = {"ours": lambda: smooth_tools(probabilities, tools, smoothing)}
    runs |= {name: peers[name] for name in row.peers if name in peers}
    # The first run of each warms it up.
    decided = {name: decide() for name, decide in runs.items()}
    cpu_s: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(repeats):
        for name, decide in runs.items():
            started_s = time.process_time()
            decide()
            cpu_s[name].append(time.process_time() - started_s)
    return [
        Cost(name, statistics.median(of), float(np.mean(decided[name] == decided["ours"])))
        for name, of in cpu_s.items()
    ]


def streams(shape: tuple[int, int], *, seed: int) -> NDArray[np.float64]:
    """(n_seconds, n_tools) probabilities: uses of all lengths, errors that resemble the last."""
    rng = np.random.default_rng(seed)
    n_seconds, n_tools = shape
    logits = np.empty(shape)
    for tool in range(n_tools):
        # Absent, present, absent, ...: of each, many short stretches and a few long ones.
        many = (n_seconds, 2)
        lengths_s = np.ceil(rng.exponential([40.0, 8.0], many) * rng.choice([0.2, 2.0], many))
        changes = np.repeat(np.arange(2 * n_seconds) % 2, lengths_s.astype(np.int64).ravel())
        error = 0.0
        for second in range(n_seconds):
            error = 0.6 * error + 0.8 * 1.35 * rng.normal()
            logits[second, tool] = 4.0 * (changes[second] - 0.5) + error
    probabilities: NDArray[np.float64] = 1 / (1 + np.exp(-logits))
    return probabilities


def _peers(probabilities: NDArray[np.float64]) -> dict[str, Decide]:
    """What is installed, by name."""
    import pandas as pd
    from scipy.ndimage import median_filter, uniform_filter1d

    table = pd.DataFrame(probabilities)
    centred = table.rolling(_WINDOW, center=True, min_periods=1)
    causal = table.rolling(_WINDOW, min_periods=1)
    peers: dict[str, Decide] = {
        "pandas mean": lambda: centred.mean().to_numpy() >= 0.5,
        "SciPy mean": lambda: uniform_filter1d(probabilities, _WINDOW, axis=0) >= 0.5,
        "pandas median": lambda: centred.median().to_numpy() >= 0.5,
        "SciPy median": lambda: median_filter(probabilities, (_WINDOW, 1)) >= 0.5,
        "pandas median, causal": lambda: causal.median().to_numpy() >= 0.5,
    }
    model = _hmmlearn_model(_TWO_STATES)
    if model is None:
        print("hmmlearn is not here and left out: pip install hmmlearn", file=sys.stderr)
        return peers
    observed = [column[:, np.newaxis] for column in logits_of(probabilities).T]
    peers["hmmlearn Viterbi"] = lambda: np.stack([model.predict(x) == 1 for x in observed], 1)
    peers["hmmlearn posterior"] = lambda: np.stack(
        [model.predict_proba(x)[:, 1] >= 0.5 for x in observed], 1
    )
    return peers


def _hmmlearn_model(model: UseModel) -> Any | None:
    """The same model as hmmlearn has it; None where that is not installed."""
    try:
        from hmmlearn.hmm import GaussianHMM
    except ImportError:
        return None
    evidence = model.evidence
    if not isinstance(evidence, FittedEvidence):
        raise TypeError("hmmlearn has Gaussian logits, so levels and errors have to be known")
    ends = [1 / model.absent.means_s[0], 1 / model.present.means_s[0]]
    peer = GaussianHMM(n_components=2, covariance_type="diag")
    peer.startprob_ = np.array([1 - model.share_present, model.share_present])
    peer.transmat_ = np.array([[1 - ends[0], ends[0]], [ends[1], 1 - ends[1]]])
    peer.means_ = np.array(evidence.levels)[:, np.newaxis]
    peer.covars_ = np.array([[errors.sd**2] for errors in evidence.alone])
    return peer


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:.1f}"


def _lines(row: Row, costs: Sequence[Cost]) -> list[list[str]]:
    """Ours and its first peer beside one another, further peers below that one."""
    ours, *others = costs
    own = [row.name, _ms(ours.cpu_s), f"{ours.cpu_s / MOST_CPU_S:.2f}"]
    beside = [
        [peer.name, _ms(peer.cpu_s), f"{peer.cpu_s / ours.cpu_s:.2f}", f"{peer.same:.4f}"]
        for peer in others
    ]
    first, *further = beside or [[""] * 4]
    return [[*own, *first], *(["", "", "", *cells] for cells in further)]


def _print_table(lines: Sequence[Sequence[str]]) -> None:
    heads = ["", "CPU ms", "of bar", "peer", "CPU ms", "x ours", "same"]
    widths = [max(len(line[k]) for line in [heads, *lines]) for k in range(len(heads))]
    for line in [heads, *lines]:
        cells = [
            cell.ljust(width) if k in (0, 3) else cell.rjust(width)
            for k, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        print("  " + "  ".join(cells).rstrip())
