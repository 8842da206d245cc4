"""Training settings in a JSON file: known names, each with a value of its own kind."""

from __future__ import annotations

import types
from dataclasses import fields
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from classifier.errors import ClassifierError
from classifier.plain_files import read_plain_text
from classifier.plain_json import parse_json_object
from classifier.training.settings import TrainingSettings

__all__ = ["read_settings"]

_MOST_BYTES = 1 << 20
_YAML = frozenset({".yaml", ".yml"})
_HINT = 'settings are a JSON object such as {"epochs_fine": 20, "seed": 1}'


def read_settings(path: Path) -> dict[str, Any]:
    """Read some of the fields of ``TrainingSettings``, by name, their lists as tuples.

    Only their kinds are checked here; what their values may be is ``TrainingSettings``'.

    Raises:
        ClassifierError: it is no plain file of JSON, or names what is no setting, or gives a
            setting a value of another kind.
    """
    if path.suffix.casefold() in _YAML:
        raise ClassifierError(path, "is YAML, which is not read", hint=_HINT)
    text = read_plain_text(path, most_bytes=_MOST_BYTES, error=ClassifierError, follow_links=True)
    try:
        content = parse_json_object(text)
    except ValueError as error:
        raise ClassifierError(path, f"cannot be used: {error}", hint=_HINT) from error
    kinds = get_type_hints(TrainingSettings)
    known = {field.name: kinds[field.name] for field in fields(TrainingSettings)}
    for name, value in content.items():
        if name not in known:
            raise ClassifierError(
                path, f"{name[:40]!r} is no setting", hint=f"there are {', '.join(known)}"
            )
        if not _is_of(value, known[name]):
            raise ClassifierError(
                path, f"{name} is {_in_words(known[name])}, got {value!r:.60}", hint=_HINT
            )
    return {n: tuple(v) if isinstance(v, list) else v for n, v in content.items()}


def _is_of(value: Any, kind: Any) -> bool:
    """Whether a value from JSON is of a field's kind; true and false are no numbers."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin in {Union, types.UnionType}:
        return any(_is_of(value, one) for one in inner)
    if origin is Literal:
        return isinstance(value, str) and value in inner
    if origin is tuple:
        return isinstance(value, list) and _are_of(value, inner)
    if kind is float:
        return type(value) in {int, float}
    return type(value) is kind


def _are_of(values: list[Any], kinds: tuple[Any, ...]) -> bool:
    if kinds[1:] == (...,):
        return all(_is_of(value, kinds[0]) for value in values)
    return len(values) == len(kinds) and all(map(_is_of, values, kinds))


def _in_words(kind: Any) -> str:
    origin, inner = get_origin(kind), get_args(kind)
    if origin in {Union, types.UnionType}:
        return " or ".join(map(_in_words, inner))
    if origin is Literal:
        return " or ".join(inner)
    if origin is tuple:
        return f"a list of {_in_words(inner[0])}"
    words = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}
    return words.get(kind, "null" if kind is types.NoneType else str(kind))
