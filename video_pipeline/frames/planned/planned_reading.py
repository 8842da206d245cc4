"""One recording sampled by plan: scanned, planned, decoded where needed, and summed up."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from fractions import Fraction

from video_pipeline.frames.container.decoders import new_decoder
from video_pipeline.frames.container.demuxing import PacketSource, VideoPacket
from video_pipeline.frames.container.ending import Ending, damage_sentences
from video_pipeline.frames.container.findings import Findings
from video_pipeline.frames.container.header import Header
from video_pipeline.frames.container.opening import StreamId, open_stream
from video_pipeline.frames.on_display import is_gap, n_rows
from video_pipeline.frames.pictures.decoded import DecodedPicture
from video_pipeline.frames.planned.access_points import rule_of
from video_pipeline.frames.planned.planning import Planner, ReadingPlan
from video_pipeline.frames.planned.run_decoding import PlannedDecoder
from video_pipeline.frames.planned.run_samples import NeighboursNeededError
from video_pipeline.frames.planned.scanning import CannotPlanError, PacketScan
from video_pipeline.frames.reader import DecodeReport
from video_pipeline.frames.sampling_times import SamplingTimes

__all__ = ["PlannedReading", "SampledPicture"]


@dataclass(frozen=True, eq=False)
class SampledPicture:
    """What is on display at a sampling time."""

    time: Fraction
    pts: Fraction
    """Seconds from time zero, as ``time``."""
    picture: DecodedPicture
    """The same object where one frame is on display at several sampling times."""


class PlannedReading:
    """Samples one stream of a file; everything about it that is known before decoding.

    Construction scans the file. It raises ``CannotPlanError`` where timestamps or damage ask for
    reading every frame instead, and ``RecordingError`` where the video is encrypted.
    """

    def __init__(
        self,
        stream_id: StreamId,
        times: SamplingTimes,
        *,
        header: Header,
        findings: Findings,
        n_threads: int,
        is_interlaced: bool,
    ) -> None:
        self._stream_id = stream_id
        self._times = times
        self._header = header
        self._findings = findings
        self._n_threads = n_threads
        self._is_interlaced = is_interlaced
        self._source: PacketSource
        self._scan: PacketScan
        self._decoders: list[PlannedDecoder] = []
        self._stale: set[int] = set()
        self._is_finished = False
        self.plan = self._make_plan(first_number=0)

    def samples(self) -> Generator[SampledPicture, None, None]:
        """Each sample that could be had, in order."""
        next_number = 0
        while True:
            try:
                for number, picture in self._decode():
                    next_number = number + 1
                    yield from self._sampled(number, picture)
            except NeighboursNeededError:
                # The first frame did not tell: the rest is planned anew, with the frames between.
                self._is_interlaced = True
                self.plan = self._make_plan(first_number=next_number)
            else:
                break
        self._is_finished = True

    def report(self) -> DecodeReport:
        """Sum up what there was so far."""
        plan, decoders = self.plan, self._decoders
        ending = self._ending()
        damaged = {int(self._seconds(pts)) for decoder in decoders for pts in decoder.damaged}
        lost = {int(self._times.at(n)) for decoder in decoders for n in decoder.lost}
        n_repeated = sum(decoder.n_repeated for decoder in decoders)
        again = f", {n_repeated} stretches once more in full" if n_repeated > 0 else ""
        n_corrupt = sum(decoder.n_corrupt for decoder in decoders)
        n_lost = sum(decoder.n_lost for decoder in decoders)
        return DecodeReport(
            duration_s=float(plan.end),
            n_seconds=n_rows(plan.end),
            gaps=tuple((float(start), float(end)) for start, end in plan.gaps),
            method=f"planned{again}",
            n_shown=plan.n_shown,
            n_decoded=sum(decoder.n_decoded for decoder in decoders),
            n_corrupt=n_corrupt,
            n_lost=n_lost,
            damaged_seconds=tuple(sorted(damaged | lost | self._stale)),
            declared_duration_s=None
            if self._header.duration is None
            else float(self._header.duration),
            is_complete=self._is_finished and not ending.is_cut,
            warnings=(
                *self._findings.sentences(),
                *damage_sentences(n_corrupt=n_corrupt, n_lost=n_lost),
                *(ending.sentences() if self._is_finished else ()),
            ),
        )

    def _make_plan(self, *, first_number: int) -> ReadingPlan:
        header = self._header
        with open_stream(self._stream_id) as (container, stream):
            self._rule = rule = rule_of(stream.codec_context)
            if not header.has_times:
                raise CannotPlanError("the container stores no times")
            if header.are_times_counted and not rule.is_intra_only:
                raise CannotPlanError("the container stores no times of presentation")
            self._source = PacketSource(self._stream_id.path, container, stream)
            self._scan = PacketScan(self._source, rule, stores_dts=header.stores_dts)
            planner = Planner(
                self._times,
                time_base=header.time_base,
                first_number=first_number,
                with_neighbours=self._is_interlaced,
                # Without an index only the last frame itself proves that the file was not cut.
                with_last=header.n_frames is None,
            )
            for chunk in self._scan.chunks():
                planner.add(chunk)
            self._skips_non_references = rule.knows_non_references and not self._scan.has_sublayers
        return planner.finish(assumed_interval=1 / header.assumed_rate_hz)

    def _decode(self) -> Iterator[tuple[int, DecodedPicture]]:
        with open_stream(self._stream_id) as (container, stream):
            decoder = PlannedDecoder(
                self.plan,
                packets=PacketSource(self._stream_id.path, container, stream).packets(),
                packets_again=self._packets_again,
                context=stream.codec_context,
                new_context=lambda: new_decoder(self._stream_id),
                n_threads=self._n_threads,
                is_open_access=lambda packet: self._rule.is_open_access(memoryview(packet)),
                skips_non_references=self._skips_non_references,
                with_neighbours=self._is_interlaced,
            )
            self._decoders.append(decoder)
            yield from decoder.samples()
            decoder.let_go()

    def _packets_again(self) -> Iterator[VideoPacket]:
        with open_stream(self._stream_id) as (container, stream):
            yield from PacketSource(self._stream_id.path, container, stream).packets()

    def _sampled(self, number: int, picture: DecodedPicture) -> Iterator[SampledPicture]:
        time, pts = self._times.at(number), self._seconds(picture.frame.pts or 0)
        # Where its own frame was lost, an earlier one is on display, but not for ever.
        if is_gap(time - pts, usual=self.plan.usual_interval):
            self._stale.add(int(time))
        else:
            yield SampledPicture(time, pts, picture)

    def _seconds(self, pts: int) -> Fraction:
        return (pts - self.plan.zero) * self._header.time_base

    def _ending(self) -> Ending:
        last = self._source.last_pts
        return Ending(
            self._header,
            end=self.plan.end,
            usual_interval=self.plan.usual_interval,
            n_read=self._source.n_read,
            is_damaged=any(last in decoder.damaged for decoder in self._decoders),
        )
