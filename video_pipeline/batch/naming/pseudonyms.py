"""Pseudonyms of recordings: ``case-`` and 16 digits that only who has the site's key can make.

A pseudonym is the beginning of HMAC-SHA256(key, path), so the same recording has the same one in
every call, and without the key nobody can find the path by trying paths. It is made from the path
and not from the content, because

- the path is known before a byte is read: a recording of 100 GB, one that cannot be read, and one
  that is still being written have their pseudonym at once, and a row;
- two copies of one file are two recordings, as without pseudonyms;
- going back is what the site needs, and its table then says where a recording lies.

The price: a recording that is moved has another pseudonym from then on. The path is the file's own
name in its folder's real place, so it does not matter by which way or link one gets there.

The key, 32 random bytes as a line of 64 hex digits, is made at its first use; beside it lies
``names.csv``, the table of pseudonyms and paths. Both are their owner's alone (mode 0600), and
stay on site: neither may lie in the output folder, which is what is given away. Who loses the key
can make no pseudonym a second time; who loses the table can make it again from key and recordings.
"""

from __future__ import annotations

import csv
import hashlib
import hmac
import io
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from video_pipeline.batch.claim import claim
from video_pipeline.batch.naming.private_files import (
    make_private,
    private_folder,
    read_private,
    replace_private,
)
from video_pipeline.errors import KeyFileError, OutputError, PipelineError

__all__ = ["TABLE_NAME", "Pseudonym", "Pseudonyms", "default_key_file", "is_pseudonym"]

TABLE_NAME = "names.csv"

_DEFAULT_PLACE = ("surgical-video", "deidentify.key")
_HEADER = ("pseudonym", "path")
_KEY_LINE = re.compile(rb"([0-9a-f]{64})\n?")
_KEY_BYTES = 32
_MOST_TABLE_BYTES = 1 << 30
_LONGEST_WAIT_S = 10.0
_PSEUDONYM = re.compile(r"case-[0-9a-f]{16}")
_KEY_ID_OF = b"surgical-video: which key this is"
"""No path: all paths are absolute."""


@dataclass(frozen=True)
class Pseudonym:
    """What stands for one recording; nothing of it tells the path to who has not the key."""

    name: str
    path_digest: str
    """The whole HMAC of the path, in hex."""
    key_id: str
    """Tells keys apart."""


class Pseudonyms:
    """Gives recordings their pseudonyms, and keeps the table that leads back."""

    def __init__(self, key: bytes, table: Path) -> None:
        self._key = key
        self._table = table

    @classmethod
    def of_key_file(cls, key_file: Path, *, out: Path) -> Pseudonyms:
        """Read the key, or make it where there is none yet.

        Raises:
            KeyFileError: it lies in ``out``, others may read it, it is a link, no regular file or
                no key, or it cannot be read or made.
        """
        _require_outside(key_file, out)
        text = read_private(key_file, most_bytes=_KEY_BYTES * 2 + 2)
        if text is None:
            private_folder(key_file.absolute().parent)
            make_private(key_file, f"{os.urandom(_KEY_BYTES).hex()}\n".encode())
            # Another call may have been quicker: then it is that call's key.
            text = read_private(key_file, most_bytes=_KEY_BYTES * 2 + 2)
        line = None if text is None else _KEY_LINE.fullmatch(text)
        if line is None:
            raise KeyFileError(
                key_file,
                "holds no key (one line of 64 hex digits)",
                hint="bring it back from a copy, or name another file",
            )
        return cls(bytes.fromhex(line[1].decode()), key_file.absolute().parent / TABLE_NAME)

    @property
    def key_id(self) -> str:
        """Tells keys apart, and nothing else about them."""
        return self._digest(_KEY_ID_OF)[:16]

    def give(self, paths: Sequence[Path]) -> list[Pseudonym]:
        """The pseudonym of each path; all of them stand in the table before this returns.

        Raises:
            KeyFileError: the table cannot be read, trusted or written.
        """
        places = [_real_place(path) for path in paths]
        digests = [self._digest(os.fsencode(place)) for place in places]
        given = [Pseudonym(f"case-{digest[:16]}", digest, self.key_id) for digest in digests]
        self._remember({of.name: place for of, place in zip(given, places, strict=True)})
        return given

    def hide(self, error: PipelineError) -> PipelineError:
        """The same error about an input, told of its pseudonym instead of its path.

        To be raised ``from None``: what caused it may name what this one does not.
        """
        (given,) = self.give([Path(error.path)])
        return type(error)(given.name, error.nameless_cause, hint=error.hint)

    def _digest(self, content: bytes) -> str:
        return hmac.new(self._key, content, hashlib.sha256).hexdigest()

    def _remember(self, places: Mapping[str, str]) -> None:
        if not places:
            return
        with self._held_table():
            known = _read_table(self._table)
            for name, place in places.items():
                if known.get(name, place) != place:
                    raise KeyFileError(
                        self._table,
                        f"gives {name} to a path that is not its own",
                        hint="move the table away: it is made again",
                    )
            if not places.keys() <= known.keys():
                _write_table(self._table, {**known, **places})

    @contextmanager
    def _held_table(self) -> Iterator[None]:
        """The table for this call alone; another call waits meanwhile."""
        try:
            with claim(self._table, wait_s=_LONGEST_WAIT_S) as is_ours:
                if not is_ours:
                    raise KeyFileError(
                        self._table, "another call does not let go of it", hint="end that one"
                    )
                yield
        except OutputError as error:
            raise KeyFileError(error.path, error.cause, hint="name another key file") from error


