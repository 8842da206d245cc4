"""An extraction in one line, and what it left behind, for tests."""

from __future__ import annotations

import csv
from pathlib import Path

from video_pipeline.batch.recordings import Recording, name_recordings
from video_pipeline.extraction.choosing import Moments, Part
from video_pipeline.extraction.many import Outcome, extract_recordings
from video_pipeline.extraction.pictures import PictureSettings
from video_pipeline.extraction.recording import Extraction
from video_pipeline.extraction.settings import ExtractionSettings

__all__ = ["PNG", "annotate", "extract", "extract_one", "files_below", "rows_of"]

PNG = PictureSettings("png", None)


def extract(
    paths: list[Path] | Path,
    out: Path,
    *,
    moments: Moments | None = None,
    part: Part | None = None,
    picture: PictureSettings = PNG,
    labels: Path | None = None,
    split: str | None = None,
    events: list[str] | None = None,
) -> list[Outcome]:
    """Extract recordings into ``out``; ``events`` takes the kinds of progress that were told."""
    defaults = ExtractionSettings()
    settings = ExtractionSettings(
        moments=moments if moments is not None else defaults.moments,
        part=part if part is not None else defaults.part,
        picture=picture,
        labels=labels,
        split=split,
    )
    out.mkdir(exist_ok=True)
    recordings: list[Recording] = name_recordings(
        [paths] if isinstance(paths, Path) else paths, out
    )
    told = events if events is not None else []
    return list(
        extract_recordings(
            recordings, out, settings, progress=lambda event: told.append(type(event).__name__)
        )
    )


def extract_one(path: Path, out: Path, **options: object) -> Extraction:
    """Extract a recording that is expected to work; raises its error where it does not."""
    (outcome,) = extract(path, out, **options)  # type: ignore[arg-type]
    if outcome.extraction is None:
        raise outcome.error or AssertionError
    return outcome.extraction


def rows_of(path: Path) -> list[dict[str, str]]:
    """The rows of a table."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def files_below(folder: Path) -> dict[str, bytes]:
    """Every file with its content, hidden ones too."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def annotate(path: Path, rows: list[str], *, tools: str = "Grasper Hook") -> Path:
    """Write a Cholec80 annotation: one text a second with a digit a tool, ``-`` for no row."""
    lines = ["\t".join(["Frame", *tools.split()])]
    lines += ["\t".join([str(25 * k), *row]) for k, row in enumerate(rows) if row != "-"]
    path.write_text("\n".join(lines) + "\n")
    return path
