import itertools
import math
import statistics
import time

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.timeline.builders import cholec80_presence
from video_pipeline.timeline.runs import find_runs
from video_pipeline.timeline.smoothing import SmoothingSettings, smooth

OFF = SmoothingSettings(
    median_s=None, on_threshold=0.5, off_threshold=None, min_on_s=None, min_off_s=None
)


def column(*values: float) -> NDArray[np.float64]:
    return np.array(values, dtype=np.float64)[:, np.newaxis]


def smooth_drawn(drawn: str, settings: SmoothingSettings) -> str:
    """``#`` is a clear yes, ``.`` a clear no, ``?`` something between, a blank no frame."""
    value = {"#": 0.95, "?": 0.5, ".": 0.05, " ": math.nan}
    present = smooth(column(*(value[c] for c in drawn)), settings)[:, 0]
    return "".join("#" if p else "." for p in present)


def test_with_everything_off_a_tool_is_present_from_the_threshold_on() -> None:
    assert smooth(column(0.49, 0.5, 0.51), OFF)[:, 0].tolist() == [False, True, True]


def test_tool_stays_present_between_thresholds() -> None:
    settings = SmoothingSettings(on_threshold=0.7, off_threshold=0.3, min_on_s=None)
    assert smooth_drawn("..??##??..??", settings) == "....####...."


def test_tool_appears_at_the_on_threshold_and_stays_at_the_off_threshold() -> None:
    settings = SmoothingSettings(on_threshold=0.75, off_threshold=0.25, min_on_s=None)
    assert smooth(column(0.75, 0.25, 0.2499), settings)[:, 0].tolist() == [True, True, False]


def test_median_removes_single_seconds_and_keeps_edges() -> None:
    settings = SmoothingSettings(median_s=3.0, on_threshold=0.5, off_threshold=None, min_on_s=None)
    assert smooth_drawn("..#...##..###.###..", settings) == "......##..#######.."


def test_median_window_is_cut_off_at_both_ends() -> None:
    settings = SmoothingSettings(median_s=3.0, on_threshold=0.5, off_threshold=None, min_on_s=None)
    values = column(0.2, 0.7, 0.9, 0.1, 0.96)
    # Medians: (0.2 + 0.7) / 2, 0.7, 0.7, 0.9, (0.1 + 0.96) / 2.
    assert smooth(values, settings)[:, 0].tolist() == [False, True, True, True, True]


def test_a_window_of_less_than_three_rows_changes_nothing() -> None:
    assert smooth_drawn("#.#..#", SmoothingSettings(median_s=1.0, min_on_s=None)) == "#.#..#"


def test_short_holes_are_filled_between_uses_only() -> None:
    settings = SmoothingSettings(min_on_s=None, min_off_s=3.0)
    assert smooth_drawn("..#..#...#..", settings) == "..####...#.."


def test_short_uses_are_dropped() -> None:
    assert smooth_drawn("#..##..###..#", SmoothingSettings(min_on_s=3.0)) == ".......###..."


def test_holes_are_filled_before_uses_are_dropped() -> None:
    settings = SmoothingSettings(min_on_s=4.0, min_off_s=2.0)
    assert smooth_drawn("..#.#.#....##..", settings) == "..#####........"


def test_a_second_without_a_frame_is_never_present() -> None:
    assert smooth_drawn("### ###", SmoothingSettings()) == "###.###"
    assert smooth_drawn("   ", SmoothingSettings()) == "..."


def test_state_is_carried_over_a_short_gap() -> None:
    assert smooth_drawn("##   ??", SmoothingSettings()) == "##...##"


def test_state_starts_anew_after_a_long_gap() -> None:
    assert smooth_drawn("##    ??", SmoothingSettings()) == "##......"


