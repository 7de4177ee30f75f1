"""Which planner and reply classifier are used: the learned ones where they fit, else rules."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Event
from typing import Protocol

from emoplug import PluginError, Turn
from emoplug_strategy._corrector import Corrector
from emoplug_strategy._planner import LearnedPlanner
from emoplug_strategy._replies import Encode, LearnedReplies
from emoplug_strategy._rule_replies import RuleReplies
from emoplug_strategy._rules import RulePlanner
from emoplug_strategy._weights import shipped

log = logging.getLogger("emoplug.strategy")
ENCODER = "onnx"
"""The encoder whose embeddings the learned parts know."""


class Planner(Protocol):
    """Plans the next strategy."""

    def plan(self, turn: Turn) -> Mapping[str, float] | None:
        """Answer the probability of each strategy."""


class ReplyClassifier(Protocol):
    """Tells strategies of replies."""

    def classify(self, turn: Turn, reply: str) -> Mapping[str, float]:
        """Answer the probability of each strategy in ``reply`` to ``turn``."""


@dataclass(frozen=True)
class Pair:
    """A planner, the preference that it has itself, and a reply classifier."""

    planner: Planner
    corrector: Corrector | None
    replies: ReplyClassifier


class Chosen:
    """Chooses for each turn.

    Args:
        permissive_only: Whether what was learned from ESConv must not be used.
    """

    def __init__(self, *, permissive_only: bool) -> None:
        self._permissive_only = permissive_only
        self._rules = Pair(RulePlanner(), None, RuleReplies())
        self._learned: Pair | None = None
        self._encode: Encode | None = None
        self._encoder: str | None = None
        self._warned = Event()

    def bind(self, encode: Encode) -> None:
        """Take what encodes replies; without it nothing learned can be used.

        Raises:
            WeightsError: the weights cannot be read.
        """
        self._encode = encode
        if not self._permissive_only:
            weights = shipped()
            replies = LearnedReplies(weights, encode)
            corrector = Corrector.from_mapping(weights.corrector)
            self._learned = Pair(LearnedPlanner(weights, replies), corrector, replies)

    def of(self, turn: Turn) -> Pair:
        """Answer what to use for ``turn``, and say once why it is the rules."""
        if self._permissive_only:
            return self._rules
        encoder = self._encoder_of(turn)
        if self._learned is None or not encoder:
            return self._fall_back("nothing is encoded; put the plugin 'onnx' first")
        if encoder != ENCODER:
            return self._fall_back(f"the encoder is {encoder!r}; they know only {ENCODER!r}")
        return self._learned

    def _encoder_of(self, turn: Turn) -> str:
        """Name the encoder of ``turn``; where nobody has spoken, the one that would encode."""
        if turn.encoded:
            return turn.encoding.source if turn.encoding else ""
        if self._encoder is None:
            try:
                self._encoder = self._encode([""]).source if self._encode else ""
            except PluginError:
                self._encoder = ""
        return self._encoder

    def _fall_back(self, problem: str) -> Pair:
        if not self._warned.is_set():
            self._warned.set()
            log.warning("rules plan in place of the learned weights: %s", problem)
        return self._rules

    @property
    def in_use(self) -> str:
        """Tell what plans, in words."""
        if self._permissive_only:
            return "rules (permissive_only)"
        return "rules (no onnx encoder)" if self._warned.is_set() else "learned"
