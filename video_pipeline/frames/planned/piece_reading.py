"""A piece of a recording decoded: its samples, and what became of it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from fractions import Fraction

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from video_pipeline.frames.container.decoders import new_decoder
from video_pipeline.frames.container.demuxing import PacketSource, VideoPacket
from video_pipeline.frames.container.opening import open_stream
from video_pipeline.frames.on_display import is_gap
from video_pipeline.frames.pictures.decoded import DecodedPicture
from video_pipeline.frames.planned.pieces import Piece, Tally
from video_pipeline.frames.planned.planning import ReadingPlan, Run
from video_pipeline.frames.planned.run_decoding import Numbered, PlannedDecoder
from video_pipeline.frames.reader import Sample, ShownFrame

__all__ = ["PieceReading", "SampledPicture", "shown_samples"]

_SEEKS_EXACTLY = "mov,"
"""Such a file's index lists every packet, whatever was read before it."""
_SOONER_S = 2
"""Its index is in the order of decoding, which the order of presentation differs from a little."""
_MOST_PASSED_OVER = 10_000


@dataclass(frozen=True, eq=False)
class SampledPicture:
    """What is on display at a sampling time."""

    time: Fraction
    pts: Fraction
    """Seconds from time zero, as ``time``."""
    picture: DecodedPicture
    """The same object where one frame is on display at several sampling times."""


class PieceReading:
    """Samples a piece once, from its first sample to its last."""

    def __init__(self, piece: Piece, *, n_threads: int) -> None:
        self._piece = piece
        self._n_threads = n_threads
        self._decoder: PlannedDecoder | None = None
        self._stale: set[int] = set()
        self.next_number: int | None = None
        """Of the sampling time behind the last one that was served; None before the first."""

    def samples(self) -> Generator[SampledPicture, None, None]:
        """Each sample that could be had, in order, on the clock of its file.

        Raises ``NeighboursNeededError`` where a frame is interlaced and the plan did not know.
        """
        piece = self._piece
        stretches = [stretch for stretch in piece.stretches if stretch.runs]
        if not stretches:
            return
        with open_stream(piece.stream_id) as (container, stream):
            self._decoder = decoder = PlannedDecoder(
                stretches,
                packets=self._packets_from(stretches[0].runs[0], container, stream),
                packets_again=self._packets_again,
                context=stream.codec_context,
                new_context=lambda: new_decoder(piece.stream_id),
                n_threads=self._n_threads,
                is_open_access=lambda packet: piece.rule.is_open_access(memoryview(packet)),
                skips_non_references=piece.skips_non_references,
                with_neighbours=piece.with_neighbours,
            )
            for number, picture in decoder.samples():
                self.next_number = number + 1
                yield from self._sampled(stretches[0], number, picture)
            decoder.let_go()

    def tally(self) -> Tally:
        """What there was so far."""
        decoder = self._decoder
        if decoder is None:
            return Tally()
        return Tally(
            n_decoded=decoder.n_decoded,
            n_corrupt=decoder.n_corrupt,
            n_lost=decoder.n_lost,
            n_repeated=decoder.n_repeated,
            damaged_pts=tuple(decoder.damaged),
            lost_numbers=tuple(decoder.lost),
            stale_seconds=tuple(sorted(self._stale)),
        )

    def _sampled(
        self, plan: ReadingPlan, number: int, picture: DecodedPicture
    ) -> Iterator[SampledPicture]:
        time = self._piece.times.at(number)
        pts = ((picture.frame.pts or 0) - plan.zero) * self._piece.time_base
        # Where its own frame was lost, an earlier one is on display, but not for ever.
        if is_gap(time - pts, usual=plan.usual_interval):
            self._stale.add(int(time))
        else:
            yield SampledPicture(time, pts, picture)

    def _packets_from(self, run: Run, container: InputContainer, stream: VideoStream) -> Numbered:
        """The file's packets with their numbers, from the first of this run or from further back.

        Where the file can be entered in its middle, that packet is looked for there.
        """
        if run.first == 0 or not container.format.name.startswith(_SEEKS_EXACTLY):
            return enumerate(PacketSource(self._piece.stream_id.path, container, stream).packets())
        sooner = int(_SOONER_S / self._piece.time_base)
        try:
            container.seek(run.first_pts - sooner, stream=stream)
        except av.FFmpegError:
            return enumerate(self._packets_again())
        return self._numbered_from(run, PacketSource(self._piece.stream_id.path, container, stream))

    def _numbered_from(self, run: Run, source: PacketSource) -> Numbered:
        """``run.first`` and what follows; access points are told by their times (``Planner``)."""
        packets = source.packets()
        for n_passed, packet in enumerate(packets):
            if packet.pts == run.first_pts and packet.is_keyframe:
                yield run.first, packet
                yield from enumerate(packets, start=run.first + 1)
                return
            if n_passed == _MOST_PASSED_OVER:
                break
        yield from enumerate(self._packets_again())

    def _packets_again(self) -> Iterator[VideoPacket]:
        stream_id = self._piece.stream_id
        with open_stream(stream_id) as (container, stream):
            yield from PacketSource(stream_id.path, container, stream).packets()


def shown_samples(
    sampled: Iterator[SampledPicture],
    *,
    make_frame: Callable[[Fraction, DecodedPicture], ShownFrame],
    note: Callable[[SampledPicture], None],
) -> Iterator[Sample]:
    """As a reader gives them: one frame for each picture, which is noted once."""
    last: tuple[DecodedPicture, ShownFrame] | None = None
    for sample in sampled:
        if last is None or last[0] is not sample.picture:
            last = sample.picture, make_frame(sample.pts, sample.picture)
            note(sample)
        yield Sample(sample.time, last[1])
