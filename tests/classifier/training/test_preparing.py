"""What a training is given to learn from and to validate on, before any network is built."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from classifier.dataset.checking import check_images
from classifier.dataset.class_folders import read_class_folders
from classifier.errors import DatasetError
from classifier.training.preparing import DatasetOptions, PreparedImages, prepare_images
from classifier.training.progress import ImagesChecked
from classifier.training.settings import TrainingSettings

Maker = Callable[..., Path]
SOFTMAX, SIGMOID = TrainingSettings(head="softmax"), TrainingSettings(head="sigmoid")


def prepare(
    dataset: Path, settings: TrainingSettings = SOFTMAX, **options: object
) -> PreparedImages:
    return prepare_images(dataset, settings, DatasetOptions(**options))  # type: ignore[arg-type]


def write_recordings(root: Path, *, n: int, split: str = "train") -> Path:
    """Two classes, n recordings whose names begin each file's."""
    rng = np.random.default_rng(len(split))
    for tool in ("hook", "bag"):
        (root / split / tool).mkdir(parents=True)
        for recording in range(n):
            for i in range(3):
                image = rng.integers(0, 255, (40, 40, 3), dtype=np.uint8)
                path = root / split / tool / f"{split}{recording}_{i:04}.png"
                cv2.imwrite(str(path), image)
    return root


def test_without_recordings_random_frames_are_held_back_and_a_pattern_is_suggested(
    tmp_path: Path,
) -> None:
    images = prepare(write_recordings(tmp_path, n=6))
    assert images.split_by == "random frames"
    assert images.suggested_regex is not None
    assert len(images.train) + len(images.validation) == 36


def test_a_pattern_keeps_recordings_on_one_side(tmp_path: Path) -> None:
    images = prepare(write_recordings(tmp_path, n=6), group_regex="^(train[0-9]+)_")
    assert images.split_by == "recording"
    assert images.suggested_regex is None
    assert not set(images.train.videos or ()) & set(images.validation.videos or ())
    assert images.lock.n_recordings == 6


def test_a_validation_folder_is_what_is_held_back(tmp_path: Path) -> None:
    write_recordings(tmp_path, n=4)
    write_recordings(tmp_path, n=2, split="validation")
    images = prepare(tmp_path)
    assert images.split_by == "as given"
    assert len(images.train) == 24
    assert len(images.validation) == 12
    assert images.lock.counts == {
        "train": {"bag": 12, "hook": 12},
        "validation": {"bag": 6, "hook": 6},
    }


def test_a_table_says_by_its_column_what_is_held_back_and_what_is_not_for_training(
    tmp_path: Path,
) -> None:
    rng = np.random.default_rng(0)
    lines = ["image,split,hook,bag"]
    for i, split in enumerate(["train"] * 6 + ["validation"] * 3 + ["test"] * 2):
        cv2.imwrite(str(tmp_path / f"{i}.png"), rng.integers(0, 255, (40, 40, 3), dtype=np.uint8))
        lines.append(f"{i}.png,{split},{i % 2},{'?' if i == 2 else 1 - i % 2}")
    (tmp_path / "labels.csv").write_text("\n".join(lines) + "\n")
    images = prepare(tmp_path, SIGMOID)
    assert [len(images.train), len(images.validation)] == [6, 3]
    assert np.isnan(images.train.labels).sum() == 1
    with pytest.raises(DatasetError, match="pass --head sigmoid"):
        prepare(tmp_path)


def test_a_list_of_classes_fixes_the_columns_and_keeps_the_background(
    folder_dataset: Maker,
) -> None:
    dataset = folder_dataset({"hook": 4, "bag": 4, "no_tool": 4})
    assert prepare(dataset).train.classes == ("bag", "hook", "no_tool")
    images = prepare(dataset, classes=("hook", "bag"))
    assert images.train.tools == ("hook", "bag")
    assert images.train.background == ("no_tool",)
    with pytest.raises(DatasetError, match="no such class among those learned"):
        prepare(dataset, classes=("hook",))


def test_the_fingerprint_is_that_of_all_usable_images(folder_dataset: Maker) -> None:
    dataset = folder_dataset({"hook": 6, "bag": 6})
    (dataset / "train" / "hook" / "broken.jpg").write_bytes(b"no image")
    images = prepare(dataset)
    _, fingerprint = check_images(read_class_folders(dataset / "train"))
    assert images.fingerprint == fingerprint == images.lock.dataset_sha256
    assert [problem.path.name for problem in images.train.problems] == ["broken.jpg"]


def test_strict_stops_at_a_bad_file(folder_dataset: Maker) -> None:
    dataset = folder_dataset({"hook": 6, "bag": 6})
    (dataset / "train" / "hook" / "broken.jpg").write_bytes(b"no image")
    with pytest.raises(DatasetError, match=r"broken\.jpg"):
        prepare(dataset, strict=True)


def test_one_image_under_two_labels_stops_a_training(folder_dataset: Maker) -> None:
    dataset = folder_dataset({"hook": 6, "bag": 6})
    content = (dataset / "train" / "hook" / "train000.jpg").read_bytes()
    (dataset / "train" / "bag" / "again.jpg").write_bytes(content)
    with pytest.raises(DatasetError, match="dataset scan"):
        prepare(dataset)


def test_leakage_into_the_test_images_is_told(folder_dataset: Maker) -> None:
    dataset = folder_dataset({"hook": 6, "bag": 6})
    folder_dataset({"hook": 3, "bag": 3}, split="test", seed=1, root=dataset)
    content = (dataset / "train" / "hook" / "train000.jpg").read_bytes()
    (dataset / "test" / "hook" / "leaked.jpg").write_bytes(content)
    assert [f.kind for f in prepare(dataset).findings if f.severity == "warning"] == ["leak"]


def test_progress_counts_every_image(folder_dataset: Maker) -> None:
    dataset = folder_dataset({"hook": 5, "bag": 5})
    events: list[ImagesChecked] = []
    prepare_images(dataset, SOFTMAX, DatasetOptions(), report=events.append)
    assert events[-1] == ImagesChecked(10, 10)


def test_preparing_loads_no_tensorflow() -> None:
    code = "import sys, classifier.training.preparing; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
