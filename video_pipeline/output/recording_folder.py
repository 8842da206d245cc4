"""The folder of one recording: every table and picture, and the manifest last.

The files are written beside the folder, in a hidden one, and take their places only when all of
them are on the disk: a full disk costs the new results and never the earlier ones.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from video_pipeline.annotate import Annotation
from video_pipeline.output.derived_files import TIMELINE_STEM, remove_derived_files
from video_pipeline.output.features import FEATURES_NAME, write_features
from video_pipeline.output.files import make_folder, move_file, output_error, remove_file
from video_pipeline.output.manifest import MANIFEST_NAME, write_manifest
from video_pipeline.output.own_place import require_own_place
from video_pipeline.output.plots import write_timeline_plot
from video_pipeline.output.provenance import InputLabel, ModelIdentity, Provenance
from video_pipeline.output.timeline_files import write_timeline_files

__all__ = ["discard_unfinished", "write_recording_folder"]


def write_recording_folder(
    folder: Path,
    annotation: Annotation,
    provenance: Provenance,
    *,
    label: InputLabel,
    status: str,
    model: ModelIdentity,
    plots: tuple[str, ...] = (),
) -> None:
    """Write timeline.csv, segments.csv, statistics.csv, timeline.png, then run.json.

    And timeline.svg and timeline.pdf where ``plots`` names them, and features.npy where there are
    features. An earlier manifest is taken away before the first file takes its place, and what was
    made from earlier tables: a folder is finished only when its last file is there.

    Raises:
        OutputError: something cannot be written. As long as not all is written, earlier results
            stay as they are; an error in moving them into place leaves a folder without manifest.
    """
    unfinished = _unfinished(folder)
    discard_unfinished(folder)
    require_own_place(folder)
    require_own_place(unfinished)
    try:
        make_folder(unfinished)
        outputs = _write(unfinished, annotation, title=folder.name, plots=plots)
        write_manifest(
            unfinished,
            annotation,
            provenance,
            label=label,
            status=status,
            model=model,
            outputs=outputs,
        )
        _publish(unfinished, folder, names=list(outputs))
    except OSError as error:
        # What was written is read again for its digest.
        raise output_error(unfinished, error, "cannot be written") from error
    finally:
        discard_unfinished(folder)


def discard_unfinished(folder: Path) -> None:
    """Take away what a call that was killed had begun to write for ``folder``.

    Only for whoever knows that nobody else is writing it now; see ``batch.claim``.
    """
    unfinished = _unfinished(folder)
    if unfinished.is_symlink():
        # None of ours, and what it leads to is nobody's to fill.
        remove_file(unfinished)
    shutil.rmtree(unfinished, ignore_errors=True)


def _unfinished(folder: Path) -> Path:
    return folder.parent / f".{folder.name}.unfinished"


def _write(
    place: Path, annotation: Annotation, *, title: str, plots: tuple[str, ...]
) -> dict[str, int]:
    """Every file but the manifest; their names and row counts."""
    timeline, flags = annotation.timeline, annotation.flags
    outputs = write_timeline_files(place, timeline, flags=flags)
    for suffix in ("png", *plots):
        name = f"{TIMELINE_STEM}.{suffix}"
        write_timeline_plot(place / name, timeline, title=title, flags=flags)
        outputs[name] = 1
    if annotation.features is not None:
        write_features(place / FEATURES_NAME, annotation.features)
        outputs[FEATURES_NAME] = len(annotation.features)
    return outputs


def _publish(unfinished: Path, folder: Path, *, names: list[str]) -> None:
    make_folder(folder)
    remove_file(folder / MANIFEST_NAME)
    remove_derived_files(folder)
    if FEATURES_NAME not in names:
        remove_file(folder / FEATURES_NAME)
    for name in [*names, MANIFEST_NAME]:
        move_file(unfinished / name, folder / name)
