"""The metrics, each a function of sums over rows: so a resample costs one weighted sum.

A metric turns rows into statistics that add up (n, s), and sums of them (..., s) into scores (...).
Where a score is not defined (no such row, nothing varies) it is 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from emoplug_eval._words import token_f1

Floats = NDArray[np.float64]
PAPER_CUT = 0.3
"""The probability above which the GoEmotions paper takes a label."""
_FLAT = 1e-9
"""A spread this small beside the values is rounding."""


class Metric(Protocol):
    """How well predictions fit what is right."""

    @property
    def names(self) -> tuple[str, ...]:
        """The scores, in order."""

    def statistics(self, gold: Sequence[Any], predicted: Sequence[Any]) -> Floats:
        """Answer (rows, s) numbers that add up."""

    def scores(self, sums: Floats) -> dict[str, Floats]:
        """Answer each score of (..., s) sums, in shape (...)."""


def measure(metric: Metric, gold: Sequence[Any], predicted: Sequence[Any]) -> dict[str, float]:
    """Answer the scores of all rows together."""
    sums = metric.statistics(gold, predicted).sum(axis=0)
    return {name: float(score) for name, score in metric.scores(sums).items()}


@dataclass(frozen=True)
class Labels:
    """One label a row; gold and predicted are indices.

    Attributes:
        count: How many labels there are.
        names: Which of ``weighted_f1``, ``macro_f1``, ``micro_f1``, ``pos_f1``, ``neg_f1``.
        left_out: A label that ``micro_f1`` leaves out.
    """

    count: int
    names: tuple[str, ...]
    left_out: int | None = None

    def statistics(self, gold: Sequence[int], predicted: Sequence[int]) -> Floats:
        """Answer each row's cell of the confusion matrix as (rows, count * count)."""
        cells = np.asarray(gold) * self.count + np.asarray(predicted)
        one_hot: Floats = np.eye(self.count**2)[cells]
        return one_hot

    def scores(self, sums: Floats) -> dict[str, Floats]:
        """Answer averages of each label's F1."""
        hits, right, said = _tallies(sums, self.count)
        each = f1(hits, right, said)
        kept = [label for label in range(self.count) if label != self.left_out]
        scores = {
            "weighted_f1": ratio((each * right).sum(axis=-1), right.sum(axis=-1)),
            "macro_f1": each.mean(axis=-1),
            "micro_f1": f1(*(part[..., kept].sum(axis=-1) for part in (hits, right, said))),
            "neg_f1": each[..., 0],
            "pos_f1": each[..., 1],
        }
        return {name: scores[name] for name in self.names}


@dataclass(frozen=True)
class LabelSets:
    """Any number of labels a row.

    Gold is a set of indices; predicted is (2, labels): probabilities over the cuts of their own.
    """

    count: int
    names: tuple[str, ...] = ("macro_f1", "macro_f1_at_0.3", "micro_f1")

    def statistics(self, gold: Sequence[frozenset[int]], predicted: Sequence[Any]) -> Floats:
        """Answer right labels, then hits and said labels at the own cuts and at the paper's."""
        right = np.zeros((len(gold), self.count))
        for row, labels in enumerate(gold):
            right[row, list(labels)] = 1
        table = np.asarray(predicted)
        own, paper = table[:, 0] > table[:, 1], table[:, 0] > PAPER_CUT
        return np.concatenate([right, right * own, own, right * paper, paper], axis=1)

    def scores(self, sums: Floats) -> dict[str, Floats]:
        """Answer macro-F1 at the own cuts and the paper's, and micro-F1 at the own."""
        right, hits, said, paper_hits, paper_said = np.split(sums, 5, axis=-1)
        own = f1(hits, right, said).mean(axis=-1)
        paper = f1(paper_hits, right, paper_said).mean(axis=-1)
        pooled = f1(*(part.sum(axis=-1) for part in (hits, right, said)))
        return dict(zip(self.names, (own, paper, pooled), strict=True))


@dataclass(frozen=True)
class Correlations:
    """Pearson's r of some numbers a row, and their mean; 0 where one side does not vary."""

    of: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """One r for each number, and their mean."""
        return (*(f"r_{name}" for name in self.of), "r_mean")

    def statistics(self, gold: Sequence[Any], predicted: Sequence[Any]) -> Floats:
        """Answer 1, then x, y, x², y², xy of each number; both sides scaled, which r ignores."""
        x, y = (_scaled(np.asarray(side, dtype=np.float64)) for side in (gold, predicted))
        return np.concatenate([np.ones((len(x), 1)), x, y, x * x, y * y, x * y], axis=1)

    def scores(self, sums: Floats) -> dict[str, Floats]:
        """Answer one r for each number, and ``r_mean``."""
        n = sums[..., :1]
        x, y, xx, yy, xy = np.split(sums[..., 1:] / n, 5, axis=-1)
        spread = np.maximum(xx - x * x, 0) * np.maximum(yy - y * y, 0)
        varies = spread > _FLAT**2
        r = np.where(varies, (xy - x * y) / np.sqrt(np.where(varies, spread, 1)), 0.0)
        each = np.moveaxis(r, -1, 0)
        return dict(zip(self.names, (*each, each.mean(axis=0)), strict=True))


