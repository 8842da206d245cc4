"""Whether images come as fast as the network learns from them, and what its step costs how.

The input pipeline (read, decode, resize, pair) runs alone; so does the training step, on one batch
over and over. Runs alternate; the median counts.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def add_parser(commands: Any) -> None:
    """Describe the benchmark's arguments."""
    parser = commands.add_parser("train", help="the input pipeline's rate against the step's")
    parser.add_argument(
        "images", type=Path, nargs="?", default=ROOT / "samples/dataset/train", metavar="DIR/train"
    )
    parser.add_argument("--input-size", type=int, default=224)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--trainable", default="conv4", help="first stage that learns, or all")
    parser.add_argument("--augmentation", default="endoscopic")
    parser.add_argument(
        "--variants", default="float32,bfloat16", help="precisions, separated by commas"
    )
    parser.add_argument("--repeats", type=int, default=3)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Measure both in turns and print their rates and ratios."""
    from classifier.dataset.class_folders import read_class_folders

    dataset = read_class_folders(arguments.images).without_background()
    stages: dict[str, Callable[[], float]] = {
        "images": lambda: _pipeline_rate(dataset, arguments, pairs="none"),
        "images, half of them pairs": lambda: _pipeline_rate(dataset, arguments, pairs="pasted"),
    }
    for variant in arguments.variants.split(","):
        stages[f"step, {variant}"] = _step(dataset, arguments, variant.strip())
    rates: dict[str, list[float]] = {name: [] for name in stages}
    for _ in range(arguments.repeats):
        for name, measure in stages.items():
            rates[name].append(measure())
    medians = {name: statistics.median(found) for name, found in rates.items()}
    steps = [name for name in medians if name.startswith("step")]
    fastest = max(medians[name] for name in steps)
    side = arguments.input_size
    print(f"{side} x {side} px, batches of {arguments.batch_size}, from {arguments.trainable} on")
    for name, rate in medians.items():
        of_it = f"{rate / fastest:6.2f} x the fastest step" if name not in steps else ""
        print(f"  {name:28}{rate:8.1f} images/s  {of_it}")
    return 0


def _pipeline_rate(dataset: Any, arguments: argparse.Namespace, *, pairs: str) -> float:
    """Images a second, none of them in memory before; as long an order as takes some seconds."""
    from classifier.training.batches import ImageSource
    from classifier.training.epoch_order import plan_epoch, whole_batches

    order = plan_epoch(dataset, seed=(0,), pair_share=0.0 if pairs == "none" else 0.5)
    size_px = (arguments.input_size,) * 2
    source = ImageSource(dataset, size_px=size_px, resize_rule="swscale_area", pairs=pairs)
    places = whole_batches(len(order), arguments.batch_size)
    started_s = time.perf_counter()
    for _ in source.batches(arguments.batch_size, order.take(places)):
        pass
    return len(places) / (time.perf_counter() - started_s)


def _step(dataset: Any, arguments: argparse.Namespace, variant: str) -> Callable[[], float]:
    """What measures one kind of training step, in images a second."""
    import numpy as np

    from classifier.config import ModelConfig
    from classifier.model.network import build_network
    from classifier.training.augmentation.pipeline import build_augmentation
    from classifier.training.fitting import set_trainable
    from classifier.training.loop import compile_phase
    from classifier.training.losses import loss_for, share_right
    from classifier.training.optimizer import build_optimizer

    side = arguments.input_size
    config = ModelConfig(tools=dataset.tools, head="sigmoid", input_size_px=(side, side))
    network = build_network(
        config,
        augmentation=build_augmentation(seed=0, strength=arguments.augmentation),
        precision=variant,
    )
    from_scratch = arguments.trainable == "all"
    set_trainable(network, first=arguments.trainable, train_batch_norm=from_scratch)
    model = network.logits
    compile_phase(
        model,
        optimizer=build_optimizer(1e-4, n_steps=100),
        loss=loss_for("sigmoid"),
        accuracy=share_right("sigmoid"),
    )
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (arguments.batch_size, side, side, 3), dtype=np.uint8)
    labels = rng.integers(0, 2, (arguments.batch_size, len(dataset.tools))).astype(np.float32)
    model.train_on_batch(images, labels)

    def measure() -> float:
        n_steps = 3
        started_s = time.perf_counter()
        for _ in range(n_steps):
            model.train_on_batch(images, labels)
        return n_steps * len(images) / (time.perf_counter() - started_s)

    return measure
