"""How far each recording is, noted for whoever shows it."""

from __future__ import annotations

from video_pipeline.records import VideoInfo

__all__ = ["Notes", "ProgressActor"]

Notes = dict[int, tuple[float, VideoInfo]]
"""By the recording's number: the video time reached in seconds, and what its video is."""


class ProgressActor:
    """Keeps of each recording its latest note only, so that it does not grow with time."""

    def __init__(self) -> None:
        self._notes: Notes = {}
        self._pieces: dict[int, dict[int, float]] = {}

    def note(self, number: int, position_s: float, info: VideoInfo) -> None:
        """A recording has come so far; while it is in pieces, they tell."""
        if number not in self._pieces:
            self._notes[number] = (position_s, info)

    def note_piece(self, number: int, k: int, done_s: float, info: VideoInfo) -> None:
        """So much of piece ``k`` of a recording is done; one that is lost is not counted back."""
        done = self._pieces.setdefault(number, {})
        done[k] = max(done_s, done.get(k, 0.0))
        self._notes[number] = (sum(done.values()), info)

    def forget_pieces(self, number: int) -> None:
        """All are done, or given up: the recording tells by itself again."""
        self._pieces.pop(number, None)

    def take(self) -> Notes:
        """What is new since the last time."""
        notes, self._notes = self._notes, {}
        return notes
