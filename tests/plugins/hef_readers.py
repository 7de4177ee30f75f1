"""Plugins that say what a test tells them to: feelings, causes, strategies, dangers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from emoplug import (
    Affect,
    Cause,
    Comprehension,
    Emoplug,
    EmotionView,
    Reading,
    Risk,
    StrategyScore,
    Turn,
    hookimpl,
)
from emoplug_hef import Hints, Options

SOURCE = "told"


def feeling(
    index: int = 0,
    emotion: str = "sadness",
    probability: float = 0.8,
    intensity: float = 0.45,
    valence: float = -0.1,
    arousal: float = 0.0,
    **others: float,
) -> Reading:
    """Answer a reading; ``others`` are probabilities of further labels."""
    distribution = {emotion: probability, **others}
    return Reading(
        index=index,
        emotion=emotion,
        probability=probability,
        labels=tuple(label for label, p in distribution.items() if p > 0.3),
        distribution=distribution,
        affect=Affect(valence=valence, arousal=arousal, dominance=0.0),
        intensity=intensity,
        source=SOURCE,
    )


def cause(index: int | None, span: tuple[int, int] | None = None, score: float = 0.9) -> Cause:
    return Cause(index=index, span=span, score=score, source=SOURCE)


@dataclass(eq=False)  # plugins are told apart by identity
class Told:
    """Answers what it was given, whatever was said."""

    readings: Sequence[Reading] = ()
    causes: Sequence[Cause] = ()
    strategies: Mapping[str, float] = field(default_factory=dict)
    risks: Sequence[Risk] = ()
    name: str = SOURCE

    @hookimpl
    def read(self, turn: Turn) -> list[Reading | Risk]:
        return [*self.readings, *self.risks]

    @hookimpl
    def explain(self, turn: Turn) -> Sequence[Cause]:
        return self.causes

    @hookimpl
    def advise(self, turn: Turn) -> list[StrategyScore]:
        return [
            StrategyScore(strategy=strategy, score=score, source=SOURCE)
            for strategy, score in self.strategies.items()
        ]


@dataclass(eq=False)  # plugins are told apart by identity
class Context:
    """Tells of every message the same probabilities in each view."""

    views: Mapping[str, Mapping[str, float]]
    name: str = "context"

    @hookimpl
    def comprehend(self, turn: Turn) -> Comprehension:
        rows = len(turn.messages)
        return Comprehension(
            views={
                name: EmotionView(
                    labels=tuple(row),
                    probabilities=np.array([list(row.values())] * rows, dtype=np.float32),
                )
                for name, row in self.views.items()
            },
            causes=np.zeros(rows, dtype=np.float32),
            source=self.name,
        )


def going(**probabilities: float) -> Context:
    """Answer a plugin that tells the situation of every message."""
    return Context({"empatheticdialogues": probabilities})


def noted(*said: str | tuple[str, str], by: Sequence[object], **options: Any) -> str:
    """Answer the note on a conversation; texts are the user's, pairs tell role and text."""
    pairs = [("user", one) if isinstance(one, str) else one for one in said]
    hints = Hints(Options(**{"budget": 1000, **options}))
    emo = Emoplug(plugins=[*by, hints], on_error="raise", deadline=60, token_budget=1000)
    return emo.prepare([{"role": role, "content": text} for role, text in pairs]).guidance_text
