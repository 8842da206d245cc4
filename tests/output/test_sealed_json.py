"""JSON that carries its own digest: it reads as it was, and no byte of it changes unnoticed."""

from __future__ import annotations

import hashlib
import json

from video_pipeline.output.sealed_json import is_seal_whole, sealed_json

CONTENT = {"name": "é手\udcff \"'", "digest": "0" * 64, "rows": [1, 2.5, None], "deep": {"a": {}}}


def test_it_reads_as_it_was_and_the_same_content_gives_the_same_bytes() -> None:
    sealed = sealed_json(CONTENT)
    assert sealed == sealed_json(CONTENT)
    read = json.loads(sealed)
    seal = read.pop("manifest_sha256")
    assert read == CONTENT
    # As anybody can check it: the digest of the file with zeros in the digest's place.
    blank = sealed.replace(seal.encode(), b"0" * 64)
    assert hashlib.sha256(blank).hexdigest() == seal


def test_every_changed_lost_or_added_byte_is_found() -> None:
    sealed = sealed_json(CONTENT)
    assert is_seal_whole(sealed)
    for k in range(len(sealed)):
        assert not is_seal_whole(sealed[:k] + bytes([sealed[k] ^ 1]) + sealed[k + 1 :])
        assert not is_seal_whole(sealed[:k] + sealed[k + 1 :])
        assert not is_seal_whole(sealed[:k] + b" " + sealed[k:])
        assert not is_seal_whole(sealed[:k])


def test_what_was_never_sealed_is_not_whole() -> None:
    assert not is_seal_whole(b"")
    assert not is_seal_whole(json.dumps(CONTENT).encode())
