"""Which strategies somebody prefers, whatever is right (Kang et al., ACL 2024).

A confusion matrix is read as a tournament: strategy i beats j each time it is used where j was
right. The preferences are the strengths of a Bradley-Terry model of that tournament.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from emoplug import STRATEGIES

Floats = NDArray[np.float64]
COUNT = len(STRATEGIES)
_CLOSE = 1e-6
"""A change this small ends the iteration."""
_TINY = np.finfo(np.float64).tiny
_SWEEPS = 1000
"""Sweeps after which preferences are taken as they are: some only creep towards 0."""


def confusion(used: ArrayLike, right: ArrayLike) -> Floats:
    """Answer (8, 8) counts: how often the row's strategy was used where the column's was right.

    Args:
        used: (n,) strategies by number.
        right: (n,) strategies by number.
    """
    counts = np.zeros((COUNT, COUNT))
    np.add.at(counts, (np.asarray(used, dtype=int), np.asarray(right, dtype=int)), 1)
    return counts


def preferences(counts: ArrayLike) -> Floats:
    """Answer the (8,) preferences of a confusion matrix; their mean is 1, which is no preference.

    They are at rest under p_i = sum_j(w_ij p_j / (p_i + p_j)) / sum_j(w_ji / (p_i + p_j)), over j
    other than i, found from p = 1 and scaled to sum to their number, until none changes by 1e-6.
    Where that is not defined: a strategy never confused with another has
    preference 1; those used wrongly but never missed have no bound, and share all there is.

    Args:
        counts: (8, 8), as ``confusion`` answers it; fractions will do.
    """
    wins = np.array(counts, dtype=np.float64)
    np.fill_diagonal(wins, 0)
    wrongly, missed = wins.sum(axis=1), wins.sum(axis=0)
    confused = wrongly + missed > 0
    boundless = (wrongly > 0) & (missed == 0)
    found = np.ones(len(wins))
    if boundless.any():
        found[confused] = 0
        found[boundless] = confused.sum() / boundless.sum()
    elif confused.any():
        found[confused] = _settled(wins[np.ix_(confused, confused)])
    return found


def bias(counts: ArrayLike) -> float:
    """Answer B, the population standard deviation of the preferences; 0 is none."""
    return float(preferences(counts).std())


def f1_scores(counts: ArrayLike) -> Floats:
    """Answer the (8,) F1 of each strategy; 0 for one neither used nor right."""
    table = np.asarray(counts, dtype=np.float64)
    both = table.sum(axis=0) + table.sum(axis=1)
    twice = 2 * np.diag(table)
    return np.asarray(np.divide(twice, both, out=np.zeros(len(table)), where=both > 0))


def proficiency(counts: ArrayLike) -> float:
    """Answer Q, the mean F1 over the eight strategies."""
    return float(f1_scores(counts).mean())


def numbered(names: Sequence[str]) -> list[int]:
    """Answer the numbers of strategies by name."""
    return [STRATEGIES.index(name) for name in names]


def _settled(wins: Floats) -> Floats:
    """Go half of the way, in ratio, for all at once: the whole would swing between two for ever."""
    p = np.ones(len(wins))
    for _ in range(_SWEEPS):
        before = p
        both = p[:, None] + p[None, :]
        # Two that have come down to 0 have nothing left to share.
        shares = np.divide(wins, both, out=np.zeros_like(wins), where=both > _TINY)
        gained, missed = shares @ p, shares.sum(axis=0)
        p = np.sqrt(np.divide(p * gained, missed, out=np.zeros_like(p), where=missed > 0))
        p *= len(p) / p.sum()
        if np.abs(p - before).max() < _CLOSE:
            break
    return p
