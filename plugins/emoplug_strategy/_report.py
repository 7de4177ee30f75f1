"""What a log tells of a model's preferences."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from emoplug import STAGES, STRATEGIES
from emoplug_strategy._corrector import Corrector
from emoplug_strategy._log import Choice
from emoplug_strategy._preference import (
    COUNT,
    Floats,
    bias,
    confusion,
    f1_scores,
    numbered,
    preferences,
    proficiency,
)

RESAMPLES = 300
FEW = 40
"""Replies below which a report proves little."""
_MANY_DIALOGUES = 5
"""Dialogues from which on these are resampled; below, replies are."""
_CLEAR, _NEGLECTED = 1.5, 0.67
_NAMED = 3
"""Most neglected strategies that are named."""
_BOUNDS = (2.5, 97.5)
Interval = tuple[float, float]


class Preferred(BaseModel):
    """One strategy: its preference (1 is none), and how often it was used and was right."""

    model_config = ConfigDict(frozen=True)

    strategy: str
    preference: float
    used: int
    right: int
    f1: float


class Corrected(BaseModel):
    """Q and B after correction, each half of the dialogues by what was fitted on the other."""

    model_config = ConfigDict(frozen=True)

    q: float
    b: float


class BiasReport(BaseModel):
    """What a log tells.

    Attributes:
        source: The log.
        meaning: What "right" means in it.
        judge: Who judged replies; empty where the log did.
        replies: How many.
        dialogues: How many, as far as the log names them.
        q: Proficiency Q, macro-F1 of used against right.
        q_interval: Its 95 % bootstrap interval.
        b: Preference bias B; 0 is none.
        b_interval: Its 95 % bootstrap interval.
        resampled: What the intervals resample: dialogues, or replies where dialogues are few.
        strategies: The eight, in the order of ``STRATEGIES``.
        stages: Mean F1 of the strategies of each stage of support.
        corrected: With the corrector, where the log has scores and they are no mere decisions.
        verdict: A sentence.
    """

    model_config = ConfigDict(frozen=True)

    source: str
    meaning: str
    judge: str
    replies: int
    dialogues: int
    q: float
    q_interval: Interval
    b: float
    b_interval: Interval
    resampled: Literal["dialogues", "replies"]
    strategies: tuple[Preferred, ...]
    stages: dict[str, float]
    corrected: Corrected | None
    verdict: str


def report_of(choices: Sequence[Choice], source: str, meaning: str, judge: str) -> BiasReport:
    """Answer what ``choices``, one or more, tell."""
    counts = confusion([c.used for c in choices], [c.right for c in choices])
    found, each = preferences(counts), f1_scores(counts)
    q_interval, b_interval = _intervals(choices)
    return BiasReport(
        source=source,
        meaning=meaning,
        judge=judge,
        replies=len(choices),
        dialogues=len({choice.dialogue for choice in choices} - {None}),
        q=proficiency(counts),
        q_interval=q_interval,
        b=bias(counts),
        b_interval=b_interval,
        resampled="replies" if _are_few(_groups(choices)) else "dialogues",
        strategies=tuple(
            Preferred(
                strategy=name,
                preference=float(found[number]),
                used=int(counts[number].sum()),
                right=int(counts[:, number].sum()),
                f1=float(each[number]),
            )
            for number, name in enumerate(STRATEGIES)
        ),
        stages={stage: float(each[numbered(names)].mean()) for stage, names in STAGES.items()},
        corrected=_corrected(choices),
        verdict=_verdict(found, counts, len(choices)),
    )


def _intervals(choices: Sequence[Choice]) -> tuple[Interval, Interval]:
    parts = _parts(choices)
    generator = np.random.default_rng(0)
    drawn = [
        parts[generator.integers(0, len(parts), len(parts))].sum(axis=0) for _ in range(RESAMPLES)
    ]
    found = np.array([(proficiency(counts), bias(counts)) for counts in drawn])
    low, high = np.percentile(found, _BOUNDS, axis=0)
    return (float(low[0]), float(high[0])), (float(low[1]), float(high[1]))


def _parts(choices: Sequence[Choice]) -> Floats:
    """Answer the confusion of each dialogue, or of each reply where dialogues are few."""
    groups: Sequence[object] = _groups(choices)
    if _are_few(groups):
        groups = range(len(choices))
    parts: dict[object, Floats] = {}
    for group, choice in zip(groups, choices, strict=True):
        parts.setdefault(group, np.zeros((COUNT, COUNT)))[choice.used, choice.right] += 1
    return np.array(list(parts.values()))


def _groups(choices: Sequence[Choice]) -> list[str]:
    """Answer the dialogue of each; a reply of none that is known stands alone."""
    return [c.dialogue or f"reply {number}" for number, c in enumerate(choices)]


def _are_few(groups: Sequence[object]) -> bool:
    return len(set(groups)) < _MANY_DIALOGUES


def _corrected(choices: Sequence[Choice]) -> Corrected | None:
    one, other = _halves(choices)
    if any(c.scores is None for c in choices) or not (_soft(one) and _soft(other)):
        return None
    used, right = [], []
    for known, asked in ((one, other), (other, one)):
        corrector = Corrector.fit(
            [c.scores or () for c in known], [c.right for c in known], [c.stage for c in known]
        )
        used += [int(corrector.apply(c.scores or (), c.stage).argmax()) for c in asked]
        right += [c.right for c in asked]
    counts = confusion(used, right)
    return Corrected(q=proficiency(counts), b=bias(counts))


def _halves(choices: Sequence[Choice]) -> tuple[list[Choice], list[Choice]]:
    """Halve by dialogue, in an order that has nothing to do with what was said."""
    groups = _groups(choices)
    names = sorted(set(groups), key=lambda n: hashlib.sha256(n.encode("utf-8", "replace")).digest())
    first = frozenset(names[: len(names) // 2])
    pairs = list(zip(groups, choices, strict=True))
    return [c for g, c in pairs if g in first], [c for g, c in pairs if g not in first]


def _soft(choices: Sequence[Choice]) -> bool:
    """Tell whether some scores are more than decisions, which no corrector changes."""
    return any(sum(score > 0 for score in c.scores or ()) > 1 for c in choices)


def _verdict(found: Floats, counts: Floats, replies: int) -> str:
    if replies < FEW:
        told = "1 reply proves" if replies == 1 else f"{replies} replies prove"
        return f"{told} little: give {FEW} or more."
    best = int(found.argmax())
    if found[best] < _CLEAR:
        return "No strategy is clearly preferred."
    neglected = [
        name
        for number, name in enumerate(STRATEGIES)
        if found[number] <= _NEGLECTED and counts[:, number].sum()
    ]
    said = f"It reaches for {STRATEGIES[best]} {found[best]:.1f} times as strongly as without bias"
    if not neglected:
        return f"{said}."
    named = ", ".join(neglected) if len(neglected) <= _NAMED else "most others"
    return f"{said}, and neglects {named}."
