"""A manifest of any making gives what it has, and never an error."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from video_pipeline.output.report.run_record import read_run_record


def write(folder: Path, content: Any) -> Path:
    (folder / "run.json").write_text(json.dumps(content))
    return folder


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff\xfe", b"null", b"[" * 100_000])
def test_what_is_no_json_object_is_no_record(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "run.json").write_bytes(content)
    assert read_run_record(tmp_path) is None


def test_a_folder_without_one_has_no_record(tmp_path: Path) -> None:
    assert read_run_record(tmp_path) is None
    (tmp_path / "run.json").mkdir()
    assert read_run_record(tmp_path) is None


def test_deep_nesting_is_not_followed(tmp_path: Path) -> None:
    deep: dict[str, Any] = {}
    for _ in range(50):
        deep = {"a": deep}
    assert read_run_record(write(tmp_path, {"parameters": deep})) is None


@pytest.mark.parametrize("wrong", [None, 3, "text", [1, [2]], {"a": {"b": 1}}])
def test_parts_of_another_kind_are_missing(tmp_path: Path, wrong: Any) -> None:
    names = ("status", "warnings", "input", "model", "parameters", "decoding", "versions")
    record = read_run_record(write(tmp_path, dict.fromkeys(names, wrong)))
    assert record is not None
    assert record.duration_s is None
    assert record.n_files == 1
    assert all(isinstance(warning, str) for warning in record.warnings)


@pytest.mark.parametrize("duration", ["75", True, -1, float("inf"), float("nan"), [75]])
def test_a_duration_is_a_number_of_seconds(tmp_path: Path, duration: Any) -> None:
    record = read_run_record(write(tmp_path, {"decoding": {"duration_s": duration}}))
    assert record is not None
    assert record.duration_s is None


def test_names_and_places_are_left_out(tmp_path: Path) -> None:
    source = {
        "name": "Doe_Jane.mp4",
        "path_sha256": "digest-of-place",
        "sha256": "digest-of-content",
        "size_bytes": 12,
        "parts": [{"name": "Doe_Jane_1.mp4"}, {"name": "Doe_Jane_2.mp4"}],
    }
    record = read_run_record(write(tmp_path, {"input": source}))
    assert record is not None
    assert record.input == {"sha256": "digest-of-content", "size_bytes": 12}
    assert record.n_files == 2
    assert record.found_by.name == "Doe_Jane.mp4"
