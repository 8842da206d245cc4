"""Writing a cohort: its tables and pictures, beside the folders of its recordings or elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from video_pipeline.errors import OutputError
from video_pipeline.output.cohort_tables import TABLE_NAMES, cohort_tables
from video_pipeline.output.files import make_folder, remove_file
from video_pipeline.output.plots import write_co_use_plot, write_cohort_plot, write_usage_plot
from video_pipeline.output.typed_table import require_parquet, write_csv, write_parquet
from video_pipeline.timeline.statistics.cohort import Cohort, CohortMember
from video_pipeline.timeline.statistics.spread import Outlier, Spread

__all__ = [
    "PICTURE_NAMES",
    "earlier_files",
    "remove_earlier",
    "require_writable",
    "write_pictures",
    "write_tables",
]

PICTURE_NAMES = ("usage.png", "co_use.png", "cohort.png")

_FILE_NAMES = (
    *(f"{name}{suffix}" for name in TABLE_NAMES for suffix in (".csv", ".parquet")),
    *PICTURE_NAMES,
)


def require_writable(out: Path, *, with_parquet: bool) -> None:
    """Refuse what can be refused before anything is read; raises ``OutputError``.

    A recording may be called like one of our files: its folder is not replaced.
    """
    if with_parquet:
        require_parquet(out)
    for name in _FILE_NAMES:
        if (out / name).is_dir():
            raise OutputError(out / name, "is a folder", hint="choose another place with --out")


def earlier_files(out: Path) -> tuple[str, ...]:
    """The names of what an earlier call wrote there.

    It wrote its first table before all others: where that is missing, files that are called like
    ours are somebody else's.
    """
    if not (out / f"{TABLE_NAMES[0]}.csv").is_file():
        return ()
    return tuple(name for name in _FILE_NAMES if (out / name).is_file())


def remove_earlier(out: Path, earlier: Collection[str], written: Collection[str]) -> list[str]:
    """Remove what was there and is not written again, which would speak of other recordings.

    Return the files' names. Raises ``OutputError``.
    """
    stale = [name for name in earlier if name not in written]
    for name in stale:
        remove_file(out / name)
    return stale


def write_tables(
    out: Path,
    cohort: Cohort,
    spreads: Sequence[Spread],
    outliers: Sequence[Outlier],
    *,
    with_parquet: bool,
) -> list[str]:
    """Write every table; return the files' names. Raises ``OutputError``."""
    make_folder(out)
    written = []
    for table in cohort_tables(cohort, spreads, outliers):
        write_csv(out / f"{table.name}.csv", table)
        written.append(f"{table.name}.csv")
        if with_parquet:
            write_parquet(out / f"{table.name}.parquet", table)
            written.append(f"{table.name}.parquet")
    return written


def write_pictures(
    out: Path, members: Sequence[CohortMember], cohort: Cohort, *, title: str, normalised: bool
) -> list[str]:
    """Write every picture; return the files' names. Raises ``OutputError``."""
    usage, co_use, overview = PICTURE_NAMES
    write_usage_plot(out / usage, [member.tools for member in cohort.members], title=title)
    write_co_use_plot(out / co_use, cohort.co_use, title=title)
    write_cohort_plot(out / overview, members, title=title, normalised=normalised)
    return list(PICTURE_NAMES)
