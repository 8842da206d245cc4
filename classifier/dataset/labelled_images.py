"""Labelled images in the columns of a model that is to be judged or calibrated by them."""

from __future__ import annotations

from pathlib import Path

from classifier.config import BACKGROUND_NAMES, ModelConfig
from classifier.dataset.class_folders import read_class_folders
from classifier.dataset.groups import with_groups
from classifier.dataset.record import Dataset
from classifier.dataset.table import is_table, read_table, splits_of_table

__all__ = ["read_labelled_images"]


def read_labelled_images(
    path: Path, config: ModelConfig, *, split: str = "test", group_regex: str | None = None
) -> Dataset:
    """List a folder of class folders or a label table in the columns of the model's tools.

    Of a table with a column ``split``, the rows of that one, if there are any. ``group_regex``
    finds the recording in a file's name.

    Raises:
        DatasetError: no images, classes that the model does not know, or a name without a match.
    """
    images = _listed(path, config, split)
    return images if group_regex is None else with_groups(images, group_regex)


def _listed(path: Path, config: ModelConfig, split: str) -> Dataset:
    if is_table(path):
        chosen = split if split in splits_of_table(path) else None
        return read_table(path, classes=config.tools, split=chosen)
    if config.head == "softmax":
        return read_class_folders(
            path, classes=config.tools + config.background, background=config.background
        )
    # A sigmoid head has no output for folders without any tool, and is judged on them all the same.
    empty = dict.fromkeys((*config.background, *BACKGROUND_NAMES))
    named = read_class_folders(path, classes=(*config.tools, *empty), background=tuple(empty))
    return named.without_background()
