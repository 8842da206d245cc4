import numpy as np
import pytest

from tests.support.matching import count_matches, overlap_ratio
from video_pipeline.timeline.events import Interval, find_uses, matching_uses
from video_pipeline.timeline.runs import find_runs


def random_intervals(rng: np.random.Generator) -> list[Interval]:
    runs = find_runs(rng.random((int(rng.integers(1, 40)), 1)) < 0.3 + 0.6 * rng.random())
    return list(zip(runs.start.tolist(), runs.stop.tolist(), strict=True))


def test_overlap_is_intersection_over_union() -> None:
    assert overlap_ratio((0, 4), (0, 4)) == 1.0
    assert overlap_ratio((0, 4), (2, 6)) == pytest.approx(1 / 3)
    assert overlap_ratio((0, 4), (4, 6)) == 0.0
    assert overlap_ratio((0, 1), (5, 6)) == 0.0


def test_exactly_half_is_enough() -> None:
    assert count_matches([(0, 2)], [(0, 4)], min_overlap=0.5) == 1


def test_a_reference_is_matched_once() -> None:
    assert count_matches([(0, 2), (2, 4)], [(0, 4)], min_overlap=0.5) == 1


def test_nothing_matches_nothing() -> None:
    assert count_matches([], [], min_overlap=0.5) == 0
    assert count_matches([(0, 1)], [], min_overlap=0.5) == 0


def largest_matching(admissible: list[list[bool]]) -> int:
    """Kuhn's augmenting paths, which search where ours need not."""
    partner: dict[int, int] = {}

    def augment(p: int, tried: set[int]) -> bool:
        for r, fits in enumerate(admissible[p]):
            if fits and r not in tried:
                tried.add(r)
                if r not in partner or augment(partner[r], tried):
                    partner[r] = p
                    return True
        return False

    return sum(augment(p, set()) for p in range(len(admissible)))


@pytest.mark.parametrize("min_overlap", [0.1, 0.25, 0.5, 0.75])
def test_the_matching_is_the_largest(min_overlap: float) -> None:
    rng = np.random.default_rng(7)
    for _ in range(300):
        predicted, reference = random_intervals(rng), random_intervals(rng)
        expected = largest_matching(
            [[overlap_ratio(p, r) >= min_overlap for r in reference] for p in predicted]
        )
        assert count_matches(predicted, reference, min_overlap=min_overlap) == expected


@pytest.mark.parametrize("min_overlap", [0.1, 0.25, 0.5, 0.75])
def test_arrays_are_matched_like_lists(min_overlap: float) -> None:
    rng = np.random.default_rng(3)
    for _ in range(500):
        n = int(rng.integers(0, 60))
        said, true = (rng.random(n) < 0.2 + 0.7 * rng.random() for _ in range(2))
        predicted, reference = find_uses(said), find_uses(true)
        expected = count_matches(predicted.intervals, reference.intervals, min_overlap=min_overlap)
        p, r = matching_uses(predicted, reference, min_overlap=min_overlap)
        assert len(set(p.tolist())) == len(set(r.tolist())) == len(p) == len(r) == expected
        for a, b in zip(p.tolist(), r.tolist(), strict=True):
            overlap = overlap_ratio(predicted.intervals[a], reference.intervals[b])
            assert overlap >= min_overlap


def test_uses_are_the_runs_of_a_column() -> None:
    rng = np.random.default_rng(4)
    for n in (0, 1, 2, 30, 300):
        present = rng.random(n) < 0.6
        runs, uses = find_runs(present[:, np.newaxis]), find_uses(present)
        assert uses.start.tolist() == runs.start.tolist()
        assert uses.stop.tolist() == runs.stop.tolist()
