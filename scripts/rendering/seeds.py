"""Which scenes serve what: ranges of seeds that never meet, so that no test scene is trained on.

========================  =====================================================
100 000 to 199 999        the folder dataset: 1000 scenes for each --seed of 0 to 99
200 000 to 299 999        the sample recordings: 1000 for each --seed of 0 to 99
500 000 to 999 999        held-out recordings and pairs, counted from --seed
1 000 000 and above       training images and single tools, counted from --seed-from
========================  =====================================================
"""

from __future__ import annotations

__all__ = [
    "SeedError",
    "dataset_seeds",
    "held_out_seeds",
    "sample_recording_seeds",
    "training_seeds",
]

SCENES_PER_SEED = 1000


class SeedError(ValueError):
    """A seed lies outside the range of what it was asked for."""


def dataset_seeds(seed: int, count: int) -> range:
    """Return the scenes of the folder dataset of that seed."""
    return _block(100_000, seed, count)


def sample_recording_seeds(seed: int, count: int) -> range:
    """Return the scenes of the sample recordings of that seed."""
    return _block(200_000, seed, count)


def held_out_seeds(first: int, count: int) -> range:
    """Return the scenes of recordings that no model was trained on."""
    return _within(first, count, 500_000, 1_000_000)


def training_seeds(first: int, count: int) -> range:
    """Return the scenes of training images."""
    return _within(first, count, 1_000_000, 2**31)


def _block(start: int, seed: int, count: int) -> range:
    if not 0 <= seed < 100:
        raise SeedError(f"--seed lies between 0 and 99, got {seed}")
    first = start + SCENES_PER_SEED * seed
    return _within(first, count, first, first + SCENES_PER_SEED)


def _within(first: int, count: int, start: int, stop: int) -> range:
    if not start <= first <= first + count <= stop:
        raise SeedError(
            f"scenes of this kind have seeds from {start} to {stop - 1}, "
            f"got {count} from {first} on"
        )
    return range(first, first + count)
