from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, f1_score

from classifier.config import ModelConfig
from classifier.dataset.record import Dataset
from classifier.evaluation.cautions import cautions
from classifier.evaluation.files import write_evaluation
from classifier.evaluation.judging import Evaluation, evaluate_images, judge
from classifier.evaluation.record import OVERALL_FIGURES, TOOL_FIGURES

if TYPE_CHECKING:
    from classifier.prediction import ToolClassifier

SIGMOID = ModelConfig(tools=("hook", "grasper", "bag"), head="sigmoid")
SOFTMAX = ModelConfig(tools=("hook", "grasper"), head="softmax", background=("no_tool",))


def shown(labels: Sequence[Sequence[float]], config: ModelConfig) -> Dataset:
    softmax = config.head == "softmax"
    return Dataset(
        source=Path("test"),
        paths=tuple(Path(f"{i}.jpg") for i in range(len(labels))),
        labels=np.array(labels, dtype=np.float32),
        tools=config.tools,
        background=config.background if softmax else (),
    )


def judged(
    config: ModelConfig, labels: Sequence[Sequence[float]], said: Sequence[Sequence[float]]
) -> Evaluation:
    return judge(config, shown(labels, config), np.array(said, dtype=np.float32))


def test_a_perfect_detector_scores_one_and_an_absent_tool_is_undefined() -> None:
    result = judged(SIGMOID, [[1, 0, 0], [1, 1, 0]], [[0.9, 0.1, 0.2], [0.8, 0.7, 0.1]])
    assert result.accuracy == 1
    assert result.mean_average_precision == 1
    bag = result.tools[2]
    assert (bag.n_images, bag.average_precision, bag.recall, bag.precision) == (0, None, None, None)


def test_sigmoid_accuracy_counts_whole_sets() -> None:
    result = judged(SIGMOID, [[1, 0, 0], [1, 1, 0]], [[0.9, 0.1, 0.2], [0.8, 0.4, 0.1]])
    assert result.accuracy == 0.5


def test_figures_equal_scikit_learn() -> None:
    rng = np.random.default_rng(2)
    labels = rng.integers(0, 2, (80, 3)).astype(float)
    said = rng.random((80, 3)).astype(np.float32)
    result = judge(SIGMOID, shown(labels.tolist(), SIGMOID), said)
    expected = [average_precision_score(labels[:, k], said[:, k]) for k in range(3)]
    assert [t.average_precision for t in result.tools] == pytest.approx(expected)
    assert result.mean_average_precision == pytest.approx(np.mean(expected))
    assert result.micro_f1 == pytest.approx(f1_score(labels, said >= 0.5, average="micro"))


def test_the_models_thresholds_decide() -> None:
    config = ModelConfig(tools=("hook", "grasper"), head="sigmoid", thresholds=(0.2, 0.8))
    labels = np.array([[1, 0]], dtype=np.float32)
    images = Dataset(Path("t"), (Path("a.jpg"),), labels, tools=config.tools)
    assert judge(config, images, np.array([[0.3, 0.7]], dtype=np.float32)).accuracy == 1


def test_softmax_takes_the_most_probable_class_background_included() -> None:
    labels = np.eye(3)[[0, 1, 2, 2]].tolist()
    said = [[0.6, 0.3], [0.5, 0.4], [0.1, 0.2], [0.45, 0.15]]
    result = judged(SOFTMAX, labels, said)
    assert result.accuracy == 0.5
    assert result.classes == ("hook", "grasper", "no_tool")
    assert result.confusion.tolist() == [[1, 0, 0], [1, 0, 0], [1, 0, 1]]


def test_images_with_two_tools_stay_out_of_the_confusion_matrix() -> None:
    result = judged(SIGMOID, [[1, 1, 0], [0, 0, 0]], [[0.9, 0.9, 0], [0.1, 0.2, 0]])
    assert result.confusion.sum() == 1
    assert result.confusion[3, 3] == 1


