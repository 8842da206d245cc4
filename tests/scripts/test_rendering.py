"""What the rendered samples promise: repeatable pictures, labels by one rule, exact times."""

from collections import Counter
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from rendering import TOOLS, Scene
from rendering.chance import smooth_noise
from rendering.choreography import Pose
from rendering.dataset import one_tool_moments
from rendering.lens import FieldOfView
from rendering.picture import PosedTool, pose_tool
from rendering.plans import Moment, balanced_plan, operation_plan, runs_of
from rendering.recording import RecordingPlan, record, reference_rows
from rendering.seeds import (
    SeedError,
    dataset_seeds,
    held_out_seeds,
    sample_recording_seeds,
    training_seeds,
)
from rendering.tools import build_tool
from rendering.training_images import render_images
from rendering.visibility import build_raster, sights

SIZE_PX = (72, 128)
NTSC = Fraction(30000, 1001)
WIDE = FieldOfView(aspect=16 / 9, centre=(0.0, 0.0), radius=2.0)


def scene_with(*tools: str, seed: int = 3) -> Scene:
    return Scene(seed, moments=[Moment(0.0, 4.0, tools)], aspect=16 / 9)


def posed(tool: str, x: float, y: float = 0.0) -> PosedTool:
    pose = Pose(middle=(x, y), angle=0.0, opening=0.6, turn=1.0, velocity=(0.0, 0.0))
    return pose_tool(build_tool(3, tool), pose)


def present(*tools: PosedTool) -> set[str]:
    return {sight.tool for sight in sights(tools, build_raster(WIDE)) if sight.is_present}


def test_same_seed_and_time_give_the_same_bytes() -> None:
    first, second = (Scene(5).render(7.25, SIZE_PX) for _ in range(2))
    assert first.image.tobytes() == second.image.tobytes()
    assert (first.present, first.tips) == (second.present, second.tips)


def test_a_frame_does_not_depend_on_the_frames_rendered_before() -> None:
    forward, backward = Scene(6), Scene(6)
    times_s = [1.0, 30.5, 64.0]
    frames = {t: forward.render(t, SIZE_PX).image.tobytes() for t in times_s}
    assert {t: backward.render(t, SIZE_PX).image.tobytes() for t in times_s[::-1]} == frames


def test_another_seed_gives_another_picture() -> None:
    one, other = (Scene(seed).render(1.0, SIZE_PX).image for seed in (5, 6))
    assert not np.array_equal(one, other)


def test_noise_keeps_its_pattern_at_every_size() -> None:
    small, large = (smooth_noise(1, "x", size_px=n, cells=5, octaves=2) for n in (64, 256))
    shrunk = cv2.resize(large, (64, 64), interpolation=cv2.INTER_AREA)
    assert np.corrcoef(small.ravel(), np.asarray(shrunk).ravel())[0, 1] > 0.99
    assert large.std() == pytest.approx(1, abs=0.25)


def test_labels_do_not_depend_on_the_image_size() -> None:
    scene = Scene(8)
    for time_s in np.linspace(0.5, scene.duration_s - 0.5, 5):
        small, large = (scene.render(time_s, size_px) for size_px in ((48, 48), (90, 160)))
        assert small.present == large.present == scene.present_at(time_s)


@pytest.mark.parametrize("tool", TOOLS)
def test_a_lone_tool_is_present_and_its_box_lies_on_what_it_changed(tool: str) -> None:
    frame = scene_with(tool).render(2.0, SIZE_PX)
    empty = scene_with().render(2.0, SIZE_PX)
    assert [name for name, seen in zip(TOOLS, frame.present, strict=True) if seen] == [tool]
    assert not any(empty.present)
    left, top, right, bottom = (round(edge) for edge in frame.tips[0].box)
    changed = cv2.absdiff(frame.image, empty.image).max(axis=2) > 12
    assert changed[top : bottom + 1, left : right + 1].mean() > 0.3
    x, y = (round(place) for place in frame.tips[0].centre)
    assert left <= x <= right
    assert top <= y <= bottom


@pytest.mark.parametrize("tool", TOOLS)
def test_a_tool_beyond_the_field_of_view_is_not_present(tool: str) -> None:
    assert present(posed(tool, 0.0)) == {tool}
    assert present(posed(tool, -2.0)) == set()


def test_a_tool_is_present_while_half_of_its_tip_shows() -> None:
    places = np.linspace(-1.3, -0.5, 41)
    shares = []
    for x in places:
        seen = sights([posed("grasper", x)], build_raster(WIDE))
        shares.append(seen[0].visible_share if seen else 0.0)
        assert present(posed("grasper", x)) == ({"grasper"} if shares[-1] >= 0.5 else set())
    assert shares[0] == 0.0
    assert shares[-1] == 1.0
    assert all(before <= after for before, after in pairwise(shares))


def test_a_tip_covered_by_another_tool_is_not_present() -> None:
    assert present(posed("hook", 0.0), posed("specimen_bag", 0.0)) == {"specimen_bag"}
    assert present(posed("specimen_bag", 0.0), posed("hook", 0.0)) == {"specimen_bag", "hook"}


def test_a_shaft_that_crosses_the_view_does_not_make_its_tool_present() -> None:
    far_tip = posed("irrigator", 1.4)
    assert present(far_tip, posed("scissors", 0.0, 0.3)) == {"scissors"}


def test_no_tool_is_seen_outside_the_body() -> None:
    moments = [Moment(0.0, 2.0, ("hook",)), Moment(2.0, 4.0, (), "drape")]
    scene = Scene(4, moments=moments)
    assert any(scene.present_at(1.0))
    assert not any(scene.render(3.0, SIZE_PX).present)


