"""The metrics of what is sought among texts: those that caused a query, or the one that differs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from emoplug_eval._metrics import Floats

TOPS = (1, 3)


@dataclass(frozen=True)
class Sought:
    """Backtracing: gold is a set of indices, predicted are indices, the best first.

    A row is hit at k if one of its k best is right; its distance at k is the smallest number of
    segments between one of them and one that is right. So lower distances are better.
    """

    names: tuple[str, ...] = ("top1", "top3", "min_distance1", "min_distance3")

    def statistics(
        self, gold: Sequence[frozenset[int]], predicted: Sequence[Sequence[int]]
    ) -> Floats:
        """Answer 1, then a hit for each top, then the distance at each."""
        rows = []
        for right, ranked in zip(gold, predicted, strict=True):
            each = np.abs(np.asarray(ranked)[:, None] - np.array(sorted(right))).min(axis=1)
            distances = [each[:top].min() for top in TOPS]
            rows.append([1, *(distance == 0 for distance in distances), *distances])
        return np.array(rows, dtype=np.float64)

    def scores(self, sums: Floats) -> dict[str, Floats]:
        """Answer the share of hits and the mean distance for each top."""
        return _means(self.names, sums)


@dataclass(frozen=True)
class OddOneOut:
    """One is picked: gold is its index, predicted are scores of all, in any number a row.

    Of equal scores each is as likely to be picked, so that who tells nothing apart has chance.
    """

    names: tuple[str, ...] = ("accuracy",)

    def statistics(self, gold: Sequence[int], predicted: Sequence[Sequence[float]]) -> Floats:
        """Answer 1, then the probability that the right one is picked."""
        rows = []
        for right, scores in zip(gold, predicted, strict=True):
            best = np.asarray(scores) == np.max(scores)
            rows.append([1, best[right] / best.sum()])
        return np.array(rows, dtype=np.float64)

    def scores(self, sums: Floats) -> dict[str, Floats]:
        """Answer the share of rows where it is the right one."""
        return _means(self.names, sums)


def _means(names: Sequence[str], sums: Floats) -> dict[str, Floats]:
    """Take the first of the sums as the number of rows, and the mean of each of the others."""
    means = np.moveaxis(sums[..., 1:] / sums[..., :1], -1, 0)
    return dict(zip(names, means, strict=True))
