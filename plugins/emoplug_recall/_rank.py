"""Ranks candidates by likeness to the message, to what caused its feeling, and by feeling."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from emoplug import Turn
from emoplug_recall._candidate import Candidate, Floats, feeling_of
from emoplug_recall._options import RecallOptions


@dataclass(frozen=True)
class Query:
    """The last user message.

    Attributes:
        vector: (d,) its embedding.
        cause: (d,) embedding of what caused its feeling: the likeliest earlier message, else the
            one before it; its own where it is the first.
        feeling: (labels,) square roots of the shares of its emotions but neutral.
        prompt: (m, d) embeddings of everything said up to it, itself last.
    """

    vector: Floats
    cause: Floats
    feeling: Floats
    prompt: Floats

    @property
    def vectors(self) -> Floats:
        """(2, d): what to look for."""
        return np.stack([self.vector, self.cause])


def query_of(turn: Turn) -> Query | None:
    """Ask for what bears on the last user message; ``None`` where it says nothing."""
    encoding, rows = turn.encoding, turn.encoded
    wanted = -1 if turn.last_user is None else turn.last_user
    last = bisect_left(rows, wanted)
    if encoding is None or rows[last : last + 1] != (wanted,):
        return None
    vectors = encoding.embeddings
    earlier = [
        rows.index(c.index) for c in turn.causes if c.index is not None and c.index in rows[:last]
    ]
    cause = earlier[0] if earlier else max(last - 1, 0)
    feeling = feeling_of(encoding.labels, encoding.emotions[last])
    return Query(vectors[last], vectors[cause], feeling, vectors[: last + 1])


def likenesses(query: Query, candidates: Sequence[Candidate]) -> Floats:
    """Answer (4, n): likeness to the message, to the cause, of feeling; and strength of feeling."""
    vectors = np.stack([candidate.memory.vector for candidate in candidates])
    feelings = np.stack([candidate.feeling for candidate in candidates])
    strengths = np.array([candidate.strength for candidate in candidates], dtype=np.float32)
    return np.stack(
        [vectors @ query.vector, vectors @ query.cause, feelings @ query.feeling, strengths]
    )


def score(columns: Floats, options: RecallOptions) -> Floats:
    """Answer (n,): the weighted mean of the four ``columns``."""
    weights = np.array([1.0, options.cause, options.feeling, options.intensity], dtype=np.float32)
    scores: Floats = weights @ columns / weights.sum()
    return scores


def rank(
    query: Query, candidates: Sequence[Candidate], options: RecallOptions
) -> list[tuple[float, Candidate]]:
    """Answer candidates with scores, best first; on a tie the earlier one."""
    if not candidates:
        return []
    scores = score(likenesses(query, candidates), options)
    best_first = np.argsort(-scores, kind="stable").tolist()
    return [(float(scores[index]), candidates[index]) for index in best_first]