@dataclass(frozen=True)
class Ranks:
    """Whether the right label is among the first; predicted are scores of all labels a row."""

    tops: tuple[int, ...] = (1, 3, 5)

    @property
    def names(self) -> tuple[str, ...]:
        """One share for each top."""
        return tuple(f"top{top}" for top in self.tops)

    def statistics(self, gold: Sequence[int], predicted: Sequence[Any]) -> Floats:
        """Answer 1, then a hit for each top; of equal scores the label listed first is before."""
        order = np.argsort(-np.asarray(predicted), axis=1, kind="stable")
        rank = np.argmax(order == np.asarray(gold)[:, None], axis=1)
        hits = [rank < top for top in self.tops]
        return np.stack([np.ones(len(rank)), *hits], axis=1)

    def scores(self, sums: Floats) -> dict[str, Floats]:
        """Answer the share of hits for each top."""
        shares = np.moveaxis(sums[..., 1:] / sums[..., :1], -1, 0)
        return dict(zip(self.names, shares, strict=True))


@dataclass(frozen=True)
class Spans:
    """RECCON's words: gold and predicted are texts, empty where there is no cause.

    F1_neg takes as precision the negatives answered empty over all rows answered empty.
    """

    names: tuple[str, ...] = ("em_pos", "f1_pos", "f1_neg", "f1")

    def statistics(self, gold: Sequence[str], predicted: Sequence[str]) -> Floats:
        """Answer positive, negative, answered empty, both, equal, and F1 of a positive."""
        rows = []
        for right, said in zip(gold, predicted, strict=True):
            positive, empty = bool(right.strip()), not said.strip()
            equal = positive and right.strip() == said.strip()
            score = overlap(right, said) if positive else 0.0
            rows.append((positive, not positive, empty, not positive and empty, equal, score))
        return np.array(rows, dtype=np.float64)

    def scores(self, sums: Floats) -> dict[str, Floats]:
        """Answer exact match and F1 of positives, F1 of "no cause", and the mean over all."""
        positive, negative, empty, refused, equal, score = np.moveaxis(sums, -1, 0)
        of_positives = (ratio(equal, positive), ratio(score, positive))
        overall = ratio(score + refused, positive + negative)
        scores = (*of_positives, f1(refused, negative, empty), overall)
        return dict(zip(self.names, scores, strict=True))


def overlap(gold: str, predicted: str) -> float:
    """Score a positive: SQuAD's token F1, but 0 unless one text contains the other."""
    right, said = gold.strip(), predicted.strip()
    if right == said:
        return 1.0
    if not said or not (right in said or said in right):
        return 0.0
    return token_f1(right, said)


def label_f1(sums: Floats, count: int) -> tuple[Floats, Floats]:
    """Answer the F1 of each of ``count`` labels and how often it is right, (..., count) each.

    ``sums`` are those of ``Labels``: (..., count * count).
    """
    hits, right, said = _tallies(sums, count)
    return f1(hits, right, said), right


def f1(hits: Floats, right: Floats, said: Floats) -> Floats:
    """Answer 2 hits / (right + said)."""
    return ratio(2 * hits, right + said)


def ratio(part: Floats, whole: Floats) -> Floats:
    """Divide; 0 where there is nothing to divide by."""
    return np.where(whole > 0, part / np.where(whole > 0, whole, 1), 0.0)


def _tallies(sums: Floats, count: int) -> tuple[Floats, Floats, Floats]:
    """Answer how often each label is hit, right and said."""
    confusion = sums.reshape(*sums.shape[:-1], count, count)
    hits = np.diagonal(confusion, axis1=-2, axis2=-1)
    return hits, confusion.sum(axis=-1), confusion.sum(axis=-2)


def _scaled(side: Floats) -> Floats:
    """Bring columns to mean 0 and spread 1; a column that does not vary becomes 0."""
    middle, spread = side.mean(axis=0), side.std(axis=0)
    flat = spread <= _FLAT * (1 + np.abs(middle))
    return np.where(flat, 0.0, (side - middle) / np.where(flat, 1, spread))
