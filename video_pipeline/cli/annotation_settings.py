"""What an annotation's arguments and its model make together: settings, identity, a classifier."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from video_pipeline.cli.reading_arguments import require_possible_reading
from video_pipeline.cli.smoothing_arguments import smoothing_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from classifier.model.bundle import ModelFolder
    from classifier.prediction import ToolClassifier
    from video_pipeline.config import AnnotationSettings
    from video_pipeline.output.provenance import ModelIdentity

__all__ = ["ClassifierOnDemand", "identity_of", "settings_of"]


def settings_of(arguments: argparse.Namespace, model: ModelFolder) -> AnnotationSettings:
    """The settings of a call; raises ``ModelFolderError`` for smoothing that is not known here."""
    from classifier.errors import ModelFolderError
    from video_pipeline.config import AnnotationSettings

    try:
        smoothing = smoothing_of(arguments, model.config.smoothing, head=model.config.head)
    except ValueError as error:
        raise ModelFolderError(
            model.path,
            f"holds smoothing settings that are not known here ({error})",
            hint="tune it again",
        ) from error
    require_possible_reading(arguments)
    return AnnotationSettings(
        rate_hz=arguments.rate,
        start=arguments.start,
        end=arguments.end,
        decoder=arguments.decoder,
        stream=arguments.stream,
        resize_rule=model.config.resize_rule,
        crop_field_of_view=_crops(arguments, model),
        batch_size=arguments.batch_size or _batch_size_by_device(arguments.engine),
        smoothing=smoothing,
        features=arguments.features,
        # timeline.png is always there.
        plots=tuple(name for name in arguments.plots if name != "png"),
    )


def identity_of(folder: ModelFolder) -> ModelIdentity:
    """What manifests say of a model."""
    from video_pipeline.output.provenance import ModelIdentity

    return ModelIdentity(
        sha256=folder.digest, name=folder.path.resolve().name, head=folder.config.head
    )


class ClassifierOnDemand:
    """Knows its tools at once and loads TensorFlow with the first frame, if there is one."""

    def __init__(
        self,
        folder: ModelFolder,
        *,
        batch_size: int | None,
        say: Callable[[str], None],
        begin: Callable[[], None] = lambda: None,
    ) -> None:
        """``begin`` is called when the model has been loaded."""
        self._folder = folder
        self._batch_size = batch_size
        self._say = say
        self._begin = begin
        self._classifier: ToolClassifier | None = None
        self.tools = folder.config.tools
        self.input_size_px = folder.config.input_size_px

    def __getstate__(self) -> dict[str, object]:
        """To another machine goes what it takes to load the model there, and no screen."""
        folder = dataclasses.replace(self._folder, path=self._folder.path.absolute())
        return {"folder": folder, "batch_size": self._batch_size}

    def __setstate__(self, state: dict[str, Any]) -> None:
        ClassifierOnDemand.__init__(self, **state, say=_to_nobody)

    def predict(self, images: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float16]]:
        """See ``FrameClassifier``."""
        if self._classifier is None:
            self._say("loading the model ...")
            from classifier.errors import ModelFolderError
            from classifier.prediction import load_classifier

            self._classifier = load_classifier(self._folder.path, batch_size=self._batch_size)
            if self._classifier.digest != self._folder.digest:
                # On another machine another model may lie there, or one has just been put there.
                raise ModelFolderError(
                    self._folder.path,
                    "holds another model than when the batch began",
                    hint="give every machine the same one",
                )
            self._begin()
        return self._classifier.predict(images)


def _to_nobody(text: str) -> None:
    del text


def _crops(arguments: argparse.Namespace, model: ModelFolder) -> bool:
    trained: bool = getattr(model.config, "crops_field_of_view", False)
    return trained if arguments.crop_field_of_view is None else arguments.crop_field_of_view


def _batch_size_by_device(engine: str) -> int:
    """Frames handed over at once; asking TensorFlow for the device would cost seconds."""
    if engine == "ray":
        # Nothing here tells what the cluster has.
        return 64
    nvidia, windows_subsystem = Path("/dev/nvidiactl"), Path("/dev/dxg")
    return 64 if nvidia.exists() or windows_subsystem.exists() else 8
