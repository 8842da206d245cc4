"""Adam whose early layers learn more slowly than its late ones, on a rate that rises and falls."""

from __future__ import annotations

from typing import Any

from classifier.backend import keras
from classifier.model.network import STAGES, Network

__all__ = ["build_optimizer", "rate_factors"]


def rate_factors(network: Network, *, decay: float) -> dict[str, float]:
    """By a variable's path, how much of the rate it learns at.

    The head and the last stage learn at the full rate, each earlier stage at ``decay`` times that
    of the one after it (Howard and Ruder 2018 call it discriminative fine-tuning): the first
    layers hold edges and colours, which are the same in every body.
    """
    factors = {variable.path: 1.0 for variable in network.head.variables}
    for layer in network.backbone.layers:
        name = layer.name.split("_")[0]
        # conv1 lies below conv2, the first of the stages.
        steps_down = len(STAGES) - 1 - STAGES.index(name) if name in STAGES else len(STAGES)
        factors |= {variable.path: decay**steps_down for variable in layer.variables}
    return factors


def build_optimizer(
    learning_rate: float, *, n_steps: int, factors: dict[str, float] | None = None
) -> Any:
    """Adam with a short warm-up and then half a cosine down to zero over ``n_steps`` steps."""
    n_warmup = max(1, n_steps // 20)
    schedule = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=learning_rate / 20,
        decay_steps=max(1, n_steps - n_warmup),
        warmup_target=learning_rate,
        warmup_steps=n_warmup,
    )
    return _StagewiseAdam(schedule, factors or {})


class _StagewiseAdam(keras.optimizers.Adam):  # type: ignore[misc]
    def __init__(self, learning_rate: Any, factors: dict[str, float]) -> None:
        super().__init__(learning_rate, name="adam")
        self._factors = factors

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Update one variable at its own rate."""
        # A backend may hand over its own variable, which does not know its path.
        known = self._trainable_variables[self._get_variable_index(variable)]
        factor = self._factors.get(known.path, 1.0)
        super().update_step(gradient, variable, learning_rate * factor)
