"""One way of getting a frame every so often out of a clip, measured in a process of its own.

    python frame_peers.py NAME CLIP INTERVAL_S     ->  one line of JSON on stdout

Every peer brings 224 x 224 RGB uint8 images of the frames on display at 0, INTERVAL_S, ... seconds.
CPU seconds and memory are counted from after the imports on: they are the work, not the start.
Runs under any Python that has the peer installed.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

SIZE = 224


def ours(clip: str, interval_s: float) -> Callable[[], int]:
    """This project's sampler with the fast resize rule, as for a model trained by it."""
    return _ours(clip, interval_s, resize_rule="swscale_area", n_threads=0)


def ours_by_reference(clip: str, interval_s: float) -> Callable[[], int]:
    """The same with the reference resize rule: full RGB, then OpenCV's INTER_AREA."""
    return _ours(clip, interval_s, resize_rule="opencv_inter_area", n_threads=0)


def ours_on_one_thread(clip: str, interval_s: float) -> Callable[[], int]:
    """The fast rule and one decoding thread, as in a batch of many recordings."""
    return _ours(clip, interval_s, resize_rule="swscale_area", n_threads=1)


def _ours(clip: str, interval_s: float, *, resize_rule: str, n_threads: int) -> Callable[[], int]:
    sys.path.insert(0, str(Path(__file__).parents[2]))
    from video_pipeline.frames import FrameSampler, RegularTimes, open_video
    from video_pipeline.frames.sampling_times import exact_rate

    def run() -> int:
        with open_video(clip, n_threads=n_threads) as reader:
            times = RegularTimes(exact_rate(1 / interval_s))
            sampler = FrameSampler(reader, times=times, resize_rule=resize_rule)
            return sum(len(batch) for batch in sampler)

    return run


def naive(clip: str, interval_s: float) -> Callable[[], int]:
    """The lighter loop of papers' code: read every frame, resize each (rate * interval)-th."""
    return _naive(clip, interval_s, resizes_all=False)


def naive_resizing_all(clip: str, interval_s: float) -> Callable[[], int]:
    """The heavier one: read and resize every frame, then keep each (rate * interval)-th."""
    return _naive(clip, interval_s, resizes_all=True)


def _naive(clip: str, interval_s: float, *, resizes_all: bool) -> Callable[[], int]:
    import cv2

    def run() -> int:
        capture = cv2.VideoCapture(clip)
        every = max(1, round(capture.get(cv2.CAP_PROP_FPS) * interval_s))
        number = n_kept = 0
        while True:
            is_read, frame = capture.read()
            if not is_read:
                return n_kept
            is_kept = number % every == 0
            if is_kept or resizes_all:
                small = cv2.resize(frame, (SIZE, SIZE), interpolation=cv2.INTER_AREA)
                cv2.cvtColor(small, cv2.COLOR_BGR2RGB)
            n_kept += is_kept
            number += 1

    return run


def pyav_sequential(clip: str, interval_s: float) -> Callable[[], int]:
    """PyAV, every frame decoded, only the wanted ones converted."""
    import av
    import cv2

    def run() -> int:
        n_kept = 0
        with av.open(clip) as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            for frame in container.decode(stream):
                if frame.time >= n_kept * interval_s:
                    image = frame.to_ndarray(format="rgb24")
                    cv2.resize(image, (SIZE, SIZE), interpolation=cv2.INTER_AREA)
                    n_kept += 1
        return n_kept

    return run


def decord(clip: str, interval_s: float) -> Callable[[], int]:
    """decord, accurate seeking, all wanted frames in one call."""
    import decord
    import numpy as np

    def run() -> int:
        reader = decord.VideoReader(clip, ctx=decord.cpu(0), width=SIZE, height=SIZE)
        starts = reader.get_frame_timestamp(np.arange(len(reader)))[:, 0]
        times = np.arange(0, starts[-1], interval_s)
        wanted = np.searchsorted(starts, times + 1e-6, side="right") - 1
        return int(reader.get_batch(wanted).shape[0])

    return run


def torchcodec(clip: str, interval_s: float) -> Callable[[], int]:
    """Torchcodec, exact seek mode, all wanted frames in one call."""
    import torch
    from torchcodec.decoders import VideoDecoder

    def run() -> int:
        decoder = VideoDecoder(clip, seek_mode="exact", num_ffmpeg_threads=0)
        end = decoder.metadata.end_stream_seconds
        times = [k * interval_s for k in range(int(end / interval_s) + 1) if k * interval_s < end]
        n_kept = 0
        # A few at a time: whole pictures of hours would not fit into memory.
        for start in range(0, len(times), 16):
            frames = decoder.get_frames_played_at(times[start : start + 16]).data
            small = torch.nn.functional.interpolate(frames.float(), (SIZE, SIZE), mode="area")
            n_kept += len(small.to(torch.uint8))
        return n_kept

    return run


PEERS = {
    "ours": ours,
    "ours-reference": ours_by_reference,
    "ours-1-thread": ours_on_one_thread,
    "naive": naive,
    "naive-resizing": naive_resizing_all,
    "pyav": pyav_sequential,
    "decord": decord,
    "torchcodec": torchcodec,
}


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _peak_mb() -> float:
    """Most memory in use since ``_forget_peak``; Linux only."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("this system does not tell the most memory that was in use")


def _forget_peak() -> None:
    """Start anew from what is in use now; a child process inherits its parent's peak."""
    Path("/proc/self/clear_refs").write_text("5")


def main() -> None:
    """Measure one peer on one clip."""
    name, clip, interval_s = sys.argv[1], sys.argv[2], float(sys.argv[3])
    run = PEERS[name](clip, interval_s)
    _forget_peak()
    memory, cpu, wall = _peak_mb(), _cpu_seconds(), time.perf_counter()
    n_frames = run()
    print(
        json.dumps(
            {
                "n_frames": n_frames,
                "cpu_s": _cpu_seconds() - cpu,
                "wall_s": time.perf_counter() - wall,
                "peak_mb": _peak_mb() - memory,
            }
        )
    )


if __name__ == "__main__":
    main()
