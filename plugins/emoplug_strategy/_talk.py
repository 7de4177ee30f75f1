"""A conversation as numbers: what was said, by whom, and what the encoder says of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emoplug import Encoding, Turn

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Talk:
    """n messages of a conversation, in order.

    Attributes:
        texts: Their words.
        ours: (n,) whether the supporter, not the person, said it.
        embeddings: (n, d).
        emotions: (n, labels) probabilities.
        affect: (n, 3).
    """

    texts: tuple[str, ...]
    ours: NDArray[np.bool_]
    embeddings: Floats
    emotions: Floats
    affect: Floats

    @classmethod
    def of(cls, turn: Turn, encoding: Encoding) -> Talk:
        """Take the encoded messages of ``turn``."""
        return cls(
            turn.texts,
            np.array([role == "assistant" for role in turn.dialogue.roles], dtype=bool),
            encoding.embeddings,
            encoding.emotions,
            encoding.affect,
        )

    @classmethod
    def silent(cls, size: int, labels: int) -> Talk:
        """Answer a conversation without messages, for embeddings of ``size`` columns."""
        columns = (np.zeros((0, count), dtype=np.float32) for count in (size, labels, 3))
        return cls((), np.zeros(0, dtype=bool), *columns)

    def __len__(self) -> int:
        return len(self.texts)

    def upto(self, end: int) -> Talk:
        """Answer the first ``end`` messages, sharing memory."""
        return Talk(
            self.texts[:end],
            self.ours[:end],
            self.embeddings[:end],
            self.emotions[:end],
            self.affect[:end],
        )

    def and_reply(self, reply: str, encoding: Encoding) -> Talk:
        """Answer the conversation with ``reply``, the one row of ``encoding``, at its end."""
        return Talk(
            (*self.texts, reply),
            np.append(self.ours, True),
            np.concatenate([self.embeddings, encoding.embeddings]),
            np.concatenate([self.emotions, encoding.emotions]),
            np.concatenate([self.affect, encoding.affect]),
        )
