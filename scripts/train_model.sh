#!/usr/bin/env bash
# Trains on DATASET/train and judges on DATASET/test:  scripts/train_model.sh DATASET [OUT] [OPTIONS]
# DATASET holds train/<tool>/*.jpg and test/<tool>/*.jpg; OPTIONS go to `surgical-video train`.
set -euo pipefail
if [ $# -eq 0 ] || [ "$1" = --help ]; then
    sed -n '2,3s/^# //p' "$0"
    exit $(($# == 0 ? 2 : 0))
fi
dataset=$(realpath -m -- "$1")
shift
out=model
if [ $# -gt 0 ] && [ "${1#-}" = "$1" ]; then
    out=$1
    shift
fi
out=$(realpath -m -- "$out")
cd "$(dirname "$0")/.."
. scripts/setup.sh
set_up ""

.venv/bin/surgical-video train "$dataset" --out "$out" "$@"
if [ -d "$dataset/test" ]; then
    .venv/bin/surgical-video evaluate "$out" "$dataset/test" --out "$out-evaluation" --overwrite
else
    echo "no $dataset/test: the model was not judged on images of its own" >&2
fi
