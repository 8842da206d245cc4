"""A worker process: decodes one recording after another and asks its engine for every answer.

It never loads a classifier. It ends with its engine, however that ends, and ignores Ctrl-C, which
a terminal sends to all processes at once: the engine decides when it stops.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection

import numpy as np
from numpy.typing import NDArray

from video_pipeline.batch.local.messages import (
    Answer,
    Cut,
    Described,
    Finished,
    Frames,
    NextPiece,
    Orders,
    PieceSeen,
    PieceTask,
    Reached,
    RecordingTask,
)
from video_pipeline.batch.local.shared_frames import SharedFrames
from video_pipeline.batch.one_recording import annotate_recording, faulty_outcome
from video_pipeline.batch.recordings import Recording
from video_pipeline.elsewhere import PieceLostError, PieceObserved, observe_piece
from video_pipeline.frame_classifier import FrameClassifier
from video_pipeline.frames.piece_reader import Piece
from video_pipeline.observing import Look
from video_pipeline.records import VideoInfo

__all__ = ["main"]


def main() -> None:
    """Serve an engine; the arguments are descriptors: of talk, of memory, of a life line."""
    talk, memory, life_line = map(int, sys.argv[1:4])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_engine, args=(life_line,), daemon=True).start()
    engine: Connection = Connection(talk)
    try:
        orders = engine.recv()
        _serve(engine, orders, SharedFrames(memory, orders.layout))
    except (EOFError, ConnectionError):
        # The engine has no more work, or is gone.
        return


def _serve(engine: Connection, orders: Orders, shared: SharedFrames) -> None:
    classifier = AskingClassifier(engine, orders.classifier, shared)

    def tell(recording: Recording, position_s: float, info: VideoInfo) -> None:
        del recording
        engine.send(Reached(position_s, info))

    while True:
        task: RecordingTask | PieceTask = engine.recv()
        if isinstance(task, PieceTask):
            engine.send(PieceSeen(_observed(task, classifier, engine)))
            continue
        recording = task.recording
        elsewhere = AskedElsewhere(engine, task.n_ways) if task.n_ways > 1 else None
        try:
            outcome = annotate_recording(
                recording, classifier, orders.job, progress=tell, elsewhere=elsewhere
            )
        except (EOFError, ConnectionError):
            raise
        except Exception as error:  # noqa: BLE001  a fault of ours costs one recording, too
            if orders.shows_tracebacks and recording.pseudonym is None:
                traceback.print_exc()
            outcome = faulty_outcome(recording, orders.job.out, error)
        engine.send(Finished(outcome))


def _observed(
    task: PieceTask, classifier: FrameClassifier, engine: Connection
) -> PieceObserved | None:
    """None where anything is wrong: it shows again, and is told, where the whole is read."""

    def tell(done_s: float) -> None:
        engine.send(Reached(done_s, task.info))

    try:
        return observe_piece(
            task.piece,
            classifier,
            task.look,
            # Pieces share the processors between them.
            n_threads=1,
            progress=tell,
        )
    except (EOFError, ConnectionError):
        raise
    except Exception:  # noqa: BLE001  as the docstring says
        return None


class AskedElsewhere:
    """Satisfies ``Elsewhere`` by asking the engine."""

    def __init__(self, engine: Connection, n_ways: int) -> None:
        self._engine = engine
        self.n_ways = n_ways

    def observe(
        self, pieces: Sequence[Piece], look: Look, info: VideoInfo
    ) -> Iterator[PieceObserved]:
        """See ``Elsewhere``."""
        self._engine.send(Cut(tuple(pieces), look, info))
        for _ in pieces:
            self._engine.send(NextPiece())
            seen: PieceSeen = self._engine.recv()
            if seen.observed is None:
                raise PieceLostError
            yield seen.observed


class AskingClassifier:
    """Satisfies ``FrameClassifier`` by asking the engine."""

    def __init__(self, engine: Connection, described: Described, shared: SharedFrames) -> None:
        self._engine = engine
        self._shared = shared
        self.tools = described.tools
        self.input_size_px = described.input_size_px
        self.crops_field_of_view = described.crops_field_of_view
        if described.resize_rule is not None:
            self.resize_rule = described.resize_rule

    def predict(
        self, images: NDArray[np.uint8]
    ) -> tuple[NDArray[np.float32], NDArray[np.float16] | None]:
        """See ``FrameClassifier``; at most as many images as the layout holds."""
        self._shared.put_images(images)
        self._engine.send(Frames(len(images)))
        answer: Answer = self._engine.recv()
        return self._shared.answers(len(images), answer.n_features)


def _end_with_engine(life_line: int) -> None:
    """The other end closes with the engine's process, also where that was killed."""
    os.read(life_line, 1)
    os._exit(1)
