"""Interlaced pictures made whole: the lines of the other field from before, after and around."""

from __future__ import annotations

from fractions import Fraction

import av
from av.filter import Graph
from av.video.frame import VideoFrame

__all__ = ["DEINTERLACING_RULE", "deinterlace"]

DEINTERLACING_RULE = "bwdif"
"""FFmpeg's filter of that name: one picture for each frame, at the time of its first field."""


_ANY_TIME_BASE = Fraction(1, 90000)
"""The filter asks for one; of the times it only wants that they rise."""


def deinterlace(
    before: VideoFrame | None, frame: VideoFrame, after: VideoFrame | None
) -> VideoFrame:
    """Replace the second field of ``frame`` by lines of the first field's time.

    The frames shown before and after it tell what moves; None at the recording's ends, or where a
    frame of another size or format is the neighbour. The same three frames give the same picture,
    however much of the recording was decoded.

    Raises ``av.FFmpegError`` where the filter does not know the pixel format.
    """
    before, after = (other if _is_alike(other, frame) else None for other in (before, after))
    given = [other for other in (before, frame, after) if other is not None]
    graph = _graph_for(frame)
    pictures: list[VideoFrame] = []
    for other in given:
        graph.vpush(other)
        pictures += _pulled(graph)
    graph.vpush(None)
    pictures += _pulled(graph)
    return pictures[0 if before is None else 1]


def _graph_for(frame: VideoFrame) -> Graph:
    graph = Graph()
    graph.threads = 1
    source = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=_ANY_TIME_BASE
    )
    graph.link_nodes(
        source,
        graph.add("bwdif", "mode=send_frame:parity=auto:deint=all"),
        graph.add("buffersink"),
    ).configure()
    return graph


def _is_alike(other: VideoFrame | None, frame: VideoFrame) -> bool:
    return other is not None and (other.width, other.height, other.format.name) == (
        frame.width,
        frame.height,
        frame.format.name,
    )


def _pulled(graph: Graph) -> list[VideoFrame]:
    pictures = []
    while True:
        try:
            pictures.append(graph.vpull())
        except (av.BlockingIOError, av.EOFError):
            return pictures
