"""A stranger's model folder: refused in one line, with nothing run, and nothing else opened."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from classifier.errors import ModelFolderError
from classifier.model.bundle import WEIGHTS_NAME, read_model_folder
from tests.support.hostile_models import BROKEN, CANARY, SPOILT, break_folder
from video_pipeline.cli import main


@pytest.fixture
def folder(model_folder: Path, tmp_path: Path) -> Path:
    """A copy of the model folder that a test may break."""
    return Path(shutil.copytree(model_folder, tmp_path / "model"))


@pytest.mark.parametrize(("break_it", "cause"), BROKEN.values(), ids=BROKEN)
def test_is_refused_without_a_network(
    folder: Path, break_it: Callable[[Path], None], cause: str
) -> None:
    with pytest.raises(ModelFolderError, match=cause) as caught:
        read_model_folder(break_folder(folder, break_it))
    line = str(caught.value)
    assert "\n" not in line
    assert len(line) < 600
    assert str(folder) in line


@pytest.mark.parametrize("name", ["NaN", "seven classes", "external storage", "pipe for weights"])
@pytest.mark.parametrize("command", ["annotate", "evaluate", "info", "export"])
def test_every_command_refuses_it_before_anything_else_is_opened(
    folder: Path, name: str, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    break_folder(folder, BROKEN[name][0])
    out, missing = folder.parent / "out", folder.parent / "missing"
    call = {
        "annotate": ["annotate", missing, "--model", folder, "--out", out],
        "evaluate": ["evaluate", folder, missing, "--out", out],
        "info": ["model", "info", folder],
        "export": ["model", "export", folder, "--format", "saved_model", "--out", out],
    }[command]
    assert main([str(argument) for argument in call]) == 1
    printed = capsys.readouterr()
    (problem,) = printed.err.splitlines()
    assert problem.startswith(f"surgical-video: {folder}")
    assert printed.out == ""
    assert not out.exists()


@pytest.mark.parametrize(("break_it", "cause"), SPOILT.values(), ids=SPOILT)
@pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")
def test_finite_weights_that_answer_nothing_are_refused(
    folder: Path, break_it: Callable[[Path], None], cause: str
) -> None:
    from classifier.model.describing import run_self_test

    model = read_model_folder(break_folder(folder, break_it))
    with pytest.raises(ModelFolderError, match=cause):
        run_self_test(model)


def test_a_bomb_takes_no_more_memory_than_the_array_would(folder: Path) -> None:
    break_folder(folder, BROKEN["bomb"][0])
    tracemalloc.start()
    try:
        with pytest.raises(ModelFolderError, match="not as large"):
            read_model_folder(folder)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    largest = 3 * 3 * 512 * 512 * np.dtype("float16").itemsize
    assert peak < 4 * largest, "the bomb alone would be 12 MB above"


@pytest.mark.parametrize("name", ["external storage", "external link", "virtual", "plug-in"])
def test_nothing_outside_the_folder_is_opened(folder: Path, name: str) -> None:
    """Seen from outside of the process: HDF5 opens files without Python knowing."""
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("no strace here")
    break_folder(folder, BROKEN[name][0])
    log = folder.parent / "log"
    code = (
        "import sys\n"
        "from classifier.errors import ModelFolderError\n"
        "from classifier.model.bundle import read_model_folder\n"
        "from pathlib import Path\n"
        "try:\n    read_model_folder(Path(sys.argv[1]))\n"
        "except ModelFolderError:\n    sys.exit(7)\n"
    )
    watched = [strace, "-f", "-o", str(log), "-e", "trace=openat,open,creat,socket,execve"]
    done = subprocess.run(
        [*watched, sys.executable, "-c", code, str(folder)], check=False, capture_output=True
    )
    if b"ptrace" in done.stderr:
        pytest.skip("strace may not watch here")
    assert done.returncode == 7
    calls = log.read_text(errors="replace").splitlines()
    opened = [line for line in calls if "open" in line and str(folder.parent) in line]
    assert any(WEIGHTS_NAME in line for line in opened), "strace saw nothing"
    assert not [line for line in opened if CANARY in line]
    assert not [line for line in opened if "O_CREAT" in line]
    assert not [line for line in calls if "socket(AF_INET" in line]
    started = [line for line in calls if "execve(" in line and "= 0" in line]
    # Python's own `platform` asks for the processor's name.
    assert not [line for line in started[1:] if '"uname", "-p"' not in line]


def test_plugins_are_found_again_afterwards(folder: Path) -> None:
    before = [h5py.h5pl.get(k) for k in range(h5py.h5pl.size())]
    read_model_folder(folder)
    assert [h5py.h5pl.get(k) for k in range(h5py.h5pl.size())] == before


def test_a_folder_may_be_reached_by_a_link(folder: Path) -> None:
    (folder.parent / "link").symlink_to(folder)
    assert read_model_folder(folder.parent / "link").config == read_model_folder(folder).config
