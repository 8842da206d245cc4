"""Decoders of one stream: as many as are needed, fast and strict or careful and patient."""

from __future__ import annotations

from av.video.codeccontext import VideoCodecContext

from video_pipeline.frames.container.opening import LARGEST_PICTURE_PX, StreamId, open_stream
from video_pipeline.processors import n_processors

__all__ = ["new_decoder", "set_up_decoder"]

_MOST_THREADS = 16
_SMALLEST_FOR_THREADS_PX = 1_500_000
_FEWEST_PROCESSORS = 4
"""Frame threads cost CPU seconds: a tenth to a third more, with two of them. One thread decodes
1080p by plan fifteen times faster than it is played, and 720p forty times; so only larger pictures
get more than one, and only where processors are left over for them."""


def new_decoder(stream_id: StreamId) -> VideoCodecContext:
    """Make a decoder for a stream, set up from all that the container says of it.

    The file is opened once more: PyAV offers no other way to have a stream's decoder twice, and one
    made from the codec's name alone would know neither display matrix nor colours.
    """
    with open_stream(stream_id) as (_, stream):
        return stream.codec_context


def set_up_decoder(context: VideoCodecContext, *, n_threads: int, is_careful: bool) -> None:
    """Prepare an unopened decoder: fast and failing on any damage, or careful and concealing it.

    ``n_threads``: 0 for as many as help.
    """
    is_small = context.width * context.height < _SMALLEST_FOR_THREADS_PX
    if n_threads == 0 and (is_small or n_processors() < _FEWEST_PROCESSORS):
        n_threads = 1
    context.thread_type = "SLICE" if is_careful else "AUTO"
    context.thread_count = 1 if is_careful else min(n_threads, _MOST_THREADS)
    context.options = {"max_pixels": str(LARGEST_PICTURE_PX)}
    if not is_careful:
        context.options |= {"err_detect": "explode"}
