#!/usr/bin/env python
"""Whether the maps of a model lie on the tools, in rendered pictures whose tools' places are known.

.venv/bin/python scripts/judge_grad_cam.py
.venv/bin/python scripts/judge_grad_cam.py --model samples/model --scenes 24

By default the test images of samples/dataset are judged; with --scenes also pictures of one tool,
and of as many as recordings show, rendered anew from seeds that no training saw. In each picture
the peak of the map of each tool that is present is looked up in the renderer's own shapes:

box     within the box around the visible part of the tip
box+    within that box grown by a map cell of conv5, 32 px of 224, on each side
tip     on the visible silhouette of the tip
tool    on the visible silhouette of the tool, its shaft included
near    on that silhouette grown by half a cell, 16 px of 224: "the peak lies on the tool"
other   on the visible silhouette of another tool

Visible is what lies inside the field of view and under no other tool. The last lines say how often
a place drawn at random would do as well.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from rendering.dataset import one_tool_moments
from rendering.lens import pixels_from_view
from rendering.picture import PosedTool
from rendering.scene import Scene
from rendering.seeds import held_out_seeds
from rendering.shapes import after, silhouette

__all__ = ["KnownTool", "Share", "judge_peaks", "known_images", "peaks_of", "rendered_tools"]

ROOT = Path(__file__).parents[1]
SIZE_PX = (224, 224)
CELL_PX = 32
FIRST_SEED = 700_000
ONE_TOOL_STEP_S, STEP_S = 4.0, 12.0
"""Between two pictures of a scene; one of one tool shows each of them for 4 s."""
_COLUMNS = ("box", "box+", "tip", "tool", "near", "other")
_NAME = re.compile(r"scene(\d+)_t(\d+\.\d)")

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class KnownTool:
    """One tool that is present in one picture, and where it is."""

    image: NDArray[np.uint8]
    """(224, 224, 3) RGB."""
    tool: str
    tip_box: tuple[float, float, float, float]
    """(left, top, right, bottom) px of the visible part of the tip."""
    tip: Mask
    """(224, 224) its visible tip."""
    body: Mask
    """(224, 224) all of it that is visible, the tip and the shaft."""
    others: Mask
    """(224, 224) what is visible of other tools."""


@dataclass(frozen=True)
class Share:
    """Of how many tools the peak lies where it should, by each definition."""

    box: float
    box_and_cell: float
    tip: float
    tool: float
    near: float
    """The peak lies on the tool."""
    other: float


class PosedScene(Scene):
    """A scene that tells the shapes of its tools, pixel by pixel."""

    def silhouettes_at(self, time_s: float) -> dict[str, tuple[Mask, Mask]]:
        """Return for each tool in view its visible (tip, body)."""
        height, width = SIZE_PX
        aspect = self.lens.view.aspect
        x = ((np.arange(width) + 0.5) / width - 0.5)[None, :] * aspect
        y = ((np.arange(height) + 0.5) / height - 0.5)[:, None]
        uncovered = self.lens.view.depth(x, y) > 0
        visible: dict[str, tuple[Mask, Mask]] = {}
        for posed in reversed(self._posed_at(time_s)):
            tip, body = _filled(posed, aspect)
            visible[posed.tool.name] = (tip & uncovered, body & uncovered)
            uncovered &= ~body
        return visible


def _filled(posed: PosedTool, aspect: float) -> tuple[Mask, Mask]:
    """All that a tool's (tip, body) cover, seen or not."""
    tip, body = np.zeros(SIZE_PX, np.uint8), np.zeros(SIZE_PX, np.uint8)
    pixels = pixels_from_view(aspect, SIZE_PX)
    for piece, matrix in posed.parts:
        dots = after(pixels, matrix)
        silhouette(body, piece.polygons, dots)
        if piece.is_tip:
            silhouette(tip, piece.polygons, dots)
    return tip > 0, body > 0


def known_images(folder: Path) -> Iterator[KnownTool]:
    """Yield the images of <folder>/<tool>/sceneSEED_tSECONDS.jpg that show a tool."""
    for path in sorted(folder.glob("*/*.jpg")):
        match = _NAME.fullmatch(path.stem)
        if match is None:
            raise ValueError(f"{path} is not named as a rendered picture is")
        seed, time_s = int(match[1]), float(match[2])
        scene = PosedScene(seed, moments=one_tool_moments(seed), aspect=16 / 9)
        bgr = cv2.imread(str(path))
        if bgr is None:
            raise ValueError(f"{path} is no picture")
        yield from _known(scene, time_s, np.asarray(bgr[..., ::-1], np.uint8))


