"""Fitting in two phases: the head on cached features, then the upper layers together with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.backend import keras
from classifier.config import ModelConfig
from classifier.dataset.record import Dataset
from classifier.model.network import N_FEATURES, STAGES, Network, build_network
from classifier.model.weights import assign_weights, round_weights
from classifier.training.augmentation.pipeline import build_augmentation
from classifier.training.batches import ImageSource
from classifier.training.checkpoint import Checkpoint
from classifier.training.epoch_order import EpochOrder, plan_epoch, whole_batches
from classifier.training.fitted import FittedNetwork, HeldOutAnswers
from classifier.training.loop import Keeper, Phase, compile_phase, run_phase
from classifier.training.losses import class_weights, loss_for, share_right
from classifier.training.optimizer import build_optimizer, rate_factors
from classifier.training.progress import EpochRecord, FeaturesTaken, TrainingStep
from classifier.training.settings import TrainingSettings
from classifier.training.starting_weights import set_starting_weights
from classifier.training.state import PHASES, TrainingState
from classifier.training.validation import Validation, validate

__all__ = ["fit_network", "set_trainable"]

_SCRATCH_BATCH_NORM_MOMENTUM = 0.9
_PREDICTION_BATCH = 32

Progress = Callable[[FeaturesTaken | TrainingStep | EpochRecord], None]


def fit_network(
    config: ModelConfig,
    settings: TrainingSettings,
    *,
    train: Dataset,
    validation: Dataset,
    checkpoint: Checkpoint | None = None,
    resume: bool = False,
    should_stop: Callable[[], bool] | None = None,
    progress: Progress | None = None,
) -> FittedNetwork:
    """Train the network of ``config`` and keep the weights that validated best.

    Best is the greatest mean average precision, and the smallest loss where two have the same.
    ``should_stop`` is asked after each step; ``resume`` goes on from ``checkpoint``, with the same
    result, bit for bit on a CPU, as if nothing had come in between.

    Raises:
        WeightsError: the weights to start from cannot be had.
        TrainingStoppedError: ``should_stop`` said so; the checkpoint is written.
        ClassifierError: the checkpoint cannot be written, or read.
    """
    keras.utils.set_random_seed(settings.seed)
    state = TrainingState()
    if resume and checkpoint is not None:
        state = checkpoint.read_state()
    augmentation = build_augmentation(seed=settings.seed, strength=settings.augmentation)
    network = build_network(config, augmentation=augmentation, precision=settings.precision)
    start = set_starting_weights(network, config, settings.weights)
    fitting = _Fitting(config, settings, network, train, validation, progress or _ignore)
    fitting.run(state, Keeper(checkpoint, should_stop or _never), resume=resume)
    assign_weights(network.logits, state.best_weights)
    round_weights(network.logits)
    return FittedNetwork(network, tuple(state.history), start, fitting.held_out_answers())


def _ignore(_: FeaturesTaken | TrainingStep | EpochRecord) -> None:
    pass


def _never() -> bool:
    return False


class _Fitting:
    """One training: what its two phases share."""

    def __init__(
        self,
        config: ModelConfig,
        settings: TrainingSettings,
        network: Network,
        train: Dataset,
        validation: Dataset,
        progress: Progress,
    ) -> None:
        self._config, self._settings, self._network = config, settings, network
        self._train, self._validation, self._progress = train, validation, progress
        size_px, rule = config.input_size_px, config.resize_rule
        self._train_images = ImageSource(
            train, size_px=size_px, resize_rule=rule, pairs=settings.pairs
        )
        self._validation_images = ImageSource(
            validation, size_px=size_px, resize_rule=rule, pairs=settings.pairs
        )
        self._held_out = plan_epoch(
            validation, seed=(settings.seed, len(PHASES)), pair_share=self._pair_share
        )
        weighted = settings.imbalance == "class_weights"
        self._loss = loss_for(
            config.head,
            weights=class_weights(train.labels, head=config.head) if weighted else None,
            focal=settings.imbalance == "focal",
        )
        self._plain_loss = loss_for(config.head)
        self._accuracy = share_right(config.head)

    def run(self, state: TrainingState, keeper: Keeper, *, resume: bool) -> None:
        """Go through both phases, or through what is left of them."""
        for name, build in zip(PHASES, (self._head_phase, self._fine_phase), strict=True):
            if PHASES.index(name) < PHASES.index(state.phase):
                continue
            going_on = resume and state.phase == name
            if state.phase != name:
                state.begin_phase(name)
                # The next phase starts where the one before it was best.
                assign_weights(self._network.logits, state.best_weights)
            phase = build()
            if phase is None:
                continue
            if going_on and keeper.checkpoint is not None:
                keeper.checkpoint.restore(phase.variables)
            run_phase(phase, state, keeper, self._progress)

    def held_out_answers(self) -> HeldOutAnswers:
        """The whole network's answers to the images held back."""
        groups = self._validation.groups
        return HeldOutAnswers(
            self._held_out_logits(),
            self._held_out.labels,
            tuple(groups[row] for row in self._held_out.rows) if groups is not None else None,
        )

    def _held_out_logits(self) -> NDArray[np.float32]:
        return self._predicted(self._network.logits, self._validation_images, self._held_out)

    @property
    def _pair_share(self) -> float:
        return self._settings.pair_share if self._settings.pairs != "none" else 0.0

    def _head_phase(self) -> Phase | None:
        """Train the last layer alone on features that the frozen backbone gives, computed once."""
        settings = self._settings
        if settings.epochs_head == 0:
            return None
        order = self._order(PHASES[0], 0)
        model = self._network.logits
        to_features = keras.Model(model.input, model.get_layer("dropout").input)
        n_images = len(order) + len(self._validation)
        features = self._predicted(to_features, self._train_images, order, of=n_images)
        held_out = self._predicted(
            to_features, self._validation_images, self._held_out, before=len(order), of=n_images
        )
        inputs = keras.Input((N_FEATURES,))
        dropped = keras.layers.Dropout(0.2, seed=settings.seed)(inputs)
        head = keras.Model(inputs, self._network.head(dropped))
        self._compile(
            head, rate=settings.learning_rate_head, n_epochs=settings.epochs_head, factors=None
        )

        def batches(epoch: int, n_shown: int) -> Iterable[tuple[Any, Any]]:
            rng = np.random.default_rng((settings.seed, 0, epoch + 1))
            rows = rng.permutation(len(order))[self._places(after=n_shown)]
            for part in rows.reshape(-1, settings.batch_size):
                yield features[part], order.labels[part]

        return self._phase(
            PHASES[0],
            head,
            settings.epochs_head,
            batches,
            lambda: np.asarray(head.predict(held_out, batch_size=256, verbose=0)),
        )

    def _fine_phase(self) -> Phase | None:
        """Train the head and the upper stages of the backbone on augmented images."""
        settings = self._settings
        if settings.epochs_fine == 0:
            return None
        set_trainable(
            self._network,
            first=settings.trainable,
            train_batch_norm=settings.train_batch_norm,
        )
        model = self._network.logits
        self._compile(
            model,
            rate=settings.learning_rate_fine,
            n_epochs=settings.epochs_fine,
            factors=rate_factors(self._network, decay=settings.rate_decay),
        )

        def batches(epoch: int, n_shown: int) -> Iterable[tuple[Any, Any]]:
            order = self._order(PHASES[1], epoch).take(self._places(after=n_shown))
            yield from self._train_images.batches(settings.batch_size, order).as_numpy_iterator()

        return self._phase(PHASES[1], model, settings.epochs_fine, batches, self._held_out_logits)

    def _phase(
        self,
        name: str,
        model: Any,
        n_epochs: int,
        batches: Callable[[int, int], Iterable[tuple[Any, Any]]],
        held_out_logits: Callable[[], NDArray[np.float32]],
    ) -> Phase:
        def judge() -> Validation:
            return validate(
                self._config,
                held_out_logits(),
                self._held_out.labels,
                loss=self._plain_loss,
                accuracy=self._accuracy,
            )

        return Phase(
            name=name,
            n_epochs=n_epochs,
            patience=self._settings.patience,
            model=model,
            network=self._network.logits,
            n_images=len(self._places()),
            batch_size=self._settings.batch_size,
            batches_after=batches,
            validate=judge,
        )

    def _order(self, phase: str, epoch: int) -> EpochOrder:
        settings = self._settings
        return plan_epoch(
            self._train,
            seed=(settings.seed, PHASES.index(phase), epoch),
            balanced=settings.imbalance == "balanced_sampling",
            pair_share=self._pair_share,
        )

    def _places(self, *, after: int = 0) -> NDArray[np.int64]:
        return whole_batches(len(self._train), self._settings.batch_size, after=after)

    def _compile(
        self, model: Any, *, rate: float, n_epochs: int, factors: dict[str, float] | None
    ) -> None:
        n_steps = len(self._places()) // self._settings.batch_size
        compile_phase(
            model,
            optimizer=build_optimizer(rate, n_steps=n_steps * n_epochs, factors=factors),
            loss=self._loss,
            accuracy=self._accuracy,
        )

    def _predicted(
        self,
        model: Any,
        images: ImageSource,
        order: EpochOrder,
        *,
        before: int = 0,
        of: int | None = None,
    ) -> NDArray[np.float32]:
        """Answers to all images; with ``of``, progress is told of that many, ``before`` done."""
        answers = []
        n_done = before
        for batch, _ in images.batches(_PREDICTION_BATCH, order).as_numpy_iterator():
            # One shape, one graph: what does not fill a batch is padded.
            padded = np.zeros((_PREDICTION_BATCH, *batch.shape[1:]), dtype=batch.dtype)
            padded[: len(batch)] = batch
            answer = np.asarray(model.predict_on_batch(padded), dtype=np.float32)
            answers.append(answer[: len(batch)])
            n_done += len(batch)
            if of is not None:
                self._progress(FeaturesTaken(n_done, of))
        return np.concatenate(answers)


def set_trainable(network: Network, *, first: str, train_batch_norm: bool) -> None:
    """Let the stages from ``first`` on (or ``all``) learn, and no earlier layer."""
    stages = STAGES if first == "all" else STAGES[STAGES.index(first) :]
    for layer in network.backbone.layers:
        in_stage = first == "all" or layer.name.startswith(stages)
        is_norm = isinstance(layer, keras.layers.BatchNormalization)
        layer.trainable = in_stage and (train_batch_norm or not is_norm)
        if is_norm and train_batch_norm:
            # Keras' 0.99 needs hundreds of steps until its averages mean anything.
            layer.momentum = _SCRATCH_BATCH_NORM_MOMENTUM
