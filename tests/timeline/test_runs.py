import numpy as np
from numpy.typing import NDArray

from tests.timeline.builders import cholec80_presence, presence
from video_pipeline.timeline.runs import fill_runs, find_runs


def random_mask(seed: int) -> NDArray[np.bool_]:
    rng = np.random.default_rng(seed)
    shape = (int(rng.integers(0, 40)), int(rng.integers(1, 6)))
    return rng.random(shape) < rng.random()


def test_runs_are_found_column_by_column() -> None:
    runs = find_runs(presence("##.#", "....", ".###"))
    assert runs.column.tolist() == [0, 0, 2]
    assert runs.start.tolist() == [0, 3, 1]
    assert runs.stop.tolist() == [2, 4, 4]
    assert runs.length.tolist() == [2, 1, 3]


def test_an_empty_mask_has_no_runs() -> None:
    assert len(find_runs(np.zeros((0, 3), dtype=np.bool_)).start) == 0


def test_mask_to_runs_to_mask_is_the_identity() -> None:
    for seed in range(200):
        mask = random_mask(seed)
        assert np.array_equal(fill_runs(find_runs(mask), mask.shape), mask)


def test_mask_to_runs_to_mask_is_the_identity_on_real_operations() -> None:
    for mask in cholec80_presence():
        assert np.array_equal(fill_runs(find_runs(mask), mask.shape), mask)


def test_runs_are_those_of_a_plain_loop() -> None:
    for seed in range(50):
        mask = random_mask(seed)
        expected = []
        for k in range(mask.shape[1]):
            start = None
            for row in range(len(mask) + 1):
                visible = row < len(mask) and mask[row, k]
                if visible and start is None:
                    start = row
                if not visible and start is not None:
                    expected.append((k, start, row))
                    start = None
        runs = find_runs(mask)
        found = zip(runs.column.tolist(), runs.start.tolist(), runs.stop.tolist(), strict=True)
        assert list(found) == expected
