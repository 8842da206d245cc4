"""Images in, tool probabilities out; knows nothing of videos or seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from classifier.prediction import ToolClassifier, load_classifier

__all__ = ["ToolClassifier", "load_classifier"]


def __getattr__(name: str) -> Any:
    """Import TensorFlow only when a classifier is asked for: it takes seconds."""
    if name in __all__:
        from classifier import prediction

        return getattr(prediction, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
