"""Reading plans, held against plain loops over made-up recordings of every structure."""

from __future__ import annotations

import bisect
import itertools
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

from video_pipeline.frames.on_display import Display
from video_pipeline.frames.planned.planning import NOBODY, Planner, ReadingPlan
from video_pipeline.frames.planned.scanning import CannotPlanError, PacketChunk
from video_pipeline.frames.sampling_times import ChosenTimes, RegularTimes, SamplingTimes

F = Fraction
TICK = F(1, 1000)


@dataclass(frozen=True)
class Packet:
    """One packet as a container tells of it; ``pts`` in milliseconds."""

    pts: int
    is_access: bool = False
    is_shown: bool = True


@dataclass(frozen=True)
class Shown:
    """A frame without pixels, for the plain loop."""

    pts: Fraction
    is_corrupt: bool = False

    def rgb(
        self, size_px: tuple[int, int] | None = None, *, resize_rule: str = ""
    ) -> NDArray[np.uint8]:
        raise NotImplementedError


def chunks(packets: list[Packet], size: int) -> Iterator[PacketChunk]:
    for first in range(0, len(packets), size):
        part = packets[first : first + size]
        yield PacketChunk(
            first,
            np.array([p.pts for p in part], dtype=np.int64),
            np.array([p.is_shown for p in part]),
            np.array([p.is_access for p in part]),
        )


def plan(
    packets: list[Packet],
    times: SamplingTimes,
    *,
    size: int = 50,
    with_neighbours: bool = False,
    with_last: bool = False,
    first_number: int = 0,
) -> ReadingPlan:
    planner = Planner(
        times,
        time_base=TICK,
        with_neighbours=with_neighbours,
        with_last=with_last,
        first_number=first_number,
    )
    for chunk in chunks(packets, size):
        planner.add(chunk)
    return planner.finish(assumed_interval=F(1, 25))


def recording(
    rng: np.random.Generator, *, n_groups: int = 30, is_open: bool = False, wobble: int = 0
) -> list[Packet]:
    """Groups of random length: a key frame, then P frames each before the B frames it closes."""
    packets: list[Packet] = []
    time = 0
    for group in range(n_groups):
        key_is_late = is_open and group > 0
        times = time + np.cumsum(rng.integers(40 - wobble, 41 + wobble, rng.integers(1, 60)))
        shown = [int(t) for t in times]
        time = shown[-1]
        first = min(2, len(shown) - 1) if key_is_late else 0
        # A key frame that is shown third: the two before it are leading pictures.
        packets.append(Packet(shown[first], is_access=True))
        packets += [Packet(t) for t in shown[:first]]
        rest = shown[first + 1 :]
        for start in range(0, len(rest), 3):
            *between, last = rest[start : start + 3]
            packets.append(Packet(last))
            packets += [Packet(t) for t in between]
    return packets


def sampled(found: ReadingPlan, times: SamplingTimes) -> list[tuple[Fraction, Fraction]]:
    return [
        (times.at(int(k)), (int(pts) - found.zero) * TICK)
        for k, pts in zip(found.numbers, found.pts, strict=True)
        if k != NOBODY
    ]


def plain_loop(packets: list[Packet], times: SamplingTimes) -> list[tuple[Fraction, Fraction]]:
    shown = sorted(p.pts for p in packets if p.is_shown)
    frames = [Shown((pts - shown[0]) * TICK) for pts in shown]
    return [(s.time, s.frame.pts) for s in Display(interval=F(1, 25)).samples(frames, times)]


def with_pause() -> list[Packet]:
    """Ten seconds, nothing for fifty minutes, ten seconds more."""
    return [
        Packet(40 * k + (3_000_000 if k >= 250 else 0), is_access=k % 25 == 0) for k in range(500)
    ]


MAKERS: dict[str, Callable[[np.random.Generator], list[Packet]]] = {
    "closed": recording,
    "open": lambda rng: recording(rng, is_open=True),
    "variable": lambda rng: recording(rng, wobble=25),
    "open, variable": lambda rng: recording(rng, is_open=True, wobble=25),
    "one group": lambda rng: recording(rng, n_groups=1),
    "key frames only": lambda _: [Packet(40 * k, is_access=True) for k in range(500)],
    "no access point": lambda _: [Packet(40 * k) for k in range(500)],
    "a frame every 7 s": lambda _: [Packet(7000 * k, is_access=k % 5 == 0) for k in range(100)],
    "a long pause": lambda _: with_pause(),
    "hidden beginning": lambda _: [
        Packet(40 * k, is_access=k % 50 == 0, is_shown=k >= 33) for k in range(500)
    ],
}

TIMES: list[SamplingTimes] = [
    RegularTimes(F(1)),
    RegularTimes(F(5)),
    RegularTimes(F(30000, 1001)),
    RegularTimes(F(1, 10)),
    RegularTimes(F(2), start=F(7, 3), end=F(33)),
    ChosenTimes((F(0), F(1, 3), F(12), F(12041, 1000), F(10**6))),
]


