"""A recording's outcome for another program: one JSON object in one line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from video_pipeline.batch.job import Outcome

__all__ = ["outcome_json"]


def outcome_json(outcome: Outcome) -> str:
    """All that is known of it; ``outputs`` are the files in ``folder`` that run.json names.

    Pure ASCII: a name that is no text, and a terminal's encoding, cannot break it.
    """
    from video_pipeline.output.manifest import MANIFEST_NAME, read_manifest

    row = outcome.row
    has_results = row.status in {"done", "partial"}
    manifest = read_manifest(outcome.folder) if has_results else None
    content = {
        "video_id": row.video_id,
        "path": row.path,
        "status": row.status,
        "seconds": row.seconds,
        "error": row.error or None,
        "warnings": list(outcome.warnings),
        "was_finished": outcome.was_finished,
        "folder": str(outcome.folder),
        "outputs": [] if manifest is None else [*manifest.outputs, MANIFEST_NAME],
    }
    return json.dumps(content)
