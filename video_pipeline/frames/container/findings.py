"""What was odd about a recording, each said once, and never more than a screenful."""

from __future__ import annotations

__all__ = ["Findings"]

_MOST_OF_A_KIND = 3


class Findings:
    """Sentences in the order in which they were found; of many of one kind, the first three."""

    def __init__(self) -> None:
        self._sentences: dict[str, list[str]] = {}
        self._left_out: dict[str, int] = {}

    def add(self, kind: str, sentence: str) -> None:
        """Keep a sentence; ``kind`` says which ones are of the same sort."""
        kept = self._sentences.setdefault(kind, [])
        if sentence in kept:
            return
        if len(kept) < _MOST_OF_A_KIND:
            kept.append(sentence)
        else:
            self._left_out[kind] = self._left_out.get(kind, 0) + 1

    def sentences(self) -> tuple[str, ...]:
        """All that was kept, with a remark where more of a kind were left out."""
        found: list[str] = []
        for kind, kept in self._sentences.items():
            found += kept
            if kind in self._left_out:
                found.append(f"{kind}: {self._left_out[kind]} more like these")
        return tuple(found)
