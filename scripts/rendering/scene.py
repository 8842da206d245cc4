"""A scene: one patient, one endoscope, one set of tools, seen at any time and any size."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil

from rendering.camera import Camera, build_camera
from rendering.chance import Image
from rendering.choreography import pose_at, uses_of
from rendering.lens import Plate, build_lens, build_plate, see
from rendering.outside import paint_outside
from rendering.picture import PosedTool, cast_shadows, paint_tool, photograph, pose_tool
from rendering.plans import Moment, balanced_plan
from rendering.tissue import Texture, paint_tissue
from rendering.tools import TOOLS, Tool, build_tool
from rendering.visibility import Sight, build_raster, sights

__all__ = ["RenderedFrame", "Scene", "TipInPixels"]

BALANCED_S = 96.0
"""How long a scene lasts if it was given no moments."""
TEXTURE_PER_VIEW = 2.0
"""Texture pixels along a side for each pixel of the view's height."""


@dataclass(frozen=True)
class TipInPixels:
    """Where the visible part of a tool's tip lies in an image."""

    tool: str
    centre: tuple[float, float]
    """(x, y) px."""
    box: tuple[float, float, float, float]
    """(left, top, right, bottom) px."""


@dataclass(frozen=True, eq=False)
class RenderedFrame:
    """One image and what is known about it."""

    image: Image
    """(h, w, 3) RGB."""
    present: tuple[bool, ...]
    """One for each of TOOLS."""
    tips: tuple[TipInPixels, ...]
    """One for each tool that is present."""


class Scene:
    """Everything that a seed determines; textures are painted when first needed, then kept."""

    def __init__(
        self,
        seed: int,
        *,
        moments: list[Moment] | None = None,
        aspect: float | None = None,
    ) -> None:
        """Set a scene up; what is None is drawn from the seed, the moments by a balanced plan."""
        self.seed = seed
        self.lens = build_lens(seed, aspect=aspect)
        self.moments = balanced_plan(seed, BALANCED_S) if moments is None else moments
        self.uses = uses_of(seed, self.moments, self.lens.view)
        self._raster = build_raster(self.lens.view)
        self._cameras: dict[int, Camera] = {}
        self._textures: dict[tuple[int, str, int], Texture] = {}
        self._tools: dict[str, Tool] = {}
        self._plates: dict[tuple[int, int], Plate] = {}

    @property
    def duration_s(self) -> float:
        """When the last moment ends."""
        return self.moments[-1].end_s

    def render(self, time_s: float, size_px: tuple[int, int]) -> RenderedFrame:
        """Return the frame at a time, squashed into a (height, width) image.

        It depends on the scene and the time alone, not on what was rendered before.
        """
        moment, view = self._moment_at(time_s)
        aspect = self.lens.view.aspect
        posed = self._posed_at(time_s)
        texture = self._texture(moment.place, view, _texture_side(size_px))
        image = photograph(texture, self._camera(view), aspect, time_s, size_px)
        if posed:
            image = cast_shadows(image, posed, aspect)
        for tool in posed:
            image = paint_tool(image, tool, aspect)
        smoky = moment.place == "inside"
        image = see(image, self.lens, self._plate(size_px), time_s, smoky=smoky)
        present = [sight for sight in sights(posed, self._raster) if sight.is_present]
        return RenderedFrame(
            image=image,
            present=_columns(present),
            tips=tuple(_in_pixels(sight, aspect, size_px) for sight in present),
        )

    def sights_at(self, time_s: float) -> list[Sight]:
        """Return how much of each tool can be seen at a time, without rendering it."""
        return sights(self._posed_at(time_s), self._raster)

    def present_at(self, time_s: float) -> tuple[bool, ...]:
        """Return for each of TOOLS whether it is visible at a time."""
        return _columns([sight for sight in self.sights_at(time_s) if sight.is_present])

    def _moment_at(self, time_s: float) -> tuple[Moment, int]:
        """Return the moment, and how often the camera was out of the body before."""
        view = 0
        for moment in self.moments:
            if time_s < moment.end_s:
                return moment, view
            view += moment.place != "inside"
        return self.moments[-1], view

    def _posed_at(self, time_s: float) -> list[PosedTool]:
        """Return the tools near the field of view, from the back of the picture to its front."""
        moment, view = self._moment_at(time_s)
        if moment.place != "inside":
            return []
        jerk_x, jerk_y = self._camera(view).jerk_at(time_s).tolist()
        posed = []
        for use in self.uses:
            pose = pose_at(use, time_s)
            if pose is not None:
                x, y = pose.middle
                pose = replace(pose, middle=(x + jerk_x, y + jerk_y))
                posed.append(pose_tool(self._tool(use.tool), pose))
        return posed

    def _camera(self, view: int) -> Camera:
        if view not in self._cameras:
            self._cameras[view] = build_camera(self.seed, view, self.duration_s)
        return self._cameras[view]

    def _texture(self, place: str, view: int, side_px: int) -> Texture:
        key = (view, place, side_px)
        if key not in self._textures:
            self._textures[key] = (
                paint_tissue(self.seed, view, side_px=side_px)
                if place == "inside"
                else paint_outside(self.seed, view, place)
            )
        return self._textures[key]

    def _tool(self, name: str) -> Tool:
        if name not in self._tools:
            self._tools[name] = build_tool(self.seed, name)
        return self._tools[name]

    def _plate(self, size_px: tuple[int, int]) -> Plate:
        if size_px not in self._plates:
            self._plates[size_px] = build_plate(self.lens, size_px)
        return self._plates[size_px]


def _texture_side(size_px: tuple[int, int]) -> int:
    """Return the side of a texture about as fine as the image."""
    finest = max(size_px[0], size_px[1] * 9 / 16)
    return 64 * ceil(TEXTURE_PER_VIEW * finest / 64)


def _columns(present: list[Sight]) -> tuple[bool, ...]:
    names = {sight.tool for sight in present}
    return tuple(tool in names for tool in TOOLS)


def _in_pixels(sight: Sight, aspect: float, size_px: tuple[int, int]) -> TipInPixels:
    height, width = size_px

    def x_px(x: float) -> float:
        return (x / aspect + 0.5) * width - 0.5

    def y_px(y: float) -> float:
        return (y + 0.5) * height - 0.5

    left, top, right, bottom = sight.box
    return TipInPixels(
        tool=sight.tool,
        centre=(x_px(sight.centre[0]), y_px(sight.centre[1])),
        box=(x_px(left), y_px(top), x_px(right), y_px(bottom)),
    )
