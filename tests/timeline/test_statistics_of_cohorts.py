"""Many recordings together: medians, how sure they are, and who lies outside."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import bootstrap

from tests.timeline.builders import cholec80_presence, presence, timeline
from video_pipeline.timeline.statistics.cohort import Cohort, CohortMember, summarise_cohort
from video_pipeline.timeline.statistics.spread import (
    RECORDING_FIGURES,
    TOOL_FIGURES,
    Spread,
    find_outliers,
    spread_of_figures,
)


def cohort_of(*rows: str) -> Cohort:
    """One recording with the tool ``a`` for each text."""
    return summarise_cohort(
        [CohortMember(f"case{k}", timeline(presence(row))) for k, row in enumerate(rows)]
    )


def spread_of(cohort: Cohort, figure: str, tool: str | None = "a") -> Spread:
    (found,) = [s for s in spread_of_figures(cohort) if (s.tool, s.figure) == (tool, figure)]
    return found


def lengths(*values: int) -> Cohort:
    return cohort_of(*("#" * n + "." for n in values))


def test_every_figure_of_the_recordings_and_of_each_tool_has_a_spread() -> None:
    found = [(s.tool, s.figure) for s in spread_of_figures(lengths(1, 2))]
    assert found == [
        *((None, figure) for figure in RECORDING_FIGURES),
        *(("a", figure) for figure in TOOL_FIGURES),
    ]


def test_medians_are_of_the_recordings_that_define_the_figure() -> None:
    cohort = cohort_of("##..", "....", "####")
    used = spread_of(cohort, "median_use_s")
    assert (used.video_ids, used.median) == (("case0", "case2"), 3.0)
    visible = spread_of(cohort, "presence_s")
    assert (len(visible.values), visible.median) == (3, 2.0)


def test_a_tool_that_a_recording_does_not_know_is_not_absent_there() -> None:
    cohort = summarise_cohort(
        [
            CohortMember("one", timeline(presence("##"), tools=("hook",))),
            CohortMember("two", timeline(presence("#."), tools=("clipper",))),
        ]
    )
    assert cohort.tools == ("hook", "clipper")
    assert spread_of(cohort, "presence_s", "hook").video_ids == ("one",)


def test_a_figure_that_no_recording_defines_has_no_median() -> None:
    none = spread_of(cohort_of("..", "..", ".."), "median_use_s")
    assert (none.median, none.low, none.first_quartile) == (None, None, None)


@pytest.mark.parametrize(("n", "has_interval"), [(1, False), (2, False), (3, True)])
def test_an_interval_needs_three_recordings(n: int, has_interval: bool) -> None:
    found = spread_of(lengths(*range(1, n + 1)), "presence_s")
    assert (found.low is not None, found.high is not None) == (has_interval, has_interval)


def test_the_interval_is_that_of_scipys_percentile_bootstrap() -> None:
    values = np.random.default_rng(3).integers(1, 300, 40)
    found = spread_of(lengths(*values.tolist()), "presence_s")
    other = bootstrap(
        (values,), np.median, method="percentile", n_resamples=2000, random_state=1
    ).confidence_interval
    # Both draw at random: they agree to a few of the values that lie near the ends.
    near = float(np.diff(np.sort(values)).max())
    assert found.low == pytest.approx(other.low, abs=near)
    assert found.high == pytest.approx(other.high, abs=near)
    assert found.median == np.median(values)


@pytest.mark.slow
def test_the_interval_holds_the_true_median_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    held = []
    for _ in range(200):
        drawn = rng.integers(1, 202, 25)  # the median of 1..201 is 101
        found = spread_of(lengths(*drawn.tolist()), "presence_s")
        assert found.low is not None
        assert found.high is not None
        held.append(found.low <= 101 <= found.high)
    assert 0.90 <= np.mean(held) <= 0.99


def test_the_same_seed_gives_the_same_intervals() -> None:
    cohort = lengths(3, 8, 1, 30, 12)
    once, again = ([(s.low, s.high) for s in spread_of_figures(cohort, seed=5)] for _ in range(2))
    assert once == again


def test_an_outlier_lies_beyond_tukeys_fences() -> None:
    cohort = lengths(10, 11, 12, 13, 14, 15, 16, 40)
    outliers = [o for o in find_outliers(spread_of_figures(cohort)) if o.figure == "presence_s"]
    (far,) = outliers
    q1, q3 = np.percentile([10, 11, 12, 13, 14, 15, 16, 40], [25, 75])
    assert (far.video_id, far.tool, far.value) == ("case7", "a", 40.0)
    assert (far.lower_fence, far.upper_fence) == (q1 - 1.5 * (q3 - q1), q3 + 1.5 * (q3 - q1))
    assert far.n_iqr == (40 - q3) / (q3 - q1)


def test_seven_recordings_have_no_outliers() -> None:
    assert find_outliers(spread_of_figures(lengths(10, 11, 12, 13, 14, 15, 400))) == ()


def test_where_the_quartiles_coincide_nothing_is_outside() -> None:
    spreads = spread_of_figures(lengths(*[5] * 9, 6))
    assert find_outliers([s for s in spreads if s.figure == "presence_s"]) == ()


def test_a_cohort_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one recording"):
        summarise_cohort([])


def test_medians_and_outliers_are_those_of_pandas_on_sixty_real_operations() -> None:
    members = [CohortMember(f"{k:02}", timeline(p)) for k, p in enumerate(cholec80_presence())]
    cohort = summarise_cohort(members)
    table = pd.DataFrame(
        [{"video_id": m.video_id, **vars(tool)} for m in cohort.members for tool in m.tools]
    )
    long = table.melt(id_vars=["video_id", "tool"], var_name="figure").dropna()
    long["value"] = long["value"].astype(float)
    groups = long.groupby(["tool", "figure"])["value"]
    spreads = spread_of_figures(cohort)
    for spread in spreads:
        if spread.tool is not None:
            values = groups.get_group((spread.tool, spread.figure))
            assert spread.median == values.median()
            assert spread.first_quartile == pytest.approx(values.quantile(0.25), rel=1e-12)
            assert spread.third_quartile == pytest.approx(values.quantile(0.75), rel=1e-12)
    q1, q3 = groups.transform("quantile", 0.25), groups.transform("quantile", 0.75)
    away = np.maximum(q1 - long["value"], long["value"] - q3)
    outside = long[(away > 1.5 * (q3 - q1)) & (q3 > q1) & (groups.transform("count") >= 8)]
    found = {(o.video_id, o.tool, o.figure) for o in find_outliers(spreads) if o.tool is not None}
    columns = (outside[name] for name in ("video_id", "tool", "figure"))
    assert found == set(zip(*columns, strict=True))
    assert len(found) > 50
