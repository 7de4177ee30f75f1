"""What was read of conversations, kept so that the next turn reads only what is new."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

import numpy as np
from numpy.typing import NDArray

from emoplug_onnx._network import Read

Floats = NDArray[np.float32]
Halves = NDArray[np.float16]
Said = tuple[str, str | bytes]
"""Who said what: speaker and ``fingerprint`` of the text."""


class Rows:
    """Rows of tokens, which grow at the end; a row that was written never changes.

    Args:
        written: (depth, rows, width) those at the beginning.
        room: Most that there will be. Room that is never written takes no memory.
    """

    def __init__(self, written: Halves, room: int) -> None:
        depth, count, width = written.shape
        self._array: Halves = np.empty((depth, room, width), dtype=np.float16)
        self._array[:, :count] = written
        self._written = count
        self._lock = threading.Lock()

    def first(self, count: int) -> Halves:
        """Answer the first ``count`` rows, sharing memory: (depth, count, width)."""
        return self._array[:, :count]

    def extended(self, count: int, new: Halves) -> Rows:
        """Answer rows where ``new`` follows the first ``count``: these, if nothing does yet."""
        end = count + new.shape[1]
        with self._lock:
            if count == self._written:
                self._array[:, count:end] = new
                self._written = end
                return self
        return Rows(self.first(count), self._array.shape[1]).extended(count, new)


@dataclass(frozen=True)
class Context:
    """What was read of the first utterances of a window.

    Attributes:
        said: What they are.
        ends: Tokens up to the end of each.
        rows: What the network needs to read on.
        judged: Head to (u, labels) logits.
    """

    said: tuple[Said, ...]
    ends: tuple[int, ...]
    rows: Rows
    judged: Mapping[str, Floats]

    def seen(self, utterances: int) -> Halves:
        """Answer the rows of the first ``utterances``."""
        return self.rows.first(self.ends[utterances - 1] if utterances else 0)

    def extended(
        self, utterances: int, said: Sequence[Said], ends: Sequence[int], new: Read
    ) -> Context:
        """Answer what is known once ``said`` was read after the first ``utterances``."""
        return Context(
            (*self.said[:utterances], *said),
            (*self.ends[:utterances], *ends),
            self.rows.extended(self.seen(utterances).shape[1], new.rows),
            {
                name: np.concatenate([self.judged[name][:utterances], rows]) if utterances else rows
                for name, rows in new.judged.items()
            },
        )


class Contexts:
    """Conversations that were read lately. Safe to share between threads.

    Args:
        most: How many are kept; those not read for longest go first.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: list[Context] = []
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def find(self, said: Sequence[Said], empty: Context) -> tuple[Context, int]:
        """Answer the context that knows most of ``said``, and how many utterances it knows."""
        with self._lock:
            kept = self._kept[::-1]
        best, known = empty, 0
        for context in kept:
            common = _common(context.said, said)
            if common > known:
                best, known = context, common
        return best, known

    def put(self, context: Context) -> None:
        """Keep ``context``; one that it goes on from, and so holds all of, makes room for it."""
        with self._lock:
            self._kept = [one for one in self._kept if not _begins(context.said, one.said)]
            self._kept.append(context)
            del self._kept[: max(0, len(self._kept) - self._most)]


def _common(one: Sequence[Said], other: Sequence[Said]) -> int:
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _begins(longer: tuple[Said, ...], shorter: tuple[Said, ...]) -> bool:
    return longer[: len(shorter)] == shorter
