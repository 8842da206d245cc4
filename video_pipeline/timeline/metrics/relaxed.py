"""Errors near the boundaries of phases, of which the m2cai16-workflow evaluation forgives some.

Within 10 s after the start of a true segment of phase k, phase k - 1 is forgiven (the transition
was seen late); within 10 s before its end, phase k + 1 (it was seen early). Phases that may follow
one another in either order are forgiven over a jump of two as well, and these differ by workflow:
the figures *depend on the order of the phases*. For Cholec80 that is early k + 2 in
GallbladderDissection and GallbladderPackaging, late k - 2 and early k + 2 in CleaningCoagulation
and GallbladderRetraction; for m2cai16 the same, one place later. For phases of other names the
order of the reference is taken, and neighbours alone are forgiven.

Source: the challenge's MATLAB evaluation and its revision for Cholec80; I. Funke, D. Rivoir and
S. Speidel, "Metrics Matter in Surgical Phase Recognition", arXiv 2305.13961, tell it from the
strict figures. The published script applies what it finds in the last ten seconds of a segment to
the first ten; here it is applied to the last ten, which is what its comments say.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from video_pipeline.timeline.metrics.phase_segments import cut_segments

__all__ = ["TOLERANCE_S", "Order", "forgiven", "order_of_phases"]

TOLERANCE_S = 10

_CHOLEC80 = (
    "Preparation",
    "CalotTriangleDissection",
    "ClippingCutting",
    "GallbladderDissection",
    "GallbladderPackaging",
    "CleaningCoagulation",
    "GallbladderRetraction",
)
_M2CAI16 = ("TrocarPlacement", *_CHOLEC80)


@dataclass(frozen=True)
class Order:
    """The order of a workflow, and where it may jump."""

    phases: tuple[str, ...]
    workflow: str
    """Of whom it is, in words."""
    jumps_from: int | None = None
    """Index of the first of two phases of which the next may be left out, before two phases of
    which also the last may have been; None where there are none."""

    def resolve(self, name: str) -> str:
        """The phase of this order that ``name`` spells, or the name itself."""
        if name in self.phases:
            return name
        return {_key(phase): phase for phase in self.phases}.get(_key(name), name)

    def late(self, k: int) -> tuple[int, ...]:
        """What the index may be off by after the start of phase ``k``."""
        jumps = self.jumps_from is not None and self.jumps_from + 2 <= k
        return (-1, -2) if jumps else (-1,)

    def early(self, k: int) -> tuple[int, ...]:
        """What the index may be off by before the end of phase ``k``."""
        jumps = self.jumps_from is not None and self.jumps_from <= k
        return (1, 2) if jumps else (1,)


def order_of_phases(phases: Sequence[str]) -> Order:
    """The order in which ``phases`` are compared: a known workflow's, or as they stand."""
    keys = {_key(phase): phase for phase in phases}
    for known, workflow, jumps_from in ((_CHOLEC80, "Cholec80", 3), (_M2CAI16, "m2cai16", 4)):
        if len(keys) == len(phases) and keys.keys() <= {_key(name) for name in known}:
            return Order(tuple(keys.get(_key(name), name) for name in known), workflow, jumps_from)
    return Order(tuple(phases), "the reference's order of phases")


def forgiven(
    predicted: NDArray[np.int64],
    reference: NDArray[np.int64],
    order: Order,
    *,
    tolerance_s: int = TOLERANCE_S,
) -> NDArray[np.bool_]:
    """(n_seconds,) which errors are forgiven; phases are indices into ``order.phases``.

    An index beyond them is a phase that the order does not know, and never forgiven.
    """
    off = predicted - reference
    off[predicted >= len(order.phases)] = len(order.phases) + 2
    mask = np.zeros(len(reference), dtype=np.bool_)
    segments = cut_segments(reference)
    for k, start, stop in zip(
        segments.label.tolist(), segments.start.tolist(), segments.stop.tolist(), strict=True
    ):
        near = min(tolerance_s, stop - start)
        mask[start : start + near] |= np.isin(off[start : start + near], order.late(k))
        mask[stop - near : stop] |= np.isin(off[stop - near : stop], order.early(k))
    return mask


def _key(name: str) -> str:
    """The name without what differs between copies, as in ``ClippingAndCutting``."""
    return re.sub(r"[\W_]|and", "", name.casefold())
