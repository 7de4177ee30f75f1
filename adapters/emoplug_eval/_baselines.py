"""What any model must beat: answers that hardly look at the text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from emoplug_eval._examples import Examples

Trivial = Callable[[Examples, Examples], Sequence[Any]]
"""Answers a prediction for each row of the first, knowing what is right in the second."""


def majority(asked: Examples, known: Examples) -> Sequence[Any]:
    """Answer the most frequent label; of equals the first in the data set's order."""
    return [_commonest(known.gold)] * len(asked)


def majority_set(labels: int) -> Trivial:
    """Make a baseline that answers the most frequent label, and surely so."""

    def answer(asked: Examples, known: Examples) -> Sequence[Any]:
        best = _commonest([label for gold in known.gold for label in gold])
        row = np.stack([np.arange(labels) == best, np.full(labels, 0.5)])
        return [row] * len(asked)

    return answer


def majority_ranking(labels: int) -> Trivial:
    """Make a baseline that ranks labels by how frequent they are."""

    def answer(asked: Examples, known: Examples) -> Sequence[Any]:
        return [np.bincount(known.gold, minlength=labels)] * len(asked)

    return answer


def mean(asked: Examples, known: Examples) -> Sequence[Any]:
    """Answer the mean of all numbers, which correlates with nothing."""
    return [np.mean(np.array(known.gold, dtype=np.float64), axis=0)] * len(asked)


def no_words(asked: Examples, _known: Examples) -> Sequence[Any]:
    """Answer no causing words: most messages cause nothing."""
    return [""] * len(asked)


def self_and_previous(asked: Examples, _known: Examples) -> Sequence[Any]:
    """Answer that an emotion is caused by the message that shows it and the one before."""
    last = [len(scene.texts) - 1 for scene in asked.scenes]
    return [int(last[row.scene] - row.message <= 1) for row in asked.rows]


def self_and_previous_words(asked: Examples, known: Examples) -> Sequence[Any]:
    """Answer all words of the message that shows the emotion and of the one before."""
    caused = self_and_previous(asked, known)
    rows = zip(asked.rows, caused, strict=True)
    return [asked.scenes[row.scene].texts[row.message] if cause else "" for row, cause in rows]


def recency(asked: Examples, _known: Examples) -> Sequence[Any]:
    """Rank the other speakers' messages first, then the own, each by nearness."""
    return [_recent(asked.scenes[row.scene].speakers, row.message) for row in asked.rows]


def chance(asked: Examples, _known: Examples) -> Sequence[Any]:
    """Score all segments alike, so that each is as likely to be picked."""
    return [np.zeros(len(asked.scenes[row.scene].texts)) for row in asked.rows]


def _recent(speakers: Sequence[str], message: int) -> list[int]:
    return sorted(range(message), key=lambda i: (speakers[i] == speakers[message], -i))


def _commonest(labels: Sequence[int]) -> int:
    counts = Counter(labels)
    return min(counts, key=lambda label: (-counts[label], label))
