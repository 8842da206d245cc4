"""`benchmark.py smooth` measures what it says: every way, and peers that decide alike."""

from __future__ import annotations

import numpy as np
import pytest
from benchmark import main
from benchmarks.smoothing import streams

ARGUMENTS = ["smooth", "--tools", "2", "--hours", "0.1", "--repeats", "1"]


def test_every_way_has_a_line_and_peers_decide_alike(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(ARGUMENTS) == 0
    out, err = capsys.readouterr()
    assert err == ""
    first, head, *lines, last = out.splitlines()
    assert first.startswith("2 tools, 360 s, ")
    assert last.startswith("bar: 50.0 ms for 7 tools and 3 hours; slowest here: ")
    assert head.split("  ")[-1].strip() == "same"
    ways = [line[2:].split("  ")[0] for line in lines if line[2] != " "]
    assert len(ways) == len(set(ways)) == 15
    for name in ("Viterbi", "forward-backward", "forward filter", "lag 3 s"):
        assert f"two states, {name}" in ways
        assert f"two durations, {name}" in ways
    same = {
        peer: float(line.split()[-1])
        for line in lines
        for peer in ("pandas mean", "SciPy mean", "pandas median", "SciPy median", "hmmlearn")
        if f"  {peer} " in line
    }
    assert {peer for peer, share in same.items() if share == 1.0} >= {"pandas mean", "hmmlearn"}
    assert min(same.values()) > 0.98


def test_columns_are_aligned(capsys: pytest.CaptureFixture[str]) -> None:
    main(ARGUMENTS)
    _, head, *lines, _ = capsys.readouterr().out.splitlines()
    edges = [head.index(name) + len(name) for name in ("CPU ms", "of bar", "x ours", "same")]
    with_peer = [line for line in lines if "pandas" in line or "hmmlearn" in line]
    assert len(with_peer) == 5
    for line in with_peer:
        assert all(
            line[edge - 1].isdigit() and line[edge : edge + 1].isspace() for edge in edges[:3]
        )
        assert len(line) == edges[3]


def test_streams_come_from_their_seed_and_hold_uses_of_every_length() -> None:
    drawn = streams((3600, 3), seed=4)
    np.testing.assert_array_equal(drawn, streams((3600, 3), seed=4))
    assert not np.array_equal(drawn, streams((3600, 3), seed=5))
    assert np.all((drawn > 0) & (drawn < 1))
    shown = (drawn >= 0.5).mean(axis=0)
    assert np.all((shown > 0.05) & (shown < 0.5))
