"""Fits linear maps, blocks of features each on its own scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from emoplug_strategy._linear import Linear
from emoplug_strategy._talk import Floats

Integers = NDArray[np.int64]
_STEPS = 500
_LEAST = 1e-3
"""Least deviation of a feature that is divided by."""


@dataclass(frozen=True)
class Block:
    """Features of one sort.

    Attributes:
        values: (n, features).
        scale: How large they are made beside others: the larger, the freer under the penalty.
        standard: Whether they are made of mean 0 and deviation 1 first.
    """

    values: Floats
    scale: float
    standard: bool = True

    def rows(self, chosen: Integers) -> Block:
        """Answer the rows ``chosen``."""
        return Block(self.values[chosen], self.scale, self.standard)


def side_by_side(blocks: Sequence[Block]) -> Floats:
    """Answer (n, all features), as they are."""
    return np.concatenate([block.values for block in blocks], axis=1)


def fit_linear(blocks: Sequence[Block], truth: Integers, freedom: float) -> Linear:
    """Fit a penalised softmax; the map that comes out takes the features as they are.

    Args:
        blocks: The features.
        truth: (n,) labels by number; each must occur.
        freedom: Inverse strength of the penalty.
    """
    features = side_by_side(blocks)
    mean, factor = (np.concatenate(part) for part in zip(*map(_units, blocks), strict=True))
    model = LogisticRegression(C=freedom, max_iter=_STEPS)
    fitted = model.fit((features - mean) * factor, truth)
    weights = fitted.coef_.T * factor[:, None]
    bias = fitted.intercept_ - mean @ weights
    return Linear(weights.astype(np.float32), bias.astype(np.float32))


def _units(block: Block) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Answer what is taken off each column, and what it is then multiplied by."""
    columns = block.values.shape[1]
    if not block.standard:
        return np.zeros(columns), np.full(columns, block.scale)
    values = block.values.astype(np.float64)
    return values.mean(axis=0), block.scale / np.maximum(values.std(axis=0), _LEAST)
