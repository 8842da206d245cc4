"""A folder's network asked the self-test's pictures: to be judged, or to be described anew."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from classifier.config import ModelConfig
from classifier.errors import ModelFolderError
from classifier.model.bundle import CONFIG_NAME, ModelFolder, read_model_folder, write_config
from classifier.model.self_test import SelfTestResult, check_self_test, make_self_test

__all__ = ["describe_again", "run_self_test"]


def run_self_test(folder: ModelFolder) -> SelfTestResult:
    """Build the network of ``folder`` and hold its answers against those that are stored.

    Raises:
        ModelFolderError: it fails; see ``check_self_test``.
    """
    from classifier.model.plain_network import plain_answer, plain_network

    return check_self_test(folder.path, folder.config, plain_answer(plain_network(folder)))


def describe_again(folder: Path) -> ModelConfig:
    """Ask the network of ``folder`` the self-test's pictures and write the answers down.

    Nothing else of the description changes; its digest does, so recordings are annotated anew.
    Done again, it gives the same bytes on the same machine.

    Raises:
        ModelFolderError: the folder cannot be used, or its network answers nothing of use.
    """
    from classifier.model.plain_network import plain_network

    model = read_model_folder(folder)
    try:
        self_test = make_self_test(plain_network(model), model.config)
    except ValueError as error:
        raise ModelFolderError(folder, str(error), hint="train again") from error
    described = dataclasses.replace(model.config, self_test=self_test)
    try:
        write_config(folder, described)
    except OSError as error:
        raise ModelFolderError(
            folder / CONFIG_NAME, f"cannot be written ({error.strerror})"
        ) from error
    return read_model_folder(folder).config
