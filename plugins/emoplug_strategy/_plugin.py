"""The plugin: plans the next strategy, takes preferences out, and watches what replies do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from emoplug import STRATEGIES, Finding, StrategyScore, Turn, fingerprint, hookimpl
from emoplug_strategy._chosen import Chosen
from emoplug_strategy._corrector import Corrector
from emoplug_strategy._observed import Observed, Preference
from emoplug_strategy._preference import Floats
from emoplug_strategy._recent import Recent
from emoplug_strategy._replies import Encode
from emoplug_strategy._weights import hashes

SOURCE = "strategy"
_TOLD_FROM = 8
"""Replies of a session from which on its preference is told."""
_CLEAR = 1.5
"""A preference this strong is worth telling."""
_BOUNDS = 0.5, 4.0
"""A model's preference is divided out within these: it is a guess, from some of its replies."""
_KEPT = 1_024
"""Plans and corrected scores kept, so that all sends of a tool loop give equal bytes."""
Key = tuple[object, ...]
Plan = Mapping[str, float]


class Strategies:
    """Advises one of the eight ESConv strategies for the next reply."""

    class Options(BaseModel):
        """How much is corrected.

        Attributes:
            strength: How much of a preference is divided out: 0 none, 1 all.
            online: Whether the answering model's preference is learned from its replies, too.
            permissive_only: Whether to plan by rules, without weights for research use.
        """

        model_config = ConfigDict(frozen=True, extra="forbid")

        strength: float = Field(default=1.0, ge=0, le=1)
        online: bool = True
        permissive_only: bool = False

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or self.Options()
        self._chosen = Chosen(permissive_only=self.options.permissive_only)
        self._observed = Observed()
        self._plans: Recent[Key, Plan | None] = Recent(_KEPT)
        self._corrected: Recent[Key, Plan] = Recent(_KEPT)

    def bind(self, encode: Encode) -> None:
        """Take the encoder of the ``Emoplug`` that this plugin is in."""
        self._chosen.bind(encode)

    @hookimpl
    def advise(self, turn: Turn) -> Sequence[StrategyScore] | None:
        """Answer the probability of each strategy as the next one."""
        plan = self._plan(turn)
        if plan is None:
            return None
        return [StrategyScore(strategy=name, score=p, source=SOURCE) for name, p in plan.items()]

    @hookimpl
    def correct(self, turn: Turn, scores: Mapping[str, float]) -> Mapping[str, float] | None:
        """Divide out what the planner prefers, and what the answering model does, whoever scores.

        What a model prefers is advised less: it does that unasked.
        """
        if not any(scores.values()):
            return None
        key = turn.session, turn.model, turn.last_user, _said_last(turn), tuple(scores.items())
        return self._corrected.get(key, lambda: self._without_preference(turn, scores))

    @hookimpl
    def review(self, turn: Turn, reply: str) -> Sequence[Finding] | None:
        """Tell which strategy the reply uses, and what the model keeps preferring."""
        if not turn.strategies or not reply.strip():
            return None
        used = self.used(turn, reply)
        findings = [_used(used, turn.strategies[0].strategy)]
        if self.options.online:
            self._observed.add(turn.session, turn.model, used, self._right(turn))
            findings += _preferred(self._observed.preference(turn.session, turn.model))
        return findings

    def used(self, turn: Turn, reply: str) -> Mapping[str, float]:
        """Answer the probability of each strategy in ``reply`` to ``turn``."""
        return self._chosen.of(turn).replies.classify(turn, reply)

    def corrector(
        self,
        scores: Sequence[Sequence[float]] | Floats,
        truths: Sequence[int],
        stages: Sequence[str | None] | None = None,
    ) -> Corrector:
        """Learn to correct anybody's scores; see ``Corrector.fit``.

        Raises:
            InputError: the scores are hard decisions or unreadable.
        """
        return Corrector.fit(scores, truths, stages, self.options.strength)

    def preference(self, session: str | None = None, model: str | None = None) -> Preference:
        """Answer what ``model`` was seen to prefer in ``session``."""
        return self._observed.preference(session, model)

    def diagnose(self) -> Mapping[str, str]:
        """Tell what plans, and how many replies were seen."""
        return {
            "planner": self._chosen.in_use,
            "replies seen": str(self._observed.replies()),
            **({} if self.options.permissive_only else hashes()),
        }

    def _plan(self, turn: Turn) -> Plan | None:
        """Plan once for each user message: what a model says beside a tool call changes nothing."""

        def plan() -> Plan | None:
            return self._chosen.of(turn).planner.plan(turn)

        return self._plans.get((turn.session, _said(turn)), plan)

    def _right(self, turn: Turn) -> str:
        """Name what the planner would do, against which what the model did is held.

        Not what was advised: that may be others' scores, or leans away from the model already.
        """
        plan = self._plan(turn)
        if plan is None:
            return turn.strategies[0].strategy
        row = self._unbiased(turn, np.array([plan[name] for name in STRATEGIES]), _stage(plan))
        return STRATEGIES[int(row.argmax())]

    def _unbiased(self, turn: Turn, row: Floats, stage: str | None) -> Floats:
        """Divide the planner's own preference out of what it planned."""
        own = self._chosen.of(turn).corrector
        if own is None:
            return row
        return Corrector(own.overall, own.stages, self.options.strength).apply(row, stage)

    def _without_preference(self, turn: Turn, scores: Mapping[str, float]) -> Plan:
        row = np.array([scores.get(name, 0.0) for name in STRATEGIES])
        if all(score.source == SOURCE for score in turn.strategies):
            row = self._unbiased(turn, row, turn.stage)
        if self.options.online:
            strengths = self._observed.preference(turn.session, turn.model).strengths
            row = Corrector(np.clip(strengths, *_BOUNDS), strength=self.options.strength).apply(row)
        found = dict(zip(STRATEGIES, row.tolist(), strict=True))
        return {name: found[name] for name in scores}


def _said_last(turn: Turn) -> str | bytes:
    return "" if turn.last_user is None else fingerprint(turn.messages[turn.last_user].text)


def _said(turn: Turn) -> Key:
    """What tells one plan from another: in a tool loop nothing after the last user message."""
    last = -1 if turn.last_user is None else turn.last_user
    in_a_loop = any(message.role == "tool" for message in turn.messages[last + 1 :])
    end = last + 1 if in_a_loop else len(turn.messages)
    said = turn.dialogue.upto(end)
    # Two flat tuples: texts know their hash, pairs would not.
    return said.roles, said.fingerprints


def _stage(plan: Plan) -> str | None:
    scores = (StrategyScore(strategy=n, score=p, source=SOURCE) for n, p in plan.items())
    return Turn(messages=(), strategies=tuple(scores)).stage


def _used(used: Mapping[str, float], advised: str) -> Finding:
    best = max(used, key=used.__getitem__)
    what = "as advised" if best == advised else f"where {advised} was advised"
    explanation = f"the reply uses {best}, {what}"
    return Finding(name="strategy", score=used[best], explanation=explanation, source=SOURCE)


def _preferred(preference: Preference) -> list[Finding]:
    best = int(preference.strengths.argmax())
    strength = float(preference.strengths[best])
    if preference.replies < _TOLD_FROM or strength < _CLEAR:
        return []
    explanation = (
        f"in this session the model prefers {STRATEGIES[best]} {strength:.1f} times as strongly "
        "as one without bias"
    )
    return [
        Finding(
            name="strategy_preference",
            score=preference.bias,
            explanation=explanation,
            source=SOURCE,
        )
    ]
