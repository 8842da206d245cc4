"""CholecT50's labels, a JSON file a recording: which instruments each second's triplets name."""

from __future__ import annotations

from pathlib import Path

from video_pipeline.extraction.importing.annotated import AnnotatedRecording
from video_pipeline.formats.cholect50_labels import read_cholect50_labels

__all__ = ["read_cholect50"]


def read_cholect50(source: Path) -> tuple[AnnotatedRecording, ...]:
    """Read ``VIDXX.json`` in ``source``, or in its ``labels``.

    Raises:
        TableError: there is none, or one is not as it should be; with the frame that is wrong.
    """
    return tuple(
        AnnotatedRecording(
            labels.name, labels.annotation, labels.annotation.n_seconds, labels.phases
        )
        for labels in read_cholect50_labels(source)
    )
