#!/usr/bin/env bash
# Everything that has to hold before a change lands: format, lint, types, tests.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/setup.sh
set_up "dev"

.venv/bin/ruff format --check .
.venv/bin/ruff check .
.venv/bin/mypy
# Two processes, each with whole files: building networks keeps one processor busy at a time. In the
# order of their names, quick ones come last; by their number of tests it would be the slowest.
.venv/bin/python -m pytest -n "${TEST_PROCESSES:-2}" --dist loadfile --no-loadscope-reorder "$@"
