"""What was read of conversations, kept so that the next turn reads only what is new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emoplug import PrefixCache
from emoplug_onnx._network import Read
from emoplug_onnx._rows import Rows

Floats = NDArray[np.float32]
Halves = NDArray[np.float16]
Said = tuple[str, str | bytes]
"""Who said what: speaker and ``fingerprint`` of the text."""


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
    rows: Rows[np.float16]
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
        self._kept: PrefixCache[Said, Context] = PrefixCache(most)

    def __len__(self) -> int:
        return len(self._kept)

    def find(self, said: Sequence[Said], empty: Context) -> tuple[Context, int]:
        """Answer the context that knows most of ``said``, and how many utterances it knows."""
        context, known = self._kept.find(tuple(said))
        return (empty, 0) if context is None else (context, known)

    def put(self, context: Context) -> None:
        """Keep ``context``; one that it goes on from, and so holds all of, makes room for it."""
        self._kept.put(context.said, context)
