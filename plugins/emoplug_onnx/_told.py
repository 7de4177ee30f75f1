"""Turns what the dialogue reader's network answers into a ``Comprehension``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emoplug import STRATEGIES, Comprehension, EmotionView, Turn
from emoplug_onnx._layout import LONGEST, NOWHERE, Layout
from emoplug_onnx._reader_weights import ReaderWeights
from emoplug_onnx._spans import best_span

Floats = NDArray[np.float32]
Span = tuple[int, int]
STRATEGY, RATINGS = "esconv", "wassa"
SOURCE = "onnx"
CUT = 0.5
"""Probability from which on a message is a cause, and its words are looked for."""


@dataclass(frozen=True)
class Explained:
    """What was found about the causes of one utterance's emotion.

    Attributes:
        said: The utterances up to it.
        causes: (u,) cause logits.
        words: (n, 2) logits of first and last causing word.
    """

    said: Layout
    causes: Floats
    words: Floats


def tell(
    weights: ReaderWeights,
    turn: Turn,
    read: Sequence[int],
    judged: Mapping[str, Floats],
    explained: Explained | None,
    hidden: frozenset[str],
) -> Comprehension:
    """Tell what was read of a turn.

    Args:
        weights: What gives logits their meaning.
        turn: The conversation.
        read: Which of its messages were read, in order.
        judged: Head to logits, a row for each of them at least.
        explained: Causes of the last user message's emotion, where it was read.
        hidden: Views that are not told.
    """
    count, rows = len(turn.messages), list(read)
    views = {}
    for name, head in weights.heads.items():
        if name != STRATEGY and name not in hidden:
            table = np.zeros((count, len(head.labels)), dtype=np.float32)
            table[rows] = head.probabilities(judged[name][: len(rows)])
            views[name] = EmotionView(labels=head.labels, probabilities=table)
    planned = weights.heads[STRATEGY]
    chances = planned.probabilities(judged[STRATEGY][len(rows) - 1]).tolist()
    chosen = dict(zip(planned.labels, chances, strict=True))
    causes = np.zeros(count, dtype=np.float32)
    spans: dict[int, tuple[Span, ...]] = {}
    ratings: dict[str, float] = {}
    if explained is not None:
        target = len(explained.causes) - 1
        scores = weights.cause_scores(explained.causes)
        causes[rows[: target + 1]] = 1 / (1 + np.exp(-scores))
        spans = _spans(explained, read, causes)
        middle, spread = weights.rating_scale
        row = judged[RATINGS][target].tolist()
        ratings = {n: middle + spread * v for n, v in zip(weights.ratings, row, strict=True)}
    return Comprehension(
        views=views,
        causes=causes,
        cause_spans=spans,
        strategies={name: chosen[name] for name in STRATEGIES},
        ratings=ratings,
        source=SOURCE,
    )


def _spans(
    explained: Explained, read: Sequence[int], causes: Floats
) -> dict[int, tuple[Span, ...]]:
    """Answer the causing characters of each message that is a cause."""
    said, words = explained.said, explained.words
    spans: dict[int, tuple[Span, ...]] = {}
    for utterance in range(len(said)):
        index = read[utterance]
        if causes[index] < CUT:
            continue
        own = [
            token
            for token in np.flatnonzero(said.owner == utterance).tolist()
            if said.offsets[token] != NOWHERE
        ]
        if own:
            gap = LONGEST // 2 if len(own) == LONGEST else None
            first, last = best_span(words[own, 0], words[own, 1], gap)
            spans[index] = ((said.offsets[own[first]][0], said.offsets[own[last]][1]),)
    return spans
