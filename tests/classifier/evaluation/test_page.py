"""The page as a browser would take it: read by html.parser, which resolves what was escaped."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest

from classifier.config import ModelConfig
from classifier.dataset.record import Dataset, ImageProblem
from classifier.evaluation.cautions import cautions
from classifier.evaluation.files import write_evaluation
from classifier.evaluation.judging import Evaluation, judge
from classifier.evaluation.mistakes import thumbnail, worst_mistakes

HOSTILE = ("<b>x", "</style></title><script>alert(1)</script>", '"onload="y', "&amp;")
KNOWN_TAGS = {
    *("html", "head", "meta", "title", "style", "body", "h1", "h2", "h3", "p", "div", "strong"),
    *("small", "span", "ul", "li", "table", "thead", "tbody", "tr", "th", "td", "br", "svg"),
    *("path", "circle", "figure", "figcaption", "img", "dl", "dt", "dd", "code", "details"),
    *("summary", "pre"),
}


@dataclass
class Parsed:
    tags: set[str] = field(default_factory=set)
    attributes: list[tuple[str, str, str]] = field(default_factory=list)
    text: str = ""
    styles: str = ""


def parse(page: str) -> Parsed:
    parsed = Parsed()
    open_tags: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            parsed.tags.add(tag)
            parsed.attributes.extend((tag, name, value or "") for name, value in attrs)
            if tag not in {"meta", "br", "img", "path", "circle"}:
                open_tags.append(tag)

        def handle_endtag(self, tag: str) -> None:
            if tag not in {"path", "circle"}:
                assert open_tags.pop() == tag

        def handle_data(self, data: str) -> None:
            if open_tags and open_tags[-1] == "style":
                parsed.styles += data
            else:
                parsed.text += data

    reader = Reader()
    reader.feed(page)
    reader.close()
    assert open_tags == []
    return parsed


def judged_images(folder: Path, *, tools: tuple[str, ...] = HOSTILE, n: int = 30) -> Evaluation:
    """Images on disk with hostile names, of which about a third are judged wrong."""
    rng = np.random.default_rng(0)
    test = folder / "te<i>st"
    test.mkdir()
    paths = []
    for i in range(n):
        path = test / f"<img src=x onerror=alert({i})>.jpg"
        cv2.imwrite(str(path), rng.integers(0, 255, (90, 160, 3), dtype=np.uint8))
        paths.append(path)
    labels = (rng.random((n, len(tools))) < 0.4).astype(np.float32)
    labels[:, -1] = 0
    said = np.clip(rng.normal(0.3 + 0.4 * labels, 0.25), 0, 1).astype(np.float32)
    config = ModelConfig(
        tools=tools,
        head="sigmoid",
        training={
            "validation_split": "random frames",
            "starting_weights": "<script>weights</script>",
            "n_train": {"<b>x": 5},
            "n_validation": {"<b>x": "<i>"},
            "settings": {"weights": "</pre><script>"},
        },
    )
    images = Dataset(source=test, paths=tuple(paths), labels=labels, tools=tools)
    problems = (ImageProblem(test / "<u>.jpg", "the file is empty"),)
    return judge(config, images, said, problems=problems, n_replicates=50)


@pytest.fixture
def evaluation(tmp_path: Path) -> Evaluation:
    return judged_images(tmp_path)


def page_of(out: Path) -> str:
    return (out / "evaluation.html").read_text(encoding="utf-8")


def test_names_are_text_and_nothing_is_fetched_or_run(
    evaluation: Evaluation, tmp_path: Path
) -> None:
    model = tmp_path / "<script>model"
    model.mkdir()
    (model / "training.png").write_bytes(b"\x89PNG\r\n\x1a\n rest")
    write_evaluation(tmp_path / "out", evaluation, model=model)
    parsed = parse(page_of(tmp_path / "out"))
    assert parsed.tags <= KNOWN_TAGS
    for tag, name, value in parsed.attributes:
        assert not name.startswith("on"), (tag, name)
        assert name not in {"href", "srcset", "action", "data", "background"}
        assert name != "src" or value.startswith(("data:image/png;", "data:image/jpeg;"))
        assert "//" not in value or name == "src"
    assert not re.search(r"url\(|@import|https?:", parsed.styles)
    for name in (*HOSTILE, "<script>model", "<script>weights</script>", "te<i>st/<u>.jpg"):
        assert name in parsed.text
    assert "<img src=x onerror=alert(" in parsed.text
    assert ("meta", "content", "default-src 'none'; img-src data:; style-src 'unsafe-inline'") in (
        parsed.attributes
    )


def test_the_page_shows_every_figure_with_its_interval_and_definition(
    evaluation: Evaluation, tmp_path: Path
) -> None:
    write_evaluation(tmp_path / "out", evaluation)
    text = parse(page_of(tmp_path / "out")).text
    metrics = json.loads((tmp_path / "out" / "metrics.json").read_text(encoding="utf-8"))
    for scores in metrics["tools"][:3]:
        for name, interval in scores["intervals"].items():
            if scores[name] is not None:
                assert f"{scores[name]:.3f}{interval['low']:.3f}–{interval['high']:.3f}" in text
    interval = metrics["intervals"]["micro_f1"]
    assert f"95 % interval {interval['low']:.3f} to {interval['high']:.3f}" in text
    for words in metrics["definitions"].values():
        assert words in text
    for sentence in metrics["cautions"]:
        assert sentence in text
    assert "random frames: frames of one operation are in both" in text


def test_unknown_recordings_make_a_loud_note_on_the_page_and_in_the_file(
    evaluation: Evaluation, tmp_path: Path
) -> None:
    write_evaluation(tmp_path / "out", evaluation)
    note = "Frames of one operation are not independent: the intervals are too narrow"
    assert note in parse(page_of(tmp_path / "out")).text
    metrics = json.loads((tmp_path / "out" / "metrics.json").read_text(encoding="utf-8"))
    assert note in metrics["cautions"][0]
    assert metrics["resampling"]["unit"] == "image"
    videos = tuple(f"v{i % 10}" for i in range(30))
    known = judge(
        evaluation.config,
        replace(evaluation.images, videos=videos),
        evaluation.probabilities,
        n_replicates=20,
    )
    assert note not in " ".join(cautions(known))


def test_without_pictures_the_page_holds_no_test_image(
    evaluation: Evaluation, tmp_path: Path
) -> None:
    write_evaluation(tmp_path / "with", evaluation)
    write_evaluation(tmp_path / "without", evaluation, pictures=False)
    n_mistakes = len(worst_mistakes(evaluation))
    assert page_of(tmp_path / "with").count("data:image/jpeg") == n_mistakes > 5
    assert "This page holds pictures of the test images." in page_of(tmp_path / "with")
    without = page_of(tmp_path / "without")
    assert "data:image/jpeg" not in without
    assert without.count("data:image/png") == 2
    assert "onerror=alert(" in parse(without).text, "names of the worst mistakes stay"


@pytest.mark.slow
def test_the_same_judgement_gives_the_same_bytes(evaluation: Evaluation, tmp_path: Path) -> None:
    for out in ("one", "two"):
        write_evaluation(tmp_path / out, evaluation)
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes(), path.name


def test_a_picture_that_has_gone_since_leaves_its_name(
    evaluation: Evaluation, tmp_path: Path
) -> None:
    gone = worst_mistakes(evaluation)[0]
    evaluation.images.paths[gone.row].unlink()
    assert thumbnail(evaluation.images, gone.row) is None
    write_evaluation(tmp_path / "out", evaluation)
    assert "(the image can no longer be read)" in page_of(tmp_path / "out")


@pytest.mark.slow
def test_training_curves_are_shown_only_if_they_are_a_picture(
    evaluation: Evaluation, tmp_path: Path
) -> None:
    model = tmp_path / "model"
    model.mkdir()
    for n, content in enumerate([None, b"<script>", b"\x89PNG\r\n\x1a\n rest"]):
        if content is not None:
            (model / "training.png").write_bytes(content)
        write_evaluation(tmp_path / str(n), evaluation, model=model, pictures=False)
        shown = "loss and accuracy over the epochs" in page_of(tmp_path / str(n))
        assert shown == (n == 2)


def test_worst_mistakes_are_the_surest_of_each_kind() -> None:
    config = ModelConfig(tools=("hook",), head="sigmoid", thresholds=(0.4,))
    labels = np.array([0, 0, 0, 0, 0, 0, 1, 1, 1, np.nan], dtype=np.float32)[:, np.newaxis]
    said = np.array([0.5, 0.9, 0.6, 0.8, 0.7, 0.1, 0.3, 0.2, 0.45, 0.99], dtype=np.float32)
    images = Dataset(Path("t"), tuple(Path(f"{i}") for i in range(10)), labels, tools=("hook",))
    result = judge(config, images, said[:, np.newaxis], n_replicates=5)
    found = [(m.kind, m.row) for m in worst_mistakes(result)]
    alarms = [("false alarm", row) for row in (1, 3, 4, 2)]
    assert found == [*alarms, ("miss", 7), ("miss", 6)]


def test_a_thumbnail_is_small_cut_as_the_model_saw_it_and_keeps_its_shape(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    picture = np.zeros((600, 900, 3), dtype=np.uint8)
    picture[:, 600:] = (0, 0, 255)
    cv2.imwrite(str(path), picture)
    images = Dataset(
        Path("t"), (path,), np.ones((1, 1), dtype=np.float32), tools=("hook",),
        crops=(lambda image: image[:, 600:],),
    )  # fmt: skip
    small = cv2.imdecode(np.frombuffer(thumbnail(images, 0) or b"", np.uint8), cv2.IMREAD_COLOR)
    assert small is not None
    assert small.shape == (180, 90, 3)
    assert np.abs(small.mean(axis=(0, 1)) - (0, 0, 255)).max() < 3


def test_no_miss_is_no_certainty(tmp_path: Path) -> None:
    config = ModelConfig(tools=("hook",), head="sigmoid")
    labels = np.array([[1]] * 8 + [[0]] * 8, dtype=np.float32)
    images = Dataset(tmp_path, tuple(tmp_path / f"{i}" for i in range(16)), labels, tools=("hook",))
    result = judge(config, images, labels * np.float32(0.9), n_replicates=20)
    # scipy.stats.binomtest(8, 8).proportion_ci().low is 0.6306.
    assert "8 of 8 found (hook) agree with a true recall of 0.63" in " ".join(cautions(result))
    write_evaluation(tmp_path / "out", result)
    assert "None: every answer is right." in page_of(tmp_path / "out")


def test_names_that_are_no_text_are_written_all_the_same(tmp_path: Path) -> None:
    config = ModelConfig(tools=("hook",), head="sigmoid")
    labels = np.array([[1], [0]], dtype=np.float32)
    paths = (tmp_path / "a\udcff.jpg", tmp_path / "b\n.jpg")
    images = Dataset(tmp_path, paths, labels, tools=("hook",))
    result = judge(config, images, 1 - labels, n_replicates=5)
    write_evaluation(tmp_path / "out", result)
    assert "a\\udcff.jpg" in page_of(tmp_path / "out")
    assert b"a\xff.jpg" in (tmp_path / "out" / "predictions.csv").read_bytes()


@pytest.mark.slow
def test_a_softmax_model_with_many_tools_is_drawn_too(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    tools = tuple(f"tool number {k}" for k in range(23))
    config = ModelConfig(tools=tools, head="softmax", background=("no_tool",))
    labels = np.eye(24, dtype=np.float32)[rng.integers(24, size=200)]
    images = Dataset(
        tmp_path, tuple(tmp_path / f"{i}" for i in range(200)), labels, tools=tools,
        background=("no_tool",),
    )  # fmt: skip
    said = rng.dirichlet(np.ones(24), size=200).astype(np.float32)[:, :23]
    result = judge(config, images, said, n_replicates=20)
    assert len(worst_mistakes(result)) == 80
    write_evaluation(tmp_path / "out", result, pictures=False)
    assert cv2.imread(str(tmp_path / "out" / "reliability.png")) is not None