def rendered_tools(first_seed: int, n_scenes: int, *, one_tool: bool) -> Iterator[KnownTool]:
    """Yield pictures of new scenes, of one tool each or of as many as a recording shows."""
    for seed in held_out_seeds(first_seed, n_scenes):
        scene = PosedScene(seed, moments=one_tool_moments(seed) if one_tool else None)
        step_s = ONE_TOOL_STEP_S if one_tool else STEP_S
        for time_s in np.arange(step_s / 2, scene.duration_s, step_s).tolist():
            if any(scene.present_at(time_s)):
                yield from _known(scene, time_s, scene.render(time_s, SIZE_PX).image)


def _known(scene: PosedScene, time_s: float, image: NDArray[np.uint8]) -> Iterator[KnownTool]:
    visible = scene.silhouettes_at(time_s)
    for known in scene.render(time_s, SIZE_PX).tips:
        tip, body = visible[known.tool]
        others = np.zeros(SIZE_PX, np.bool_)
        for tool, (_, other) in visible.items():
            if tool != known.tool:
                others |= other
        yield KnownTool(image, known.tool, known.box, tip, body, others)


def peaks_of(
    model: Path, known: Sequence[KnownTool], *, layer: str = "conv4"
) -> list[tuple[int, int] | None]:
    """Ask a model folder for the peak of each tool in its picture, (x, y) px."""
    from classifier.explanation.grad_cam import load_grad_cam
    from classifier.explanation.overlay import Place, find_peak, spread_map

    grad_cam = load_grad_cam(model, layer=layer)  # type: ignore[arg-type]
    maps = grad_cam.explain(np.stack([one.image for one in known]))
    return [
        find_peak(
            spread_map(of_image[grad_cam.tools.index(one.tool)], Place.of_whole(one.image), SIZE_PX)
        )
        for one, of_image in zip(known, maps, strict=True)
    ]


def judge_peaks(known: Sequence[KnownTool], peaks: Sequence[tuple[int, int] | None]) -> Share:
    """Count how many peaks lie where they should; a map without one lies nowhere."""
    n_columns = len(fields(Share))
    hits = [
        _hits(one, *peak) if peak is not None else (False,) * n_columns
        for one, peak in zip(known, peaks, strict=True)
    ]
    return Share(*np.mean(np.array(hits, np.float64), axis=0).tolist())


def _hits(one: KnownTool, x: int, y: int) -> tuple[bool, ...]:
    left, top, right, bottom = one.tip_box
    far_x, far_y = max(left - x, x - right), max(top - y, y - bottom)
    from_body = cv2.distanceTransform(
        (~one.body).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE
    )
    return (
        max(far_x, far_y) <= 0,
        max(far_x, far_y) <= CELL_PX,
        bool(one.tip[y, x]),
        bool(one.body[y, x]),
        bool(from_body[y, x] <= CELL_PX / 2),
        bool(one.others[y, x]),
    )


def _at_random(n: int) -> list[tuple[int, int] | None]:
    places = np.random.default_rng(0).integers(0, SIZE_PX[0], (n, 2)).tolist()
    return [(x, y) for x, y in places]


def _print_share(name: str, share: Share) -> None:
    print(f"{name:16}" + "".join(f"{value:8.3f}" for value in astuple(share)))


def main() -> int:
    """Judge both layers on each set, print the shares."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path, default=ROOT / "samples" / "model")
    parser.add_argument("--images", type=Path, default=ROOT / "samples" / "dataset" / "test")
    parser.add_argument("--scenes", type=int, default=0, help="how many to render anew")
    arguments = parser.parse_args()
    sets = {arguments.images.name: list(known_images(arguments.images))}
    if arguments.scenes > 0:
        new = (FIRST_SEED, arguments.scenes)
        sets["one tool a picture"] = list(rendered_tools(*new, one_tool=True))
        sets["as in recordings"] = list(rendered_tools(*new, one_tool=False))
    for name, known in sets.items():
        print(f"{name}: {len(known)} tools in pictures")
        print(" " * 16 + "".join(f"{word:>8}" for word in _COLUMNS))
        for layer in ("conv5", "conv4"):
            _print_share(layer, judge_peaks(known, peaks_of(arguments.model, known, layer=layer)))
        often = [one for one in known for _ in range(200)]
        _print_share("at random", judge_peaks(often, _at_random(len(often))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
