"""Puts what the rules and the learned part say of a text into numbers that one judge weighs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from emoplug_safety._rules import SCOPES, Found, Match

STEPS = (0.5, 0.7, 0.9)
"""Strengths from which on a match counts as a hint, as likely, as plain."""
LEAST, MOST = -2.0, 8.0
"""Log odds beyond which the learned part is no surer: it must not outvote plain words."""
COLUMNS = (
    "learned",
    "learned of the answer",
    "an answer",
    "answered so",
    "answered not so",
    *(f"words from {step}" for step in STEPS),
    *(f"words in {scope}" for scope in SCOPES),
    *(f"signs of {scope}" for scope in SCOPES),
)
"""Names of the numbers, in order; the first ``LEARNED`` are 0 without an encoder."""
LEARNED = 3


@dataclass(frozen=True)
class Learned:
    """Log odds that the learned part gives each kind.

    Attributes:
        said: For the text: the highest of the whole and each of its sentences.
        answered: For a short answer together with the message before it; ``None`` for others.
    """

    said: Mapping[str, float]
    answered: Mapping[str, float] | None = None


def columns(found: Found, kind: str, learned: Learned | None) -> list[float]:
    """Answer one number for each of ``COLUMNS``."""
    mine = [match for match in found.matches if match.kind == kind]
    live = max((match.strength for match in mine if not match.scopes), default=0.0)
    answer = found.answers[kind][0] if kind in found.answers else None
    return [
        *_learned(kind, learned, answer),
        float(answer is True),
        float(answer is False),
        *(float(live >= step) for step in STEPS),
        *(max((m.strength for m in mine if scope in m.scopes), default=0.0) for scope in SCOPES),
        *(float(scope in found.frames) for scope in SCOPES),
    ]


def strongest(found: Found, kind: str) -> Match | None:
    """Answer the plainest words of a kind, those that nothing takes the danger out of first."""
    mine = [match for match in found.matches if match.kind == kind]
    return max(mine, key=lambda match: (not match.scopes, match.strength), default=None)


def _learned(kind: str, learned: Learned | None, answer: bool | None) -> list[float]:
    if learned is None:
        return [0.0] * LEARNED
    said = _bounded(learned.said[kind])
    if learned.answered is None:
        return [said, 0.0, 0.0]
    if answer is None:
        return [said, _bounded(learned.answered[kind]), 1.0]
    # Vectors hardly tell a yes from a no: where the rules can, their word counts.
    return [said, 0.0, 0.0] if answer else [LEAST, LEAST, 1.0]


def _bounded(logit: float) -> float:
    return min(max(logit, LEAST), MOST)
