"""Every way of smoothing that tuning tries, by family, and how each is fitted to a tool.

Filters stand as they are; models of a tool's use are fitted to recordings first. With a lag, only
ways are tried that know no more than that many seconds ahead.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

from video_pipeline.timeline.smoothing import SmoothingSettings, UseModel
from video_pipeline.timeline.smoothing.use_model import CalibratedEvidence, Decision

__all__ = ["Candidate", "FittedWay", "candidates", "lookahead_s"]

_THRESHOLDS = tuple(k / 20 for k in range(4, 17))
_FEW_THRESHOLDS = (0.3, 0.4, 0.5, 0.6, 0.7)
_WINDOWS_S = (3.0, 5.0, 7.0, 11.0)
_ON, _OFF = (0.5, 0.6, 0.7, 0.8, 0.9), (0.1, 0.2, 0.3, 0.4, 0.5)
_FEW_ON, _FEW_OFF = (0.5, 0.6, 0.7), (0.3, 0.4, 0.5)
_EXPONENTS = (1.0, 0.7, 0.5, 0.35, 0.2)
_POSTERIORS = ((0.5, 0.5), (0.4, 0.4), (0.6, 0.6), (0.6, 0.4), (0.7, 0.3), (0.8, 0.2), (0.7, 0.5))


@dataclass(frozen=True)
class FittedWay:
    """A model of a tool's use, before anything is known of the tool."""

    n_components: int
    """Of the durations' mixtures; 1 is the plain two-state hidden Markov model."""
    with_errors: bool
    """Whether levels and errors of logits are learned; else probabilities are calibrated only."""
    exponent: float
    decision: Decision
    on_threshold: float = 0.5
    off_threshold: float = 0.5
    lag_s: float | None = None

    def of(self, fitted: UseModel) -> UseModel:
        """This way with the parameters of ``fitted``."""
        evidence = fitted.evidence
        if isinstance(evidence, CalibratedEvidence):
            evidence = replace(evidence, exponent=self.exponent)
        return replace(
            fitted,
            evidence=evidence,
            decision=self.decision,
            on_threshold=self.on_threshold,
            off_threshold=self.off_threshold,
            lag_s=self.lag_s,
        )


@dataclass(frozen=True)
class Candidate:
    """One way of smoothing, to be tried."""

    family: str
    way: SmoothingSettings | FittedWay

    @property
    def parameters(self) -> str:
        """What tells it from the others of its family, in one line."""
        if isinstance(self.way, SmoothingSettings):
            return _words(
                mean=self.way.mean_s,
                median=self.way.median_s,
                on=self.way.on_threshold,
                off=self.way.off_threshold,
                min_on=self.way.min_on_s,
                min_off=self.way.min_off_s,
            )
        return _words(
            components=self.way.n_components,
            exponent=None if self.way.with_errors else self.way.exponent,
            on=self.way.on_threshold if self.way.decision == "state" else None,
            off=self.way.off_threshold if self.way.decision == "state" else None,
        )


def candidates(lag_s: float | None) -> tuple[Candidate, ...]:
    """All ways that need to know no more than ``lag_s`` ahead; None: the whole recording."""
    filters = [*_filters(is_causal=False)]
    if lag_s is not None:
        known = [one for one in filters if lookahead_s(_filter_of(one)) <= lag_s]
        filters = [*known, *(one for one in _filters(is_causal=True) if one not in known)]
    return (*filters, *_models(lag_s))


def lookahead_s(settings: SmoothingSettings, *, row_s: float = 1.0) -> float:
    """How many seconds after a row its answer is known, with ``row_s`` seconds a row."""
    if settings.is_causal:
        return 0.0
    windows = sum(length // 2 for length in (settings.mean_s, settings.median_s) if length)
    waits = (settings.min_on_s, settings.min_off_s)
    return windows + sum(max(wait - row_s, 0.0) for wait in waits if wait is not None)


def _filters(*, is_causal: bool) -> Iterator[Candidate]:
    suffix = ", causal" if is_causal else ""

    def named(family: str, **values: float | None) -> Candidate:
        plain: dict[str, float | None] = {"off_threshold": None, "min_on_s": None}
        settings = SmoothingSettings(**(plain | values), is_causal=is_causal)  # type: ignore[arg-type]
        return Candidate(family + suffix, settings)

    if not is_causal:
        yield from (named("threshold", on_threshold=on) for on in _THRESHOLDS)
        yield from (
            named("hysteresis", on_threshold=on, off_threshold=off)
            for on, off in product(_ON, _OFF)
        )
    for window_s, on in product(_WINDOWS_S, _FEW_THRESHOLDS):
        yield named("moving average", mean_s=window_s, on_threshold=on)
        yield named("median", median_s=window_s, on_threshold=on)
    for median_s, on, off, min_on_s, min_off_s in product(
        (None, 3.0, 5.0), _FEW_ON, _FEW_OFF, (None, 2.0, 3.0), (None, 2.0, 4.0)
    ):
        if off <= on and not (median_s is min_on_s is min_off_s is None):
            yield named(
                "median, hysteresis, durations",
                median_s=median_s,
                on_threshold=on,
                off_threshold=off,
                min_on_s=min_on_s,
                min_off_s=min_off_s,
            )


def _models(lag_s: float | None) -> Iterator[Candidate]:
    for n_components, with_errors in product((1, 2), (False, True)):
        family = _family(n_components, with_errors=with_errors)
        for exponent in (1.0,) if with_errors else _EXPONENTS:
            if lag_s is None:
                path = FittedWay(n_components, with_errors, exponent, "path")
                yield Candidate(f"{family}, Viterbi", path)
            for on, off in _POSTERIORS:
                state = FittedWay(n_components, with_errors, exponent, "state", on, off, lag_s)
                yield Candidate(f"{family}, {_decided(lag_s)}", state)


def _family(n_components: int, *, with_errors: bool) -> str:
    durations = "hidden Markov" if n_components == 1 else "two durations"
    return f"{durations}, {'errors learned' if with_errors else 'calibrated'}"


def _decided(lag_s: float | None) -> str:
    if lag_s is None:
        return "forward-backward"
    return "forward filter" if lag_s == 0 else f"lag {lag_s:g} s"


def _filter_of(candidate: Candidate) -> SmoothingSettings:
    assert isinstance(candidate.way, SmoothingSettings)  # noqa: S101  made here
    return candidate.way


def _words(**values: float | None) -> str:
    return " ".join(f"{name}={value:g}" for name, value in values.items() if value is not None)
