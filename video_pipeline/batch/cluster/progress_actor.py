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

    def note(self, number: int, position_s: float, info: VideoInfo) -> None:
        """A recording has come so far."""
        self._notes[number] = (position_s, info)

    def take(self) -> Notes:
        """What is new since the last time."""
        notes, self._notes = self._notes, {}
        return notes
