"""Which strategy a reply uses, learned from ESConv."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from emoplug import STRATEGIES, Encoding, Turn, fingerprints
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
        places = np.flatnonzero(talk.ours).tolist()
        keys = _keys(talk, places)
        rows = self._kept.get_all(keys, lambda number: self._found(talk, places[number]))
        nothing = np.empty(0, dtype=np.float32)
        return np.concatenate([nothing, *rows]).reshape(len(rows), len(STRATEGIES))

    def of_place(self, talk: Talk, place: int) -> Floats:
        """Answer (8,) for the message at ``place``."""
        (key,) = _keys(talk, [place])
        return self._kept.get(key, lambda: self._found(talk, place))

    def _found(self, talk: Talk, place: int) -> Floats:
        terms = self._weights.terms.vector(talk.texts[place])
        features = np.concatenate([reply_features(talk, place), terms])
        return self._weights.replies.probabilities(features)


def _keys(talk: Talk, places: Sequence[int]) -> list[tuple[str | bytes, int, bool]]:
    """Answer all that the strategies of the replies at ``places`` follow from."""
    texts, ours = talk.texts, talk.ours.tolist()
    marks = fingerprints([texts[place] for place in places])
    again = [place > 0 and ours[place - 1] for place in places]
    return list(zip(marks, places, again, strict=True))