def test_a_short_gap_does_not_count_as_use_or_hole() -> None:
    assert smooth_drawn(".#   #.", SmoothingSettings(min_on_s=3.0)) == "......."
    assert smooth_drawn(".#   #.", SmoothingSettings(min_on_s=2.0)) == ".#...#."
    assert smooth_drawn("##.  .##", SmoothingSettings(min_off_s=3.0)) == "###..###"


def test_a_long_gap_is_no_hole_to_be_filled() -> None:
    settings = SmoothingSettings(min_on_s=None, min_off_s=30.0)
    assert smooth_drawn("##.    .##", settings) == "##......##"


def test_defaults_keep_a_clear_use_of_two_seconds_wherever_it_is() -> None:
    for start, length in itertools.product(range(9), range(2, 5)):
        drawn = "".join("#" if start <= k < start + length else "." for k in range(10))
        if drawn.count("#") >= 2:
            assert smooth_drawn(drawn, SmoothingSettings()) == drawn


def test_defaults_keep_every_real_use_of_two_seconds_or_more() -> None:
    for present in cholec80_presence():
        uses = find_runs(present)
        smoothed = find_runs(smooth(np.where(present, 0.9, 0.1), SmoothingSettings()))
        long = uses.where(uses.length >= 2)
        assert np.array_equal(smoothed.start, long.start)
        assert np.array_equal(smoothed.stop, long.stop)


@pytest.mark.parametrize(("rate_hz", "drawn"), [(1.0, "#.##."), (2.0, "##..####.."), (0.5, "#..")])
def test_durations_are_seconds_at_any_rate(rate_hz: float, drawn: str) -> None:
    value = column(*(0.9 if c == "#" else 0.1 for c in drawn))
    kept = smooth(value, SmoothingSettings(min_on_s=2.0), rate_hz=rate_hz)
    lengths = find_runs(kept).length
    assert lengths.tolist() == [2 * rate_hz]


def test_columns_do_not_influence_one_another() -> None:
    probabilities = np.random.default_rng(3).random((200, 4))
    settings = SmoothingSettings(median_s=5.0, min_off_s=2.0)
    together = smooth(probabilities, settings)
    for k in range(4):
        assert np.array_equal(together[:, [k]], smooth(probabilities[:, [k]], settings))


def test_a_row_that_misses_only_some_tools_is_refused() -> None:
    with pytest.raises(ValueError, match="row 1 only for some"):
        smooth(np.array([[0.1, 0.2], [math.nan, 0.3]]), SmoothingSettings())


@pytest.mark.parametrize("n", [0, 1, 2])
def test_the_shortest_recordings_can_be_smoothed(n: int) -> None:
    settings = SmoothingSettings(median_s=9.0, min_off_s=3.0)
    assert smooth(np.full((n, 3), 0.9), settings).tolist() == [[n == 2] * 3] * n


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("median_s", 0.0),
        ("median_s", math.nan),
        ("min_on_s", -1.0),
        ("min_off_s", math.inf),
        ("on_threshold", 0.0),
        ("on_threshold", 1.1),
        ("on_threshold", math.nan),
        ("off_threshold", 0.71),
        ("off_threshold", 0.0),
    ],
)
def test_impossible_settings_are_refused(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=name):
        SmoothingSettings(**{name: value})  # type: ignore[arg-type]


def smooth_slowly(
    probabilities: list[float], settings: SmoothingSettings, rate_hz: float
) -> list[bool]:
    """The same for one tool, second by second, as one would write it first."""
    stretches: list[list[int]] = []
    for row, value in enumerate(probabilities):
        if math.isnan(value):
            continue
        if stretches and row - stretches[-1][-1] - 1 <= 3 * rate_hz:
            stretches[-1].append(row)
        else:
            stretches.append([row])
    present = [False] * len(probabilities)
    for rows in stretches:
        states = smooth_stretch_slowly([probabilities[r] for r in rows], settings, rate_hz)
        for row, state in zip(rows, states, strict=True):
            present[row] = state
    return present


