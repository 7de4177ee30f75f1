"""Which strategy fits next, learned from ESConv on what the encoder and the reader say."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from emoplug import STRATEGIES, Comprehension, Turn
from emoplug_strategy._features import plan_features
from emoplug_strategy._replies import LearnedReplies
from emoplug_strategy._talk import Floats, Talk
from emoplug_strategy._weights import Weights

FLOOR = 1e-6
"""Least probability of which a logarithm is taken."""


class LearnedPlanner:
    """Plans the next strategy.

    Args:
        weights: What was learned.
        replies: Tells which strategies were used so far.
    """

    def __init__(self, weights: Weights, replies: LearnedReplies) -> None:
        self._weights = weights
        self._replies = replies

    def plan(self, turn: Turn) -> Mapping[str, float] | None:
        """Answer the probability of each strategy; ``None`` where words were not encoded."""
        talk = self._talk(turn)
        if talk is None:
            return None
        small, meanings = plan_features(talk, self._replies.of_talk(talk))
        features = np.concatenate([small, meanings, self._read(turn.comprehension)])
        found = self._weights.plan.probabilities(features)
        return dict(zip(STRATEGIES, found.tolist(), strict=True))

    def _talk(self, turn: Turn) -> Talk | None:
        if not turn.encoded:  # nobody has said anything yet
            return Talk.silent(self._weights.size, self._weights.labels)
        return None if turn.encoding is None else Talk.of(turn, turn.encoding)

    def _read(self, comprehension: Comprehension | None) -> Floats:
        if comprehension is None or not comprehension.strategies:
            return self._weights.unread
        scores = [comprehension.strategies[name] for name in STRATEGIES]
        return np.asarray(np.log(np.array(scores) + FLOOR), dtype=np.float32)
