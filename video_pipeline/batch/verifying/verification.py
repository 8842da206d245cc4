"""Whether an output folder is as it was written: each digest, each row count, the table of all.

``run.json`` names the digest and row count of each file beside it, and carries a digest of itself.
``batch.csv`` has none, since it changes with every recording: what it says is held against the
manifests. The text of an error in it, and the path of a recording that failed, stand nowhere else.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from video_pipeline.batch.table import BATCH_NAME
from video_pipeline.batch.verifying.verified_inputs import Input, choose_inputs
from video_pipeline.batch.verifying.verified_rows import count_rows
from video_pipeline.batch.verifying.verified_table import check_table
from video_pipeline.errors import OutputError, PipelineError
from video_pipeline.output.manifest import MANIFEST_NAME
from video_pipeline.output.manifest_reading import Claims, FileClaim, read_claims

__all__ = ["Verification", "verify_folder"]

Progress = Callable[[int, int], None]
"""Is told how many bytes were checked, and of how many."""

_AGAIN = "run the command that wrote it again"
_RESULTS = ("timeline.csv", "segments.csv", "statistics.csv")
_PAGE = "report.html"
_LEFT_OVER = re.compile(r"\..*\.unfinished|\.[0-9a-f]{16}\.partial", re.DOTALL)
_CHUNK_BYTES = 1 << 20


@dataclass
class Verification:
    """What was checked, and what is not as it was written."""

    problems: list[PipelineError] = field(default_factory=list)
    """Each with its file, what is wrong, and what to do."""
    n_recordings: int = 0
    n_files: int = 0
    """Whose digest was computed, inputs included."""
    n_bytes: int = 0
    n_foreign: int = 0
    """Files and folders there that are not ours; nothing is known of them."""


def verify_folder(
    out: Path,
    *,
    recordings: Sequence[Path] = (),
    progress: Progress | None = None,
) -> Verification:
    """Check what ``annotate`` wrote into ``out``, or one recording's folder of it.

    ``recordings`` are files and folders in which the inputs lie, whose digests are checked too.

    Raises:
        OutputError: there is no such folder, or nothing in it that could be checked.
    """
    found = Verification()
    claims = _read_all(out, found)
    found.n_recordings = len(claims)
    if (out / MANIFEST_NAME) not in {folder / MANIFEST_NAME for folder in claims}:
        found.problems += check_table(out, claims)
    inputs = choose_inputs(claims, recordings, found.problems) if recordings else []
    checking = _Checking(found, progress, _n_bytes(claims, inputs))
    for folder, claim in claims.items():
        _check_outputs(folder, claim, checking)
    for one in inputs:
        _check_input(one, checking)
    return found


def _read_all(out: Path, found: Verification) -> dict[Path, Claims]:
    """Manifests by their folders; what else lies there is judged by its name."""
    if os.path.lexists(out / MANIFEST_NAME):
        return _read_one(out, found)
    claims: dict[Path, Claims] = {}
    has_results = os.path.lexists(out / BATCH_NAME)
    for path in _entries(out):
        if _LEFT_OVER.fullmatch(path.name):
            found.problems.append(_left_over(path))
        elif path.name.startswith(".") or path.name == BATCH_NAME:
            continue
        elif not path.is_symlink() and os.path.lexists(path / MANIFEST_NAME):
            has_results = True
            claims |= _read_one(path, found)
        elif any(os.path.lexists(path / name) for name in _RESULTS):
            found.problems.append(
                OutputError(path, f"holds results without {MANIFEST_NAME}", hint=_AGAIN)
            )
        else:
            found.n_foreign += 1
    if not has_results:
        raise OutputError(
            out,
            f"holds no results with digests ({BATCH_NAME}, <video_id>/{MANIFEST_NAME})",
            hint="name the folder that `annotate` wrote",
        )
    return claims


def _read_one(folder: Path, found: Verification) -> dict[Path, Claims]:
    """Of one recording's folder, if it can be believed; what else lies there is judged."""
    claims = None
    try:
        claims = read_claims(folder)
    except OutputError as error:
        found.problems.append(error)
    ours = {MANIFEST_NAME, _PAGE, *(claims.outputs if claims is not None else _RESULTS)}
    for path in _entries(folder):
        if _LEFT_OVER.fullmatch(path.name):
            found.problems.append(_left_over(path))
        elif path.name not in ours and not path.name.startswith("."):
            found.n_foreign += 1
    return {} if claims is None else {folder: claims}


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        raise OutputError(folder, f"cannot be read ({error.strerror})") from error


def _left_over(path: Path) -> OutputError:
    return OutputError(
        path,
        "is unfinished: whoever wrote it was killed, or is at work now",
        hint="run the same call again, or remove it",
    )


class _Checking:
    """Reads files, counts them, and says how far it is."""

    def __init__(self, found: Verification, progress: Progress | None, n_total: int) -> None:
        self.found = found
        self._progress = progress
        self._n_total = n_total

    def digest(self, path: Path) -> str:
        """SHA-256 of a regular file, in hex; raises ``OSError``."""
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
                self.found.n_bytes += len(chunk)
                if self._progress is not None:
                    # A file may have grown since it was looked at.
                    n_total = max(self._n_total, self.found.n_bytes)
                    self._progress(self.found.n_bytes, n_total)
        self.found.n_files += 1
        return digest.hexdigest()

    def tell(self, path: Path, cause: str, hint: str) -> None:
        """Note a problem."""
        self.found.problems.append(OutputError(path, cause, hint=hint))


def _check_outputs(folder: Path, claims: Claims, checking: _Checking) -> None:
    for name, claim in claims.outputs.items():
        # A manifest may come from anywhere, and names nothing that lies elsewhere.
        if Path(name).name != name or name == "..":
            checking.tell(folder / MANIFEST_NAME, f"names a file elsewhere, {name}", _AGAIN)
            continue
        problem = _what_is_wrong(folder / name, claim, checking)
        if problem is not None:
            checking.tell(folder / name, problem, _AGAIN)


def _what_is_wrong(path: Path, claim: FileClaim, checking: _Checking) -> str | None:
    try:
        if not os.path.lexists(path):
            return "is missing"
        if path.is_symlink() or not path.is_file():
            return "is no plain file, but was one when it was written"
        if checking.digest(path) != claim.sha256:
            return "was changed since it was written: its digest is not that in run.json"
        n_rows = count_rows(path)
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    if n_rows is not None and n_rows != claim.rows:
        return f"has {n_rows} rows, but run.json says {claim.rows}"
    return None


def _check_input(one: Input, checking: _Checking) -> None:
    again = "annotate it again, or find the file that was annotated"
    for path in one.candidates:
        try:
            if checking.digest(path) == one.claim.sha256:
                return
        except OSError as error:
            checking.tell(path, f"cannot be read ({error.strerror})", "check its permissions")
            return
    checking.tell(
        one.candidates[0],
        f"is not the file that {one.folder.name} was made from: its digest differs",
        again,
    )


def _n_bytes(claims: Mapping[Path, Claims], inputs: Sequence[Input]) -> int:
    outputs = (folder / name for folder, claim in claims.items() for name in claim.outputs)
    paths = [*outputs, *(path for one in inputs for path in one.candidates[:1])]
    total = 0
    for path in paths:
        try:
            total += path.lstat().st_size
        except (OSError, ValueError):
            continue
    return total
