"""Add the self-test to model folders that were written before there was one.

.venv/bin/python scripts/describe_again.py samples/model
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from classifier.errors import ClassifierError


def main() -> int:
    """Describe each folder that is named again; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="+", metavar="MODEL")
    arguments = parser.parse_args()
    from classifier.model.describing import describe_again

    for folder in arguments.folders:
        try:
            describe_again(folder)
        except ClassifierError as error:
            print(error, file=sys.stderr)
            return 1
        print(f"{folder}: has a self-test now")
    return 0


if __name__ == "__main__":
    sys.exit(main())
