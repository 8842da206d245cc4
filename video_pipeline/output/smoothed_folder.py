"""The folder of a recording whose probabilities came from elsewhere: tables, picture, manifest."""

from __future__ import annotations

from pathlib import Path

from video_pipeline.output.derived_files import remove_derived_files
from video_pipeline.output.files import make_folder, remove_file, write_bytes
from video_pipeline.output.manifest import MANIFEST_NAME, digests_of
from video_pipeline.output.plots import write_timeline_plot
from video_pipeline.output.probability_reading import read_probabilities
from video_pipeline.output.provenance import InputFile
from video_pipeline.output.sealed_json import sealed_json
from video_pipeline.output.timeline_files import write_timeline_files
from video_pipeline.output.versions import versions
from video_pipeline.timeline.aggregation import build_timeline
from video_pipeline.timeline.smoothing import Smoothing
from video_pipeline.timeline.smoothing.stored import smoothing_to_json

__all__ = ["write_smoothed_folder"]


def write_smoothed_folder(folder: Path, source: Path, smoothing: Smoothing) -> None:
    """Smooth the probabilities in ``source`` into ``folder``; its manifest comes last.

    Raises:
        TableError: ``source`` cannot be read.
        OutputError: something cannot be written; what was written stays, without a manifest.
    """
    table = read_probabilities(source)
    timeline = build_timeline(
        tools=table.tools,
        probabilities=table.probabilities,
        n_frames=table.n_frames,
        smoothing=smoothing,
    )
    make_folder(folder)
    remove_file(folder / MANIFEST_NAME)
    remove_derived_files(folder)
    outputs = write_timeline_files(folder, timeline, flags=table.flags)
    write_timeline_plot(folder / "timeline.png", timeline, title=folder.name, flags=table.flags)
    content = {
        "format": 1,
        "status": "done",
        "command": "smooth",
        "input": {"name": source.name, "sha256": InputFile.of(source).sha256},
        "tools": timeline.tools,
        "parameters": {"smoothing": smoothing_to_json(smoothing)},
        "outputs": digests_of(folder, outputs | {"timeline.png": 1}),
        "versions": versions(),
    }
    write_bytes(folder / MANIFEST_NAME, sealed_json(content))
