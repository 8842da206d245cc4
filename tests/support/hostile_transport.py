"""Transport streams (ISO 13818-1) that break off, move, mix, jump or come in odd packets."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np

from tests.support.clips import steady, write_clip
from tests.support.hostile_file import HostileFile, Maker, clip, insert

__all__ = ["TRANSPORT_FILES"]

_TS = 188


def _in_packets(path: Path, change: Callable[[int, bytes], bytes]) -> Path:
    """Put each transport packet through ``change(its number, its bytes)``."""
    data = path.read_bytes()
    packets = [data[at : at + _TS] for at in range(0, len(data), _TS)]
    path.write_bytes(b"".join(change(k, packet) for k, packet in enumerate(packets)))
    return path


def ts_of_192_bytes(folder: Path) -> HostileFile:
    """A time code before each packet, as on camera cards (AVCHD)."""
    path = clip(folder / "c.m2ts")
    assert path.stat().st_size % 192 == 0
    return HostileFile(path, "OK", n_shown=50)


def ts_of_204_bytes(folder: Path) -> HostileFile:
    path = _in_packets(clip(folder / "c.ts"), lambda k, packet: packet + bytes([k % 256] * 16))
    return HostileFile(path, "OK", n_shown=50)


def ts_with_null_packets(folder: Path) -> HostileFile:
    null = b"\x47\x1f\xff\x10" + b"\xff" * 184
    path = _in_packets(clip(folder / "c.ts"), lambda k, packet: packet + null * (k % 3))
    return HostileFile(path, "OK", n_shown=50)


def ts_that_begins_in_mid_packet(folder: Path) -> HostileFile:
    path = clip(folder / "c.ts")
    path.write_bytes(np.random.default_rng(3).bytes(100) + path.read_bytes())
    return HostileFile(path, "OK", n_shown=50)


def ts_with_noise_in_the_middle(folder: Path) -> HostileFile:
    path = clip(folder / "c.ts")
    middle = path.stat().st_size // _TS // 2 * _TS
    insert(path, middle, np.random.default_rng(4).bytes(300_000))
    return HostileFile(path, "PARTIAL", first=None, n_rows=2)


def _half(folder: Path, k: int, **how: object) -> bytes:
    """Frames 25 k to 25 k + 24 as a transport stream."""
    path = write_clip(
        folder / f"half{k}.ts",
        steady(50)[25 * k : 25 * k + 25],
        numbers=range(25 * k, 25 * k + 25),
        b_frames=0,
        **how,  # type: ignore[arg-type]
    )
    return path.read_bytes()


def ts_whose_stream_moves(folder: Path) -> HostileFile:
    """In the middle the picture moves to another packet identifier, as after a reconnection."""
    moved = {"mpegts_start_pid": "0x200"}
    path = folder / "c.ts"
    path.write_bytes(_half(folder, 0) + _half(folder, 1, container_options=moved))
    return HostileFile(path, "PARTIAL", "goes on in another", n_shown=25, n_rows=1)


def ts_of_eight_then_ten_bits(folder: Path) -> HostileFile:
    path = folder / "c.ts"
    path.write_bytes(_half(folder, 0) + _half(folder, 1, pix_fmt="yuv420p10le"))
    return HostileFile(path, "OK_WARN", "pixel format changes", n_shown=50, n_rows=2)


def ts_of_narrow_then_full_range(folder: Path) -> HostileFile:
    path = folder / "c.ts"
    full = {"x264-params": "fullrange=on"}
    path.write_bytes(_half(folder, 0) + _half(folder, 1, pix_fmt="yuvj420p", options=full))
    return HostileFile(path, "OK_WARN", n_shown=50, n_rows=2)


def ts_whose_clock_starts_again(folder: Path) -> HostileFile:
    """Two recordings one after the other, each from time zero on."""
    again = write_clip(folder / "again.ts", steady(25), numbers=range(25, 50), b_frames=0)
    path = folder / "c.ts"
    path.write_bytes(_half(folder, 0) + again.read_bytes())
    return HostileFile(path, "OK_WARN", "clock jumps", n_shown=50, n_rows=2)


def ts_whose_clock_wraps(folder: Path) -> HostileFile:
    """33 bits of 90 kHz are full after 26.5 hours, here after the first second."""
    full = Fraction(2**33, 90000)
    path = write_clip(folder / "c.ts", [full - 1 + t for t in steady(50)], b_frames=0)
    return HostileFile(path, "OK_WARN", n_shown=50, n_rows=2)


def ts_of_two_programmes(folder: Path) -> HostileFile:
    """The second programme's picture is smaller; its packets lie among those of the first."""
    path = clip(folder / "c.ts")
    other = {"mpegts_start_pid": "0x200", "mpegts_pmt_start_pid": "0x1100"}
    small = clip(folder / "small.ts", size_px=(60, 80), container_options=other)
    packets = [small.read_bytes()[at : at + _TS] for at in range(0, small.stat().st_size, _TS)]
    path = _in_packets(path, lambda k, packet: packet + b"".join(packets[k : k + 1]))
    return HostileFile(path, "OK_WARN", first=None)


def ts_whose_packets_never_came(folder: Path) -> HostileFile:
    """Twenty packets are missing, as from a network stream; what is left decodes without error."""
    path = clip(folder / "c.ts", gop=1)
    data = path.read_bytes()
    path.write_bytes(data[: _TS * 40] + data[_TS * 60 :])
    return HostileFile(path, "PARTIAL", "missing from the file: about", first=None, n_rows=2)


def ts_that_starts_between_key_frames(folder: Path) -> HostileFile:
    path = write_clip(folder / "c.ts", steady(75), b_frames=0)
    data = path.read_bytes()
    path.write_bytes(data[: 3 * _TS] + data[20 * _TS :])
    return HostileFile(path, "OK_WARN", "before the first key frame", n_shown=50, first=25)


TRANSPORT_FILES: dict[str, Maker] = {
    name: maker
    for name, maker in list(globals().items())
    if callable(maker) and getattr(maker, "__annotations__", {}).get("return") == "HostileFile"
}
