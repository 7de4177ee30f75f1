"""Which support strategies to tell."""

from __future__ import annotations

from collections.abc import Sequence

from emoplug import STAGES, Turn

_CLOSE = 0.9
"""Share of the best score from which on the second strategy is told too."""
_ACTION = frozenset(STAGES["action"])


def strategies_in(turn: Turn, overwhelmed: bool, floor: float) -> Sequence[str]:
    """Answer the best strategy, and the second where it is about as good.

    Nobody is given advice who is overwhelmed.
    """
    fitting = [
        s
        for s in turn.strategies
        if s.score >= floor and not (overwhelmed and s.strategy in _ACTION)
    ]
    return [s.strategy for s in fitting[:2] if s.score >= _CLOSE * fitting[0].score]


def stage_in(turn: Turn, strategy: str) -> str | None:
    """Answer the stage of support, where ``strategy`` belongs to it: else the two contradict."""
    return turn.stage if turn.stage and strategy in STAGES[turn.stage] else None
