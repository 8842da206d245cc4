"""Hostile and broken recordings by name, each made in a fraction of a second with its own truth."""

from __future__ import annotations

from tests.support.hostile_containers import CONTAINER_FILES
from tests.support.hostile_file import HostileFile, Maker
from tests.support.hostile_mp4 import MP4_FILES
from tests.support.hostile_references import REFERENCE_FILES, TEXTS
from tests.support.hostile_streams import STREAM_FILES
from tests.support.hostile_transport import TRANSPORT_FILES

__all__ = ["HOSTILE", "REFERENCE_FILES", "TEXTS", "HostileFile", "Maker"]

HOSTILE: dict[str, Maker] = {**MP4_FILES, **CONTAINER_FILES, **TRANSPORT_FILES, **STREAM_FILES}
