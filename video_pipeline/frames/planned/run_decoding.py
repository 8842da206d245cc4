"""A reading plan carried out: each run decoded, checked, and done again carefully where it fails.

The decoder is told to fail on any damage. A run (see ``planning``) whose frames do not all come
back whole is decoded once more from its first packet, every frame of it, one by one, without
threads: then damage costs what it must, and the frame on display is the last one that could be
decoded. So a plan is never silently wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import av
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from video_pipeline.frames.container.decoders import set_up_decoder
from video_pipeline.frames.container.demuxing import VideoPacket
from video_pipeline.frames.pictures.decoded import DecodedPicture
from video_pipeline.frames.planned.planning import NOBODY, ReadingPlan, Run
from video_pipeline.frames.planned.run_samples import RunSamples

__all__ = ["Numbered", "PlannedDecoder"]

_MOST_KEPT_BYTES = 64 * 2**20
_MOST_VAIN_TRIES = 3
"""Runs that failed although nothing is damaged, after which no other is tried the fast way."""

_THE_END = (-1, None)
_STRICT, _PATIENT = "strict", "patient"

Numbered = Iterator[tuple[int, VideoPacket]]
"""Packets with their numbers within the recording."""
Given = tuple[int, DecodedPicture]


class PlannedDecoder:
    """Gives the samples of plans in their order; counts what is damaged instead of raising."""

    def __init__(
        self,
        stretches: Sequence[ReadingPlan],
        *,
        packets: Numbered,
        packets_again: Callable[[], Iterator[VideoPacket]],
        context: VideoCodecContext,
        new_context: Callable[[], VideoCodecContext],
        is_open_access: Callable[[VideoPacket], bool],
        n_threads: int,
        skips_non_references: bool,
        with_neighbours: bool,
    ) -> None:
        """``stretches``: parts of one plan, in order; what one has taught is forgotten in the next.

        ``packets`` are the recording's, with their numbers, from the first that is wanted or from
        further back; ``packets_again`` reads all of them anew.

        ``context`` is an unopened decoder of the stream, ``new_context`` makes another one.
        ``is_open_access``: whether a run that begins with this packet cannot be told from damage by
        a decoder that fails on any.
        """
        self._stretches = stretches
        self._packets = packets
        self._packets_again = packets_again
        self._new_context = new_context
        self._skips = skips_non_references
        self._is_open_access = is_open_access
        self._with_neighbours = with_neighbours
        set_up_decoder(context, n_threads=n_threads, is_careful=False)
        self._contexts = {_STRICT: context}
        self._n_vain = 0
        self.n_decoded = 0
        """Frames that came out of the decoder, damaged ones included."""
        self.n_corrupt = 0
        self.n_lost = 0
        """Packets that should have given a frame and gave none."""
        self.n_repeated = 0
        """Runs that were decoded in full."""
        self.lost: list[int] = []
        """Numbers of the sampling times that nothing could be shown for."""
        self.damaged: list[int] = []
        """Timestamps of frames that are damaged or could not be decoded."""

    def samples(self) -> Iterator[Given]:
        """(number of the sampling time, picture) for each sample that could be had."""
        for plan in self._stretches:
            self._n_vain = 0
            for run in plan.runs:
                yield from self._decode(run, plan)

    def _decode(self, run: Run, plan: ReadingPlan) -> Iterator[Given]:
        samples = RunSamples(plan, run, with_neighbours=self._with_neighbours)
        kept = _KeptPackets()
        if self._n_vain < _MOST_VAIN_TRIES:
            yield from self._decode_fast(run, self._packets, samples, kept)
        if not samples.are_all_given:
            yield from self._decode_carefully(run, self._packets, samples, kept)

    def let_go(self) -> None:
        """Give up the decoders and the pictures they hold; the counts stay."""
        self._contexts.clear()

    def _decode_fast(
        self, run: Run, packets: Numbered, samples: RunSamples, kept: _KeptPackets
    ) -> Iterator[Given]:
        """Decode what is wanted and what it leans on; stop at the first sign of damage."""
        n_frames = 0
        attempt: _Attempt | None = None
        for number, packet in chain(_within(run, packets), [_THE_END]):
            if packet is not None:
                kept.add(number, packet)
                attempt = attempt or self._begin(packet, samples.wanted)
            frames = attempt.decode(packet) if attempt is not None else None
            if frames is None:
                break
            for frame in frames:
                n_frames += 1
                yield from samples.match(frame)
        if attempt is not None:
            attempt.context.flush_buffers()
        if samples.are_all_given:
            self.n_decoded += n_frames

    def _begin(self, first: VideoPacket, wanted: set[int]) -> _Attempt:
        is_open = self._is_open_access(first)
        return _Attempt(
            context=self._patient_decoder() if is_open else self._contexts[_STRICT],
            first_pts=first.pts,
            wanted=wanted,
            skips_non_references=self._skips,
            drops_leading=not is_open,
        )

    def _decode_carefully(
        self, run: Run, packets: Numbered, samples: RunSamples, kept: _KeptPackets
    ) -> Iterator[Given]:
        self.n_repeated += 1
        from_start = enumerate(self._packets_again())
        again: Numbered = chain(kept.packets, packets) if kept.is_complete else from_start
        damage = _Damage()
        yield from samples.match_every(self._every_frame(run, again, damage))
        self.lost += [number for number in samples.lost if number != NOBODY]
        self.n_decoded += damage.n_frames
        self.n_corrupt += damage.n_corrupt
        self.n_lost += damage.n_lost
        self.damaged += damage.pts
        self._n_vain += not damage.is_any

    def _patient_decoder(self) -> VideoCodecContext:
        """One that conceals damage and says so; made when it is needed."""
        if _PATIENT not in self._contexts:
            self._contexts[_PATIENT] = context = self._new_context()
            set_up_decoder(context, n_threads=1, is_careful=True)
        return self._contexts[_PATIENT]

    def _every_frame(self, run: Run, packets: Numbered, damage: _Damage) -> Iterator[VideoFrame]:
        """Each frame of a run that can be decoded, damaged ones included."""
        context = self._patient_decoder()
        context.skip_frame = "DEFAULT"
        first_pts: int | None = None
        for _, packet in _within(run, packets):
            if first_pts is None:
                first_pts = packet.pts
            damage.n_shown += not packet.is_discard and not _is_before(packet.pts, first_pts)
            yield from damage.watched(context, packet)
        yield from damage.watched(context, None)
        context.flush_buffers()


@dataclass(frozen=True, eq=False)
class _Attempt:
    """One run on its way through a decoder, as long as nothing is wrong with it."""

    context: VideoCodecContext
    first_pts: int | None
    wanted: set[int]
    skips_non_references: bool
    drops_leading: bool

    def decode(self, packet: VideoPacket | None) -> list[VideoFrame] | None:
        """The frames that a packet makes available, the rest for None; None if damaged."""
        if packet is not None:
            if self.drops_leading and _is_before(packet.pts, self.first_pts):
                return []
            is_spare = self.skips_non_references and packet.pts not in self.wanted
            self.context.skip_frame = "NONREF" if is_spare else "DEFAULT"
        try:
            frames = self.context.decode(packet)
        except av.FFmpegError:
            return None
        # Leading pictures lean on what was dropped before the run: nobody wants them.
        shown = [frame for frame in frames if not _is_before(frame.pts, self.first_pts)]
        return None if any(frame.is_corrupt for frame in shown) else shown


class _Damage:
    """Counts what goes wrong while a run is decoded in full."""

    def __init__(self) -> None:
        self.n_shown = 0
        """Packets that are meant to be shown."""
        self.n_frames = 0
        self.n_corrupt = 0
        self.n_failed = 0
        self.pts: list[int] = []

    @property
    def is_any(self) -> bool:
        """Whether something was damaged at all."""
        return self.n_failed > 0 or self.n_corrupt > 0

    @property
    def n_lost(self) -> int:
        """Packets that gave no frame; without damage, two of them may just make one frame."""
        return max(self.n_failed, self.n_shown - self.n_frames) if self.is_any else 0

    def watched(self, context: VideoCodecContext, packet: VideoPacket | None) -> list[VideoFrame]:
        """Decode, and take note."""
        try:
            frames = context.decode(packet)
        except av.FFmpegError:
            if packet is not None:
                self.n_failed += 1
                self._note(packet.pts)
            return []
        self.n_frames += len(frames)
        for frame in frames:
            if frame.is_corrupt:
                self.n_corrupt += 1
                self._note(frame.pts)
        return frames

    def _note(self, pts: int | None) -> None:
        if pts is not None:
            self.pts.append(pts)


class _KeptPackets:
    """A run's packets so far, unless they are too many to be kept."""

    def __init__(self) -> None:
        self.packets: list[tuple[int, VideoPacket]] = []
        self.is_complete = True
        self._n_bytes = 0

    def add(self, number: int, packet: VideoPacket) -> None:
        if not self.is_complete:
            return
        self.packets.append((number, packet))
        self._n_bytes += packet.size
        if self._n_bytes > _MOST_KEPT_BYTES:
            self.packets.clear()
            self.is_complete = False


def _within(run: Run, packets: Numbered) -> Numbered:
    """The packets of a run; those before it are passed over, those behind it left."""
    for number, packet in packets:
        if number >= run.first:
            yield number, packet
        if number >= run.last:
            return


def _is_before(pts: int | None, first_pts: int | None) -> bool:
    return pts is not None and first_pts is not None and pts < first_pts
