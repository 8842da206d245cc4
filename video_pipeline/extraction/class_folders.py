"""Frames that show exactly one tool, in a folder for each tool: a dataset that `train` takes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from video_pipeline.errors import OutputError
from video_pipeline.extraction.label_table import LABELS_NAME
from video_pipeline.formats.tool_annotation import BACKGROUND_NAME, ToolAnnotation

__all__ = ["SPLITS", "class_of", "require_one_kind_of_labels"]

SPLITS = ("train", "test")


def class_of(second: int, annotation: ToolAnnotation) -> str | None:
    """The folder of a second's frames: of its only tool, or ``no_tool``.

    None where it shows several tools, or nobody annotated it.
    """
    present = annotation.at(second)
    if present is None or present.sum() > 1:
        return None
    shown = np.flatnonzero(present)
    return annotation.tools[shown[0]] if len(shown) == 1 else BACKGROUND_NAME


def require_one_kind_of_labels(out: Path, *, single_tool: bool) -> None:
    """Refuse to put a label table beside class folders: training would see only the table.

    Raises:
        OutputError: ``out`` holds the other kind.
    """
    if single_tool and (out / LABELS_NAME).exists():
        raise OutputError(
            out,
            f"holds {LABELS_NAME}, which training takes instead of class folders",
            hint="choose another folder for --single-tool",
        )
    folders = [name for name in SPLITS if (out / name).is_dir()]
    if not single_tool and folders:
        raise OutputError(
            out,
            f"holds class folders ({', '.join(folders)}), which a {LABELS_NAME} would hide "
            "from training",
            hint="choose another folder, or pass --single-tool",
        )