def test_images_that_all_show_two_tools_leave_the_confusion_matrix_empty() -> None:
    assert judged(SIGMOID, [[1, 1, 0]], [[0.9, 0.9, 0.1]]).confusion.sum() == 0


def test_a_model_without_background_is_judged_on_frames_without_tools_too(
    folder_dataset: Callable[..., Path], classifier: ToolClassifier
) -> None:
    test = folder_dataset({"hook": 2, "No_Tool": 3}, split="test") / "test"
    (test / "hook" / "test000.jpg").write_bytes(b"broken")
    told: list[tuple[int, int]] = []
    result = evaluate_images(classifier, test, progress=lambda *counts: told.append(counts))
    assert len(result.images) == 4
    assert result.images.labels.sum(axis=0).tolist() == [0, 1, 0]
    assert [problem.path.name for problem in result.problems] == ["test000.jpg"]
    assert told == [(5, 5)]


def test_a_softmax_head_is_not_judged_right_or_wrong_on_two_tools_at_once() -> None:
    result = judged(SOFTMAX, [[1, 1, 0]], [[0.6, 0.3]])
    assert result.accuracy is None
    assert judged(SOFTMAX, [[1, 1, 0], [0, 1, 0]], [[0.6, 0.3], [0.1, 0.8]]).accuracy == 1


def test_images_that_were_learned_from_are_counted(
    folder_dataset: Callable[..., Path], classifier: ToolClassifier
) -> None:
    test = folder_dataset({"hook": 3, "grasper": 2}, split="test") / "test"
    result = evaluate_images(classifier, test, was_learned=lambda path: path.name < "test001.jpg")
    assert result.n_learned == 2
    assert "2 of the 5 images were among those that the model learned from" in cautions(result)[0]
    assert evaluate_images(classifier, test).n_learned is None


@pytest.mark.parametrize(
    "said", [np.zeros((1, 2)), np.full((2, 3), np.nan), np.full((2, 3), 1.1), np.zeros((0, 3))]
)
def test_probabilities_of_other_images_are_refused(said: NDArray[np.float64]) -> None:
    with pytest.raises(ValueError, match="probabilities must"):
        judge(SIGMOID, shown([[1, 0, 0], [0, 0, 0]], SIGMOID), said.astype(np.float32))


def test_files_hold_every_figure_and_its_definition(tmp_path: Path) -> None:
    result = judged(SIGMOID, [[1, 0, 0], [1, 1, 0]], [[0.9, 0.6, 0.2], [0.8, 0.7, 0.1]])
    write_evaluation(tmp_path / "out", result)
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "confusion_matrix.csv",
        "confusion_matrix.png",
        "evaluation.html",
        "metrics.json",
        "per_tool.csv",
        "precision_recall.png",
        "predictions.csv",
        "reliability.png",
    ]
    metrics = json.loads((tmp_path / "out" / "metrics.json").read_text())
    assert metrics["accuracy"] == 0.5
    assert metrics["tools"][2]["average_precision"] is None
    assert "accuracy" in metrics["definitions"]
    assert set(metrics["intervals"]) == set(OVERALL_FIGURES)
    assert set(metrics["tools"][0]["intervals"]) == set(TOOL_FIGURES)
    assert {*OVERALL_FIGURES, *TOOL_FIGURES} <= set(metrics["definitions"])
    header, hook, _, bag = (tmp_path / "out" / "per_tool.csv").read_text().splitlines()
    assert header.startswith("tool,n_images,precision,recall,f1,average_precision,")
    assert hook.startswith("hook,2,1.0000,1.0000,1.0000,1.0000,,")
    assert bag == "bag,0" + "," * (len(header.split(",")) - 2)
    assert (tmp_path / "out" / "predictions.csv").read_text().splitlines() == [
        "image,hook,grasper,bag,hook_probability,grasper_probability,bag_probability",
        "0.jpg,1,0,0,0.9000,0.6000,0.2000",
        "1.jpg,1,1,0,0.8000,0.7000,0.1000",
    ]
