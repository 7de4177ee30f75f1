"""Talks of support and a log of predictions in their formats, and a plugin of simple rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emoplug import STRATEGIES, StrategyScore, Turn, hookimpl

Fields = dict[str, Any]
Floats = NDArray[np.float64]

QUESTION, SUGGESTION, OTHERS = "Question", "Providing Suggestions", "Others"


def turn(speaker: str, text: str, strategy: str | None = None) -> Fields:
    """Answer a turn of a talk."""
    return {"speaker": speaker, "text": text, **({"strategy": strategy} if strategy else {})}


SUPPORT: list[Fields] = [
    {
        "dialogue_id": "s",
        "turns": [
            turn("supporter", "Hello.", OTHERS),
            turn("seeker", "I lost my job."),
            turn("seeker", "It was a good one."),
            turn("supporter", "When was that?", QUESTION),
            turn("supporter", "You might ask a friend.", SUGGESTION),
            turn("seeker", "Thanks!"),
            turn("supporter", "Bye.", None),
        ],
    },
    {
        "dialogue_id": "t",
        "turns": [turn("seeker", "I am sad."), turn("supporter", "Why?", QUESTION)],
    },
]


def logged(dialogue: str, true: str, predicted: str, scores: Any = None) -> Fields:
    """Answer a row of a log."""
    row = {"dialogue_id": dialogue, "true": true, "predicted": predicted}
    return row if scores is None else {**row, "scores": scores}


LOG: list[Fields] = [
    logged("a", QUESTION, QUESTION, {QUESTION: 0.9, SUGGESTION: 0.1}),
    logged("a", SUGGESTION, QUESTION, {QUESTION: 0.6, SUGGESTION: 0.4}),
    logged("b", SUGGESTION, QUESTION, {QUESTION: 0.7, SUGGESTION: 0.3}),
    logged("c", QUESTION, QUESTION, [0.8, 0, 0, 0, 0, 0.2, 0, 0]),
]


class Strategies:
    """Asks a question where nothing was said, else suggests; keeps the turns it was shown.

    Its correctors take half from ``Question``, and keep what they were fitted on and corrected.
    """

    name = "strategy"

    def __init__(self) -> None:
        self.seen: list[Turn] = []
        self.correctors: list[Halving] = []

    @hookimpl
    def advise(self, turn: Turn) -> Sequence[StrategyScore]:
        """Score two strategies."""
        self.seen.append(turn)
        suggestion = 0.75 if turn.messages else 0.25
        return [
            StrategyScore(strategy=strategy, score=score, source=self.name)
            for strategy, score in ((SUGGESTION, suggestion), (QUESTION, 1 - suggestion))
        ]

    def corrector(
        self, scores: Floats, truths: Sequence[int], stages: Sequence[str | None] | None = None
    ) -> Halving:
        """Fit a corrector."""
        self.correctors.append(Halving(scores, truths, stages))
        return self.correctors[-1]


class Halving:
    """Halves the score of a question."""

    def __init__(
        self, scores: Floats, truths: Sequence[int], stages: Sequence[str | None] | None
    ) -> None:
        self.scores, self.truths, self.stages = scores.tolist(), list(truths), list(stages or ())
        self.applied: list[tuple[list[float], str | None]] = []

    def apply(self, scores: Floats, stage: str | None = None) -> Floats:
        """Answer all scores, those of a question halved."""
        self.applied.append((scores.tolist(), stage))
        return np.where(np.array(STRATEGIES) == QUESTION, scores / 2, scores)
