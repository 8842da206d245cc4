"""The two ways in which a network's last layer answers."""

from __future__ import annotations

from typing import Literal

__all__ = ["Head"]

Head = Literal["softmax", "sigmoid"]
"""``softmax``: one class an image, all compete; ``sigmoid``: each tool by itself."""
