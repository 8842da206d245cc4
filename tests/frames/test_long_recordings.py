"""Hours of recording: every row exact, no drift, and no more memory than a minute takes.

The recording is a ten-second clip whose packets are written again and again with later times, so
that twelve hours are there in seconds. Its pixels repeat every ten seconds: the number that a
second shows is 25 times the second, modulo 250.
"""

from __future__ import annotations

import json
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import pytest

from tests.support.clips import steady, write_clip

ROOT = Path(__file__).parents[2]
LOOP_S = 10

SAMPLE = """
import json, sys
from pathlib import Path
from tests.support.clips import read_barcode
from video_pipeline.frames import FrameSampler, open_video

def peak_kib():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

n = n_wrong = 0
with open_video(sys.argv[1]) as reader:
    sampler = FrameSampler(reader, size_px=(20, 25), batch_size=64)
    for batch in sampler:
        for image, time, pts in zip(batch.images, batch.times_s, batch.pts_s):
            n_wrong += (read_barcode(image), time, pts) != (25 * n % 250, n, n)
            n += 1
print(json.dumps({
    "n": n,
    "n_wrong": n_wrong,
    "rows": sampler.report.n_seconds,
    "method": sampler.report.method,
    "peak_kib": peak_kib(),
}))
"""


def write_loop(path: Path, hours: int) -> Path:
    """Write ``hours`` of the same ten seconds, packet by packet, without encoding them anew."""
    clip = write_clip(
        path.parent / "loop.mp4", steady(25 * LOOP_S), size_px=(48, 60), gop=250, b_frames=3
    )
    with av.open(str(clip)) as source, av.open(str(path), "w") as container:
        stream = source.streams.video[0]
        copy = container.add_stream_from_template(stream)
        time_base = Fraction(1, 1000)
        packets = [
            (bytes(p), p.pts * stream.time_base, (p.dts or 0) * stream.time_base, p.is_keyframe)
            for p in source.demux(stream)
            if p.size and p.pts is not None and stream.time_base is not None
        ]
        for loop in range(hours * 3600 // LOOP_S):
            for data, pts, dts, is_key in packets:
                packet = av.Packet(data)
                packet.stream = copy
                packet.time_base = time_base
                packet.pts = round((pts + loop * LOOP_S) / time_base)
                packet.dts = round((dts + loop * LOOP_S) / time_base)
                packet.is_keyframe = is_key
                container.mux(packet)
    return path


def sample(path: Path) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-c", SAMPLE, str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return cast("dict[str, object]", json.loads(done.stdout))


@pytest.mark.slow
def test_twelve_hours_are_exact_and_take_the_memory_of_one(tmp_path: Path) -> None:
    one = sample(write_loop(tmp_path / "one.mkv", 1))
    twelve = sample(write_loop(tmp_path / "twelve.mkv", 12))
    assert (one["n"], one["n_wrong"], one["rows"]) == (3600, 0, 3600)
    assert (twelve["n"], twelve["n_wrong"], twelve["rows"]) == (43_200, 0, 43_200)
    assert twelve["method"] == "planned"
    growth_kib = cast("int", twelve["peak_kib"]) - cast("int", one["peak_kib"])
    assert growth_kib < 11 * 1024, growth_kib
