"""The folder of one recording: every table and picture, and the manifest last."""

from __future__ import annotations

from pathlib import Path

from video_pipeline.annotate import Annotation
from video_pipeline.output.derived_files import TIMELINE_STEM, remove_derived_files
from video_pipeline.output.features import FEATURES_NAME, write_features
from video_pipeline.output.files import make_folder, remove_file
from video_pipeline.output.manifest import MANIFEST_NAME, ModelIdentity, Provenance, write_manifest
from video_pipeline.output.plots import write_timeline_plot
from video_pipeline.output.timeline_files import write_timeline_files

__all__ = ["write_recording_folder"]


def write_recording_folder(
    folder: Path,
    annotation: Annotation,
    provenance: Provenance,
    *,
    recording: Path,
    status: str,
    model: ModelIdentity,
    plots: tuple[str, ...] = (),
) -> None:
    """Write timeline.csv, segments.csv, statistics.csv, timeline.png, then run.json.

    And timeline.svg and timeline.pdf where ``plots`` names them, and features.npy where there are
    features. What an earlier run left of these is taken away, and what was made from its
    tables; its manifest first of all: a folder is finished only when its last file is there.

    Raises:
        OutputError: something cannot be written; what was written stays, without a manifest.
    """
    make_folder(folder)
    remove_file(folder / MANIFEST_NAME)
    remove_derived_files(folder)
    timeline, flags = annotation.timeline, annotation.flags
    outputs = write_timeline_files(folder, timeline, flags=flags)
    for suffix in ("png", *plots):
        name = f"{TIMELINE_STEM}.{suffix}"
        write_timeline_plot(folder / name, timeline, title=folder.name, flags=flags)
        outputs[name] = 1
    if annotation.features is None:
        remove_file(folder / FEATURES_NAME)
    else:
        write_features(folder / FEATURES_NAME, annotation.features)
        outputs[FEATURES_NAME] = len(annotation.features)
    write_manifest(
        folder,
        annotation,
        provenance,
        recording=recording,
        status=status,
        model=model,
        outputs=outputs,
    )
