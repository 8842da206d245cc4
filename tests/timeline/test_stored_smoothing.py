"""Smoothing as JSON: out and in again the same, and nonsense refused in words."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.support.uses import random_model
from video_pipeline.timeline.smoothing import Smoothing, SmoothingSettings
from video_pipeline.timeline.smoothing.per_tool import ToolSmoothing
from video_pipeline.timeline.smoothing.stored import smoothing_from_json, smoothing_to_json

RNG = np.random.default_rng(0)
MODELS: list[ToolSmoothing] = [
    random_model(RNG, fitted=True),
    random_model(RNG, fitted=False),
    replace(random_model(RNG, fitted=True, n_components=1), decision="path"),
    replace(random_model(RNG, fitted=False), lag_s=3.0, on_threshold=0.7, off_threshold=0.2),
]
FILTERS: list[ToolSmoothing] = [
    SmoothingSettings(),
    SmoothingSettings(mean_s=3.0, off_threshold=None, min_on_s=None, is_causal=True),
]


@pytest.mark.parametrize("others", [*FILTERS, *MODELS])
def test_what_is_written_is_read_again(others: Any) -> None:
    smoothing = Smoothing(others, {f"tool {k}": of for k, of in enumerate([*MODELS, *FILTERS])})
    for one in (smoothing, Smoothing(others)):
        text = json.dumps(smoothing_to_json(one), allow_nan=False)
        assert smoothing_from_json(json.loads(text)) == one


def test_one_filter_is_written_as_it_always_was() -> None:
    assert smoothing_to_json(Smoothing()) == {
        "median_s": None,
        "on_threshold": 0.7,
        "off_threshold": 0.3,
        "min_on_s": 2.0,
        "min_off_s": None,
    }


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ([], "no object"),
        ({"tools": []}, "tools is no object"),
        ({"tools": {}, "more": 1}, "more is not known"),
        ({"tools": {"hook": 3}}, "hook is no object"),
        ({"tools": {"hook": {"window": 3}}}, "hook: holds settings that are not known"),
        ({"tools": {"hook": {"on_threshold": "high"}}}, "hook: holds settings that are not known"),
        ({"tools": {"hook": {"on_threshold": 2.0}}}, "hook: on_threshold must lie"),
        ({"tools": {"hook": {"evidence": {}}}}, "hook: holds settings that are not known"),
        ({"tools": {"hook": {"evidence": {"levels": "ab"}, "absent": 1}}}, "hook: "),
        ({"on_threshold": None}, "smoothing: holds settings"),
        ({"decision": "path"}, "smoothing: holds settings"),
    ],
)
def test_nonsense_is_refused_and_its_place_is_named(content: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        smoothing_from_json(content)


def test_a_model_with_a_part_of_another_kind_is_refused() -> None:
    content = smoothing_to_json(Smoothing(MODELS[0]))["others"]
    several: list[Any] = [None, 3, "x", [], {"shares": [1], "means_s": [None]}]
    for name in ("absent", "present", "evidence"):
        for nonsense in several:
            with pytest.raises(ValueError, match="others"):
                smoothing_from_json({"tools": {}, "others": content | {name: nonsense}})
