"""Names of files: which belong together, which do not, and in which order."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from video_pipeline.batch.search.parts import (
    group_parts,
    in_natural_order,
    natural_key,
    operation_name,
    without_menus,
)

FOLDER = Path("recordings")


def paths(names: str) -> list[Path]:
    return [FOLDER / name for name in names.split(", ")]


def shuffled(of: list[Path]) -> list[Path]:
    return random.Random(3).sample(of, len(of))


@pytest.mark.parametrize(
    "names",
    [
        "part1.mp4, part2.mp4, part10.mp4",
        "case.mp4, case1.mp4, case1-1.mp4, case2.mp4, Case10.mp4, case10b.mp4",
        "a 9.mp4, a 010.mp4, a 10b.mp4, B 1.mp4",
        "GOPR0012.MP4, GP010012.MP4, GP020012.MP4, GX010013.MP4, GX020013.MP4, GX010014.MP4",
        "00009.MTS, 00010.MTS",
    ],
)
def test_names_are_ordered_as_people_count(names: str) -> None:
    assert in_natural_order(shuffled(paths(names))) == paths(names)


def test_names_that_differ_in_case_only_have_one_order() -> None:
    assert in_natural_order(paths("b1.mp4, B1.mp4, b1.MP4")) == in_natural_order(
        paths("b1.MP4, B1.mp4, b1.mp4")
    )


def test_any_names_can_be_ordered() -> None:
    odd = ["", ".", "1", "ⅷ٣.mp4", "a\n1", "\udcff2.mp4", "7" * 255, "GX010012", ".parts", "²"]
    keys = sorted(natural_key(name) for name in odd)
    assert sorted(key[-1] for key in keys) == sorted(odd)


def test_files_of_several_folders_are_ordered_folder_by_folder() -> None:
    wanted = [Path("9/b.mp4"), Path("10/a.mp4"), Path("10/c.mp4")]
    assert in_natural_order(wanted[::-1]) == wanted


@pytest.mark.parametrize(
    ("names", "operation"),
    [
        ("case12_part1.mp4, case12_part2.mp4, case12_part3.mp4", "case12"),
        ("case12_part0.mp4, case12_part1.mp4", "case12"),
        ("op part 1.MP4, op part 2.MP4", "op"),
        ("op (part 1).mp4, op (part 2).mp4", "op"),
        ("OP Teil 1 of 2.mpg, OP Teil 2 of 2.mpg", "OP"),
        ("lap-chole.Part01.mkv, lap-chole.Part02.mkv", "lap-chole"),
        ("12part1.mp4, 12part2.mp4", "12"),
        ("part1.mp4, part2.mp4", "recordings"),
        ("case12_chapter1.mp4, case12_chapter2.mp4", "case12"),
        (", ".join(f"case_part{k}.mp4" for k in range(1, 31)), "case"),
        ("case12-1.mp4, case12-2.mp4", "case12"),
        ("case12_001.mpg, case12_002.mpg", "case12"),
        ("case12_0.mpg, case12_1.mpg", "case12"),
        ("case12.1.avi, case12.2.avi", "case12"),
        ("case12(1).mp4, case12(2).mp4", "case12"),
        ("case12 (1).mp4, case12 (2).mp4", "case12"),
        (", ".join(f"P0034_{k}.mp4" for k in range(1, 13)), "P0034"),
        ("20240105_083012_01.mpg, 20240105_083012_02.mpg", "20240105_083012"),
        ("GX010012.MP4, GX020012.MP4, GX030012.MP4", "GX010012"),
        ("GH010012.mp4, GH020012.mp4", "GH010012"),
        ("GOPR0012.MP4, GP010012.MP4, GP020012.MP4", "GOPR0012"),
        ("00000.MTS, 00001.MTS", "00000"),
        ("00123.m2ts, 00124.m2ts, 00125.m2ts", "00123"),
        ("VTS_01_1.VOB, VTS_01_2.VOB, VTS_01_3.VOB", "VTS_01"),
    ],
)
def test_parts_of_one_operation_are_found_and_ordered(names: str, operation: str) -> None:
    parts = paths(names)
    assert group_parts(shuffled(parts)) == [tuple(parts)]
    assert operation_name(parts) == operation


@pytest.mark.parametrize(
    "names",
    [
        # Operations that are numbered.
        "video01.mp4, video02.mp4",
        "video_01.mp4, video_02.mp4",
        "case12.mp4, case13.mp4",
        "case-1.mp4, case-2.mp4",
        "case 1.mp4, case 2.mp4",
        "01.mp4, 02.mp4",
        "VID01.mp4, VID02.mp4",
        "Hei-Chole1.avi, Hei-Chole2.avi",
        "workflow_video_01.mp4, workflow_video_02.mp4",
        "pt1.mp4, pt2.mp4",
        "patient_1.mp4, patient_2.mp4",
        "participant1.mp4, participant2.mp4",
        "00001.mp4, 00002.mp4",
        # Operations that are known by the year or the day, or the second at which they began.
        "2024_001.mp4, 2024_002.mp4",
        "OP-2024-1.mp4, OP-2024-2.mp4",
        "2024-01-01.mp4, 2024-01-02.mp4",
        "2024-01-05_1.mp4, 2024-01-05_2.mp4",
        "20240105_1.mp4, 20240105_2.mp4",
        "05012024-1.mp4, 05012024-2.mp4",
        "10-15-00.mp4, 10-15-01.mp4",
        # One may be missing, or is there twice.
        "case12_part1.mp4, case12_part3.mp4",
        "case12_part2.mp4, case12_part3.mp4",
        "case12_part1.mp4, case12_part01.mp4",
        "case12_2.mp4, case12_3.mp4",
        "GX020012.MP4, GX030012.MP4",
        "VTS_01_2.VOB, VTS_01_3.VOB",
        # Copies of an operation, or parts of it beside the whole.
        "case12.mp4, case12(1).mp4, case12(2).mp4",
        "case12.mp4, case12-1.mp4, case12-2.mp4",
        # Not alike.
        "case12_part1.mp4, case13_part2.mp4",
        "case12_part1.mp4, case12_part2.mkv",
        "case12_1.mp4, case12-2.mp4",
        "case12_1.mp4, case12_02.mp4",
        "GX010012.MP4, GX010013.MP4",
        "GX010012.MP4, GH020012.MP4",
        "00001.MTS, 00003.MTS",
        "VTS_01_1.VOB, VTS_02_1.VOB",
        # Too many.
        ", ".join(f"cholec80_{k:02}.mp4" for k in range(1, 81)),
    ],
)
def test_different_operations_are_never_taken_for_parts(names: str) -> None:
    assert group_parts(paths(names)) == [(path,) for path in paths(names)]


def test_groups_come_in_the_order_of_their_first_file() -> None:
    names = "z.mp4, b_part2.mp4, a_part1.mp4, b_part1.mp4, a_part2.mp4, z.mp4"
    assert group_parts(paths(names)) == [
        tuple(paths(group)) for group in ("z.mp4", "b_part1.mp4, b_part2.mp4",
                                          "a_part1.mp4, a_part2.mp4")
    ]  # fmt: skip


def test_parts_lie_in_one_folder() -> None:
    apart = [Path("a/case_part1.mp4"), Path("b/case_part2.mp4")]
    assert group_parts(apart) == [(path,) for path in apart]


def test_a_camcorder_s_files_are_parted_where_a_number_is_missing() -> None:
    names = "00000.MTS, 00001.MTS, 00003.MTS, 00005.MTS, 00006.MTS"
    assert [len(group) for group in group_parts(paths(names))] == [2, 1, 2]


def test_the_menus_of_a_dvd_are_no_parts() -> None:
    films = paths("VTS_01_1.VOB, VTS_01_2.VOB")
    assert group_parts(paths("VIDEO_TS.VOB, VTS_01_0.VOB") + films) == [tuple(films)]
    only = paths("VTS_01_0.VOB, case.mp4")
    assert without_menus(only) == only


def test_files_that_only_their_owner_joins_have_the_first_one_s_name() -> None:
    assert operation_name(paths("left.mp4, right.mp4")) == "left"
    assert operation_name(paths("case12_part1.mp4")) == "case12_part1"
