"""The notebook in samples/ runs from its first cell to its last, and is stored clean."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "samples"
NOTEBOOK = SAMPLES / "train_and_annotate.ipynb"

# What a kernel does, without one: the code cells in one namespace, in order. Before the last cell
# removes the results, they are copied for the tests.
_EXECUTOR = """\
import json, shutil, sys
from pathlib import Path

notebook, results = map(Path, sys.argv[1:])
cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
names = {"__name__": "__main__"}
for cell in cells:
    if cell["cell_type"] == "code":
        if cell["id"] == "clean-up":
            shutil.copytree(names["OUT"], results)
        exec(compile("".join(cell["source"]), cell["id"], "exec"), names)
"""


def notebook() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    return content


def code_cells() -> list[dict[str, Any]]:
    return [cell for cell in notebook()["cells"] if cell["cell_type"] == "code"]


def test_it_is_stored_without_outputs() -> None:
    assert code_cells()
    for cell in code_cells():
        assert cell["outputs"] == []
        assert cell["execution_count"] is None


def test_it_is_of_the_format_whose_cells_have_names() -> None:
    content = notebook()
    assert (content["nbformat"], content["nbformat_minor"]) == (4, 5)
    names = [cell["id"] for cell in content["cells"]]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch("[a-zA-Z0-9-_]{1,64}", name) for name in names)


def test_it_is_plain_python_without_places_of_one_machine() -> None:
    for cell in code_cells():
        source = "".join(cell["source"])
        compile(source, cell["id"], "exec")
        assert not re.search(r"""["'](/|~|[A-Z]:)""", source)


@dataclass(frozen=True)
class Run:
    """What running the notebook left and said."""

    results: Path
    """A copy of what it wrote, made before its last cell."""
    temporary: Path
    """The folder for temporary files that it was given."""
    stdout: str


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """From a folder somewhere below the samples, with the command of this working tree."""
    folder = tmp_path_factory.mktemp("notebook")
    temporary = folder / "temporary"
    temporary.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", _EXECUTOR, NOTEBOOK, folder / "results"],
        cwd=SAMPLES / "dataset" / "test",
        env={**os.environ, "PYTHONPATH": str(ROOT), "MPLBACKEND": "Agg", "TMPDIR": str(temporary)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Run(folder / "results", temporary, done.stdout)


@pytest.mark.slow
def test_it_trains_a_model_of_its_own(run: Run) -> None:
    described = json.loads((run.results / "model" / "classifier.json").read_text(encoding="utf-8"))
    assert described["head"] == "softmax"
    assert described["background"] == ["no_tool"]
    history = pd.read_csv(run.results / "model" / "training.csv")
    assert history["loss"].iloc[-1] < history["loss"].iloc[0] / 4
    assert (run.results / "model" / "training.png").stat().st_size > 10_000


@pytest.mark.slow
def test_its_model_is_judged_on_every_test_image(run: Run) -> None:
    matrix = pd.read_csv(run.results / "evaluation" / "confusion_matrix.csv", index_col=0)
    n_images = len(list((SAMPLES / "dataset" / "test").glob("*/*.jpg")))
    assert matrix.to_numpy().sum() == n_images == 64
    assert matrix.to_numpy().trace() > 0.9 * n_images
    assert (run.results / "evaluation" / "confusion_matrix.png").is_file()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["sample_25fps", "sample_2997fps"])
def test_its_timelines_have_the_rows_of_the_reference(run: Run, name: str) -> None:
    timeline = pd.read_csv(run.results / "timelines" / name / "timeline.csv")
    reference = pd.read_csv(SAMPLES / "recordings" / f"{name}.reference.csv")
    assert timeline["second"].tolist() == reference["second"].tolist()
    assert set(reference.columns) < set(timeline.columns)
    assert (run.results / "timelines" / name / "timeline.png").is_file()


@pytest.mark.slow
def test_it_says_how_well_both_models_do(run: Run) -> None:
    """As its text says: the model trained in a minute is good, the sample model better."""
    for name in ("sample_25fps", "sample_2997fps"):
        found = re.search(rf"^{name} +(\S+) +(\S+)$", run.stdout, flags=re.MULTILINE)
        assert found is not None
        assert 0.6 < float(found[1]) < float(found[2]) <= 1


@pytest.mark.slow
def test_it_leaves_nothing_behind(run: Run) -> None:
    assert (run.results / "images.png").is_file()
    assert not list(run.temporary.glob("train-and-annotate-*"))
