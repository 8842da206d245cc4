"""Long recordings cut into pieces: who looks at which, and what they come to, in order.

The worker that was given the recording, its owner here, asks for one piece after another; others
look at them meanwhile. Where one cannot be had, the owner reads the whole by itself.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from video_pipeline.batch.local.messages import Cut, PieceSeen, PieceTask
from video_pipeline.batch.local.worker_process import WorkerProcess
from video_pipeline.elsewhere import PieceObserved

__all__ = ["CutPiece", "Cuts"]


@dataclass(frozen=True, eq=False)
class CutPiece:
    """One piece of a recording."""

    owner: WorkerProcess
    number: int
    task: PieceTask


@dataclass(eq=False)
class _CutRecording:
    """What has become of a recording's pieces so far."""

    left: deque[CutPiece]
    at_work: dict[WorkerProcess, CutPiece] = field(default_factory=dict)
    observed: dict[int, PieceObserved] = field(default_factory=dict)
    """By number; until the owner takes it."""
    done_s: dict[int, float] = field(default_factory=dict)
    n_taken: int = 0
    is_asked: bool = False


class Cuts:
    """The recordings of a batch that are in pieces just now."""

    def __init__(self) -> None:
        self._cut: dict[WorkerProcess, _CutRecording] = {}

    def begin(self, owner: WorkerProcess, cut: Cut) -> None:
        """A recording was cut; its owner will ask for every piece."""
        tasks = [PieceTask(piece, cut.look, cut.info) for piece in cut.pieces]
        self._cut[owner] = _CutRecording(deque(CutPiece(owner, *of) for of in enumerate(tasks)))

    def owns(self, worker: WorkerProcess) -> bool:
        """Whether a worker waits for what others see, and decodes nothing."""
        return worker in self._cut

    def take(self) -> CutPiece | None:
        """The next one that nobody is at."""
        return next((of.left.popleft() for of in self._cut.values() if of.left), None)

    def put_back(self, piece: CutPiece) -> None:
        """To be taken next."""
        self._cut[piece.owner].left.appendleft(piece)

    def give(self, piece: CutPiece, worker: WorkerProcess) -> None:
        """Let a worker look at a piece."""
        self._cut[piece.owner].at_work[worker] = piece
        worker.give_piece(piece.task)

    def is_waiting(self, owner: WorkerProcess) -> bool:
        """Whether an owner has asked for a piece that is not there yet."""
        return owner in self._cut and self._cut[owner].is_asked

    def reached(self, worker: WorkerProcess, done_s: float) -> tuple[WorkerProcess, float] | None:
        """So much of its piece is done: whose recording it is of, and how much of that is done."""
        piece = self._piece_of(worker)
        if piece is None:
            return None
        cut = self._cut[piece.owner]
        cut.done_s[piece.number] = done_s
        return piece.owner, sum(cut.done_s.values())

    def seen(self, worker: WorkerProcess, observed: PieceObserved | None) -> list[WorkerProcess]:
        """A worker is done with its piece, or gone; returns who is at others in vain because of it.

        Where it was at none, or at one in vain, that is nobody.
        """
        piece = self._piece_of(worker)
        if piece is None:
            return []
        cut = self._cut[piece.owner]
        del cut.at_work[worker]
        if observed is None:
            return self.give_up(piece.owner)
        cut.observed[piece.number] = observed
        self._answer(piece.owner)
        return []

    def ask(self, owner: WorkerProcess) -> None:
        """An owner waits for its next piece."""
        if owner not in self._cut:
            owner.tell(PieceSeen(None))
            return
        self._cut[owner].is_asked = True
        self._answer(owner)

    def give_up(self, owner: WorkerProcess) -> list[WorkerProcess]:
        """The owner reads the whole by itself, or needs no more; returns who works in vain."""
        cut = self._cut.pop(owner, None)
        if cut is None:
            return []
        if cut.is_asked:
            # It has waited for us so long, not hung.
            owner.note_progress()
            owner.tell(PieceSeen(None))
        return list(cut.at_work)

    def give_up_one_in_vain(self) -> None:
        """One owner whose pieces nobody is at, if there is one, has to read the whole by itself."""
        for owner, cut in self._cut.items():
            if cut.left and not cut.at_work:
                self.give_up(owner)
                return

    def _piece_of(self, worker: WorkerProcess) -> CutPiece | None:
        return next((of.at_work[worker] for of in self._cut.values() if worker in of.at_work), None)

    def _answer(self, owner: WorkerProcess) -> None:
        cut = self._cut[owner]
        if not cut.is_asked or cut.n_taken not in cut.observed:
            return
        owner.note_progress()
        owner.tell(PieceSeen(cut.observed.pop(cut.n_taken)))
        cut.is_asked, cut.n_taken = False, cut.n_taken + 1
        if not (cut.left or cut.at_work or cut.observed):
            del self._cut[owner]
