"""How a network is described: what it answers, what it must be given, how it came to be.

``ModelConfig`` is what ``classifier.json`` holds: the only source of tool names, their order and
the input's size, at training and ever after.
"""

from __future__ import annotations

import dataclasses
import json
import math
import re
from dataclasses import dataclass, field
from typing import Any, get_args

from classifier.calibration.stored import read_calibration
from classifier.dataset.images import REFERENCE_RULE, RESIZE_RULES
from classifier.head import Head
from classifier.plain_json import parse_json_object

__all__ = [
    "BACKGROUND_NAMES",
    "FORMAT",
    "ModelConfig",
    "require_known_rule",
]

FORMAT = 1
"""Version of the model folder's layout; a newer one than ours is refused."""

BACKGROUND_NAMES = ("no_tool", "background", "unknown")
"""Class folders that show no tool; they teach the network but never become columns."""

_MOST_CLASSES = 1000
_SMALLEST_SIDE_PX, _LARGEST_SIDE_PX = 32, 2048
_MOST_SELF_TEST_IMAGES = 64
_DIGEST = re.compile(r"(?:[0-9a-f]{64})?")

_YOUNGER_FIELDS = {"crops_field_of_view": False, "calibration": None, "self_test": None}
"""Fields that descriptions had not always, and what their absence means."""


@dataclass(frozen=True)
class ModelConfig:
    """What one trained classifier answers and expects."""

    tools: tuple[str, ...]
    """Names of the columns that it predicts, in order."""
    head: Head
    background: tuple[str, ...] = ()
    """Class folders without any tool: never reported. A softmax head has them as outputs after the
    tools; a sigmoid head answers "none of the tools" for them instead."""
    input_size_px: tuple[int, int] = (224, 224)
    resize_rule: str = REFERENCE_RULE
    """Which of ``images.RESIZE_RULES`` its images were resized by."""
    thresholds: tuple[float, ...] | None = None
    """Per tool, the probability from which it counts as visible; None means 0.5 for each."""
    smoothing: dict[str, Any] | None = None
    """Smoothing tuned on validation recordings; None means the pipeline's defaults."""
    metrics: dict[str, Any] = field(default_factory=dict)
    training: dict[str, Any] = field(default_factory=dict)
    """How it was made: settings, dataset fingerprint, image counts, versions."""
    weights_sha256: str = ""
    """Digest of the weights file that belongs to this description."""
    crops_field_of_view: bool = False
    """Whether its images were cut to the endoscope's picture before they were resized."""
    calibration: dict[str, Any] | None = None
    """What makes of its logits probabilities that mean what they say; None if nothing does."""
    self_test: dict[str, Any] | None = None
    """Images made by a formula and what the network answered to them when it was stored."""

    def __post_init__(self) -> None:
        if self.head not in get_args(Head):
            raise ValueError(f"head is one of {get_args(Head)}, got {self.head!r}")
        names = self.tools + self.background
        for name in names:
            _require_name(name)
        if not self.tools or len(set(names)) != len(names):
            raise ValueError(f"tools must be given and differ from one another, got {names}")
        if len(names) > _MOST_CLASSES:
            raise ValueError(f"at most {_MOST_CLASSES} tools are possible, got {len(names)}")
        _require_size(self.input_size_px)
        require_known_rule(self.resize_rule)
        if not isinstance(self.crops_field_of_view, bool):
            raise ValueError(
                f"crops_field_of_view is true or false, got {self.crops_field_of_view!r}"
            )
        if self.thresholds is not None:
            _require_thresholds(self.thresholds, len(self.tools))
        for name in ("smoothing", "self_test", "metrics", "training"):
            value, may_be_absent = getattr(self, name), name in {"smoothing", "self_test"}
            if not isinstance(value, dict) and not (value is None and may_be_absent):
                raise ValueError(f"{name} is a group of named values, got {value!r}")
        if not _DIGEST.fullmatch(str(self.weights_sha256)):
            raise ValueError(f"weights_sha256 is a SHA-256 in hex, got {self.weights_sha256!r}")
        if self.self_test is not None:
            _require_self_test(self.self_test, self.n_outputs)
        if self.calibration is not None:
            read_calibration(self.calibration, head=self.head, tools=self.tools)

    @property
    def n_outputs(self) -> int:
        """Width of the network's last layer."""
        return len(self.tools) + (len(self.background) if self.head == "softmax" else 0)

    def to_json(self) -> str:
        """Write as readable JSON, the same bytes for the same values."""
        content = {"format": FORMAT, **dataclasses.asdict(self)}
        for name, absent in _YOUNGER_FIELDS.items():
            # Descriptions older than a field keep their bytes, and their digest in manifests.
            if content[name] is absent:
                del content[name]
        return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> ModelConfig:
        """Read what ``to_json`` wrote.

        Raises:
            ValueError: not JSON, of a newer format, or a field is missing or impossible.
        """
        content = parse_json_object(text)
        # True is a number for Python.
        if type(content.get("format")) is not int or content["format"] < 1:
            raise ValueError("it does not describe a classifier")
        if content["format"] > FORMAT:
            raise ValueError(f"it has format {content['format']}, this version reads {FORMAT}")
        known = {f.name for f in dataclasses.fields(cls)}
        values = {name: value for name, value in content.items() if name in known}
        try:
            for name in ("tools", "background", "input_size_px", "thresholds"):
                if values.get(name) is not None:
                    values[name] = tuple(_list(name, values[name]))
            return cls(**values)
        except TypeError as error:
            raise ValueError(f"a field is missing or of the wrong kind ({error})") from error