def test_balanced_plans_show_every_tool_and_every_pair_of_tools() -> None:
    shown = [moment.tools for seed in range(60) for moment in balanced_plan(seed, 96.0)]
    counts = Counter(tool for tools in shown for tool in tools)
    assert set(counts) == set(TOOLS)
    assert max(counts.values()) < 1.35 * min(counts.values())
    pairs = {frozenset((one, other)) for tools in shown for one in tools for other in tools}
    assert sum(len(pair) == 2 for pair in pairs) == 21


def test_balanced_scenes_label_every_column() -> None:
    columns = np.zeros(len(TOOLS), int)
    for seed in range(3):
        scene = Scene(seed)
        columns += np.sum([scene.present_at(t) for t in np.arange(1.5, 95, 4.0)], axis=0)
    assert np.all(columns > 0)


def test_operations_show_tools_as_often_and_as_long_as_they_should() -> None:
    plans = [operation_plan(seed, 75.0) for seed in range(30)]
    seconds: Counter[int] = Counter()
    for moments in plans:
        for moment in moments:
            seconds[len(moment.tools)] += round(1000 * (moment.end_s - moment.start_s))
        for run in runs_of(moments):
            assert 1.5 - 1e-9 <= moments[run.last].end_s - moments[run.first].start_s <= 25
        assert moments[-1].end_s == pytest.approx(75.0)
    shares = np.array([seconds[n] for n in range(4)]) / seconds.total()
    np.testing.assert_allclose(shares, [0.12, 0.44, 0.42, 0.02], atol=0.025)


def test_dataset_scenes_show_each_tool_once_and_nothing_once() -> None:
    shown = [moment.tools for moment in one_tool_moments(9)]
    assert sorted(shown) == sorted([(), *((tool,) for tool in TOOLS)])


@pytest.mark.parametrize(
    ("rate_hz", "wanted_s", "n_rows"),
    [(Fraction(25), 75.0, 75), (Fraction(25), 74.52, 75), (NTSC, 60.0, 60), (NTSC, 3.0, 4)],
)
def test_a_reference_has_a_row_for_every_second_begun(
    tmp_path_factory: pytest.TempPathFactory, rate_hz: Fraction, wanted_s: float, n_rows: int
) -> None:
    plan = RecordingPlan(tmp_path_factory.getbasetemp() / "x.mp4", 1, rate_hz, wanted_s)
    assert len(reference_rows(plan)) == n_rows


def test_a_recording_has_exact_frame_times_and_the_same_bytes_again(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    paths = [tmp_path_factory.mktemp("recording") / "clip.mp4" for _ in range(2)]
    for path in paths:
        assert sum(record(RecordingPlan(path, 2, NTSC, 0.3), workers=1)) == 9
    assert paths[0].read_bytes() == paths[1].read_bytes()
    with av.open(str(paths[0])) as container:
        video = container.streams.video[0]
        times_s = [
            frame.pts * frame.time_base
            for frame in container.decode(video)
            if frame.pts is not None and frame.time_base is not None
        ]
    assert times_s == [k / NTSC for k in range(9)]
    reference = paths[0].with_name("clip.reference.csv").read_bytes().decode().split("\n")
    assert reference[0] == ",".join(["second", *TOOLS])
    assert [row.split(",")[0] for row in reference[1:]] == ["0", ""]


def test_training_images_do_not_depend_on_the_number_of_workers(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    written = []
    for workers in (1, 2):
        out = tmp_path_factory.mktemp("images")
        steps = render_images(out, count=30, size_px=32, first_seed=1_000_000, workers=workers)
        assert list(steps) == [24, 6]
        files = sorted(path for path in out.rglob("*") if path.is_file())
        written.append({str(path.relative_to(out)): path.read_bytes() for path in files})
    assert written[0] == written[1]
    assert len(written[0]) == 31
    rows = written[0]["labels.csv"].decode().splitlines()
    assert rows[0] == ",".join(["image", "video", *TOOLS])
    assert all(row.split(",")[0] in written[0] for row in rows[1:])


def test_seeds_of_different_samples_never_meet() -> None:
    kinds = [
        *(dataset_seeds(seed, 32) for seed in (0, 99)),
        *(sample_recording_seeds(seed, 2) for seed in (0, 99)),
        held_out_seeds(500_000, 500_000),
        training_seeds(1_000_000, 10_000),
    ]
    for before, after in pairwise(kinds):
        assert before.stop <= after.start


@pytest.mark.parametrize("first", [499_999, 1_000_000])
def test_a_seed_of_another_kind_is_refused(first: int) -> None:
    with pytest.raises(SeedError, match="from 500000 to 999999"):
        held_out_seeds(first, 1)


def test_single_tools_and_pairs_show_what_their_names_say(tmp_path: Path) -> None:
    from rendering.known_tools import render_pairs, render_single_tools

    singles = {"n_scenes": 1, "size_px": 64, "first_seed": 6_000_000, "workers": 1}
    n_singles = sum(render_single_tools(tmp_path / "singles", **singles))
    paths = list((tmp_path / "singles" / "train").rglob("*.jpg"))
    assert len(paths) == n_singles > 8
    for path in paths:
        seed, time_s = path.stem.removeprefix("scene").split("_t")
        scene = Scene(int(seed), moments=one_tool_moments(int(seed)))
        shown = [
            tool
            for tool, there in zip(TOOLS, scene.present_at(float(time_s)), strict=True)
            if there
        ]
        assert shown == ([path.parent.name] if path.parent.name != "no_tool" else [])

    n_pairs = sum(render_pairs(tmp_path / "pairs", **singles | {"first_seed": 700_000}))
    lines = (tmp_path / "pairs" / "labels.csv").read_text().splitlines()
    assert len(lines) == n_pairs + 1
    assert {line.count(",1") for line in lines[1:]} == {2}
