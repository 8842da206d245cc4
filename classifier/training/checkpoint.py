"""An interrupted training on disk: the network's variables, its optimizer's, and where it stood.

The file lies in a folder beside the model's place, together with the best weights so far as a model
folder of their own, so that what was reached can be used even if nobody goes on.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from classifier.config import ModelConfig
from classifier.errors import ClassifierError
from classifier.model.bundle import WEIGHTS_NAME, write_config
from classifier.model.weights import write_arrays
from classifier.training.state import TrainingState

__all__ = ["Checkpoint", "checkpoint_folder", "require_decision", "signature_of"]

_STATE_NAME = "training_state.h5"
_MOST_JSON_BYTES = 64 << 20


def checkpoint_folder(out: Path) -> Path:
    """Where a training that writes the model ``out`` leaves its checkpoint."""
    return out.with_name(f"{out.name}-checkpoint")


def require_decision(folder: Path, *, resume: bool, overwrite: bool) -> None:
    """Refuse to bury an interrupted training that nobody has given up, or to resume what is none.

    Raises:
        ClassifierError: one lies in ``folder`` without a word about it, or none does.
    """
    exists = (folder / _STATE_NAME).is_file()
    if exists and not resume and not overwrite:
        raise ClassifierError(
            folder,
            "an interrupted training is there",
            hint="go on with --resume, or begin anew with --overwrite",
        )
    if resume and not exists:
        raise ClassifierError(folder, "no interrupted training is there", hint="omit --resume")


def signature_of(*parts: Any) -> dict[str, str]:
    """Digest of each part of what a training depends on, to say later which one is another."""
    names = ("settings", "images", "classes")
    return {
        name: hashlib.sha256(json.dumps(part, sort_keys=True).encode()).hexdigest()
        for name, part in zip(names, parts, strict=True)
    }


@dataclass(frozen=True)
class Checkpoint:
    """One training's place on disk."""

    folder: Path
    config: ModelConfig
    signature: dict[str, str]
    """Of settings, images and classes: a training goes on only with the same."""

    def write(self, state: TrainingState, variables: Sequence[Any]) -> None:
        """Store everything that the rest of the training depends on: whole, or as it was before.

        Raises:
            ClassifierError: it cannot be written.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            beside = self.folder / f".{_STATE_NAME}"
            with h5py.File(beside, "w") as file:
                header = {"signature": self.signature, "state": state.to_plain()}
                file["json"] = np.frombuffer(json.dumps(header).encode(), dtype=np.uint8)
                for i, variable in enumerate(variables):
                    file[f"variables/{i:05}"] = np.asarray(variable)
                for path, value in state.best_weights.items():
                    file[f"best/{path}"] = value
            _flush(beside)
            if state.best_weights:
                self._write_model(state.best_weights)
            beside.replace(self.folder / _STATE_NAME)
        except OSError as error:
            raise ClassifierError(
                self.folder, f"the checkpoint cannot be written ({error.strerror or error})"
            ) from error

    def _write_model(self, weights: dict[str, NDArray[np.float32]]) -> None:
        beside = self.folder / f".{WEIGHTS_NAME}"
        write_arrays(beside, weights)
        beside.replace(self.folder / WEIGHTS_NAME)
        write_config(self.folder, self.config)

    def read_state(self) -> TrainingState:
        """Read where the training stood.

        Raises:
            ClassifierError: no checkpoint, a damaged one, or one of another training.
        """
        path = self.folder / _STATE_NAME
        try:
            with h5py.File(path, "r") as file:
                header = json.loads(_array(file, "json").tobytes()[:_MOST_JSON_BYTES])
                self._require_same(header["signature"])
                best: dict[str, NDArray[np.float32]] = {}
                if "best" in file:
                    file["best"].visit(lambda name: _collect(file, name, best))
                return TrainingState.from_plain(header["state"], best)
        except (OSError, KeyError, TypeError, ValueError, RecursionError) as error:
            raise ClassifierError(
                path, "the checkpoint is damaged", hint="train anew with --overwrite"
            ) from error

    def restore(self, variables: Sequence[Any]) -> None:
        """Give the variables, listed as they were for ``write``, their stored values.

        Raises:
            ClassifierError: they do not fit.
        """
        path = self.folder / _STATE_NAME
        try:
            with h5py.File(path, "r") as file:
                values = [_array(file, f"variables/{i:05}") for i in range(len(variables))]
        except (OSError, KeyError, ValueError) as error:
            raise ClassifierError(path, "the checkpoint is damaged") from error
        if any(v.shape != tuple(x.shape) for v, x in zip(values, variables, strict=True)):
            raise ClassifierError(path, "the checkpoint is of another network")
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)

    def remove(self) -> None:
        """Clean up once the model itself is written."""
        for name in (_STATE_NAME, f".{_STATE_NAME}", WEIGHTS_NAME, "classifier.json"):
            (self.folder / name).unlink(missing_ok=True)
        if self.folder.is_dir() and not any(self.folder.iterdir()):
            self.folder.rmdir()

    def _require_same(self, signature: dict[str, str]) -> None:
        other = [name for name, digest in self.signature.items() if signature.get(name) != digest]
        if other:
            raise ClassifierError(
                self.folder,
                f"the interrupted training had other {' and '.join(other)}",
                hint="repeat its call with --resume, or train anew with --overwrite",
            )


def _array(file: h5py.File, name: str) -> NDArray[Any]:
    node = file[name]
    if not isinstance(node, h5py.Dataset) or node.external or node.is_virtual:
        raise ValueError(f"{name} is not stored in this file")
    return np.asarray(node[...])


def _collect(file: h5py.File, name: str, found: dict[str, NDArray[np.float32]]) -> None:
    if isinstance(file[f"best/{name}"], h5py.Dataset):
        found[name] = _array(file, f"best/{name}").astype(np.float32)


def _flush(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
