"""TensorFlow and Keras, imported once, quietly, and without any telemetry or network of their own.

Every module that needs them imports them from here, inside functions or at its own top, never from
a package's ``__init__``: the import takes seconds that ``--help`` must not pay.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

# A machine without a GPU is normal; its user is not warned about CUDA, nor told of CPU features.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

with contextlib.ExitStack() as _stack:
    # The first lines of the CUDA stub go to file descriptor 2 before any log level is read.
    _saved = os.dup(2)
    _stack.callback(os.close, _saved)
    with open(os.devnull, "wb") as _null:  # noqa: PTH123
        os.dup2(_null.fileno(), 2)
    _stack.callback(os.dup2, _saved, 2)
    import keras
    import tensorflow as tf

__all__ = ["has_gpu", "keras", "precision_policy", "tf"]


def has_gpu() -> bool:
    """Whether TensorFlow sees an accelerator that it will use."""
    return bool(tf.config.list_physical_devices("GPU"))


@contextlib.contextmanager
def precision_policy(precision: str) -> Iterator[None]:
    """Build layers in this precision: ``float32``, ``bfloat16`` or ``float16``.

    The last two compute in half precision and keep their weights in float32.
    """
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision if precision == "float32" else f"mixed_{precision}")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
