"""Every statistic against pandas, written another way: a long table, shifts, groups and joins."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.timeline.builders import cholec80_presence, timeline
from video_pipeline.records import PhaseTimeline, ToolTimeline
from video_pipeline.timeline.statistics import ToolStatistics, summarise_tools
from video_pipeline.timeline.statistics.co_use import count_co_use
from video_pipeline.timeline.statistics.phase_usage import count_phase_usage
from video_pipeline.timeline.statistics.recording import RecordingStatistics, summarise_recording
from video_pipeline.timeline.statistics.transitions import count_changes, count_next_tools

Number = float | None


def frame_of(one: ToolTimeline) -> pd.DataFrame:
    """A column a tool: 1, 0, or NaN in a second without a frame."""
    cells = np.where(one.n_frames[:, np.newaxis] > 0, one.present.astype(float), np.nan)
    return pd.DataFrame(cells, columns=list(one.tools))


def or_none(value: float) -> Number:
    return None if np.isnan(value) else float(value)


def of_tool(name: str, cells: pd.Series[float]) -> ToolStatistics:
    visible = cells.eq(1)
    # Seconds with the same state in a row have the same number.
    number = cells.fillna(-1).ne(cells.fillna(-1).shift()).cumsum()
    uses = visible[visible].groupby(number[visible]).size()
    # What lies between two uses: as many earlier uses, and none of it visible.
    n_before = (visible & ~visible.shift(fill_value=False)).cumsum()
    between = cells[~visible].groupby(n_before[~visible])
    holes = pd.DataFrame({"length": between.size(), "whole": between.count().eq(between.size())})
    holes = holes[(holes.index > 0) & (holes.index < len(uses))]
    gaps = holes.loc[holes["whole"], "length"]
    n_pairs = int((cells.notna() & cells.shift().notna()).sum())
    return ToolStatistics(
        tool=name,
        presence_s=float(visible.sum()),
        share=or_none(cells.mean()),
        n_uses=len(uses),
        median_use_s=or_none(uses.median()),
        longest_use_s=or_none(uses.max()),
        first_second=int(cells.index[visible].min()) if visible.any() else None,
        last_second=int(cells.index[visible].max()) if visible.any() else None,
        n_gaps=len(gaps),
        median_gap_s=or_none(gaps.median()),
        changes_per_minute=float(cells.diff().abs().sum()) / cells.count() * 60
        if n_pairs > 0
        else None,
    )


def of_recording(table: pd.DataFrame) -> RecordingStatistics:
    n_visible = table.sum(axis=1, min_count=1)
    differs = table.diff().abs().sum(axis=1, min_count=1)
    return RecordingStatistics(
        n_seconds=len(table),
        seen_s=float(n_visible.notna().sum()),
        unseen_s=float(n_visible.isna().sum()),
        n_tools_used=int(table.max().eq(1).sum()),
        idle_s=float(n_visible.eq(0).sum()),
        idle_share=or_none(n_visible.dropna().eq(0).mean()),
        several_s=float(n_visible.ge(2).sum()),
        changes_per_minute=float(differs.gt(0).sum()) / n_visible.count() * 60
        if differs.notna().any()
        else None,
    )


def next_tools_of(table: pd.DataFrame) -> tuple[Counter[tuple[str, str]], Counter[str]]:
    """((went, came): times), (went: times unknown), by a table of events joined in time."""
    steps = table.diff().rename_axis(index="second").reset_index()
    events = steps.melt(id_vars="second", var_name="tool", value_name="step").dropna()
    events = events[events["step"].ne(0)]
    block = table.isna().any(axis=1).cumsum().rename("block")
    events = events.merge(block, left_on="second", right_index=True)
    went = events[events["step"].eq(-1)].sort_values("second")
    came = events[events["step"].eq(1)]
    first = came[["second", "block"]].drop_duplicates().assign(moment=lambda t: t["second"])
    joined = pd.merge_asof(
        went, first.sort_values("second"), on="second", by="block", direction="forward"
    )
    pairs = joined.merge(came, left_on="moment", right_on="second", suffixes=("", "_next"))
    return (
        Counter(zip(pairs["tool"], pairs["tool_next"], strict=True)),
        Counter(joined.loc[joined["moment"].isna(), "tool"]),
    )


def changes_of(table: pd.DataFrame) -> Counter[tuple[frozenset[str], frozenset[str]]]:
    # A text for each second, such as "a b "; NaN, which equals nothing, without a frame.
    words = pd.Series([f"{tool} " for tool in table.columns], index=table.columns)
    names = table.eq(1).dot(words).where(table.notna().all(axis=1))
    before = names.shift()
    differs = names.notna() & before.notna() & names.ne(before)
    return Counter(
        (frozenset(a.split()), frozenset(b.split()))
        for a, b in zip(before[differs], names[differs], strict=True)
    )


def check(one: ToolTimeline) -> None:
    table = frame_of(one)
    for found, tool in zip(summarise_tools(one), one.tools, strict=True):
        _same(found, of_tool(tool, table[tool]))
    _same(summarise_recording(one), of_recording(table))
    _check_pairs(one, table)
    times, unknown = next_tools_of(table)
    found_next = count_next_tools(one)
    for i, went in enumerate(one.tools):
        assert found_next.n_unknown[i] == unknown[went]
        for j, came in enumerate(one.tools):
            assert found_next.n_times[i, j] == times[went, came]
        assert found_next.n_went[i] == table[went].diff().eq(-1).sum()
    assert count_changes(one) == changes_of(table)


def _same(found: object, expected: object) -> None:
    for name, value in vars(expected).items():
        close = pytest.approx(value, rel=1e-12) if isinstance(value, float) else value
        assert getattr(found, name) == close, name


def _check_pairs(one: ToolTimeline, table: pd.DataFrame) -> None:
    together = count_co_use(one)
    for i, a in enumerate(one.tools):
        for j, b in enumerate(one.tools):
            pair = table[[a, b]].sum(axis=1)
            both = int((table[a].eq(1) & table[b].eq(1)).sum())
            assert together.both_s[i, j] == both
            assert together.either_s[i, j] == pair.gt(0).sum()
            expected = both / pair.gt(0).sum() if pair.gt(0).any() else np.nan
            assert together.jaccard[i, j] == pytest.approx(expected, rel=1e-12, nan_ok=True)


@pytest.mark.slow
def test_sixty_real_operations() -> None:
    for present in cholec80_presence():
        check(timeline(present))


@pytest.mark.parametrize("seed", range(30))
def test_random_timelines_with_missing_seconds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, n_tools = int(rng.integers(1, 120)), int(rng.integers(1, 5))
    present = rng.random((n, n_tools)) < rng.uniform(0, 0.7)
    # Runs, not flickering alone.
    present = np.repeat(present, int(rng.integers(1, 4)), axis=0)[:n]
    n_frames = (rng.random(n) > rng.choice([0.0, 0.05, 0.4, 1.0])).astype(np.int64)
    check(timeline(present & (n_frames > 0)[:, np.newaxis], n_frames=n_frames))


@pytest.mark.slow
def test_usage_in_the_phases_of_sixty_real_operations(shared: Path) -> None:
    files = sorted((shared / "data/cholec80_labels/phase_annotations").glob("*-phase.txt"))
    assert len(files) == 60
    for present, path in zip(cholec80_presence(), files, strict=True):
        labels = pd.read_csv(path, sep="\t")["Phase"].iloc[: len(present)]
        names = tuple(labels.unique())
        phase = labels.map({name: k for k, name in enumerate(names)}).to_numpy(dtype=np.int64)
        one = timeline(present[: len(phase)])
        usage = count_phase_usage(one, PhaseTimeline(names, np.eye(len(names))[phase], phase))
        grouped = frame_of(one).groupby(labels.to_numpy(), sort=False)
        assert usage.presence_s.tolist() == grouped.sum().loc[list(names)].to_numpy().tolist()
        assert usage.phase_s[:, 0].tolist() == grouped.size().loc[list(names)].tolist()
        np.testing.assert_allclose(usage.share, grouped.mean().loc[list(names)], rtol=1e-12)
