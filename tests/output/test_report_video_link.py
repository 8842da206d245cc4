"""The address of a video leads from the page to the file, whatever the file is called."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote_to_bytes, urljoin, urlsplit

import pytest

from video_pipeline.output.report.video_link import link_to

NAMES = [
    "plain.mp4",
    "case 12 #3?.mp4",
    "%2e%2e.mp4",
    "..%2f.mp4",
    "javascript:alert(1).mp4",
    "C:\\videos\\x.mp4",
    "\"quoted\" & 'single' <b>.mp4",
    "\N{LATIN SMALL LETTER U WITH DIAERESIS}\N{CJK UNIFIED IDEOGRAPH-4E2D}.mp4",
    os.fsdecode(b"latin1-\xfc.mp4"),
    "line\nbreak.mp4",
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("below", ["videos", "out/case12", "a b/c#d"])
def test_the_address_resolves_to_the_file(tmp_path: Path, name: str, below: str) -> None:
    page, video = tmp_path / "out" / "case12" / "report.html", tmp_path / below / name
    link = link_to(video, page=page)
    resolved = urlsplit(urljoin(page.as_uri(), link.url))
    assert (resolved.scheme, resolved.query, resolved.fragment) == ("file", "", "")
    assert unquote_to_bytes(resolved.path) == os.fsencode(video)
    assert link.name == name


def test_the_address_is_relative(tmp_path: Path) -> None:
    link = link_to(tmp_path / "videos" / "x.mp4", page=tmp_path / "out" / "x" / "report.html")
    assert link.url == "../../videos/x.mp4"


def test_a_relative_folder_means_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert link_to(Path("videos/x.mp4"), page=Path("out/x/report.html")).url == (
        "../../videos/x.mp4"
    )


def test_a_link_to_a_folder_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "disk" / "videos").mkdir(parents=True)
    (tmp_path / "videos").symlink_to(tmp_path / "disk" / "videos")
    link = link_to(tmp_path / "videos" / "x.mp4", page=tmp_path / "out" / "report.html")
    assert link.url == "../videos/x.mp4"
