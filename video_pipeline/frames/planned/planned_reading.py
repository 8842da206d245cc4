"""One recording sampled by plan: scanned, planned, decoded where needed, and summed up."""

from __future__ import annotations

from collections.abc import Generator

from video_pipeline.frames.container.demuxing import PacketSource
from video_pipeline.frames.container.ending import Ending, damage_sentences
from video_pipeline.frames.container.findings import Findings
from video_pipeline.frames.container.header import Header
from video_pipeline.frames.container.opening import StreamId, open_stream
from video_pipeline.frames.on_display import n_rows
from video_pipeline.frames.planned.access_points import rule_of
from video_pipeline.frames.planned.piece_reading import PieceReading, SampledPicture
from video_pipeline.frames.planned.pieces import Piece, Tally, stretches_of
from video_pipeline.frames.planned.planning import Planner, ReadingPlan
from video_pipeline.frames.planned.run_samples import NeighboursNeededError
from video_pipeline.frames.planned.scanning import CannotPlanError, PacketScan
from video_pipeline.frames.reader import DecodeReport
from video_pipeline.frames.sampling_times import SamplingTimes

__all__ = ["PlannedReading"]


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
        self._readings: list[PieceReading] = []
        self._tallies: list[Tally] = []
        self._is_finished = False
        self.plan = self._make_plan(first_number=0)

    def samples(self) -> Generator[SampledPicture, None, None]:
        """Each sample that could be had, in order."""
        next_number = 0
        while True:
            reading = PieceReading(self.piece, n_threads=self._n_threads)
            self._readings.append(reading)
            try:
                yield from reading.samples()
            except NeighboursNeededError:
                # The first frame did not tell: the rest is planned anew, with the frames between.
                self._is_interlaced = True
                next_number = next_number if reading.next_number is None else reading.next_number
                self.plan = self._make_plan(first_number=next_number)
            else:
                break
        self._is_finished = True

    @property
    def piece(self) -> Piece:
        """All that is to be decoded, to be cut and decoded elsewhere."""
        return Piece(
            stream_id=self._stream_id,
            time_base=self._header.time_base,
            pixel_aspect=self._header.pixel_aspect,
            times=self._times,
            stretches=stretches_of(self.plan, self._header.time_base),
            rule=self._rule,
            skips_non_references=self._rule.knows_non_references and not self._scan.has_sublayers,
            with_neighbours=self._is_interlaced,
        )

    def take(self, tally: Tally) -> None:
        """All of it was decoded elsewhere."""
        self._tallies.append(tally)
        self._is_finished = True

    def report(self) -> DecodeReport:
        """Sum up what there was so far."""
        plan = self.plan
        tally = Tally.sum([*self._tallies, *(reading.tally() for reading in self._readings)])
        ending = self._ending(tally)
        damaged = {int((pts - plan.zero) * self._header.time_base) for pts in tally.damaged_pts}
        lost = {int(self._times.at(number)) for number in tally.lost_numbers}
        n_repeated = tally.n_repeated
        again = f", {n_repeated} stretches once more in full" if n_repeated > 0 else ""
        return DecodeReport(
            duration_s=float(plan.end),
            n_seconds=n_rows(plan.end),
            gaps=tuple((float(start), float(end)) for start, end in plan.gaps),
            method=f"planned{again}",
            n_shown=plan.n_shown,
            n_decoded=tally.n_decoded,
            n_corrupt=tally.n_corrupt,
            n_lost=tally.n_lost,
            damaged_seconds=tuple(sorted({*damaged, *lost, *tally.stale_seconds})),
            declared_duration_s=None
            if self._header.duration is None
            else float(self._header.duration),
            is_complete=self._is_finished and not ending.is_cut,
            warnings=(
                *self._findings.sentences(),
                *damage_sentences(n_corrupt=tally.n_corrupt, n_lost=tally.n_lost),
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
        return planner.finish(assumed_interval=1 / header.assumed_rate_hz)

    def _ending(self, tally: Tally) -> Ending:
        return Ending(
            self._header,
            end=self.plan.end,
            usual_interval=self.plan.usual_interval,
            n_read=self._source.n_read,
            is_damaged=self._source.last_pts in tally.damaged_pts,
        )
