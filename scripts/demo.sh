#!/usr/bin/env bash
# Annotates the sample recordings with the sample model, and says how well that went.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/setup.sh
set_up ""

out=${1:-demo_output}
.venv/bin/surgical-video annotate samples/recordings --model samples/model --out "$out"
for reference in samples/recordings/*.reference.csv; do
    video_id=$(basename "$reference" .reference.csv)
    echo
    echo "$video_id against its reference timeline:"
    .venv/bin/surgical-video compare "$out/$video_id" "$reference"
done

cat << END

The samples are rendered, not filmed: this shows that everything works, not how well it would do on
real surgery. For that, train on your own labelled frames and annotate your own recording:

  .venv/bin/surgical-video train DATASET --out model
  .venv/bin/surgical-video annotate RECORDING.mp4 --model model --out timelines

With the sample model, to see the files on a recording of yours at once:

  .venv/bin/surgical-video annotate RECORDING.mp4 --model samples/model --out timelines
END
