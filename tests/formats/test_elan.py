"""ELAN documents: valid by the schema, read by pympi, and safe to read from anywhere."""

from __future__ import annotations

import os
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pympi  # type: ignore[import-untyped]
import pytest
from lxml import etree  # type: ignore[import-untyped]

from tests.formats.drawn_recordings import HOSTILE, drawn_at_random, labelled, phases_of, uses_of
from video_pipeline.errors import TableError
from video_pipeline.formats import elan
from video_pipeline.formats.labelled import LabelledRecording
from video_pipeline.formats.registry import ExportSettings

SCHEMA_VARIABLE = "EAF_SCHEMA"
"""The environment's name for a copy of http://www.mpi.nl/tools/elan/EAFv3.0.xsd."""


def written(recording: LabelledRecording, out: Path) -> Path:
    elan.write([recording], out, ExportSettings())
    return next(out.glob("*.eaf"))


def document(slots: str, tiers: str, *, header: str = "", before: str = "") -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{before}'
        '<ANNOTATION_DOCUMENT AUTHOR="" DATE="2024-05-01T10:00:00+01:00" VERSION="3.0">'
        f'<HEADER MEDIA_FILE="" TIME_UNITS="milliseconds">{header}</HEADER>'
        f"<TIME_ORDER>{slots}</TIME_ORDER>{tiers}</ANNOTATION_DOCUMENT>"
    )


def slots(*times_ms: int | None) -> str:
    return "".join(
        f'<TIME_SLOT TIME_SLOT_ID="ts{k}"/>'
        if time_ms is None
        else f'<TIME_SLOT TIME_SLOT_ID="ts{k}" TIME_VALUE="{time_ms}"/>'
        for k, time_ms in enumerate(times_ms, start=1)
    )


def tier(name: str, *annotations: tuple[int, int, str], inside: str = "") -> str:
    aligned = "".join(
        f'<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="{name}{k}" TIME_SLOT_REF1="ts{a}" '
        f'TIME_SLOT_REF2="ts{b}"><ANNOTATION_VALUE>{value}</ANNOTATION_VALUE>'
        "</ALIGNABLE_ANNOTATION></ANNOTATION>"
        for k, (a, b, value) in enumerate(annotations)
    )
    return f'<TIER LINGUISTIC_TYPE_REF="default" TIER_ID="{name}">{aligned}{inside}</TIER>'


def read(tmp_path: Path, text: str) -> LabelledRecording:
    path = tmp_path / "case.eaf"
    path.write_text(text, encoding="utf-8")
    return elan.read(path)[0]


def publishers_schema() -> Any:
    """The publisher's schema as libxml2 reads it; xmlschema cannot.

    Of two references (`cvEntryAlignRef`, `cvEntryRefRef`) the key lies in another element's scope.
    Where nothing refers, that is no fault of a document (XML Schema 1.0, 3.11.4).
    """
    named = os.environ.get(SCHEMA_VARIABLE)
    if named is None:
        pytest.skip(f"{SCHEMA_VARIABLE} names no copy of EAFv3.0.xsd")
    return etree.XMLSchema(etree.parse(named))


@pytest.mark.parametrize("seed", range(8))
def test_documents_are_valid_by_the_schema(seed: int, tmp_path: Path) -> None:
    schema = publishers_schema()
    video = tmp_path / "videos & more" / "case #12 [a].mp4"
    recording = labelled([("Hook", 1, 2.5)], tools=("Hook", "Grasper"), n_seconds=9, video=video)
    for k, of in enumerate((drawn_at_random(seed), recording)):
        out = tmp_path / str(k)
        out.mkdir()
        schema.assertValid(etree.parse(written(of, out)))


def test_the_schema_finds_a_reference_to_no_time(tmp_path: Path) -> None:
    schema = publishers_schema()
    recording = labelled([("Hook", 1, 2.5)], tools=("Hook",), n_seconds=9)
    document = etree.parse(written(recording, tmp_path))
    document.find(".//ALIGNABLE_ANNOTATION").set("TIME_SLOT_REF2", "none")
    with pytest.raises(etree.DocumentInvalid, match="timeSlotRef2"):
        schema.assertValid(document)


