"""JSON that carries the digest of itself, as its last line: no byte of it changes unnoticed.

The digest is of the whole file as it is written, with 64 zeros in the digest's own place. It tells
damage, not malice: who changes a file on purpose can seal it again.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

__all__ = ["is_seal_whole", "sealed_json"]

_NAME = "manifest_sha256"
_ZEROS = "0" * 64
_SEAL = re.compile(rf'"{_NAME}": "([0-9a-f]{{64}})"\n}}\n\Z'.encode())


def sealed_json(content: Mapping[str, Any]) -> bytes:
    """UTF-8, indented, ``manifest_sha256`` last; bytes of names that are no text as escapes."""
    text = json.dumps({**content, _NAME: _ZEROS}, indent=2, ensure_ascii=False, allow_nan=False)
    blank = f"{text}\n".encode(errors="backslashreplace")
    place = blank.rindex(_ZEROS.encode())
    digest = hashlib.sha256(blank).hexdigest().encode()
    return blank[:place] + digest + blank[place + len(digest) :]


def is_seal_whole(content: bytes) -> bool:
    """Whether the bytes are those that ``sealed_json`` gave."""
    seal = _SEAL.search(content)
    if seal is None:
        return False
    blank = content[: seal.start(1)] + _ZEROS.encode() + content[seal.end(1) :]
    return hashlib.sha256(blank).hexdigest().encode() == seal[1]
