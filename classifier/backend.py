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
# A GPU is shared with the hospital's other programs: take memory as it is needed.
os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")


@contextlib.contextmanager
def _silent_descriptor(descriptor: int) -> Iterator[None]:
    """Nothing written to a file descriptor by compiled code is seen."""
    try:
        saved = os.dup(descriptor)
    except OSError:
        # A service without a stderr: there is nothing to keep clean.
        yield
        return
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, descriptor)
        yield
    finally:
        os.dup2(saved, descriptor)
        os.close(null)
        os.close(saved)


# The CUDA stub writes its first lines to stderr before any log level is read.
with _silent_descriptor(2):
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
