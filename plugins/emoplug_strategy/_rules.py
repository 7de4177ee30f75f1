"""Which strategy fits next, by the rules of ``cues.toml``: no weights, nothing learned.

The rules follow Hill's Helping Skills: explore first, comfort when feelings are strong, act late or
when asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from emoplug import STRATEGIES, Reading, SettingsError, Turn, did_you_mean
from emoplug_strategy._rule_replies import (
    Cues,
    RuleReplies,
    any_of,
    plain,
    said_before,
    shipped_cues,
)

_OPENING, _EXPLORING, _COMFORTING = 1, 4, 8
"""User messages up to which a conversation is at that point; then it is time to act."""
_FELT, _STRONG = 0.3, 0.5
"""Intensities from which on a reading is a feeling, and a strong one."""
_LONG = 40
"""Words from which on a message is a story."""
_LATELY = 2
"""Replies that are looked at."""
_BEFORE, _TWICE = " before", "Question twice"
COUNTED = frozenset(
    {"silence", "opening", "exploring", "comforting", "acting", "speaking on"}
    | {"feelings", "strong", "long", _TWICE}
    | {name + _BEFORE for name in STRATEGIES}
)
"""Signs that are counted or read, where ``cues.toml`` has no patterns for them or others too."""


class RulePlanner:
    """Plans the next strategy by rules.

    Args:
        cues: The rules; those in this package unless given.

    Raises:
        SettingsError: a rule waits for a sign that there is not.
    """

    def __init__(self, cues: Cues | None = None) -> None:
        known = cues or shipped_cues()
        _check(known)
        self._patterns = {sign: any_of(patterns) for sign, patterns in known.signs.items()}
        self._replies = RuleReplies()
        self._rules = [
            (frozenset(rule.when), np.array([rule.weights.get(n, 0.0) for n in STRATEGIES]))
            for rule in known.plan
        ]

    def plan(self, turn: Turn) -> Mapping[str, float]:
        """Answer the probability of each strategy; they sum to 1."""
        signs = frozenset(self.signs(turn))
        logits = np.zeros(len(STRATEGIES))
        for when, weights in self._rules:
            if when <= signs:
                logits += weights
        powers = np.exp(logits - logits.max())
        return dict(zip(STRATEGIES, (powers / powers.sum()).tolist(), strict=True))

    def signs(self, turn: Turn) -> Iterator[str]:
        """Answer what the rules can see in ``turn``."""
        if not turn.encoded:
            yield "silence"
            return
        yield _progress(sum(turn.messages[index].role == "user" for index in turn.encoded))
        yield from self._used(turn)
        yield from self._said(turn)

    def _used(self, turn: Turn) -> Iterator[str]:
        ours = [index for index in turn.encoded if turn.messages[index].role == "assistant"]
        used = [self._strategy(turn, index) for index in ours[-_LATELY:]]
        if used:
            yield used[-1] + _BEFORE
        if used == ["Question"] * _LATELY:
            yield _TWICE
        if ours and ours[-1] == turn.encoded[-1]:
            yield "speaking on"

    def _strategy(self, turn: Turn, index: int) -> str:
        text = plain(turn.messages[index].text)
        scores = self._replies.scores(text, said_before(turn, index))
        return STRATEGIES[int(np.argmax(scores))]

    def _said(self, turn: Turn) -> Iterator[str]:
        text = said_before(turn, len(turn.messages))
        for sign, pattern in self._patterns.items():
            if pattern.search(text) and not (sign == "feelings" and turn.reading):
                yield sign
        if len(text.split()) >= _LONG:
            yield "long"
        if turn.reading:
            yield from _feelings(turn.reading)


def _feelings(reading: Reading) -> Iterator[str]:
    if reading.groups.get("sentiment") == "negative" and reading.intensity >= _FELT:
        yield "feelings"
        if reading.intensity >= _STRONG:
            yield "strong"


def _progress(count: int) -> str:
    if count <= _OPENING:
        return "opening"
    if count <= _EXPLORING:
        return "exploring"
    return "comforting" if count <= _COMFORTING else "acting"


def _check(cues: Cues) -> None:
    known = COUNTED | cues.signs.keys()
    for rule in cues.plan:
        for sign in rule.when:
            if sign not in known:
                hint = did_you_mean(sign, known)
                raise SettingsError(f"a rule waits for {sign!r}{hint}; there is no such sign")
