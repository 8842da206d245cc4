"""From textures and posed tools to an evenly lit picture: ground, shadows, then tool upon tool."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from rendering.bag import lay
from rendering.camera import Camera
from rendering.chance import Image
from rendering.choreography import Pose
from rendering.lens import pixels_from_view
from rendering.shapes import Piece, after, draw, silhouette
from rendering.tissue import Texture
from rendering.tools import Tool

__all__ = ["PosedTool", "cast_shadows", "paint_tool", "photograph", "pose_tool"]

SHADOW_ROWS = 60
SHADOW_SHIFT = (0.035, 0.045)
"""Where a tool's shadow falls beside it, in view heights."""
SHUTTER_S = 1 / 60


@dataclass(frozen=True, eq=False)
class PosedTool:
    """One tool where it is at one time."""

    tool: Tool
    parts: tuple[tuple[Piece, NDArray[np.float64]], ...]
    """Each piece with the (2, 3) matrix that moves it into view coordinates, in drawing order."""
    velocity: tuple[float, float]
    """View heights a second."""


def pose_tool(tool: Tool, pose: Pose) -> PosedTool:
    """Return the tool's pieces moved into the view."""
    cos, sin = np.cos(pose.angle), np.sin(pose.angle)
    turned = tool.width * np.array([[cos, -sin], [sin, cos]])
    origin = np.asarray(pose.middle) - turned @ (tool.middle, 0.0)
    placed = np.column_stack([turned, origin])
    return PosedTool(
        tool,
        tuple((piece, after(placed, _own_move(piece, pose))) for piece in tool.pieces),
        pose.velocity,
    )


def _own_move(piece: Piece, pose: Pose) -> NDArray[np.float64]:
    """Return how a piece moves upon its tool: jaws swing, and look narrower when turned."""
    angle = piece.swing * pose.opening
    cos, sin = np.cos(angle), np.sin(angle)
    across = pose.turn if piece.is_tip else 1.0
    return np.array(
        [[cos, -sin, 0.0], [across * sin, across * cos, across * piece.spread * pose.opening]]
    )


def photograph(
    texture: Texture, camera: Camera, aspect: float, time_s: float, size_px: tuple[int, int]
) -> Image:
    """Return the (h, w, 3) RGB ground with its wet glints, evenly lit."""
    side_px = texture.colour.shape[0]
    height, width = size_px
    view = np.linalg.inv(np.vstack([pixels_from_view(aspect, size_px), [0, 0, 1]]))[:2]
    move = after(camera.texture_from_view(time_s, side_px), view)
    colour = _taken(texture.colour, move, (width, height))
    # The mirrored lamp moves with the camera: glints slide a little over the tissue.
    move[:, 2] += side_px * 0.004 * np.sin(time_s * np.array([1.1, 1.7]))
    glints = _taken(texture.glints, move, (width, height))
    return np.asarray(cv2.add(colour, cv2.merge([glints, glints, glints])), np.uint8)


def _taken(texture: Image, move: NDArray[np.float64], size: tuple[int, int]) -> Image:
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(
        cv2.warpAffine(texture, move, size, flags=flags, borderMode=cv2.BORDER_REFLECT), np.uint8
    )


def cast_shadows(image: Image, tools: list[PosedTool], aspect: float) -> Image:
    """Return the picture darkened where the tools stand between tissue and lamp."""
    rows, columns = SHADOW_ROWS, round(SHADOW_ROWS * aspect)
    shade = np.zeros((rows, columns), np.float32)
    pixels = pixels_from_view(aspect, (rows, columns))
    pixels[:, 2] += np.multiply(SHADOW_SHIFT, rows)
    for posed in tools:
        for piece, matrix in posed.parts:
            silhouette(shade, piece.polygons, after(pixels, matrix))
    soft = 1 - 0.5 * np.asarray(cv2.GaussianBlur(shade, (0, 0), 0.022 * rows), np.float32)
    large = cv2.resize(soft, (image.shape[1], image.shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(
        cv2.multiply(image, cv2.merge([large, large, large]), dtype=cv2.CV_8U), np.uint8
    )


def paint_tool(image: Image, posed: PosedTool, aspect: float) -> Image:
    """Return the picture with the tool upon it, smeared along its way when it moves fast."""
    pixels = pixels_from_view(aspect, (image.shape[0], image.shape[1]))
    with_tool = image.copy()
    if posed.tool.bag is not None:
        with_tool = lay(with_tool, posed.tool.bag, after(pixels, posed.parts[0][1]))
    else:
        for piece, matrix in posed.parts:
            draw(with_tool, piece.polygons, after(pixels, matrix))
    way = SHUTTER_S * (pixels[:, :2] @ np.asarray(posed.velocity))
    return _smeared(image, with_tool, way) if np.hypot(*way) > 1.5 else with_tool


def _smeared(before: Image, with_tool: Image, way_px: NDArray[np.float64]) -> Image:
    """Blur only what the tool changed, along the way that it went while the shutter was open."""
    reach = int(np.ceil(np.abs(way_px).max() / 2))
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
    end = np.round(way_px / 2 * 16).astype(int)
    middle = np.array([reach * 16, reach * 16])
    cv2.line(kernel, (middle - end).tolist(), (middle + end).tolist(), 1.0, 1, cv2.LINE_AA, 4)
    change = cv2.subtract(with_tool, before, dtype=cv2.CV_32F)
    smeared = cv2.filter2D(change, -1, kernel / kernel.sum())
    return np.asarray(cv2.add(before, smeared, dtype=cv2.CV_8U), np.uint8)
