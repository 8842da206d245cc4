"""A calibration as JSON in ``classifier.json``, and back: a stranger's is believed only if whole.

Every message names the place and what was expected there, never more than a little of what came.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from classifier.calibration.calibration import Calibration
from classifier.calibration.error import N_BINS
from classifier.calibration.fit_record import DEFINITIONS, CalibrationFit
from classifier.calibration.maps import MOST_KNOTS, Isotonic, Platt, ToolMap, Unchanged
from classifier.calibration.stored_fit import read_fit
from classifier.calibration.stored_values import list_at, number_at, object_at

if TYPE_CHECKING:
    from classifier.head import Head

__all__ = ["describe_calibration", "read_calibration"]

_ROOT = "calibration"

_FIELDS: dict[str, tuple[str, ...]] = {
    kind.method: tuple(field.name for field in dataclasses.fields(kind))
    for kind in (Unchanged, Platt, Isotonic)
}
"""What each way of treating a tool's logit holds."""


def describe_calibration(
    calibration: Calibration, fit: CalibrationFit, *, tools: Sequence[str]
) -> dict[str, Any]:
    """Give what ``classifier.json`` holds of it."""
    softmax = calibration.head == "softmax"
    content: dict[str, Any] = (
        {"temperature": calibration.temperature}
        if softmax
        else {
            "tools": [
                {"tool": tool, "method": each.method, **_values_of(each)}
                for tool, each in zip(tools, calibration.maps, strict=True)
            ]
        }
    )
    content["source_priors"] = list(calibration.source_priors)
    target = calibration.target_priors
    content["target_priors"] = None if target is None else list(target)
    figures = dataclasses.asdict(fit)
    figures["tools"] = [
        {"tool": tool, **each} for tool, each in zip(tools, figures["tools"], strict=True)
    ]
    content["fit"] = {**figures, "n_bins": N_BINS, "definitions": dict(DEFINITIONS)}
    return content


def read_calibration(content: Any, *, head: Head, tools: Sequence[str]) -> Calibration:
    """Read what ``describe_calibration`` gave for a model with this head and these tools.

    Raises:
        ValueError: a field is missing, unknown, of the wrong kind, or holds an impossible value.
    """
    softmax = head == "softmax"
    first = "temperature" if softmax else "tools"
    fields = object_at(content, _ROOT, (first, "source_priors", "target_priors", "fit"))
    place = "calibration.target_priors"
    target = fields["target_priors"]
    try:
        calibration = Calibration(
            head=head,
            source_priors=_priors(fields["source_priors"], "calibration.source_priors", tools),
            maps=() if softmax else _maps(fields["tools"], tools),
            temperature=number_at(fields["temperature"], f"calibration.{first}")
            if softmax
            else 1.0,
            target_priors=None if target is None else _priors(target, place, tools),
        )
    except ValueError as error:
        raise ValueError(_placed(str(error), _ROOT)) from error
    read_fit(fields["fit"], tools=tools)
    return calibration


def _values_of(each: ToolMap) -> dict[str, Any]:
    values = {name: getattr(each, name) for name in _FIELDS[each.method]}
    # As JSON gives them back, so that a description equals the one that was stored.
    return {name: list(v) if isinstance(v, tuple) else v for name, v in values.items()}


def _maps(content: Any, tools: Sequence[str]) -> tuple[ToolMap, ...]:
    entries = list_at(content, "calibration.tools", length=len(tools))
    return tuple(
        _map(entry, f"calibration.tools[{k}]", tool)
        for k, (entry, tool) in enumerate(zip(entries, tools, strict=True))
    )


def _map(content: Any, place: str, tool: str) -> ToolMap:
    method = content.get("method") if isinstance(content, dict) else None
    names = _FIELDS.get(method) if isinstance(method, str) else None
    if names is None:
        raise ValueError(f"{place} must be an object with the method {', '.join(_FIELDS)}")
    fields = object_at(content, place, ("tool", "method", *names))
    if fields["tool"] != tool:
        raise ValueError(f"{place} must be of the tool {tool}: the tools in their order")
    try:
        if method == "platt":
            return Platt(*(number_at(fields[name], f"{place}.{name}") for name in names))
        if method == "isotonic":
            return Isotonic(*(_numbers(fields[name], f"{place}.{name}") for name in names))
    except ValueError as error:
        raise ValueError(_placed(str(error), place)) from error
    return Unchanged()


def _placed(text: str, place: str) -> str:
    """The message with its place, unless it says that itself."""
    return text if text.startswith(_ROOT) else f"{place}: {text}"


def _numbers(content: Any, place: str) -> tuple[float, ...]:
    values = list_at(content, place, longest=MOST_KNOTS)
    return tuple(number_at(value, place) for value in values)


def _priors(content: Any, place: str, tools: Sequence[str]) -> tuple[float | None, ...]:
    values = list_at(content, place, length=len(tools))
    return tuple(None if value is None else number_at(value, place) for value in values)
