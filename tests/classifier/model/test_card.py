from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from classifier.model.bundle import read_model_folder
from classifier.model.card import model_card


@pytest.mark.parametrize(
    ("calibration", "methods"),
    [
        (None, [None, None, None]),
        ({"temperature": 2.0}, ["temperature"] * 3),
        ({"tools": [{"method": "platt"}, {"method": 3}, 7]}, ["platt", None, None]),
        ({"tools": "many"}, [None, None, None]),
    ],
)
def test_calibration_is_told_in_a_word_a_tool(
    model_folder: Path, calibration: Any, methods: list[str | None]
) -> None:
    """Whatever it holds: what a calibration may be is checked where it is read."""
    folder = read_model_folder(model_folder)
    config = SimpleNamespace(**(vars(folder.config) | {"calibration": calibration}))
    described = SimpleNamespace(
        path=folder.path, digest=folder.digest, weights_path=folder.weights_path, config=config
    )
    card = model_card(described)  # type: ignore[arg-type]
    assert [entry["calibration"] for entry in card["answers"]["tools"]] == methods
