"""Which formats there are, by name, and which of them are read, written, or both.

A module of this room is a format if it is listed here. What it writes is
``write(recordings, out, settings) -> notes``: files below the folder ``out``, which exists, and in
words what the format could not hold. What it reads is ``read(path) -> recordings``. Modules are
imported when they are asked for, so that a format that needs a package costs the others nothing.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Protocol

from video_pipeline.formats.labelled import LabelledRecording

__all__ = ["FORMATS", "ExportSettings", "Format", "reader_of", "writer_of"]


@dataclass(frozen=True)
class ExportSettings:
    """What a person may choose about an export."""

    frame_rate: Fraction | None = None
    """Of the videos, where a format counts frames; None: each recording's own, or 25."""
    n_decimals: int = 6
    """Of confidences, where a format has them."""


class Writer(Protocol):
    """Writes recordings below ``out``; returns what could not be represented, in words."""

    def __call__(
        self, recordings: Sequence[LabelledRecording], out: Path, settings: ExportSettings
    ) -> Sequence[str]: ...


class Reader(Protocol):
    """Reads a file, or a folder of them."""

    def __call__(self, path: Path) -> Sequence[LabelledRecording]: ...


@dataclass(frozen=True)
class Format:
    """One format: where its code is, and what it can do."""

    module: str
    """In this room."""
    summary: str
    """For ``--help``: at most some fifty characters."""
    reads: bool = False
    writes: bool = True


FORMATS: dict[str, Format] = {
    # Of the field, for programs.
    "cholec80": Format("cholec80", "videoXX-tool.txt, videoXX-phase.txt", reads=True),
    "m2cai16": Format("m2cai16", "tool_video_XX.txt, and _pred.txt with confidences", reads=True),
    "cholect50": Format("cholect50", "labels/VIDXX.json", reads=True),
    "tmrnet": Format("tmrnet", "phase ids, a row a second: videoXX-phase.txt", reads=True),
    "surgformer": Format("surgformer", "phase ids: video-XX.txt", reads=True),
    "ms-tcn": Format("ms_tcn", "features (D, T), groundTruth, mapping, bundles", reads=True),
    "tecno": Format("tecno", "a table, and pickles of features with phases"),
    "trans-svnet": Format("trans_svnet", "features of all videos in one pickle, (T, D)"),
    "rttm": Format("rttm", "a SPEAKER line a use", reads=True),
    "parquet": Format("parquet", "one table of all recordings", reads=True),
    # For people, who look at them and correct them.
    "elan": Format("elan", "ELAN annotation document (.eaf), a tier a tool", reads=True),
    "webvtt": Format("webvtt", "subtitles beside the video (.vtt)", reads=True),
    "srt": Format("srt", "subtitles beside the video (.srt)"),
    "chapters": Format("chapters", "a copy of the video with phases as chapters"),
    "label-studio": Format("label_studio", "Label Studio tasks with predictions", reads=True),
    "via": Format("via", "VGG Image Annotator 3 project", reads=True),
    "boris": Format("boris", "BORIS project (.boris)", reads=True),
}
"""In the order of ``--help``."""


def writer_of(name: str) -> Writer:
    """The function that writes ``name``, one of ``FORMATS`` that are written."""
    writer: Writer = importlib.import_module(f"{__package__}.{FORMATS[name].module}").write
    return writer


def reader_of(name: str) -> Reader:
    """The function that reads ``name``, one of ``FORMATS`` that are read."""
    reader: Reader = importlib.import_module(f"{__package__}.{FORMATS[name].module}").read
    return reader