def smooth_stretch_slowly(
    values: list[float], settings: SmoothingSettings, rate_hz: float
) -> list[bool]:
    for length_s, of in (
        (settings.mean_s, statistics.fmean),
        (settings.median_s, statistics.median),
    ):
        if length_s is not None:
            half = int(length_s * rate_hz / 2)
            back, ahead = (2 * half, 0) if settings.is_causal else (half, half)
            values = [of(values[max(0, k - back) : k + ahead + 1]) for k in range(len(values))]
    off = settings.on_threshold if settings.off_threshold is None else settings.off_threshold
    states = []
    state = False
    for value in values:
        state = value >= settings.on_threshold or (state and value >= off)
        states.append(state)
    if settings.is_causal:
        return decide_while_it_runs(states, settings, rate_hz)
    if settings.min_off_s is not None:
        states = flip_short(states, False, settings.min_off_s * rate_hz, at_ends=False)
    if settings.min_on_s is not None:
        states = flip_short(states, True, settings.min_on_s * rate_hz, at_ends=True)
    return states


def decide_while_it_runs(
    states: list[bool], settings: SmoothingSettings, rate_hz: float
) -> list[bool]:
    for shortest_s, wanted in ((settings.min_off_s, True), (settings.min_on_s, False)):
        if shortest_s is None:
            continue
        decided = []
        for k in range(len(states)):
            shortest = math.ceil(shortest_s * rate_hz - 1e-9)
            last = states[max(0, k + 1 - shortest) : k + 1]
            # Gone only if it was gone all along; there only if it was there all along.
            decided.append(any(last) if wanted else all(last) and len(last) == shortest)
        states = decided
    return states


def flip_short(states: list[bool], which: bool, shortest: float, *, at_ends: bool) -> list[bool]:
    flipped: list[bool] = []
    groups = [(state, len(list(group))) for state, group in itertools.groupby(states)]
    for k, (state, length) in enumerate(groups):
        inside = at_ends or 0 < k < len(groups) - 1
        flip = state == which and inside and length < shortest
        flipped += [state != flip] * length
    return flipped


@pytest.mark.parametrize("seed", range(120))
def test_smoothing_is_that_of_a_plain_loop(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n_rows, n_tools = int(rng.integers(1, 120)), int(rng.integers(1, 4))
    rate_hz = float(rng.choice([1.0, 2.0, 5.0]))
    # Few distinct values, so that thresholds are met exactly; gaps of every length.
    probabilities = rng.integers(0, 9, (n_rows, n_tools)) / 8
    for start in rng.integers(0, n_rows, int(rng.integers(0, 6))):
        probabilities[start : start + int(rng.integers(1, 25))] = np.nan
    low, high = np.sort(rng.integers(1, 9, 2)) / 8
    settings = SmoothingSettings(
        mean_s=float(rng.integers(1, 8)) if rng.random() < 0.3 else None,
        median_s=float(rng.integers(1, 8)) if rng.random() < 0.6 else None,
        on_threshold=float(high),
        off_threshold=float(low) if rng.random() < 0.7 else None,
        min_on_s=float(rng.integers(1, 6)) if rng.random() < 0.6 else None,
        min_off_s=float(rng.integers(1, 6)) if rng.random() < 0.6 else None,
        is_causal=bool(rng.random() < 0.4),
    )
    expected = [smooth_slowly(tool.tolist(), settings, rate_hz) for tool in probabilities.T]
    found = smooth(probabilities, settings, rate_hz=rate_hz)
    assert found.T.tolist() == expected


def test_three_hours_of_seven_tools_take_under_fifty_milliseconds() -> None:
    probabilities = np.random.default_rng(0).random((10_800, 7))
    settings = SmoothingSettings(median_s=5.0, min_on_s=2.0, min_off_s=2.0)
    durations = []
    for _ in range(5):
        start = time.process_time()
        smooth(probabilities, settings)
        durations.append(time.process_time() - start)
    assert min(durations) < 0.05
