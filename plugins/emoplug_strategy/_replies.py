"""Which strategy a reply uses, learned from ESConv."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from emoplug import STRATEGIES, Encoding, Turn, fingerprint
from emoplug_strategy._features import reply_features
from emoplug_strategy._recent import Recent
from emoplug_strategy._talk import Floats, Talk
from emoplug_strategy._weights import Weights

Encode = Callable[[Sequence[str]], Encoding]
_KEPT = 4096
"""Replies whose probabilities are kept: a history is sent again with every turn."""


class LearnedReplies:
    """Classifies replies.

    Args:
        weights: What was learned.
        encode: Encodes a reply that is not in the turn yet.
    """

    def __init__(self, weights: Weights, encode: Encode) -> None:
        self._weights = weights
        self._encode = encode
        self._kept: Recent[tuple[str | bytes, int, bool], Floats] = Recent(_KEPT)

    def classify(self, turn: Turn, reply: str) -> Mapping[str, float]:
        """Answer the probability of each strategy in ``reply`` to ``turn``."""
        if turn.encoding is None or not turn.encoded:
            talk = Talk.silent(self._weights.size, self._weights.labels)
        else:
            talk = Talk.of(turn, turn.encoding)
        row = self._encode([reply])
        found = self.of_place(talk.and_reply(reply, row), len(talk))
        return dict(zip(STRATEGIES, found.tolist(), strict=True))

    def of_talk(self, talk: Talk) -> Floats:
        """Answer (replies, 8): the strategies of each of our replies, in order."""
        places, ours = np.flatnonzero(talk.ours).tolist(), talk.ours.tolist()
        keys = [_key(talk.texts, ours, place) for place in places]
        rows = self._kept.get_all(keys, lambda number: self._found(talk, places[number]))
        return np.array(rows, dtype=np.float32).reshape(len(rows), len(STRATEGIES))

    def of_place(self, talk: Talk, place: int) -> Floats:
        """Answer (8,) for the message at ``place``."""
        return self._kept.get(_key(talk.texts, talk.ours, place), lambda: self._found(talk, place))

    def _found(self, talk: Talk, place: int) -> Floats:
        terms = self._weights.terms.vector(talk.texts[place])
        features = np.concatenate([reply_features(talk, place), terms])
        return self._weights.replies.probabilities(features)


def _key(
    texts: Sequence[str], ours: Sequence[bool] | NDArray[np.bool_], place: int
) -> tuple[str | bytes, int, bool]:
    """Answer all that the strategies of a reply follow from."""
    return fingerprint(texts[place]), place, place > 0 and bool(ours[place - 1])
