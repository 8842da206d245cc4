"""How many processors there are for us, seen by real processes under real limits."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

CODE = "from video_pipeline.processors import n_processors; print(n_processors())"


def seen(*before: str) -> int:
    done = subprocess.run(
        [*before, sys.executable, "-c", CODE], capture_output=True, text=True, check=True
    )
    return int(done.stdout)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no affinity here")
def test_those_that_affinity_leaves() -> None:
    mine = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(mine)})
    try:
        assert seen() == 1
    finally:
        os.sched_setaffinity(0, mine)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"cpu.max": "50000 100000"}, 1),
        ({"cpu.max": "110000 100000"}, 2),
        ({"cpu.max": "max 100000"}, None),
        ({"cpu.max": "no number"}, None),
        ({"cpu/cpu.cfs_quota_us": "50000", "cpu/cpu.cfs_period_us": "100000"}, 1),
        ({"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, None),
        ({}, None),
    ],
)
def test_those_that_a_container_is_given_time_on(
    files: dict[str, str], expected: int | None
) -> None:
    """A container sees all processors of its machine; its share of their time stands in cgroups."""
    unshare = shutil.which("unshare")
    # Not ``seen()``: a quota of this very run is out of sight behind the mount.
    n_all = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0
    if unshare is None or n_all < (expected or 1):
        pytest.skip("too few processors, or no namespaces here")
    place = "mount -t tmpfs none /sys/fs/cgroup && mkdir /sys/fs/cgroup/cpu"
    for name, content in files.items():
        place += f" && echo {content} > /sys/fs/cgroup/{name}"
    shell = [unshare, "--mount", "sh", "-c"]
    if subprocess.run([*shell, place], capture_output=True, check=False).returncode != 0:
        pytest.skip("nothing may be mounted here")
    assert seen(*shell, f'{place} && exec "$@"', "sh") == (expected or n_all)
