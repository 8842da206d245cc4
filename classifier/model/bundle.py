"""The model folder: ``classifier.json`` and ``model.weights.h5``, and nothing that could run.

The network is always built by our code from the description; of a stranger's folder only JSON and
plain arrays are read, both from plain files inside of it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import textwrap
from dataclasses import dataclass
from pathlib import Path

from classifier.config import ModelConfig
from classifier.errors import ModelFolderError
from classifier.model.layout import weight_shapes
from classifier.model.weights import MOST_WEIGHTS_BYTES, check_weights
from classifier.plain_files import open_plain_file, read_plain_text

__all__ = ["CONFIG_NAME", "WEIGHTS_NAME", "ModelFolder", "read_model_folder", "write_config"]

CONFIG_NAME = "classifier.json"
WEIGHTS_NAME = "model.weights.h5"
_MOST_CONFIG_BYTES = 4 << 20
_LONGEST_CAUSE = 300
"""Characters of what a broken description may make us say."""


@dataclass(frozen=True)
class ModelFolder:
    """A model folder whose files are there and fit each other."""

    path: Path
    config: ModelConfig

    @property
    def weights_path(self) -> Path:
        """The file with the weights."""
        return self.path / WEIGHTS_NAME

    @property
    def digest(self) -> str:
        """SHA-256 over description and weights: changes with anything that changes an answer."""
        return hashlib.sha256(self.config.to_json().encode()).hexdigest()


def write_config(folder: Path, config: ModelConfig) -> None:
    """Write the description of the weights that lie in ``folder`` already, with their digest."""
    digest = _sha256(folder / WEIGHTS_NAME)
    described = dataclasses.replace(config, weights_sha256=digest)
    (folder / CONFIG_NAME).write_text(described.to_json(), encoding="utf-8", newline="\n")


def read_model_folder(path: Path) -> ModelFolder:
    """Check a model folder without building its network: neither Keras nor TensorFlow is loaded.

    What its network answers is not tried here; that is ``self_test``'s.

    Raises:
        ModelFolderError: it is missing, incomplete, or its weights are not those it describes.
    """
    _require_folder(path)
    config_path, weights_path = path / CONFIG_NAME, path / WEIGHTS_NAME
    for needed in (config_path, weights_path):
        # A link that leads nowhere is there, and is refused as what it is.
        if not needed.exists() and not needed.is_symlink():
            raise ModelFolderError(
                path, f"not a model folder: no {needed.name}", hint="name a folder of `train`"
            )
    text = read_plain_text(
        config_path, most_bytes=_MOST_CONFIG_BYTES, error=ModelFolderError, follow_links=False
    )
    try:
        config = ModelConfig.from_json(text)
    except ValueError as error:
        cause = textwrap.shorten(str(error), _LONGEST_CAUSE, placeholder=" ...")
        raise ModelFolderError(config_path, f"cannot be used: {cause}") from error
    if config.weights_sha256 != _sha256(weights_path):
        raise ModelFolderError(
            weights_path,
            "the weights are not those that classifier.json describes",
            hint="copy the folder again",
        )
    check_weights(weights_path, weight_shapes(config))
    return ModelFolder(path, config)


def _require_folder(path: Path) -> None:
    try:
        is_folder, is_there = path.is_dir(), path.exists() or path.is_symlink()
    except (OSError, ValueError) as error:
        raise ModelFolderError(path, "is no possible folder") from error
    if not is_there:
        raise ModelFolderError(
            path, "no such model folder", hint="name a folder that `train` wrote"
        )
    if not is_folder:
        raise ModelFolderError(
            path,
            "is a file, not a model folder",
            hint="files that hold a whole model may run code and are never loaded: name a folder "
            "that `train` wrote, or `train --weights` with a file of weights alone",
        )


def _sha256(path: Path) -> str:
    with open_plain_file(
        path, most_bytes=MOST_WEIGHTS_BYTES, error=ModelFolderError, follow_links=False
    ) as file:
        try:
            return hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise ModelFolderError(path, f"cannot be read ({error.strerror})") from error
