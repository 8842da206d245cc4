#!/usr/bin/env bash
# How samples/model was made: from nothing, on rendered images, at growing sizes. About an hour
# on two cores with bfloat16; never run by demo.sh or test.sh.
#   scripts/train_sample_model.sh [WORK]      WORK holds images and stages (default sample_training)
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/setup.sh
set_up ""
work=${1:-sample_training}

render() { # NAME COUNT SIZE FIRST_SCENE
    .venv/bin/python scripts/make_samples.py images \
        --out "$work/$1" --count "$2" --size "$3" --seed-from "$4"
}

train() { # IMAGES STAGE OPTIONS...
    local images="$work/$1" stage="$work/$2"
    shift 2
    .venv/bin/surgical-video train "$images" --out "$stage" --trainable all --batch-norm trained \
        --precision bfloat16 --validation-share 0.04 --resize-rule opencv_inter_area \
        --rate-decay 1 --augmentation basic --overwrite "$@"
}

render images112 30000 112 1000000
train images112 stage96 --weights none --input-size 96 --epochs 0,2 --batch-size 64 --seed 1

render images112b 30000 112 4000000
train images112b stage96b --weights "$work/stage96" --input-size 96 --epochs 0,1 \
    --learning-rate 8e-4 --augmentation none --seed 2

render images224 12000 224 2000000
train images224 stage160 --weights "$work/stage96b" --input-size 160 --epochs 0,1 \
    --learning-rate 5e-4 --augmentation none --seed 3

# Rendered larger than the network's input, and shrunk as a recording's frames are.
render images320 8000 320 3000000
train images320 stage224 --weights "$work/stage160" --input-size 224 --epochs 0,1 \
    --learning-rate 3e-4 --augmentation none --seed 4

echo "copy $work/stage224 to samples/model, and run scripts/demo.sh for samples/expected"
