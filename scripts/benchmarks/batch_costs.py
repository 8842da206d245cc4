"""What a large batch costs in core-hours and GPU-hours: arithmetic on measured rates."""

from __future__ import annotations

import argparse

__all__ = ["add_simulation", "simulate"]

_HOURS_PER_WEEKEND = 60


def add_simulation(parser: argparse.ArgumentParser) -> None:
    """Describe the simulation's arguments, beside those of the measurement."""
    simulation = parser.add_argument_group(
        "simulation", "what a batch costs, from measured rates (all of them are in images a second)"
    )
    simulation.add_argument("--simulate", action="store_true", help="only the arithmetic")
    simulation.add_argument("--hours", type=float, default=10_000, help="of video")
    simulation.add_argument("--rate", type=float, default=1.0, help="images sampled a second")
    simulation.add_argument("--cores", type=int, default=16, help="for decoding")
    simulation.add_argument("--gpus", type=int, default=1)
    simulation.add_argument("--decode-images-s", type=float, metavar="R", help="of one core")
    simulation.add_argument("--cpu-images-s", type=float, metavar="R", help="of one core")
    simulation.add_argument("--gpu-images-s", type=float, metavar="R", help="of one GPU")


def simulate(arguments: argparse.Namespace) -> int:
    """Print the arithmetic; 2 where a rate is missing."""
    if arguments.decode_images_s is None or (
        arguments.gpu_images_s is None and arguments.cpu_images_s is None
    ):
        print(
            "needed: --decode-images-s, and --gpu-images-s or --cpu-images-s, as measured by this "
            "benchmark without --simulate"
        )
        return 2
    n_images = arguments.hours * 3600 * arguments.rate
    decode_h = n_images / arguments.decode_images_s / 3600
    print(f"{arguments.hours:,.0f} h of video at {arguments.rate:g} images a second")
    print(f"  images              {n_images:14,.0f}")
    print(f"  decoding            {decode_h:14,.1f} core-hours ({arguments.decode_images_s:g}/s)")
    if arguments.gpu_images_s is not None:
        _print_gpus(arguments, n_images, decode_h)
    if arguments.cpu_images_s is not None:
        _print_cores(arguments, n_images, decode_h)
    return 0


def _print_gpus(arguments: argparse.Namespace, n_images: float, decode_h: float) -> None:
    gpu_h = n_images / arguments.gpu_images_s / 3600
    decode_wall, gpu_wall = decode_h / arguments.cores, gpu_h / arguments.gpus
    print(f"  classifying         {gpu_h:14,.1f} GPU-hours ({arguments.gpu_images_s:g}/s)")
    bound = "decoding" if decode_wall > gpu_wall else "classifying"
    print(
        f"  with {arguments.cores} cores and {arguments.gpus} GPUs: "
        f"{max(decode_wall, gpu_wall):,.1f} h by the clock, bound by {bound} "
        f"(decoding {decode_wall:,.1f} h, classifying {gpu_wall:,.1f} h)"
    )
    print(
        f"  the bottleneck moves at {arguments.gpu_images_s / arguments.decode_images_s:,.1f} "
        "cores a GPU: fewer, and the GPU waits for them; more, and they wait for it"
    )


def _print_cores(arguments: argparse.Namespace, n_images: float, decode_h: float) -> None:
    cpu_h = n_images / arguments.cpu_images_s / 3600
    together = decode_h + cpu_h
    print(f"  or without a GPU    {cpu_h:14,.1f} core-hours ({arguments.cpu_images_s:g}/s a core)")
    print(
        f"  with {arguments.cores} cores for both: {together / arguments.cores:,.1f} h by the "
        f"clock, {cpu_h / together:.0%} of it classifying; "
        f"{together / _HOURS_PER_WEEKEND:,.0f} cores do it in a weekend of {_HOURS_PER_WEEKEND} h"
    )