def test_elements_stand_in_the_order_that_the_schema_wants(tmp_path: Path) -> None:
    root = ET.fromstring(written(drawn_at_random(2), tmp_path).read_bytes())  # noqa: S314
    kinds = [element.tag for element in root]
    assert kinds == sorted(kinds, key=["HEADER", "TIME_ORDER", "TIER", "LINGUISTIC_TYPE"].index)
    types = {element.get("LINGUISTIC_TYPE_ID") for element in root.iterfind("LINGUISTIC_TYPE")}
    assert {element.get("LINGUISTIC_TYPE_REF") for element in root.iterfind("TIER")} <= types
    assert root.find("HEADER").attrib == {  # type: ignore[union-attr]
        "MEDIA_FILE": "",
        "TIME_UNITS": "milliseconds",
    }


def test_every_annotation_has_slots_of_its_own_in_order_of_time(tmp_path: Path) -> None:
    # ELAN moves all annotations that share a slot together.
    root = ET.fromstring(written(drawn_at_random(3), tmp_path).read_bytes())  # noqa: S314
    used = [
        element.get(name)
        for element in root.iter("ALIGNABLE_ANNOTATION")
        for name in ("TIME_SLOT_REF1", "TIME_SLOT_REF2")
    ]
    assert len(set(used)) == len(used)
    times = [int(element.get("TIME_VALUE", "")) for element in root.iter("TIME_SLOT")]
    assert times == sorted(times)
    assert len(times) == len(used)


def test_pympi_reads_every_tier(tmp_path: Path) -> None:
    tools = tuple(tool for tool in HOSTILE if tool.isprintable() and tool != "phase")
    sent = drawn_at_random(4, tools=tools)
    eaf: Any = pympi.Elan.Eaf(str(written(sent, tmp_path)))
    assert list(eaf.get_tier_names()) == [*tools, "phase"]
    back = [
        (tool, start, end)
        for tool in tools
        for start, end, value in eaf.get_annotation_data_for_tier(tool)
        if value == tool
    ]
    assert sorted(back) == sorted(uses_of(sent))
    phases = [(value, a, b) for a, b, value in eaf.get_annotation_data_for_tier("phase")]
    assert phases == phases_of(sent)


def test_what_pympi_changed_and_saved_comes_back(tmp_path: Path) -> None:
    sent = labelled(
        [("Hook", 1, 4), ("Hook", 6, 8), ("Grasper", 0, 2)],
        tools=("Grasper", "Hook", "Clipper"),
        n_seconds=60,
    )
    path = written(sent, tmp_path)
    eaf: Any = pympi.Elan.Eaf(str(path))
    eaf.remove_annotation("Hook", 7000)
    eaf.remove_annotation("Hook", 2000)
    eaf.add_annotation("Hook", 1250, 3750, "Hook")
    eaf.add_annotation("Clipper", 50001, 50999, "Clipper")
    eaf.to_file(str(path))
    back = elan.read(path)[0]
    assert uses_of(back) == [
        ("Grasper", 0, 2000),
        ("Hook", 1250, 3750),
        ("Clipper", 50001, 50999),
    ]
    assert back.n_seconds == 60
    assert back.tools == sent.tools


def test_a_video_is_named_as_elan_names_it(tmp_path: Path) -> None:
    video = tmp_path / "videos" / "a b%20&.mp4"
    out = tmp_path / "out"
    out.mkdir()
    path = written(labelled([], tools=("Hook",), n_seconds=3, video=video), out)
    media = ET.fromstring(path.read_bytes()).find("HEADER/MEDIA_DESCRIPTOR")  # noqa: S314
    assert path.name == "a b%20&.eaf"
    assert media is not None
    assert media.attrib == {
        "MEDIA_URL": f"file://{video}",
        "RELATIVE_MEDIA_URL": "../videos/a b%20&.mp4",
        "MIME_TYPE": "video/mp4",
    }


def test_a_tier_is_a_tool_and_one_called_phases_holds_phases(tmp_path: Path) -> None:
    back = read(
        tmp_path,
        document(
            slots(0, 1500, 4000, 9200),
            tier("Hook", (1, 2, "Hook"), (3, 4, ""))
            + tier("Phases", (1, 3, "Preparation"), (3, 4, "Dissection"))
            + tier("Clipper"),
        ),
    )
    assert back.video_id == "case"
    assert back.tools == ("Hook", "Clipper")
    assert uses_of(back) == [("Hook", 0, 1500), ("Hook", 4000, 9200)]
    assert phases_of(back) == [("Preparation", 0, 4000), ("Dissection", 4000, 9200)]
    assert back.phases is not None
    assert back.phases.phase.tolist() == [0] * 4 + [1] * 6


