"""Timelines for tests: drawn as text, or read from the real labels beside the project."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from video_pipeline.records import ToolTimeline

LABELS = Path(__file__).parents[2].parent / "shared/data/cholec80_labels/tool_annotations"


def presence(*tools: str) -> NDArray[np.bool_]:
    """One text a tool, one character a second: ``#`` where it is visible."""
    return np.array([[c == "#" for c in tool] for tool in tools], dtype=np.bool_).T


def timeline(
    present: NDArray[np.bool_],
    *,
    probabilities: NDArray[np.float64] | None = None,
    n_frames: NDArray[np.int64] | None = None,
    tools: tuple[str, ...] | None = None,
) -> ToolTimeline:
    """Fill in what a test does not care about: tools a, b, c, ... and one frame a second."""
    if n_frames is None:
        n_frames = np.ones(len(present), dtype=np.int64)
    if probabilities is None:
        probabilities = np.where(present, 0.9, 0.1)
        probabilities[n_frames == 0] = np.nan
    if tools is None:
        tools = tuple("abcdefghijklmnopqrstuvwxyz"[: present.shape[1]])
    return ToolTimeline(tools, probabilities, present, n_frames)


@cache
def cholec80_presence() -> tuple[NDArray[np.bool_], ...]:
    """The tools of sixty real operations, a row a second."""
    if not LABELS.is_dir():
        pytest.skip("the Cholec80 labels are not here")
    return tuple(
        np.loadtxt(path, skiprows=1, dtype=np.int64)[:, 1:].astype(np.bool_)
        for path in sorted(LABELS.glob("video*-tool.txt"))
    )
