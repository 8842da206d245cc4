"""Why results are stale, in words; and never where they are not."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from video_pipeline.config import AnnotationSettings
from video_pipeline.output.provenance import InputFile, Provenance
from video_pipeline.output.staleness import why_stale
from video_pipeline.timeline.smoothing import Smoothing
from video_pipeline.timeline.smoothing.filter_settings import SmoothingSettings

FILE = InputFile("a.mp4", "f" * 64, 1000)


def provenance(
    *, file: InputFile = FILE, model: str = "m", settings: AnnotationSettings | None = None
) -> Provenance:
    return Provenance.of([file], model_sha256=model, settings=settings or AnnotationSettings())


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        (provenance(), None),
        (provenance(file=InputFile("b.mp4", "f" * 64, 1000)), None),
        (provenance(settings=AnnotationSettings(batch_size=3)), None),
        (provenance(file=replace(FILE, sha256="e" * 64)), "the recording has changed"),
        (provenance(model="n"), "the model has changed"),
        (provenance(settings=AnnotationSettings(rate_hz=Fraction(2))), "rate_hz was 1 and is 2"),
        (provenance(settings=AnnotationSettings(stream=1)), "stream was none and is 1"),
        (
            provenance(settings=AnnotationSettings(crop_field_of_view=True)),
            "crop_field_of_view was none and is on",
        ),
        (provenance(settings=AnnotationSettings(features=True)), "features was not asked for"),
        (
            provenance(
                settings=AnnotationSettings(smoothing=Smoothing(SmoothingSettings(median_s=9.0)))
            ),
            "smoothing median_s was none and is 9.0",
        ),
        (
            provenance(model="n", file=replace(FILE, sha256="e" * 64)),
            "the recording has changed",
        ),
    ],
)
def test_the_reason_names_what_is_different(wanted: Provenance, why: str | None) -> None:
    earlier = provenance()
    assert why_stale(earlier, wanted) == why
    assert (why is None) == earlier.suffices_for(wanted)


def test_results_with_features_suffice_where_none_are_asked_for() -> None:
    assert why_stale(provenance(settings=AnnotationSettings(features=True)), provenance()) is None


def test_what_another_version_asked_for_is_a_reason_too() -> None:
    earlier = provenance()
    older = replace(earlier, parameters={**earlier.parameters, "sharpen": [1, 2]})
    assert why_stale(older, provenance()) == "sharpen has changed"


def test_many_changes_are_counted_and_long_values_cut() -> None:
    settings = AnnotationSettings(
        rate_hz=Fraction(2), start=Fraction(1, 3), end=Fraction(10**30), decoder="opencv", stream=0
    )
    why = why_stale(provenance(), provenance(settings=settings))
    assert why == (
        "rate_hz was 1 and is 2, start_s was 0 and is 1/3, "
        "end_s was none and is 10000000000000000... and 2 more parameters have changed"
    )
