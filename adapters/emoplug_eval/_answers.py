"""Takes a prediction for each message out of what the product understood of a conversation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from emoplug import STRATEGIES, Comprehension, EmoplugError, Encoding, Turn
from emoplug_eval._labels import EMPATHETICDIALOGUES, GOEMOTIONS

Answer = Callable[[Turn], Sequence[Any]]
"""Answers one prediction for each message; those that no row asks about may be anything.

What is about to be said may have one more, behind the last.
"""
_NO_READER = (
    "no dialogue reader answered; use an encoder plugin whose weights have one (emoplug doctor "
    "shows them), without permissive_only"
)


class UnansweredError(EmoplugError):
    """What is on has nothing to say to what a benchmark asks."""


def cause_threshold(_comprehension: Comprehension) -> float:
    """Answer from which probability on a message counts as a cause."""
    return 0.5


def emotion_sets(turn: Turn) -> Sequence[Any]:
    """Answer (2, 28) probabilities over their cuts, in the order of GoEmotions."""
    encoding = _encoding(turn)
    missing = sorted(set(GOEMOTIONS) - set(encoding.labels))
    if missing:
        raise UnansweredError(
            f"the encoder knows no {', '.join(missing[:3])}; goemotions needs one that names all "
            "28 emotions, such as onnx"
        )
    columns = [encoding.labels.index(label) for label in GOEMOTIONS]
    cuts = encoding.thresholds[columns]
    return [np.stack([row[columns], cuts]) for row in encoding.emotions]


def affects(turn: Turn) -> Sequence[Any]:
    """Answer valence, arousal and dominance."""
    encoding = _encoding(turn)
    if encoding.affect.shape[1] == 0:
        raise UnansweredError("the encoder knows no affect; emobank needs one such as onnx")
    return list(encoding.affect)


def emotion_of(labels: Sequence[str]) -> Answer:
    """Make an answer of the emotion read in the last user message, as its index in ``labels``."""

    def answer(turn: Turn) -> Sequence[Any]:
        if turn.reading is None:
            raise UnansweredError(
                "nothing was read of the last message; put an encoder and the plugin 'emotion' on"
            )
        emotion = turn.reading.emotion
        if emotion not in labels:
            raise UnansweredError(
                f"the emotion read is {emotion!r}, which is none of {', '.join(labels)}; "
                "choose the reading's labels in the options of the plugin 'emotion'"
            )
        return [labels.index(emotion)] * len(turn.messages)

    return answer


def situations(turn: Turn) -> Sequence[Any]:
    """Answer (32,) probabilities of the situation's emotion, from what was said so far."""
    view = _comprehension(turn).views.get("empatheticdialogues")
    if view is None or not set(view.labels) >= set(EMPATHETICDIALOGUES):
        raise UnansweredError(
            "the dialogue reader does not judge situations; use weights that do, and set "
            "situation = true in the options of onnx"
        )
    return list(view.probabilities[:, [view.labels.index(label) for label in EMPATHETICDIALOGUES]])


def ratings(turn: Turn) -> Sequence[Any]:
    """Answer empathy and distress of the last user message."""
    told = _comprehension(turn).ratings
    if "empathy" not in told or "distress" not in told:
        raise UnansweredError(
            "the dialogue reader rates no empathy and distress; use weights that do"
        )
    return [(told["empathy"], told["distress"])] * len(turn.messages)


def cause_labels(turn: Turn) -> Sequence[Any]:
    """Answer 1 for each message that caused the last user emotion, else 0."""
    comprehension = _comprehension(turn)
    return [int(p >= cause_threshold(comprehension)) for p in comprehension.causes.tolist()]


def earlier_causes(turn: Turn) -> Sequence[Any]:
    """Answer for each message the same: those before the last, the likeliest cause of it first.

    Those that nothing names as a cause are behind, the nearest first.
    """
    last = len(turn.messages) - 1
    ranked = (*(cause.index for cause in turn.causes), *range(last - 1, -1, -1))
    return [[index for index in dict.fromkeys(ranked) if index < last]] * (last + 1)


def cause_words(turn: Turn) -> Sequence[Any]:
    """Answer the causing words of each message, none where it is no cause."""
    spans = _comprehension(turn).cause_spans
    words = []
    for index, caused in enumerate(cause_labels(turn)):
        text = turn.messages[index].text
        start, end = spans[index][0] if spans.get(index) else (0, len(text))
        words.append(text[start:end] if caused else "")
    return words


def strategies(turn: Turn) -> Sequence[Any]:
    """Answer (8,) scores of the strategies of what is about to be said."""
    if not turn.strategies:
        raise UnansweredError("nobody scored strategies; put the plugin 'strategy' on")
    return _about_to_come(turn, {score.strategy: score.score for score in turn.strategies})


def read_strategies(turn: Turn) -> Sequence[Any]:
    """Answer the same of the dialogue reader alone, all 0 where nothing was said yet."""
    if not turn.messages:
        return _about_to_come(turn, {})
    told = _comprehension(turn).strategies
    if not told:
        raise UnansweredError("the dialogue reader scores no strategies; use weights that do")
    return _about_to_come(turn, told)


def _about_to_come(turn: Turn, scores: Mapping[str, float]) -> Sequence[Any]:
    row = np.array([scores.get(strategy, 0.0) for strategy in STRATEGIES])
    return [row] * (len(turn.messages) + 1)


def _encoding(turn: Turn) -> Encoding:
    if turn.encoding is None or not len(turn.encoding):
        raise UnansweredError("nothing was encoded; put an encoder such as onnx first")
    return turn.encoding


def _comprehension(turn: Turn) -> Comprehension:
    if turn.comprehension is None:
        raise UnansweredError(_NO_READER)
    return turn.comprehension
