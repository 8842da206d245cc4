"""``--group-regex``: which recording an image is of, told from its file's name."""

from __future__ import annotations

from typing import Any

from video_pipeline.cli.arguments import WrongCallError

__all__ = ["add_group_regex", "require_pattern"]


def add_group_regex(parser: Any) -> None:
    """Add the option to a parser or a group of its options."""
    parser.add_argument(
        "--group-regex",
        metavar="PATTERN",
        help="finds the recording in a file's name, such as '^(case[0-9]+)_'; named groups video "
        "and patient say which. What belongs together is not torn apart",
    )


def require_pattern(group_regex: str | None) -> None:
    """Refuse a ``--group-regex`` that is none.

    Raises:
        WrongCallError: it is no pattern, or finds nothing by a group.
    """
    from classifier.dataset.groups import group_pattern

    if group_regex is not None:
        try:
            group_pattern(group_regex)
        except ValueError as error:
            raise WrongCallError(f"--group-regex: {error}") from error
