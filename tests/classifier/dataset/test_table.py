"""Label tables: what they say, and each way in which one can be wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from classifier.dataset.table import read_table, splits_of_table
from classifier.errors import DatasetError


def table(tmp_path: Path, content: str | bytes) -> Path:
    path = tmp_path / "labels.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_a_question_mark_is_unknown_and_neither_0_nor_1(tmp_path: Path) -> None:
    read = read_table(table(tmp_path, "image,hook,bag\n1.jpg,1,?\n2.jpg,?,0\n"))
    np.testing.assert_array_equal(read.labels, [[1, np.nan], [np.nan, 0]])
    assert read.counts == {"hook": 1, "bag": 0}


def test_an_image_of_which_nothing_is_known_is_left_out_and_named(tmp_path: Path) -> None:
    text = "image,video,hook,bag\n1.jpg,a,1,0\n2.jpg,b,?,?\n3.jpg,c,0,1\n"
    read = read_table(table(tmp_path, text))
    assert [path.name for path in read.paths] == ["1.jpg", "3.jpg"]
    assert read.videos == ("a", "c")
    assert [(p.path.name, p.cause) for p in read.problems] == [("2.jpg", "every tool is unknown")]


def test_what_is_known_of_other_tools_does_not_help_the_learned_ones(tmp_path: Path) -> None:
    text = "image,hook,bag\n1.jpg,?,1\n2.jpg,0,1\n"
    read = read_table(table(tmp_path, text), classes=("hook",))
    assert [path.name for path in read.paths] == ["2.jpg"]


def test_patients_go_before_recordings(tmp_path: Path) -> None:
    text = "image,patient,video,hook\n1.jpg,p1,v1,1\n2.jpg,p1,v2,0\n3.jpg,p2,v3,0\n"
    read = read_table(table(tmp_path, text))
    assert read.videos == ("v1", "v2", "v3")
    assert read.groups == read.patients == ("p1", "p1", "p2")


def test_a_table_from_a_spreadsheet_reads_the_same(tmp_path: Path) -> None:
    plain = read_table(table(tmp_path, "image,hook,bag\na b.jpg,1,0\n"))
    exported = read_table(
        table(tmp_path, b"\xef\xbb\xbfImage, hook ,bag\r\na b.jpg, 1.0,0.0\r\n\r\n")
    )
    assert (exported.paths, exported.tools) == (plain.paths, plain.tools)
    np.testing.assert_array_equal(exported.labels, plain.labels)


def test_tools_are_matched_without_letter_case(tmp_path: Path) -> None:
    read = read_table(table(tmp_path, "image,HOOK,Bag\n1.jpg,1,0\n"), classes=("bag", "hook"))
    assert read.tools == ("bag", "hook")
    assert read.labels.tolist() == [[0, 1]]


def test_image_paths_stay_what_the_table_says(tmp_path: Path) -> None:
    text = 'image,hook\n../out/1.jpg,1\n/abs/2.jpg,0\n" =3.jpg",0\n"new\nline.jpg",0\n'
    read = read_table(table(tmp_path, text))
    assert read.paths == (
        tmp_path / "../out/1.jpg",
        Path("/abs/2.jpg"),
        tmp_path / " =3.jpg",
        tmp_path / "new\nline.jpg",
    )


def test_a_split_column_is_respected_and_no_tool(tmp_path: Path) -> None:
    text = "image,split,hook\n1.jpg,train,1\n2.jpg,VAL,0\n3.jpg,test,1\n4.jpg,train,0\n"
    path = table(tmp_path, text)
    names = {
        split: [p.name for p in read_table(path, split=split).paths]
        for split in ("train", "validation", "test", None)
    }
    assert names == {
        "train": ["1.jpg", "4.jpg"],
        "validation": ["2.jpg"],
        "test": ["3.jpg"],
        None: ["1.jpg", "2.jpg", "3.jpg", "4.jpg"],
    }
    assert splits_of_table(path) == {"train", "validation", "test"}
    assert read_table(path).tools == ("hook",)


def test_without_a_split_column_every_split_is_the_whole_table(tmp_path: Path) -> None:
    path = table(tmp_path, "image,hook\n1.jpg,1\n")
    assert splits_of_table(path) == frozenset()
    assert len(read_table(path, split="test")) == 1


def test_a_split_that_does_not_exist_is_a_wrong_call(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="train, validation or test, got 'dev'"):
        read_table(table(tmp_path, "image,hook\n1.jpg,1\n"), split="dev")


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        ("", "the table is empty"),
        ("image,hook\n1.jpg,\n", "line 2, column hook: 0 or 1 is expected, not ''; write [?]"),
        ("image,hook\n1.jpg,yes\n", "line 2, column hook: 0 or 1 is expected, not 'yes'"),
        ("image,hook\n1.jpg,1\n\n2.jpg,nan\n", "line 4, column hook"),
        ('image,hook\n"a\nb.jpg",1\n2.jpg,7\n', "line 4, column hook"),
        ("image,hook\n1.jpg,1,0\n", "line 2 does not have 2 cells"),
        ("image,hook\n1.jpg,1\n./1.jpg,0\n", r"line 3, column image: \./1.jpg stands on line 2"),
        ("image,hook\n,1\n", "line 2, column image: no file's name"),
        ("image,hook\na\0b.jpg,1\n", "line 2, column image: no file's name"),
        ("image;hook\n1.jpg;1\n", "line 1: columns are separated by semicolons"),
        ("image\thook\n1.jpg\t1\n", "line 1: columns are separated by tabs"),
        ("image,Hook,hook \n1.jpg,1,1\n", "line 1: two columns have the same name, 'hook'"),
        ("image,n_frames\n1.jpg,1\n", "own column"),
        ("image,\n1.jpg,1\n", "printable"),
        ('image,hook\n"1.jpg,1\n', "line 2: is no CSV"),
        ("image,hook\nü.jpg,1\n".encode("latin-1"), "line 2: is not UTF-8 text; .*CSV UTF-8"),
        ("image,hook\n1.jpg,?\n", "no image has a tool that is known"),
        ("image,split,hook\n1.jpg,dev,1\n", "line 2, column split: train, .* not 'dev'"),
        ("image,split,hook\n1.jpg,,1\n", "line 2, column split: train, .* not ''"),
        (
            "image,video,patient,hook\n1.jpg,v,p,1\n2.jpg,v,q,1\n",
            "line 3, column patient: recording v is of patient 'p' on an earlier line",
        ),
    ],
)
def test_a_wrong_table_is_refused_by_line_and_column(
    tmp_path: Path, content: str | bytes, cause: str
) -> None:
    path = table(tmp_path, content)
    with pytest.raises(DatasetError, match=cause) as caught:
        read_table(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_a_split_without_rows_is_refused(tmp_path: Path) -> None:
    path = table(tmp_path, "image,split,hook\n1.jpg,train,1\n")
    with pytest.raises(DatasetError, match="no row is of the split test"):
        read_table(path, split="test")


def test_recordings_that_nobody_knows_may_have_any_patient(tmp_path: Path) -> None:
    read = read_table(table(tmp_path, "image,video,patient,hook\n1.jpg,,p,1\n2.jpg,,q,1\n"))
    assert read.patients == ("p", "q")


def test_a_large_table_is_read_in_time(tmp_path: Path) -> None:
    rows = "".join(f"a/{i}.jpg,v{i // 100},1,0,?\n" for i in range(20_000))
    assert len(read_table(table(tmp_path, "image,video,a,b,c\n" + rows))) == 20_000