def test_without_a_length_it_ends_with_the_last_segment_and_says_so(tmp_path: Path) -> None:
    back = read(tmp_path, document(slots(0, 1500), tier("Hook", (1, 2, ""))))
    assert back.n_seconds == 2
    assert any("length is not in the file" in note for note in back.notes)


def test_boundaries_without_a_time_are_placed_evenly(tmp_path: Path) -> None:
    back = read(
        tmp_path,
        document(
            slots(1000, None, None, 4000),
            tier("Hook", (1, 2, ""), (2, 3, ""), (3, 4, "")),
        ),
    )
    assert uses_of(back) == [("Hook", 1000, 2000), ("Hook", 2000, 3000), ("Hook", 3000, 4000)]
    assert any("2 boundaries without a time" in note for note in back.notes)


def test_a_use_that_never_begins_or_ends_is_refused_by_its_slot(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="tier 'Hook': time slot 'ts2' has no time"):
        read(tmp_path, document(slots(1000, None), tier("Hook", (1, 2, ""))))


def test_references_are_left_out_and_said(tmp_path: Path) -> None:
    reference = (
        '<ANNOTATION><REF_ANNOTATION ANNOTATION_ID="r1" ANNOTATION_REF="Hook0">'
        "<ANNOTATION_VALUE>x</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION>"
    )
    back = read(
        tmp_path,
        document(slots(0, 1000), tier("Hook", (1, 2, "")) + tier("remarks", inside=reference)),
    )
    assert back.tools == ("Hook",)
    assert any("'remarks' only refers to another" in note for note in back.notes)


def test_other_values_on_a_tool_are_kept_in_the_notes(tmp_path: Path) -> None:
    back = read(
        tmp_path,
        document(
            slots(0, 1000, 2000, 2500),
            tier("Hook", (1, 2, "left hand"), (3, 4, "left hand")),
        ),
    )
    assert "tier 'Hook': 'left hand', 2 times, first at 0 s" in back.notes


BOMB = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (document(slots(0, 9), tier("&b;", (1, 2, "")), before=BOMB), "document type 'x'"),
        (
            document("", "", before='<!DOCTYPE y SYSTEM "file:///etc/passwd">'),
            "document type 'y'",
        ),
        ("<a>\n<b>\n</a>", "line 3, column 3: is no XML .mismatched tag"),
        ("", "line 1, column 1: is no XML"),
        ("<a>" * 40 + "</a>" * 40, "nested more than 32 deep"),
        ("<EAF/>", "is no ELAN document"),
        (document("", ""), "has no tier"),
        (document(slots(5, 5), tier("Hook", (2, 3, ""))), "there is no time slot 'ts3'"),
        (document(slots(9, 5), tier("Hook", (1, 2, ""))), "'Hook' ends before it begins"),
        (
            document('<TIME_SLOT TIME_SLOT_ID="q" TIME_VALUE="1.5"/>', tier("Hook")),
            "time slot 'q': '1.5' is no time in milliseconds",
        ),
        (document(slots(0, 9), tier("phase", (1, 2, " "))), "what begins at 0 s has no name"),
        (
            document(
                "", tier("H"), header='<PROPERTY NAME="surgical-video">{"tools": 3}</PROPERTY>'
            ),
            "property 'surgical-video'.tools: is no list",
        ),
        (
            document(
                "",
                tier("H"),
                header='<PROPERTY NAME="surgical-video">{"video_id": "../x"}</PROPERTY>',
            ),
            "cannot be the name of a recording",
        ),
    ],
)
def test_what_is_wrong_is_said_in_one_line(text: str, cause: str, tmp_path: Path) -> None:
    with pytest.raises(TableError, match=cause) as caught:
        read(tmp_path, text)
    assert "\n" not in str(caught.value)


def test_a_folder_is_read_file_by_file(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"holds no \.eaf file"):
        elan.read(tmp_path)
    for name in ("b", "a"):
        text = document(slots(0, 900), tier("Hook", (1, 2, "")))
        (tmp_path / f"{name}.eaf").write_text(text, encoding="utf-8")
    assert [of.video_id for of in elan.read(tmp_path)] == ["a", "b"]
