"""Logistic regression by Newton's method, with a penalty and weights for rows."""

from __future__ import annotations

import numpy as np

from emoplug_safety._head import Floats

_STEPS = 30
_STILL = 1e-6


def fit(columns: Floats, right: Floats, penalty: float, weights: Floats) -> Floats:
    """Answer (columns + 1,) weights of the log odds, the last a constant without a penalty.

    Args:
        columns: (n, m).
        right: (n,) 0 or 1.
        penalty: Strength of the pull towards 0 (ridge).
        weights: (n,) how much each row counts.
    """
    table = np.concatenate([columns, np.ones((len(columns), 1))], axis=1)
    pull = np.full(table.shape[1], penalty)
    pull[-1] = 1e-6
    numbers: Floats = np.zeros(table.shape[1])
    for _ in range(_STEPS):
        now = sigmoid(table @ numbers)
        spread = np.maximum(now * (1 - now), 1e-6) * weights
        curvature = (table * spread[:, None]).T @ table + np.diag(pull)
        rise = table.T @ (weights * (right - now)) - pull * numbers
        step = np.linalg.solve(curvature, rise)
        # Far steps overshoot while the fit is poor.
        numbers = numbers + step * min(1.0, 10.0 / (np.abs(step).max() + 1e-12))
        if np.abs(step).max() < _STILL:
            break
    return numbers


def sigmoid(logits: Floats) -> Floats:
    """Answer probabilities."""
    return (1 + np.tanh(logits / 2)) / 2


def folds(groups: list[int], count: int, seed: int) -> Floats:
    """Answer the fold of each row, (n,); rows of one group share theirs."""
    names = sorted(set(groups))
    order = np.random.default_rng(seed).permutation(len(names))
    place = {names[index]: position % count for position, index in enumerate(order)}
    return np.array([place[group] for group in groups], dtype=np.float64)
