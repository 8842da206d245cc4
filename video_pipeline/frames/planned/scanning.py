"""One pass over a recording's packets without decoding: when each is shown, where one may start.

A few bytes are kept of a packet, and only for as long as a chunk of them is at work: the pass over
twelve hours takes no more memory than that over a minute.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from video_pipeline.frames.container.demuxing import PacketSource
from video_pipeline.frames.planned.access_points import AccessRule

__all__ = ["CannotPlanError", "PacketChunk", "PacketScan"]

_CHUNK = 8192


class CannotPlanError(Exception):
    """The timestamps of a recording do not say what is shown when; the text says why."""


@dataclass(frozen=True, eq=False)
class PacketChunk:
    """Consecutive packets, in the order in which they are decoded."""

    first: int
    """Number of the first one within the recording."""
    pts: NDArray[np.int64]
    """(n,) in units of the stream's time base."""
    is_shown: NDArray[np.bool_]
    """(n,) False for what an edit list hides."""
    is_access: NDArray[np.bool_]
    """(n,) whether decoding may start there."""


class PacketScan:
    """Reads every packet of a source once."""

    def __init__(self, source: PacketSource, rule: AccessRule, *, stores_dts: bool) -> None:
        """``stores_dts``: whether times of decoding are the container's own, not FFmpeg's guess."""
        self._source = source
        self._stores_dts = stores_dts
        self._rule = rule
        self.n_packets = 0
        self.has_sublayers = False
        """Whether HEVC pictures of several temporal sub-layers were met."""

    def chunks(self) -> Iterator[PacketChunk]:
        """All packets, some thousands at a time.

        Raises ``CannotPlanError`` where a timestamp is missing, decoding times do not rise, or the
        container is damaged, and ``RecordingError`` where the video is encrypted.
        """
        pts: list[int] = []
        flags: list[tuple[bool, bool]] = []
        last_dts: int | None = None
        watches_layers = self._rule.codec == "hevc"
        for packet in self._source.packets():
            if packet.pts is None:
                raise CannotPlanError("there are frames without a time")
            if self._stores_dts and packet.dts is not None:
                if last_dts is not None and packet.dts <= last_dts:
                    raise CannotPlanError("its clock runs backwards or stands still")
                last_dts = packet.dts
            if packet.is_corrupt:
                raise CannotPlanError("the container is damaged")
            is_access = packet.is_keyframe and self._rule.is_access(memoryview(packet))
            if watches_layers and not self.has_sublayers:
                self.has_sublayers = self._rule.has_sublayer(memoryview(packet))
            pts.append(packet.pts)
            flags.append((not packet.is_discard, is_access))
            if len(pts) == _CHUNK:
                yield self._chunk(pts, flags)
                pts, flags = [], []
        if self._source.n_errors > 0 or self._source.ends_in_damage:
            raise CannotPlanError("the container is damaged")
        if self._source.goes_on_elsewhere:
            raise CannotPlanError("its picture goes on in another stream")
        if pts:
            yield self._chunk(pts, flags)

    def _chunk(self, pts: list[int], flags: list[tuple[bool, bool]]) -> PacketChunk:
        shown, access = np.array(flags, dtype=np.bool_).T
        first = self.n_packets
        self.n_packets += len(pts)
        return PacketChunk(first, np.array(pts, dtype=np.int64), shown, access)
