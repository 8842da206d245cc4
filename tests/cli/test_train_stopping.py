"""``train`` as a real process that is told to stop, and goes on."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.processes import running

COMMAND = Path(sys.executable).parent / "surgical-video"
OPTIONS = (
    *("--weights", "none", "--epochs", "0,20", "--patience", "20", "--trainable", "conv5"),
    *("--input-size", "32", "--batch-size", "4"),
)


@pytest.mark.slow
def test_a_stopped_training_leaves_a_checkpoint_that_the_same_call_resumes(
    folder_dataset: Callable[..., Path], tmp_path: Path
) -> None:
    dataset = folder_dataset({"hook": 8, "grasper": 8})
    call = [str(COMMAND), "train", str(dataset), "--out", str(tmp_path / "model"), *OPTIONS]
    for number, again in ((signal.SIGINT, []), (signal.SIGTERM, ["--resume"])):
        with running([*call, *again]) as process:
            assert process.stderr is not None
            for line in process.stderr:
                if line.startswith("fine epoch") and not line.startswith("fine epoch   1"):
                    break
            process.send_signal(number)
            _, err = process.communicate(timeout=120)
        assert process.returncode == 130, err
        assert err.splitlines()[-1] == (
            "surgical-video: interrupted; the same call with --resume goes on from "
            f"{tmp_path / 'model-checkpoint'}"
        )
        assert not (tmp_path / "model").exists()

    unasked = subprocess.run(call, capture_output=True, text=True, check=False)
    assert unasked.returncode == 1
    assert "an interrupted training is there; go on with --resume" in unasked.stderr
    other = subprocess.run(
        [*call, "--resume", "--seed", "7"], capture_output=True, text=True, check=False
    )
    assert other.returncode == 1
    assert "the interrupted training had other settings" in other.stderr

    resumed = subprocess.run([*call, "--resume"], capture_output=True, text=True, check=False)
    assert resumed.returncode == 0, resumed.stderr
    epochs = [line for line in resumed.stderr.splitlines() if line.startswith("fine epoch")]
    assert len(epochs) < 20
    assert epochs[-1].startswith("fine epoch  20")
    assert not (tmp_path / "model-checkpoint").exists()
    assert (tmp_path / "model" / "classifier.json").is_file()