def default_key_file() -> Path:
    """``surgical-video/deidentify.key`` where this user's settings lie.

    Raises:
        KeyFileError: nothing says where that is.
    """
    settings = Path(os.environ.get("XDG_CONFIG_HOME", ""))
    # A relative one is to be ignored, says the XDG base directory specification.
    if settings.is_absolute():
        return settings.joinpath(*_DEFAULT_PLACE)
    try:
        return Path.home().joinpath(".config", *_DEFAULT_PLACE)
    except RuntimeError as error:
        raise KeyFileError(
            Path(*_DEFAULT_PLACE), "there is no home folder to keep it in", hint="name a key file"
        ) from error


def is_pseudonym(name: str) -> bool:
    """Whether a name has the form of a pseudonym."""
    return _PSEUDONYM.fullmatch(name) is not None


def _real_place(path: Path) -> str:
    """The file's own name in its folder's real place; a folder without a name, by that place."""
    if path.name in {"", ".."}:
        return os.path.realpath(path)
    return os.path.join(os.path.realpath(path.parent), path.name)  # noqa: PTH118  any bytes


def _require_outside(key_file: Path, out: Path) -> None:
    place, given_away = Path(os.path.realpath(key_file)), Path(os.path.realpath(out))
    written = Path(_real_place(key_file))
    if any(_is_same(folder, given_away) for of in (place, written) for folder in of.parents):
        raise KeyFileError(
            key_file,
            "lies in the output folder, which may be given away",
            hint="keep the key elsewhere",
        )


def _is_same(folder: Path, other: Path) -> bool:
    try:
        return folder == other or folder.samefile(other)
    except OSError:
        return False


def _read_table(table: Path) -> dict[str, str]:
    """Paths by their pseudonyms; empty where there is no table yet."""
    content = read_private(table, most_bytes=_MOST_TABLE_BYTES)
    if content is None:
        return {}
    text = io.StringIO(content.decode(errors="surrogateescape"), newline="")
    try:
        header, *rows = csv.reader(text, strict=True)
    except (ValueError, csv.Error):
        header, rows = [], []
    if tuple(header) != _HEADER or any(len(row) != len(_HEADER) for row in rows):
        raise KeyFileError(
            table, "is no table of pseudonyms", hint="move it away: the table is made again"
        )
    return {row[0]: row[1] for row in rows}


def _write_table(table: Path, places: Mapping[str, str]) -> None:
    text = io.StringIO(newline="")
    # In quotes all of them: a path may hold a line break of any sort.
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(_HEADER)
    writer.writerows(sorted(places.items()))
    replace_private(table, text.getvalue().encode(errors="surrogateescape"))
