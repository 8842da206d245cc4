"""Packets to frames: a damaged packet costs its own frames and never the rest.

Decoding several frames at a time is fast, but FFmpeg then reports damage late or not at all,
conceals it differently from run to run and, through PyAV, gives up the last frames of a cut file.
So the fast decoder is told to fail on any damage; at its first failure a careful one, without
threads, takes over from a key frame before it. What was given by then was undamaged, except that a
frame may lean on a damaged one that is shown after it.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable

import av
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from video_pipeline.frames.container.decoders import set_up_decoder
from video_pipeline.frames.container.demuxing import VideoPacket

__all__ = ["PacketDecoder"]

_MOST_IN_FLIGHT = 40
"""Packets in a decoder at once: one for each thread, and those that wait for their order."""
_MOST_KEPT_BYTES = 64 * 2**20


class PacketDecoder:
    """Decodes the packets of one stream; counts what was damaged instead of raising.

    ``context`` is the stream's unopened decoder, and ``another`` makes a second one like it.
    ``n_threads``: 0 for as many as help; 1 decodes carefully from the start.
    """

    def __init__(
        self,
        context: VideoCodecContext,
        *,
        another: Callable[[], VideoCodecContext],
        n_threads: int = 0,
    ) -> None:
        self._context: VideoCodecContext | None = context
        self._another = another
        self._is_careful = n_threads == 1
        set_up_decoder(context, n_threads=n_threads, is_careful=self._is_careful)
        self._kept = _KeptPackets()
        self._given: Counter[int | None] = Counter()
        self.n_packets = 0
        """Packets that are meant to be shown."""
        self.n_frames = 0
        """Frames that came out, damaged ones included."""
        self.n_failed = 0
        """Packets that could not be decoded."""
        self.failed: list[int] = []
        """Their timestamps; whoever wants to know takes them out."""

    def decode(self, packet: VideoPacket) -> list[VideoFrame]:
        """Frames that this packet makes available, mostly those of packets before it."""
        self.n_packets += not packet.is_discard
        frames = self._carefully(packet) if self._is_careful else self._fast(packet)
        self.n_frames += len(frames)
        return frames

    def drain(self) -> list[VideoFrame]:
        """Frames that are still in the decoder when there are no more packets."""
        frames = self._carefully(None) if self._is_careful else self._fast_to_the_end()
        self.n_frames += len(frames)
        return frames

    def let_go(self) -> None:
        """Give up the decoder and what it holds; the counts stay."""
        self._context = None
        self._kept = _KeptPackets()

    def _decoder(self) -> VideoCodecContext:
        if self._context is None:
            raise RuntimeError("the decoder was given up")
        return self._context

    def _fast(self, packet: VideoPacket) -> list[VideoFrame]:
        self._kept.add(packet)
        if packet.pts is None or self._kept.is_full:
            # Without its time a frame cannot be told from one that was given already, and without
            # a key frame at hand nothing can take over later.
            return self._take_over()
        frames = self._undamaged(packet)
        return self._take_over() if frames is None else frames

    def _fast_to_the_end(self) -> list[VideoFrame]:
        frames = self._undamaged(None) or []
        # PyAV is silent about an error behind a frame, and leaves the rest in the decoder.
        if self._kept.are_all_given:
            return frames
        return frames + self._take_over() + self._carefully(None)

    def _undamaged(self, packet: VideoPacket | None) -> list[VideoFrame] | None:
        try:
            frames = self._decoder().decode(packet)
        except av.FFmpegError:
            return None
        if any(frame.is_corrupt for frame in frames):
            return None
        self._kept.give(frames)
        return frames

    def _take_over(self) -> list[VideoFrame]:
        """Decode what is kept once more, carefully, for the frames that have not been given."""
        kept, self._kept = self._kept, _KeptPackets()
        self._given = kept.given
        self._is_careful = True
        self._context = context = self._another()
        set_up_decoder(context, n_threads=1, is_careful=True)
        return [frame for packet in kept.packets for frame in self._carefully(packet)]

    def _carefully(self, packet: VideoPacket | None) -> list[VideoFrame]:
        try:
            frames = self._decoder().decode(packet)
        except av.FFmpegError:
            self._note_failure(packet)
            return []
        return [frame for frame in frames if not self._was_given(frame)]

    def _note_failure(self, packet: VideoPacket | None) -> None:
        if packet is not None and self._given[packet.pts] == 0:
            self.n_failed += 1
            if packet.pts is not None:
                self.failed.append(packet.pts)

    def _was_given(self, frame: VideoFrame) -> bool:
        if self._given[frame.pts] == 0:
            return False
        self._given[frame.pts] -= 1
        return True


class _KeptPackets:
    """The packets from a key frame before the frame given last on, and whose frames were given."""

    def __init__(self) -> None:
        self.packets: deque[VideoPacket] = deque()
        self.given: Counter[int | None] = Counter()
        """How many frames with this time were given."""
        self._awaited: Counter[int | None] = Counter()
        self._group_sizes: deque[int] = deque()
        self._n_bytes = 0

    @property
    def is_full(self) -> bool:
        """Whether no key frame came for so long that memory would be wasted on waiting for one."""
        return self._n_bytes > _MOST_KEPT_BYTES and len(self.packets) > 2 * _MOST_IN_FLIGHT

    @property
    def are_all_given(self) -> bool:
        """Whether every packet that is meant to be shown has given its frame."""
        return self._awaited.total() == 0

    def add(self, packet: VideoPacket) -> None:
        if packet.is_keyframe or not self._group_sizes:
            self._group_sizes.append(0)
        self.packets.append(packet)
        self._group_sizes[-1] += 1
        self._n_bytes += packet.size
        if not packet.is_discard:
            self._awaited[packet.pts] += 1
        while self._is_first_group_spare():
            self._drop_first_group()

    def give(self, frames: list[VideoFrame]) -> None:
        for frame in frames:
            if self._awaited[frame.pts] > 0:
                self._awaited[frame.pts] -= 1
                self.given[frame.pts] += 1

    def _is_first_group_spare(self) -> bool:
        # Leading pictures lean on the group before their key frame: two groups, if not too large.
        if len(self._group_sizes) < 2:
            return False
        if len(self.packets) - self._group_sizes[0] < _MOST_IN_FLIGHT:
            return False
        return len(self._group_sizes) > 2 or self._n_bytes > _MOST_KEPT_BYTES

    def _drop_first_group(self) -> None:
        for _ in range(self._group_sizes.popleft()):
            packet = self.packets.popleft()
            self._n_bytes -= packet.size
            for counts in (self.given, self._awaited):
                counts[packet.pts] -= 1
                if counts[packet.pts] <= 0:
                    del counts[packet.pts]
