"""Feelings over a conversation: a skip-chain decoder that looks back and never ahead.

Two links lead into each message, as in EmotionIC: inertia, from what its speaker last felt, and
contagion, from what was last felt by somebody else. What is believed of a message is its own
evidence times what both links let through: the forward messages of a conditional random field.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
Beliefs = dict[str, Floats]
"""Speaker to what is believed of their last message, (labels,); who spoke last comes last."""
LEAST = 1e-4
"""Probabilities are kept this far from 0 and 1, so that no single message settles anything."""


@dataclass(frozen=True)
class Chain:
    """How feelings follow on each other in one label set of k labels.

    Attributes:
        scale: How much a message's own evidence counts, as power of its probabilities.
        bias: (k,) added to log probabilities before they are carried on: takes back what was
            added to them so that the best label is a good bet.
        decision: (k,) added again to what is told, once the context has spoken.
        inertia: (k, k) factors, from a speaker's last emotion (row) to the next one (column).
        contagion: (k, k) factors, from the other's last emotion to this speaker's next one.
        prior: (k,) how often each label holds where the factors are from.
    """

    scale: float
    bias: Floats
    decision: Floats
    inertia: Floats
    contagion: Floats
    prior: Floats

    @cached_property
    def ones(self) -> Floats:
        """(k,) ones: a product with them is the quickest sum of few numbers."""
        return np.ones_like(self.prior)


def step(chain: Chain, beliefs: Beliefs, speaker: str, evidence: Floats) -> Floats | None:
    """Take in one message; the cost does not depend on how many came before.

    Args:
        chain: The links.
        beliefs: What the conversation has left so far; brought up to date.
        speaker: Who says the message.
        evidence: (k,) positive, what the message says by itself.

    Returns:
        (k,) factors by which the context makes labels likelier; ``None`` without context.
    """
    same = beliefs.pop(speaker, None)
    other = beliefs[next(reversed(beliefs))] if beliefs else None
    factors: Floats | None = None if same is None else same.dot(chain.inertia)
    if other is not None:
        caught = other.dot(chain.contagion)
        factors = caught if factors is None else factors * caught
    belief = evidence if factors is None else evidence * factors
    beliefs[speaker] = belief / belief.dot(chain.ones)
    return factors


def carry(
    chain: Chain, scores: Floats, speakers: Sequence[str], beliefs: Beliefs | None = None
) -> Floats:
    """Take in messages one by one.

    Args:
        chain: The links.
        scores: (n, k) log probabilities of each message by itself.
        speakers: Who says each.
        beliefs: What earlier messages have left, brought up to date; none by default.

    Returns:
        (n, k) factors of the context; ones for a message without context.
    """
    known: Beliefs = {} if beliefs is None else beliefs
    powers = chain.scale * scores + chain.bias
    evidence = np.exp(powers - powers.max(axis=1, keepdims=True, initial=-np.inf))
    answer = np.ones_like(scores)
    for index, (speaker, row) in enumerate(zip(speakers, evidence, strict=True)):
        factors = step(chain, known, speaker, row)
        if factors is not None:
            answer[index] = factors
    return answer


def decode(
    chain: Chain, probabilities: Floats, speakers: Sequence[str], beliefs: Beliefs | None = None
) -> Floats:
    """Answer (n, k) probabilities in context, each row summing to 1, from rows without it.

    A message without context keeps its row.
    """
    fresh = not beliefs
    scores = np.log(np.maximum(probabilities, LEAST))
    factors = carry(chain, scores, speakers, beliefs)
    powers = np.exp(chain.scale * scores + chain.bias + chain.decision) * factors
    answer: Floats = powers / powers.sum(axis=1, keepdims=True)
    if fresh:
        answer[:1] = probabilities[:1]
    return answer


def shift(
    chain: Chain, probabilities: Floats, groups: Sequence[int], speakers: Sequence[str]
) -> Floats:
    """Answer (n, labels) independent probabilities in context, from those without it.

    Evidence of a group is its likeliest label. The context changes the odds of a group against
    all others, and with them, as Bayes has it, the odds of each label in it.

    Args:
        chain: The links between groups.
        probabilities: (n, labels) independent of each other.
        groups: Index of each label's group.
        speakers: Who says each message.
    """
    table = likeliest(probabilities, groups, len(chain.prior))
    factors = carry(chain, np.log(table), speakers)
    weighed = chain.prior * factors
    rest = weighed.sum(axis=1, keepdims=True) - weighed
    odds = (factors * (1 - chain.prior) / rest)[:, groups]
    answer: Floats = probabilities * odds / (1 - probabilities + probabilities * odds)
    answer[:1] = probabilities[:1]
    return answer


def likeliest(probabilities: Floats, groups: Sequence[int], count: int) -> Floats:
    """Answer (n, count) the greatest probability in each group, and little where there is none."""
    order, present, starts = _columns(tuple(groups))
    table = np.full((len(probabilities), count), LEAST)
    best = np.maximum.reduceat(probabilities[:, order], starts, axis=1)
    table[:, present] = np.maximum(best, LEAST)
    return table


@lru_cache(maxsize=64)
def _columns(groups: tuple[int, ...]) -> tuple[Indices, Indices, Indices]:
    """Answer columns sorted by group, which groups there are, and where each starts."""
    order = np.argsort(groups, kind="stable")
    present, starts = np.unique(np.asarray(groups)[order], return_index=True)
    return order, present, starts
