"""The samples of one run of a reading plan, matched with frames while these come out decoded."""

from __future__ import annotations

from collections.abc import Iterator

from av.video.frame import VideoFrame

from video_pipeline.frames.pictures.decoded import DecodedPicture, picture_of
from video_pipeline.frames.planned.planning import NOBODY, ReadingPlan, Run

__all__ = ["NeighboursNeededError", "RunSamples"]


class NeighboursNeededError(Exception):
    """A frame is interlaced, and the plan left out the frames beside it."""


class RunSamples:
    """Hands out each sample of a run once, in order."""

    def __init__(self, plan: ReadingPlan, run: Run, *, with_neighbours: bool) -> None:
        self._numbers = plan.numbers[run.samples].tolist()
        self._pts = plan.pts[run.samples].tolist()
        self._before = plan.before[run.samples].tolist()
        self._after = plan.after[run.samples].tolist()
        self._with_neighbours = with_neighbours
        self.wanted = set(self._pts)
        """Timestamps of the frames that have to be decoded."""
        if with_neighbours:
            self.wanted.update(self._before, self._after)
        self.lost: list[int] = []
        """Numbers of the sampling times that nothing could be shown for."""
        self._found: dict[int, VideoFrame] = {}
        self._next = 0
        self._picture: DecodedPicture | None = None

    @property
    def are_all_given(self) -> bool:
        """Whether every sample was handed out."""
        return self._next == len(self._numbers)

    def match(self, frame: VideoFrame) -> Iterator[tuple[int, DecodedPicture]]:
        """Take a frame that was decoded; hand out the samples that it completes.

        Raises ``NeighboursNeededError`` where it is interlaced and stands alone.
        """
        if frame.pts is None or frame.pts not in self.wanted:
            return
        self._found[frame.pts] = frame
        while not self.are_all_given and self._is_complete():
            yield from self._hand_out(self._complete())

    def match_every(self, frames: Iterator[VideoFrame]) -> Iterator[tuple[int, DecodedPicture]]:
        """Take every frame that can be decoded, in order, and hand out the samples still due.

        A sample whose own frame was lost gets the one before it, which is then on display; where
        there is none, nothing.
        """
        before: VideoFrame | None = None
        current: VideoFrame | None = None
        for frame in frames:
            if frame.pts is None or (current is not None and frame.pts <= (current.pts or 0)):
                continue
            yield from self._due(before, current, after=frame)
            before, current = current, frame
        yield from self._due(before, current, after=None)

    def _is_complete(self) -> bool:
        k = self._next
        needed = [self._pts[k], *([self._after[k]] if self._with_neighbours else [])]
        return all(pts in self._found for pts in needed)

    def _complete(self) -> DecodedPicture:
        k = self._next
        frame = self._found[self._pts[k]]
        if not frame.interlaced_frame:
            return DecodedPicture(frame)
        if not self._with_neighbours:
            raise NeighboursNeededError
        # At either end of a recording a frame is noted as its own neighbour.
        beside = [self._found.get(p) if p != frame.pts else None for p in self._beside(k)]
        return DecodedPicture(frame, *beside)

    def _beside(self, k: int) -> tuple[int, int]:
        return self._before[k], self._after[k]

    def _due(
        self, before: VideoFrame | None, current: VideoFrame | None, *, after: VideoFrame | None
    ) -> Iterator[tuple[int, DecodedPicture]]:
        """Samples that ``current`` is on display for: it is shown until ``after`` is."""
        while not self.are_all_given:
            if after is not None and self._pts[self._next] >= (after.pts or 0):
                return
            if current is None:
                self.lost.append(self._numbers[self._next])
                self._next += 1
            else:
                yield from self._hand_out(picture_of(before, current, after))

    def _hand_out(self, picture: DecodedPicture) -> Iterator[tuple[int, DecodedPicture]]:
        """Give a sample its picture: the same object for all samples of one frame."""
        if self._picture is not None and self._picture.frame is picture.frame:
            picture = self._picture
        self._picture = picture
        number = self._numbers[self._next]
        self._next += 1
        self._forget_passed()
        if number != NOBODY:
            yield number, picture

    def _forget_passed(self) -> None:
        if self.are_all_given:
            self._found.clear()
            return
        oldest = self._before[self._next] if self._with_neighbours else self._pts[self._next]
        for pts in [pts for pts in self._found if pts < oldest]:
            del self._found[pts]
