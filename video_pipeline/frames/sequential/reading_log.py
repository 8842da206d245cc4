"""What went well and what went wrong while a recording was decoded, summed up in a report."""

from __future__ import annotations

from collections import deque
from fractions import Fraction

from av.video.frame import VideoFrame

from video_pipeline.frames.container.demuxing import PacketSource
from video_pipeline.frames.container.ending import Ending, damage_sentences
from video_pipeline.frames.container.findings import Findings
from video_pipeline.frames.container.header import Header
from video_pipeline.frames.on_display import Display, n_rows
from video_pipeline.frames.pictures.appearance import Appearance
from video_pipeline.frames.pictures.deinterlacing import DEINTERLACING_RULE
from video_pipeline.frames.reader import DecodeReport
from video_pipeline.frames.sequential.clock import PresentationClock
from video_pipeline.frames.sequential.decoding import PacketDecoder
from video_pipeline.frames.sequential.lost_frames import LostFrames

__all__ = ["ReadingLog"]

# Some packets of these hold a picture that is never shown.
_CODECS_WITH_HIDDEN_FRAMES = {"vp8"}

_FAILURE_IS_NEAR_S = 60
"""A broken packet whose timestamp lies farther from the frames around it has a broken timestamp."""
_LAST_FRAMES = 32


class ReadingLog:
    """Watches source, decoder and clock of one reading."""

    def __init__(
        self,
        header: Header,
        *,
        source: PacketSource,
        decoder: PacketDecoder,
        clock: PresentationClock,
        display: Display,
        findings: Findings,
    ) -> None:
        self._display = display
        self._header = header
        self._source = source
        self._decoder = decoder
        self._clock = clock
        self._findings = findings
        self.lost = LostFrames(header.time_base)
        self._picture: Appearance | None = None
        self._damaged_seconds: set[int] = set()
        self._n_corrupt = 0
        self._corrupt_pts: deque[int | None] = deque(maxlen=_LAST_FRAMES)
        self.is_finished = False
        """Set when the last frame was given; before it, nothing is known to be missing."""
        self.is_too_long = False
        """Set where reading was given up, because no operation lasts that long."""

    def add(self, frame: VideoFrame, pts: Fraction) -> None:
        """Take note of a frame that is shown from ``pts`` on."""
        if frame.is_corrupt:
            self._n_corrupt += 1
            self._damaged_seconds.add(int(pts))
            self._corrupt_pts.append(frame.pts)
        self._damaged_seconds.update(
            self.lost.add(frame.pts, pts, usual=self._clock.usual_interval)
        )
        self._add_failures(near=pts)
        self.note_picture(Appearance.of(frame), pts)

    def note_picture(self, picture: Appearance, pts: Fraction) -> None:
        """Take note of what a picture looks like."""
        if picture.is_interlaced:
            self._findings.add(
                "interlaced", f"the video is interlaced: deinterlaced by {DEINTERLACING_RULE}"
            )
        before, self._picture = self._picture, picture
        if before is None:
            return
        if (before.width_px, before.height_px) != (picture.width_px, picture.height_px):
            self._findings.add(
                "size",
                f"the picture's size changes to {picture.width_px} x {picture.height_px} px "
                f"at {float(pts):.2f} s",
            )
        if before.pixel_format != picture.pixel_format:
            self._findings.add(
                "format",
                f"its pixel format changes to {picture.pixel_format} at {float(pts):.2f} s",
            )

    def _add_failures(self, *, near: Fraction) -> None:
        for pts in self._decoder.failed:
            time = self._clock.time_of(pts * self._header.time_base)
            if time is not None and abs(time - near) < _FAILURE_IS_NEAR_S:
                self._damaged_seconds.add(int(time))
        self._decoder.failed.clear()

    def report(self, *, reason: str) -> DecodeReport:
        """Sum up what there was so far; ``reason``: why every frame was read."""
        declared = self._header.duration
        end = self._display.end
        return DecodeReport(
            duration_s=float(end),
            n_seconds=n_rows(end),
            gaps=tuple(self._display.gaps),
            method=f"sequential: {reason}",
            n_shown=self._display.n_frames,
            n_decoded=self._decoder.n_frames,
            n_corrupt=self._n_corrupt,
            n_lost=self._n_lost,
            n_lost_at_ends=sum(self._n_lost_at_ends),
            damaged_seconds=tuple(sorted(self._damaged_seconds)),
            declared_duration_s=None if declared is None else float(declared),
            is_complete=self.is_finished and not self._ending.is_cut,
            warnings=(*self._findings.sentences(), *self._sums()),
        )

    @property
    def _n_undecodable(self) -> int:
        n_failed = self._decoder.n_failed
        if self._header.codec in _CODECS_WITH_HIDDEN_FRAMES or not self.is_finished:
            return n_failed
        return max(n_failed, self._decoder.n_packets - self._decoder.n_frames)

    @property
    def _n_lost(self) -> int:
        return self._n_undecodable + self.lost.n_missing

    @property
    def _n_lost_at_ends(self) -> tuple[int, int]:
        """At the start, at the end."""
        if not self.is_finished:
            return 0, 0
        n_at_start = min(self.lost.n_at_start, self._n_undecodable)
        return n_at_start, min(self.lost.n_at_end, self._n_undecodable - n_at_start)

    def _breaks(self) -> list[str]:
        n_breaks, n_missing = self.lost.n_breaks, self.lost.n_missing
        sums = [
            (n_breaks, f"places where the file does not go on as it should: {n_breaks}"),
            (n_missing, f"frames that are missing from the file: about {n_missing}"),
        ]
        return [sentence for count, sentence in sums if count > 0]

    @property
    def _ending(self) -> Ending:
        last_pts = self._source.last_pts
        ends_corrupt = last_pts is not None and last_pts in self._corrupt_pts
        return Ending(
            self._header,
            end=self._clock.end,
            usual_interval=self._clock.usual_interval,
            n_read=self._source.n_read,
            is_damaged=self._source.ends_in_damage or ends_corrupt,
            is_given_up=self.is_too_long
            or self._source.is_repeating
            or self._source.goes_on_elsewhere,
        )

    def _sums(self) -> list[str]:
        n_untimed, n_strays = self._clock.n_untimed, self._clock.n_strays
        rate = float(1 / self._clock.usual_interval)
        sums = [
            (n_untimed, f"frames without a time: {n_untimed}; {rate:.6g} a second were assumed"),
            (n_strays, f"frames with a time that cannot be theirs, left out: {n_strays}"),
        ]
        found = [sentence for count, sentence in sums if count > 0]
        n_at_start, n_at_end = self._n_lost_at_ends
        found += damage_sentences(
            n_corrupt=self._n_corrupt,
            n_lost=self._n_undecodable,
            n_at_start=n_at_start,
            n_at_end=n_at_end,
        )
        found += self._breaks()
        if self._source.is_repeating:
            found.append("the index shows the same pictures over and over: reading was given up")
        if self._source.goes_on_elsewhere:
            found.append("the picture goes on in another of the file's streams: it was not read")
        if self._source.n_errors > 0:
            found.append(f"damaged places that were skipped: {self._source.n_errors}")
        return found + self._ending.sentences() if self.is_finished else found