@pytest.mark.parametrize("size", [1, 7, 50, 10_000])
@pytest.mark.parametrize("times", TIMES, ids=str)
@pytest.mark.parametrize("maker", MAKERS)
def test_plans_what_a_plain_loop_over_every_frame_samples(
    maker: str, times: SamplingTimes, size: int
) -> None:
    packets = MAKERS[maker](np.random.default_rng(3))
    found = plan(packets, times, size=size)
    assert sampled(found, times) == plain_loop(packets, times)
    assert found.n_shown == sum(p.is_shown for p in packets)


@pytest.mark.parametrize("with_neighbours", [False, True])
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("maker", MAKERS)
def test_every_run_holds_all_that_its_frames_may_lean_on(
    maker: str, seed: int, with_neighbours: bool
) -> None:
    packets = MAKERS[maker](np.random.default_rng(seed))
    shown = sorted(p.pts for p in packets if p.is_shown)
    found = plan(packets, RegularTimes(F(1)), with_neighbours=with_neighbours)
    number_of = {p.pts: k for k, p in enumerate(packets)}
    for run in found.runs:
        for pts in found.pts[run.samples].tolist():
            place = bisect.bisect_left(shown, pts)
            beside = shown[max(0, place - 1) : place + 2] if with_neighbours else [pts]
            for needed in beside:
                number = number_of[needed]
                # The nearest packet at or before it that is also shown at or before it.
                earlier = [
                    k
                    for k in range(number + 1)
                    if packets[k].is_access and packets[k].pts <= needed
                ]
                assert run.first <= (earlier[-1] if earlier else 0)
                assert number <= run.last
    spans = [(run.first, run.last) for run in found.runs]
    assert all(before[1] < after[0] for before, after in itertools.pairwise(spans))
    assert all(packets[run.first].is_access or run.first == 0 for run in found.runs)


def test_packets_that_no_sample_needs_are_in_no_run() -> None:
    # 25 frames a second, a key frame each second: only the key frames are wanted.
    packets = [Packet(40 * k, is_access=k % 25 == 0) for k in range(250)]
    found = plan(packets, RegularTimes(F(1)))
    assert [(run.first, run.last) for run in found.runs] == [(25 * k, 25 * k) for k in range(10)]


def test_a_leading_picture_keeps_the_group_before_it() -> None:
    #                 0    40        120 is the key frame; 80 leans on both sides of it
    packets = [Packet(0, True), Packet(40), Packet(120, True), Packet(80), Packet(160)]
    found = plan(packets, ChosenTimes((F(8, 100),)))
    assert [(run.first, run.last) for run in found.runs] == [(0, 3)]
    found = plan(packets, ChosenTimes((F(16, 100),)))
    assert [(run.first, run.last) for run in found.runs] == [(2, 4)]


def test_the_last_frame_is_decoded_where_it_is_the_proof_of_the_end() -> None:
    packets = [Packet(40 * k, is_access=k % 25 == 0) for k in range(45)]
    found = plan(packets, RegularTimes(F(1)), with_last=True)
    assert found.numbers.tolist() == [0, 1, NOBODY]
    assert found.runs[-1].last == 44


def test_a_plan_may_begin_at_a_later_sampling_time() -> None:
    packets = [Packet(40 * k, is_access=k % 25 == 0) for k in range(250)]
    assert plan(packets, RegularTimes(F(1)), first_number=7).numbers.tolist() == [7, 8, 9]


def test_a_gap_is_told_and_not_sampled() -> None:
    found = plan(with_pause(), RegularTimes(F(1)))
    assert found.gaps == ((F(10), F(3010)),)
    assert found.end == F(3020)
    assert found.numbers.tolist() == [*range(12), *range(3010, 3020)]


@pytest.mark.parametrize(
    ("packets", "reason"),
    [
        ([Packet(0, True), Packet(40), Packet(40)], "share a time"),
        (
            [Packet(40 * (k % 200), k % 200 == 0) for k in range(400)],
            "share a time|backwards|order",
        ),
        ([Packet(40 * k, k == 0) for k in range(300)] + [Packet(1)], "backwards"),
        ([Packet(40 * k + (10**7 if k == 50 else 0), k == 0) for k in range(400)], "its own"),
        ([Packet(0, True), Packet(13 * 3600 * 1000)], "set anew"),
        ([Packet(11 * 3600 * 1000 * k, True) for k in range(20)], "no operation lasts"),
        ([Packet(0, is_shown=False)], "no frame is shown"),
        ([Packet(80, True), Packet(40, True), Packet(120)], "key frames are out of order"),
    ],
)
def test_times_that_cannot_be_right_are_no_plan(packets: list[Packet], reason: str) -> None:
    with pytest.raises(CannotPlanError, match=reason):
        plan(packets, RegularTimes(F(1)))


def test_twelve_hours_take_the_memory_of_their_samples_only() -> None:
    def peak(hours: int) -> int:
        n = hours * 3600 * 25
        planner = Planner(RegularTimes(F(1)), time_base=TICK)
        tracemalloc.start()
        for first in range(0, n, 8192):
            number = np.arange(first, min(n, first + 8192), dtype=np.int64)
            shown = np.ones(len(number), dtype=np.bool_)
            planner.add(PacketChunk(first, 40 * number, shown, number % 250 == 0))
        found = planner.finish(assumed_interval=F(1, 25))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert len(found.numbers) == hours * 3600
        return most

    one, twelve = peak(1), peak(12)
    assert (twelve - one) / 11 < 2**20
