"""The words and the bar in which a batch's progress is shown, each line no wider than asked."""

from __future__ import annotations

from datetime import datetime, timedelta

from video_pipeline.cli.annotation_progress import AtWork, BatchProgress
from video_pipeline.cli.console import printable
from video_pipeline.cli.table import shortened, text_width

__all__ = ["bar_line", "clock_time", "duration_text", "progress_text", "work_line"]

_SHORTEST_BAR, _LONGEST_BAR = 6, 40
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_UNITS = ((7200.0, 3600.0, "h", 1), (120.0, 60.0, "min", 1), (0.0, 1.0, "s", 0))


def bar_line(progress: BatchProgress, now: datetime, *, width: int) -> str:
    """One line for a terminal: recordings, a bar, video time, speed, the time of the end."""
    head = f"{progress.n_finished}/{progress.n_recordings} "
    texts = [_video_text(progress, "of video"), *_pace_texts(progress, now)]
    total_s = progress.total_s
    # The bar gives way to words, and of these the last ones to the first.
    while len(texts) > 1 and text_width(head + ", ".join(texts)) > width:
        texts.pop()
    line = ", ".join(texts)
    room = min(_LONGEST_BAR, width - text_width(head + line) - 3)
    if total_s is None or total_s <= 0 or room < _SHORTEST_BAR:
        return shortened(head + line, width)
    return f"{head}|{_bar(progress.done_s / total_s, room)}| {line}"


def work_line(at_work: list[AtWork], *, width: int) -> str:
    """One line: the recordings at work, and how far each is."""
    if not at_work:
        return ""
    return shortened("at work: " + ", ".join(map(_position_text, at_work)), width)


def progress_text(progress: BatchProgress, now: datetime) -> str:
    """One line for a log."""
    recordings = f"{progress.n_finished} of {progress.n_recordings} recordings"
    return ", ".join([recordings, _video_text(progress, "of video"), *_pace_texts(progress, now)])


def duration_text(seconds: float) -> str:
    """A length of time in the unit that suits it: ``45 s``, ``83.5 min``, ``6.2 h``."""
    factor, unit, n_decimals = _unit(seconds)
    return f"{seconds / factor:.{n_decimals}f} {unit}"


def clock_time(moment: datetime, now: datetime) -> str:
    """A moment to come, as a person says it: ``14:20``, ``Sat 14:20``, ``Sat 28 Nov``."""
    if moment.date() == now.date():
        return f"{moment:%H:%M}"
    return f"{moment:%a %H:%M}" if moment - now < timedelta(days=6) else f"{moment:%a %d %b}"


def _video_text(progress: BatchProgress, what: str) -> str:
    done_s, total_s = progress.done_s, progress.total_s
    if total_s is None:
        return f"{duration_text(done_s)} {what}"
    factor, unit, n_decimals = _unit(total_s)
    done, total = (f"{seconds / factor:.{n_decimals}f}" for seconds in (done_s, total_s))
    share = f" ({int(100 * done_s / total_s)} %)" if total_s > 0 else ""
    # Lengths are claims of headers until a recording is finished.
    about = "about " if progress.n_finished < progress.n_recordings else ""
    return f"{done} of {about}{total} {unit}{share}"


def _pace_texts(progress: BatchProgress, now: datetime) -> list[str]:
    speed, remaining_s = progress.speed, progress.remaining_s
    texts = []
    if speed is not None:
        texts.append(f"{speed:.{0 if speed >= 10 else 1}f}x real time")
    if remaining_s is not None and remaining_s > 0:
        texts.append(f"done about {clock_time(now + timedelta(seconds=remaining_s), now)}")
    return texts


def _position_text(of: AtWork) -> str:
    name = printable(of.video_id)
    if of.length_s is not None and of.length_s > 0:
        return f"{name} {int(100 * of.position_s / of.length_s)} %"
    return f"{name} at {duration_text(of.position_s)}"


def _bar(share: float, width: int) -> str:
    eighths = int(8 * width * min(1.0, share))
    full, rest = divmod(eighths, 8)
    return ("█" * full + (_EIGHTHS[rest] if rest else "")).ljust(width)


def _unit(seconds: float) -> tuple[float, str, int]:
    return next((factor, unit, n) for least, factor, unit, n in _UNITS if seconds >= least)
