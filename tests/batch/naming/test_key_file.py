"""The key: made for its owner alone, outside of the output folder, refused where others see it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.batch.naming.keys import KEY, mode_of
from video_pipeline.batch.naming.pseudonyms import Pseudonyms, default_key_file
from video_pipeline.errors import KeyFileError


def test_a_key_is_made_at_its_first_use_for_its_owner_alone(tmp_path: Path, out: Path) -> None:
    key_file = tmp_path / "settings" / "surgical-video" / "deidentify.key"
    before = os.umask(0)
    try:
        first = Pseudonyms.of_key_file(key_file, out=out)
    finally:
        os.umask(before)
    assert (mode_of(key_file), mode_of(key_file.parent)) == (0o600, 0o700)
    assert len(bytes.fromhex(key_file.read_text())) == 32
    again = Pseudonyms.of_key_file(key_file, out=out)
    other = Pseudonyms.of_key_file(tmp_path / "other.key", out=out)
    paths = [tmp_path / "a.mp4"]
    assert first.give(paths) == again.give(paths) != other.give(paths)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601, 0o644])
def test_a_key_that_others_may_use_is_refused(key_file: Path, out: Path, mode: int) -> None:
    key_file.chmod(mode)
    with pytest.raises(KeyFileError, match=f"others may use it.*{mode:04o}"):
        Pseudonyms.of_key_file(key_file, out=out)


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", KEY, KEY.hex().encode()[:-1], KEY.hex().encode() + b"00", b"g" * 64 + b"\n"],
)
def test_a_broken_key_is_refused_and_kept(key_file: Path, out: Path, content: bytes) -> None:
    key_file.write_bytes(content)
    with pytest.raises(KeyFileError, match="holds no key"):
        Pseudonyms.of_key_file(key_file, out=out)
    assert key_file.read_bytes() == content


def test_a_link_a_folder_and_a_pipe_are_no_key(key_file: Path, out: Path, tmp_path: Path) -> None:
    link, loose, pipe = tmp_path / "link", tmp_path / "loose", tmp_path / "pipe"
    link.symlink_to(key_file)
    loose.symlink_to(tmp_path / "nowhere")
    os.mkfifo(pipe, 0o600)
    for place, said in ((link, "a link"), (loose, "a link"), (pipe, "regular"), (out, "regular")):
        with pytest.raises(KeyFileError, match=said) as caught:
            Pseudonyms.of_key_file(place, out=tmp_path / "elsewhere")
        assert "\n" not in str(caught.value)
    assert not (tmp_path / "nowhere").exists()


def test_a_key_within_the_output_folder_is_refused(
    key_file: Path, out: Path, tmp_path: Path
) -> None:
    (out / "deep").mkdir()
    (tmp_path / "way").symlink_to(out / "deep")
    (out / "to-key").symlink_to(key_file.parent)
    inside = [out / "k", out / "deep" / "k", tmp_path / "way" / "k", out / ".." / "out" / "k"]
    for place in inside:
        with pytest.raises(KeyFileError, match="lies in the output folder"):
            Pseudonyms.of_key_file(place, out=out)
        assert not place.exists()
    with pytest.raises(KeyFileError, match="lies in the output folder"):
        Pseudonyms.of_key_file(key_file, out=key_file.parent)
    with pytest.raises(KeyFileError, match="lies in the output folder"):
        Pseudonyms.of_key_file(tmp_path / "new" / "k", out=tmp_path / "new")


def test_a_key_folder_that_cannot_be_written_is_named(out: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(KeyFileError, match="cannot be"):
        Pseudonyms.of_key_file(tmp_path / "file" / "deeper" / "k", out=out)


def test_the_key_lies_with_the_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    assert default_key_file() == tmp_path / "xdg" / "surgical-video" / "deidentify.key"
    for unusable in ("", "relative/place"):
        monkeypatch.setenv("XDG_CONFIG_HOME", unusable)
        expected = tmp_path / ".config" / "surgical-video" / "deidentify.key"
        assert default_key_file() == expected
