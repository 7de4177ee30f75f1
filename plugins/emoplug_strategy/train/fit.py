"""Learns the reply classifier, the planner, and the planner's own preference."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import GroupKFold

from emoplug import STRATEGIES
from emoplug_strategy._features import plan_features, reply_features
from emoplug_strategy._linear import Linear
from emoplug_strategy._talk import Floats
from emoplug_strategy._terms import Terms, terms_of
from emoplug_strategy.train.corpus import Dialogue
from emoplug_strategy.train.linear import Block, Integers, fit_linear, side_by_side

FOLDS = 5
TERMS, RARE = 2000, 4
"""Terms in the vocabulary, and replies that a term must be in."""
_REPLY_FREEDOM, _PLAN_FREEDOM = 0.003, 0.002
_REPLY_EMBEDDINGS, _REPLY_TERMS = 0.3, 20.0
_PLAN_EMBEDDINGS, _PLAN_READER = 0.2, 0.4


@dataclass(frozen=True)
class Rows:
    """Every labelled reply of some dialogues.

    Attributes:
        dialogues: What they are from.
        truth: (n,) strategies by number.
        groups: (n,) which dialogue each is from.
        texts: Their words.
        read: (n, 8) the reader's log probabilities before each, its mean where it has not read.
        unread: (8,) that mean.
    """

    dialogues: Sequence[Dialogue]
    truth: Integers
    groups: Integers
    texts: tuple[str, ...]
    read: Floats
    unread: Floats

    @classmethod
    def of(cls, dialogues: Sequence[Dialogue]) -> Rows:
        """Gather them."""
        unread = np.mean([r for d in dialogues for r in d.read if r is not None], axis=0)
        return cls(
            dialogues,
            np.array([label for d in dialogues for label in d.strategies]),
            np.array([group for group, d in enumerate(dialogues) for _ in d.places]),
            tuple(d.talk.texts[place] for d in dialogues for place in d.places),
            np.array([unread if r is None else r for d in dialogues for r in d.read]),
            unread,
        )

    @property
    def size(self) -> int:
        """Columns of an embedding."""
        return int(self.dialogues[0].talk.embeddings.shape[1])


def vocabulary(texts: Sequence[str]) -> dict[str, float]:
    """Answer the commonest terms of ``texts`` and how rare each is."""
    counter = TfidfVectorizer(analyzer=terms_of, min_df=RARE, max_features=TERMS).fit(texts)
    names = counter.get_feature_names_out()
    return {str(n): round(float(i), 3) for n, i in zip(names, counter.idf_, strict=True)}


def reply_blocks(rows: Rows, terms: Terms) -> list[Block]:
    """Answer what the reply classifier looks at."""
    features = np.array([reply_features(d.talk, p) for d in rows.dialogues for p in d.places])
    counted = np.array([terms.vector(text) for text in rows.texts])
    return [
        Block(features[:, : rows.size], _REPLY_EMBEDDINGS),
        Block(features[:, rows.size :], 1.0),
        Block(counted, _REPLY_TERMS, standard=False),
    ]


def plan_blocks(rows: Rows, used: Floats) -> list[Block]:
    """Answer what the planner looks at; ``used`` is (n, 8), the strategies of the replies."""
    small, meanings, start = [], [], 0
    for dialogue in rows.dialogues:
        places = np.array(dialogue.places)
        told = used[start : start + len(places)]
        start += len(places)
        for place in dialogue.places:
            found = plan_features(dialogue.talk.upto(place), told[places < place])
            small.append(found[0])
            meanings.append(found[1])
    return [
        Block(np.array(small), 1.0),
        Block(np.array(meanings), _PLAN_EMBEDDINGS),
        Block(rows.read, _PLAN_READER),
    ]


def fit_replies(blocks: Sequence[Block], truth: Integers) -> Linear:
    """Fit the reply classifier."""
    return fit_linear(blocks, truth, _REPLY_FREEDOM)


def fit_plan(blocks: Sequence[Block], truth: Integers) -> Linear:
    """Fit the planner."""
    return fit_linear(blocks, truth, _PLAN_FREEDOM)


def out_of_fold(
    fit: Callable[[Sequence[Block], Integers], Linear], blocks: Sequence[Block], rows: Rows
) -> Floats:
    """Answer (n, 8) probabilities, each by a map that was not fitted on its dialogue."""
    found = np.zeros((len(rows.truth), len(STRATEGIES)), dtype=np.float32)
    for known, asked in GroupKFold(FOLDS).split(found, groups=rows.groups):
        linear = fit([block.rows(known) for block in blocks], rows.truth[known])
        found[asked] = linear.probabilities(side_by_side([b.rows(asked) for b in blocks]))
    return found
