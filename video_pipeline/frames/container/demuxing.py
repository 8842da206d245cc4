"""A container's packets of one stream, past damage, up to where the file really ends."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias, cast

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from video_pipeline.errors import RecordingError

__all__ = ["PacketSource", "VideoPacket"]

# PyAV's packets are generic for type checkers only.
VideoPacket: TypeAlias = "Packet[VideoStream]"

_MOST_ERRORS_IN_A_ROW = 1000
"""A file that was cut may give one for every packet that its index still promises."""

_MOST_READINGS = 4
"""An mp4 whose packets hold its bytes this many times over repeats them, by its edit list."""

_TRANSPORT_PACKET_BYTES = (188, 192, 204)
"""Plain (ISO 13818-1), with a time code (Blu-ray, AVCHD), with error correction (DVB)."""

_TIME_CODE_BYTES = {192: 4}


class PacketSource:
    """Reads packets, and knows at the end whether the file stopped in the middle of one."""

    def __init__(
        self, path: str | os.PathLike[str], container: InputContainer, stream: VideoStream
    ) -> None:
        self._path = path
        self._container = container
        self._stream = stream
        self.n_read = 0
        self.last_pts: int | None = None
        """Timestamp of the packet read last."""
        self.n_errors = 0
        """Times that reading failed and was taken up again behind the damage."""
        self.ends_in_damage = False
        """Whether the last packet read so far was broken, or nothing could be read after it."""
        self.is_repeating = False
        """Whether reading was given up, because the index shows the same packets over and over."""
        self._last_position = 0
        self._first_of_others: dict[int, int] = {}
        self._n_bytes = 0
        is_indexed = container.format.name.startswith("mov,")
        self._most_bytes = _MOST_READINGS * container.size if is_indexed else None

    @property
    def goes_on_elsewhere(self) -> bool:
        """Whether another video stream of the file begins where this one ends."""
        return any(first > self._last_position for first in self._first_of_others.values())

    def packets(self) -> Iterator[VideoPacket]:
        """Every packet of the stream that holds data.

        Raises ``RecordingError`` at the first encrypted packet: its frames would be noise.
        """
        n_errors_in_a_row = 0
        watched = self._watched_streams()
        while n_errors_in_a_row < _MOST_ERRORS_IN_A_ROW:
            try:
                for packet in cast("Iterator[VideoPacket]", self._container.demux(*watched)):
                    if packet.size == 0 or (len(watched) > 1 and self._is_of_another(packet)):
                        continue
                    n_errors_in_a_row = 0
                    self._require_clear(packet)
                    self.n_read += 1
                    self.last_pts = packet.pts
                    self.ends_in_damage = packet.is_corrupt
                    if self._repeats(packet):
                        self.is_repeating = self.ends_in_damage = True
                        return
                    yield packet
            except av.FFmpegError:
                self.n_errors += 1
                n_errors_in_a_row += 1
                self.ends_in_damage = True
            except IndexError:
                # At its end PyAV stumbles over a stream that turned up in the middle of the file.
                break
            else:
                break
        self.ends_in_damage |= self._ends_in_part_of_a_transport_packet()

    def _repeats(self, packet: VideoPacket) -> bool:
        self._n_bytes += packet.size
        return self._most_bytes is not None and self._n_bytes > self._most_bytes

    def _watched_streams(self) -> list[VideoStream]:
        # A transport stream may move its picture to another identifier; others say all beforehand.
        is_transport = self._container.format.name == "mpegts"
        return list(self._container.streams.video) if is_transport else [self._stream]

    def _is_of_another(self, packet: VideoPacket) -> bool:
        position = packet.pos or 0
        if packet.stream.index == self._stream.index:
            self._last_position = max(self._last_position, position)
            return False
        self._first_of_others.setdefault(packet.stream.index, position)
        return True

    def _ends_in_part_of_a_transport_packet(self) -> bool:
        if self._container.format.name != "mpegts":
            return False
        if not all(self._container.size % size for size in _TRANSPORT_PACKET_BYTES):
            return False
        # It may just as well have begun in the middle of one.
        return self._container.file is not None or not _ends_with_a_whole_packet(self._container)

    def _require_clear(self, packet: VideoPacket) -> None:
        if packet.has_sidedata("encryption_info"):
            raise RecordingError(
                self._path,
                "the video is encrypted",
                hint="export it without protection from the recorder's own software",
            )


def _ends_with_a_whole_packet(container: InputContainer) -> bool:
    """Whether the last bytes of a transport stream are packets, counted from its end."""
    n = 4
    with Path(container.name.removeprefix("file:")).open("rb") as file:
        file.seek(max(0, container.size - n * max(_TRANSPORT_PACKET_BYTES)))
        tail = file.read()
    return any(
        all(tail[-k * size + _TIME_CODE_BYTES.get(size, 0) :][:1] == b"\x47" for k in range(1, n))
        for size in _TRANSPORT_PACKET_BYTES
    )
