"""Pictures in, explanations out: what the model answered to each, and where in it it looked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classifier.config import ModelConfig
from classifier.dataset.field_of_view import FieldOfViewFinder, chosen_finder
from classifier.dataset.images import resize_image
from classifier.explanation.grad_cam import GradCam, Layer
from classifier.explanation.overlay import Place, find_peak, spread_map
from classifier.model.bundle import read_model_folder
from classifier.model.loading import network_of
from classifier.prediction import ToolClassifier, classifier_of_folder

__all__ = ["Explainer", "Explanation", "SeenPicture", "load_explainer", "see_picture"]


@dataclass(frozen=True, eq=False)
class SeenPicture:
    """One picture, and what of it the network is given."""

    image: NDArray[np.uint8]
    """(h, w, 3) RGB, as a person sees it."""
    network_input: NDArray[np.uint8]
    """(height, width, 3) of the network's size: its place, resized."""
    place: Place
    """What of the picture that is."""


@dataclass(frozen=True, eq=False)
class Explanation:
    """What a model answered to one picture, and why."""

    picture: SeenPicture
    tools: tuple[str, ...]
    probabilities: NDArray[np.float32]
    """(n_tools,)."""
    visible: NDArray[np.bool_]
    """(n_tools,) whether the probability reaches the tool's threshold."""
    maps: NDArray[np.float32]
    """(n_tools, h', w') signed logits; see ``GradCam.explain``."""

    def spread(self, tool: int) -> NDArray[np.float32]:
        """(h, w) the tool's map over the picture, from zero."""
        return spread_map(self.maps[tool], self.picture.place, self.picture.image.shape[:2])

    def peak(self, tool: int) -> tuple[int, int] | None:
        """(x, y) px of the picture where most speaks for the tool; None where nothing does."""
        return find_peak(self.spread(tool))

    def most_telling(self, count: int | None = None) -> list[int]:
        """Numbers of the ``count`` most probable tools; of None those visible, at least one."""
        order: list[int] = np.argsort(-self.probabilities, kind="stable").tolist()
        return order[: max(1, int(self.visible.sum())) if count is None else count]


class Explainer:
    """A model that gives an answer and its reason; both are its own of that very input."""

    def __init__(self, classifier: ToolClassifier, grad_cam: GradCam) -> None:
        self._classifier = classifier
        self._grad_cam = grad_cam

    @property
    def config(self) -> ModelConfig:
        """What the model answers and expects."""
        return self._classifier.config

    def explain(self, pictures: Sequence[SeenPicture]) -> list[Explanation]:
        """Explain some pictures; on a CPU eight at once cost no more than one."""
        if not pictures:
            return []
        inputs = np.stack([picture.network_input for picture in pictures])
        probabilities, _ = self._classifier.predict(inputs)
        maps = self._grad_cam.explain(inputs)
        tools = self.config.tools
        thresholds = np.array(self.config.thresholds or (0.5,) * len(tools))
        return [
            Explanation(picture, tools, answer, answer >= thresholds, of_picture)
            for picture, answer, of_picture in zip(pictures, probabilities, maps, strict=True)
        ]


def load_explainer(path: str | Path, *, layer: Layer = "conv4") -> Explainer:
    """Load a model folder; raises ``ModelFolderError`` where it is missing or broken."""
    folder = read_model_folder(Path(path))
    network = network_of(folder)
    # First the classifier, whose self-test refuses a folder that answers wrongly.
    classifier = classifier_of_folder(folder, network)
    return Explainer(classifier, GradCam(network, folder.config, layer=layer))


def see_picture(
    image: NDArray[np.uint8],
    config: ModelConfig,
    *,
    field_of_view_finder: FieldOfViewFinder | None = None,
) -> SeenPicture:
    """Prepare an (h, w, 3) RGB picture as ``evaluate`` does one of which nothing else is known.

    Raises:
        ValueError: the model crops, and there is no finder.
    """
    finder = chosen_finder(field_of_view_finder, crops=config.crops_field_of_view)
    seen, place = image, Place.of_whole(image)
    if finder is not None:
        crop = finder([image])
        seen, place = crop(image), Place.of_crop(crop, image)
    network_input = resize_image(seen, config.input_size_px, rule=config.resize_rule)
    return SeenPicture(image, network_input, place)
