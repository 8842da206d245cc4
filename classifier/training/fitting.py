"""Fitting in two phases: the head on cached features, then the upper layers together with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.backend import keras, tf
from classifier.config import ModelConfig
from classifier.dataset.record import Dataset
from classifier.model.network import N_FEATURES, STAGES, Network, build_network
from classifier.model.weights import round_weights
from classifier.training.augmentation.pipeline import build_augmentation
from classifier.training.batches import image_batches
from classifier.training.losses import class_weights, loss_for, sample_weights
from classifier.training.settings import TrainingSettings
from classifier.training.starting_weights import set_starting_weights

__all__ = ["EpochRecord", "FittedNetwork", "TrainingStep", "fit_network"]

_SCRATCH_BATCH_NORM_MOMENTUM = 0.9


@dataclass(frozen=True)
class EpochRecord:
    """What one epoch came to; accuracy is over classes (softmax) or image-tool pairs (sigmoid)."""

    phase: str
    """``head`` or ``fine``."""
    epoch: int
    loss: float
    accuracy: float
    validation_loss: float
    validation_accuracy: float
    learning_rate: float


@dataclass(frozen=True)
class TrainingStep:
    """Where training is, after one step, for whoever shows it."""

    phase: str
    epoch: int
    n_epochs: int
    step: int
    n_steps: int
    loss: float
    accuracy: float


@dataclass(frozen=True, eq=False)
class FittedNetwork:
    """A network with its best weights, rounded as they will be stored."""

    network: Network
    history: tuple[EpochRecord, ...]
    starting_weights: str


Progress = Callable[[TrainingStep | EpochRecord], None]


def fit_network(
    config: ModelConfig,
    settings: TrainingSettings,
    *,
    train: Dataset,
    validation: Dataset,
    progress: Progress | None = None,
) -> FittedNetwork:
    """Train the network of ``config`` and keep the weights with the smallest validation loss.

    Raises:
        WeightsError: the weights to start from cannot be had.
    """
    keras.utils.set_random_seed(settings.seed)
    augmentation = build_augmentation(seed=settings.seed) if settings.augment else None
    network = build_network(config, augmentation=augmentation, precision=settings.precision)
    start = set_starting_weights(network, config, settings.weights)
    runner = _Runner(config, settings, network, train, validation, progress or _ignore)
    head_history = runner.train_head()
    history = [*head_history, *runner.fine_tune(after=head_history)]
    round_weights(network.logits)
    return FittedNetwork(network, tuple(history), start)


def _ignore(_: TrainingStep | EpochRecord) -> None:
    pass


@dataclass(frozen=True, eq=False)
class _Runner:
    config: ModelConfig
    settings: TrainingSettings
    network: Network
    train: Dataset
    validation: Dataset
    progress: Progress

    def train_head(self) -> list[EpochRecord]:
        """Train the last layer alone on features that the frozen backbone gives, computed once."""
        if self.settings.epochs_head == 0:
            return []
        features = self._features(self.train)
        held_out = self._features(self.validation)
        inputs = keras.Input((N_FEATURES,))
        dropped = keras.layers.Dropout(0.2, seed=self.settings.seed)(inputs)
        model = keras.Model(inputs, self.network.head(dropped))
        parts: tuple[Any, ...] = (features, self.train.labels, *self._sample_weights())
        order = tf.data.Dataset.from_tensor_slices(parts)
        order = order.shuffle(len(features), seed=self.settings.seed)
        return self._fit(
            model,
            order.batch(self.settings.batch_size),
            tf.data.Dataset.from_tensor_slices((held_out, self.validation.labels)).batch(256),
            phase="head",
            learning_rate=self.settings.learning_rate_head,
            n_epochs=self.settings.epochs_head,
        )

    def fine_tune(self, *, after: list[EpochRecord]) -> list[EpochRecord]:
        """Train the head and the upper stages of the backbone on augmented images.

        Where no epoch of it is better than the best one ``after`` which it begins, its changes are
        taken back.
        """
        if self.settings.epochs_fine == 0:
            return []
        _set_trainable(self.network, self.settings)
        weights = self._sample_weights()
        return self._fit(
            self.network.logits,
            self._images(self.train, shuffle=True, weights=weights[0] if weights else None),
            self._images(self.validation),
            phase="fine",
            learning_rate=self.settings.learning_rate_fine,
            n_epochs=self.settings.epochs_fine,
            loss_to_beat=min((record.validation_loss for record in after), default=np.inf),
        )

    def _features(self, dataset: Dataset) -> NDArray[np.float32]:
        model = self.network.logits
        to_features = keras.Model(model.input, model.get_layer("dropout").input)
        images = self._images(dataset).map(lambda image, _: image)
        return np.asarray(to_features.predict(images, verbose=0), dtype=np.float32)

    def _images(
        self, dataset: Dataset, *, shuffle: bool = False, weights: Any | None = None
    ) -> Any:
        return image_batches(
            dataset,
            size_px=self.config.input_size_px,
            resize_rule=self.config.resize_rule,
            batch_size=self.settings.batch_size,
            shuffle_seed=self.settings.seed if shuffle else None,
            sample_weights=weights,
        )

    def _sample_weights(self) -> tuple[NDArray[np.float32], ...]:
        if not self.settings.class_weights or self.config.head != "softmax":
            return ()
        labels = self.train.labels
        return (sample_weights(labels, class_weights(labels, head="softmax")),)

    def _fit(
        self,
        model: Any,
        batches: Any,
        validation: Any,
        *,
        phase: str,
        learning_rate: float,
        n_epochs: int,
        loss_to_beat: float = np.inf,
    ) -> list[EpochRecord]:
        n_steps = len(batches)
        sigmoid = self.config.head == "sigmoid"
        weighted = self.settings.class_weights and sigmoid
        positive = class_weights(self.train.labels, head="sigmoid") if weighted else None
        metric = (
            keras.metrics.BinaryAccuracy(threshold=0.0, name="accuracy")
            if sigmoid
            else keras.metrics.CategoricalAccuracy(name="accuracy")
        )
        model.compile(
            optimizer=keras.optimizers.Adam(_schedule(learning_rate, n_steps * n_epochs)),
            loss=loss_for(self.config.head, positive),
            metrics=[metric],
            jit_compile=False,
        )
        watcher = _Watcher(
            phase=phase,
            n_epochs=n_epochs,
            n_steps=n_steps,
            progress=self.progress,
            loss_to_beat=loss_to_beat,
            best_weights=model.get_weights(),
        )
        model.fit(
            batches,
            validation_data=validation,
            epochs=n_epochs,
            callbacks=[watcher],
            verbose=0,
            shuffle=False,
        )
        model.set_weights(watcher.best_weights)
        return watcher.history


class _Watcher(keras.callbacks.Callback):  # type: ignore[misc]
    """Reports each step, records each epoch, and keeps the best weights."""

    def __init__(
        self,
        *,
        phase: str,
        n_epochs: int,
        n_steps: int,
        progress: Progress,
        loss_to_beat: float,
        best_weights: list[Any],
    ) -> None:
        super().__init__()
        self.history: list[EpochRecord] = []
        self.best_weights = best_weights
        self._least_loss = loss_to_beat
        self._phase, self._n_epochs, self._n_steps = phase, n_epochs, n_steps
        self._progress = progress
        self._epoch = 0

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Remember the epoch for the steps that follow."""
        del logs
        self._epoch = epoch + 1

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Tell the caller how far training is."""
        values = logs or {}
        self._progress(
            TrainingStep(
                phase=self._phase,
                epoch=self._epoch,
                n_epochs=self._n_epochs,
                step=batch + 1,
                n_steps=self._n_steps,
                loss=float(values.get("loss", np.nan)),
                accuracy=float(values.get("accuracy", np.nan)),
            )
        )

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Record the epoch, and its weights if none were better."""
        del epoch
        values = logs or {}
        record = EpochRecord(
            phase=self._phase,
            epoch=self._epoch,
            loss=float(values["loss"]),
            accuracy=float(values["accuracy"]),
            validation_loss=float(values["val_loss"]),
            validation_accuracy=float(values["val_accuracy"]),
            learning_rate=float(self.model.optimizer.learning_rate),
        )
        self.history.append(record)
        self._progress(record)
        if record.validation_loss < self._least_loss:
            self._least_loss = record.validation_loss
            self.best_weights = self.model.get_weights()


def _schedule(learning_rate: float, n_steps: int) -> Any:
    """A short warm-up, then half a cosine down to zero."""
    n_warmup = max(1, n_steps // 20)
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=learning_rate / 20,
        decay_steps=max(1, n_steps - n_warmup),
        warmup_target=learning_rate,
        warmup_steps=n_warmup,
    )


def _set_trainable(network: Network, settings: TrainingSettings) -> None:
    first = settings.trainable
    stages = STAGES if first == "all" else STAGES[STAGES.index(first) :]
    for layer in network.backbone.layers:
        in_stage = first == "all" or layer.name.startswith(stages)
        is_norm = isinstance(layer, keras.layers.BatchNormalization)
        layer.trainable = in_stage and (settings.train_batch_norm or not is_norm)
        if is_norm and settings.train_batch_norm:
            # Keras' 0.99 needs hundreds of steps until its averages mean anything.
            layer.momentum = _SCRATCH_BATCH_NORM_MOMENTUM
