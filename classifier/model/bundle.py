"""The model folder: ``classifier.json`` and ``model.weights.h5``, and nothing that could run.

The network is always built by our code from the description; of a stranger's folder only JSON and
plain arrays are read.
"""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import dataclass
from pathlib import Path

from classifier.config import ModelConfig
from classifier.errors import ModelFolderError

__all__ = ["CONFIG_NAME", "WEIGHTS_NAME", "ModelFolder", "read_model_folder", "write_config"]

CONFIG_NAME = "classifier.json"
WEIGHTS_NAME = "model.weights.h5"
_MOST_CONFIG_CHARACTERS = 4 << 20


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
    """Check a model folder without building its network.

    Raises:
        ModelFolderError: it is missing, incomplete, or its weights are not those it describes.
    """
    if not path.is_dir():
        cause = "is a file, not a model folder" if path.exists() else "no such model folder"
        raise ModelFolderError(path, cause, hint="name a folder that `train` wrote")
    config_path, weights_path = path / CONFIG_NAME, path / WEIGHTS_NAME
    for needed in (config_path, weights_path):
        if not needed.is_file():
            raise ModelFolderError(
                path, f"not a model folder: no {needed.name}", hint="name a folder of `train`"
            )
    try:
        with config_path.open(encoding="utf-8") as file:
            config = ModelConfig.from_json(file.read(_MOST_CONFIG_CHARACTERS))
    except (OSError, ValueError) as error:
        raise ModelFolderError(config_path, f"cannot be used: {error}") from error
    if config.weights_sha256 != _sha256(weights_path):
        raise ModelFolderError(
            weights_path,
            "the weights are not those that classifier.json describes",
            hint="copy the folder again",
        )
    return ModelFolder(path, config)


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelFolderError(path, f"cannot be read ({error.strerror})") from error
