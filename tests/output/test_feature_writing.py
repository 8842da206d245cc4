from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from video_pipeline.errors import OutputError, TableError
from video_pipeline.output.features import (
    map_matrix,
    read_features,
    write_features,
    write_matrix,
)

VALUES = np.random.default_rng(0).normal(size=(7, 16)).astype(np.float16)


def test_features_that_are_written_are_read_back(tmp_path: Path) -> None:
    values = VALUES.copy()
    values[3] = np.nan
    write_features(tmp_path / "features.npy", values)
    np.testing.assert_array_equal(read_features(tmp_path / "features.npy"), values)
    np.testing.assert_array_equal(np.load(tmp_path / "features.npy"), values)


def test_features_are_the_same_bytes_however_they_lie_in_memory(tmp_path: Path) -> None:
    write_features(tmp_path / "one.npy", VALUES)
    write_features(tmp_path / "other.npy", np.asfortranarray(VALUES))
    assert (tmp_path / "one.npy").read_bytes() == (tmp_path / "other.npy").read_bytes()


def test_features_of_other_numbers_are_a_wrong_call(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="float16"):
        write_features(tmp_path / "x.npy", VALUES.astype(np.float32))
    with pytest.raises(ValueError, match="rows and columns"):
        write_matrix(tmp_path / "x.npy", np.zeros(3))
    assert list(tmp_path.iterdir()) == []


def test_features_are_written_whole_or_not_at_all(tmp_path: Path) -> None:
    (tmp_path / "features.npy").mkdir()
    with pytest.raises(OutputError):
        write_features(tmp_path / "features.npy", VALUES)
    assert [path.name for path in tmp_path.iterdir()] == ["features.npy"]


def test_a_matrix_that_was_saved_transposed_is_read_where_that_is_allowed(tmp_path: Path) -> None:
    matrix = VALUES.astype(np.float32)
    np.save(tmp_path / "x.npy", matrix.T)
    read = map_matrix(tmp_path / "x.npy", np.float32, hint="", columns_first=True)
    np.testing.assert_array_equal(read, matrix.T)
    with pytest.raises(TableError, match="columns first"):
        map_matrix(tmp_path / "x.npy", np.float32, hint="")
