"""What the words on the page mean: they stand beside the numbers that they explain."""

from __future__ import annotations

from video_pipeline.frames.pictures.quality import BLACK, BLURRED, FROZEN, OUT_OF_FIELD
from video_pipeline.output.report.record import NO_FRAME
from video_pipeline.timeline.flags import CUT_OFF, DECODE_ERROR, GAP, NOT_SAMPLED

__all__ = ["DECODING", "FLAGS", "HEADS", "PHASES", "SEGMENTS", "STATISTICS", "STATUSES"]

STATISTICS = {
    "visible": "seconds in which the tool is visible",
    "share": "of the seconds that have a frame",
    "use": "an uninterrupted stretch of such seconds; a second without a frame interrupts",
    "first, last": "the first and the last second in which the tool is visible",
    "gap": "a hole between a use and the next one that has a frame in each of its seconds",
    "changes": "how often the tool appears or disappears, counted between neighbouring seconds "
    "that both have a frame; a minute is sixty seconds that have one",
}
SEGMENTS = {
    "from, to": "the tool is visible from the first time on, up to but not at the second",
    "probability": "that the tool is visible, as the model gave it, before smoothing; its mean and "
    "its peak over the seconds of the use",
}
PHASES = {"from, to": "the phase holds from the first time on, up to but not at the second"}

FLAGS = {
    NO_FRAME: "no frame of this second was looked at; why was not recorded",
    GAP: "nothing was recorded here: the recorder was paused, or data are lost",
    DECODE_ERROR: "a frame is damaged, or one is missing about here",
    NOT_SAMPLED: "nobody looked: the second lies outside of what was asked for",
    CUT_OFF: "the recording ends here although it should have gone on",
    BLACK: "nothing is to be seen in the picture",
    FROZEN: "the picture stood still while the recording went on",
    BLURRED: "nothing in the picture is in focus",
    OUT_OF_FIELD: "the picture has not the colours of the inside of a body",
}

STATUSES = {
    "done": "read to its end",
    "partial": "only a part of the recording could be read",
}
HEADS = {
    "sigmoid": "each tool has a probability of its own, whatever the others have",
    "softmax": "probabilities compete: tools share one frame's certainty between them",
}
DECODING = {
    "duration_s": "from the first frame to the end of the last one",
    "n_shown": "frames that the recording shows",
    "n_decoded": "frames that were decoded, to reach those that were looked at",
    "n_sampled": "frames that the model looked at",
    "n_corrupt": "decoded frames that are damaged",
    "n_lost": "frames that are missing from the file (an estimate)",
    "declared_duration_s": "what the file's header claims",
    "is_complete": "whether the recording was read to an end that is no cut",
}
