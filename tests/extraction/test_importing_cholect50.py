"""CholecT50 labels and frames become a label table, or are refused by name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.annotated_frames import join, t50, touch, triplet
from video_pipeline.errors import TableError
from video_pipeline.extraction.importing.cholect50 import read_cholect50
from video_pipeline.extraction.importing.joining import (
    label_table_csv,
)


def test_cholect50_says_tools_and_phase_of_each_second(tmp_path: Path) -> None:
    t50(tmp_path / "labels" / "VID01.json")
    touch(tmp_path / "videos", *[f"VID01/{second:06}.png" for second in (0, 1, 2, 9, 10)])
    (recorded,) = read_cholect50(tmp_path)
    assert recorded.annotation.tools == ("grasper", "bipolar", "hook", "irrigator")
    assert recorded.annotation.seconds.tolist() == [0, 1, 2, 10]
    (recording,) = join([recorded], tmp_path / "videos", "{video}/{second}.*")
    assert [(row.second, row.present, row.phase) for row in recording.rows] == [
        (0, (True, False, True, False), "preparation"),
        (1, (False, False, False, False), "preparation"),
        (2, (False, False, False, False), None),
        (10, (False, False, False, True), "gallbladder-packaging"),
    ]
    assert recording.n_unannotated == 1
    text = label_table_csv(tmp_path / "table", recorded.annotation.tools, [recording])
    assert text.splitlines()[:2] == [
        "image,video,second,grasper,bipolar,hook,irrigator,phase",
        "../videos/VID01/000000.png,VID01,0,1,0,1,0,preparation",
    ]
    assert text.splitlines()[3].endswith(",0,0,0,0,")


@pytest.mark.parametrize(
    ("changed", "cause"),
    [
        ({"fps": 25}, "its frames are not one a second"),
        ({"categories": []}, "has no 'categories'"),
        ({"categories": {"instrument": {}}}, "each instrument needs a name"),
        ({"categories": {"instrument": {"-1": "hook"}}}, "'-1' is no id"),
        ({"categories": {"instrument": {"0": "hook", "00": "bag"}}}, "'00' is no id of its own"),
        ({"categories": {"instrument": {"0": "=cmd"}}}, "instrument 0 has no name"),
        ({"categories": {"instrument": {"0": 5}}}, "instrument 0 has no name"),
        ({"categories": {"instrument": {"0": "split"}}}, "'split' cannot be the name of a tool"),
        ({"categories": {"instrument": {"0": "hook", "1": "Hook"}}}, "needs a name of its own"),
        ({"annotations": {}}, "annotates no frame"),
        ({"annotations": []}, "has no 'annotations'"),
        ({"annotations": {"-1": []}}, "frame '-1' is no frame's number"),
        ({"annotations": {"1.0": []}}, "frame '1.0' is no frame's number"),
        ({"annotations": {"٣": []}}, "is no frame's number"),
        ({"annotations": {"9" * 5000: []}}, "is no frame's number"),
        ({"annotations": {"1": [], "01": []}}, "frame '01' is no frame's number of its own"),
        ({"annotations": {"1": {}}}, "frame 1: lists of 15 values are expected"),
        ({"annotations": {"1": [[1, 2]]}}, "frame 1: lists of 15 values are expected"),
        ({"annotations": {"1": [triplet(instrument=3)]}}, "frame 1: 3 is no instrument"),
        ({"annotations": {"1": [triplet(instrument=0.0)]}}, "frame 1: 0.0 is no instrument"),
        ({"annotations": {"1": [triplet(instrument=True)]}}, "frame 1: True is no instrument"),
        ({"annotations": {"1": [triplet(instrument=[])]}}, r"frame 1: \[\] is no instrument"),
        ({"annotations": {"1": [triplet(instrument=float("nan"))]}}, "NaN is no number"),
        ({"annotations": {"1": [triplet(phase=9)]}}, "frame 1: 9 is no phase"),
        (
            {"annotations": {"1": [triplet(phase=0), triplet(phase=1)]}},
            "frame 1: its triplets are of different phases",
        ),
    ],
)
def test_labels_that_are_not_as_promised_are_refused_by_their_frame(
    tmp_path: Path, changed: Mapping[str, Any], cause: str
) -> None:
    path = t50(tmp_path / "VID01.json", **changed)
    with pytest.raises(TableError, match=cause) as caught:
        read_cholect50(tmp_path)
    assert str(caught.value).startswith(str(path))
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"", "is not JSON"),
        (b"[" * 200_000, "nested too deep"),
        (b"[]", "is no object"),
        (b'{"annotations": {"0": [], "0": []}}', "'0' occurs twice in one object"),
        (b'{"fps": ' + b"9" * 5000 + b"}", "is not JSON"),
        (b"\xff\xfe\x00\xd8", "line 1: is not UTF-8 text"),
    ],
)
def test_what_is_no_json_is_refused_in_one_line(tmp_path: Path, content: bytes, cause: str) -> None:
    path = tmp_path / "VID01.json"
    path.write_bytes(content)
    with pytest.raises(TableError, match=cause) as caught:
        read_cholect50(path)
    assert "\n" not in str(caught.value)