def require_known_rule(name: object) -> None:
    """Raise ``ValueError`` for what is no name of a resize rule."""
    # A list is no name, and no key either.
    if not isinstance(name, str) or name not in RESIZE_RULES:
        raise ValueError(f"resize_rule must be {' or '.join(RESIZE_RULES)}, got {name!r}")


def _list(name: str, value: object) -> list[Any]:
    # Text would become a tuple of its letters.
    if not isinstance(value, list):
        raise ValueError(f"{name} is a list, got {value!r}")
    return value


def _require_name(name: object) -> None:
    if not isinstance(name, str) or not name or not name.isprintable():
        raise ValueError(f"a tool's name must be printable text, got {name!r}")


def _require_size(size_px: tuple[int, int]) -> None:
    if [type(side) for side in size_px] != [int, int]:
        raise ValueError(f"input_size_px is a height and a width in whole px, got {size_px}")
    if min(size_px) < _SMALLEST_SIDE_PX:
        raise ValueError(
            f"the network needs at least {_SMALLEST_SIDE_PX} x {_SMALLEST_SIDE_PX} px, "
            f"got {size_px}"
        )
    if max(size_px) > _LARGEST_SIDE_PX:
        raise ValueError(
            f"the network takes at most {_LARGEST_SIDE_PX} x {_LARGEST_SIDE_PX} px, got {size_px}"
        )


def _require_thresholds(thresholds: tuple[float, ...], n_tools: int) -> None:
    if len(thresholds) != n_tools:
        raise ValueError(f"{n_tools} tools need as many thresholds")
    if not all(_is_number(value) and 0 <= value <= 1 for value in thresholds):
        raise ValueError(f"a threshold is a probability from 0 to 1, got {thresholds}")


def _require_self_test(self_test: dict[str, Any], n_outputs: int) -> None:
    """Its form alone; what the numbers say is ``classifier.model.self_test``'s."""
    if set(self_test) != {"images", "logits"} or not isinstance(self_test["images"], str):
        raise ValueError("self_test has the name of its images and the logits, and nothing else")
    rows = self_test["logits"]
    if not isinstance(rows, list) or not 0 < len(rows) <= _MOST_SELF_TEST_IMAGES:
        raise ValueError("self_test has a row of logits an image")
    for row in rows:
        if not isinstance(row, list) or len(row) != n_outputs or not all(map(_is_number, row)):
            raise ValueError(f"self_test has {n_outputs} finite logits an image, got {row!r:.80}")


def _is_number(value: object) -> bool:
    """Whether it is a finite number, and not true or false."""
    return type(value) in {int, float} and math.isfinite(value)  # type: ignore[arg-type]
