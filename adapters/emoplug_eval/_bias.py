"""Preference bias: how unevenly labels are said where another one is right."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from emoplug_eval._metrics import Floats, ratio

SWEEPS = 1000
"""Sweeps after which a preference is taken as it is: some only creep towards 0."""
_CLOSE = 1e-6
"""A change this small ends the sweeps."""


def bias(confusion: Floats) -> Floats:
    """Answer B, the population standard deviation of the preferences of (..., right, said) counts.

    It is 0 where all labels are preferred alike, and the root of one less than their number, the
    most there is, where whoever is wrong always says the same. After Kang et al., ACL 2024.
    """
    spread: Floats = preferences(confusion).std(axis=-1)
    return spread


def preferences(confusion: Floats) -> Floats:
    """Answer the preference (..., labels) for each label of (..., right, said) counts; mean 1.

    With w_ij how often i was said where j was right, each p_i in turn becomes
    sum_j(w_ij p_j / (p_i + p_j)) / sum_j(w_ji / (p_i + p_j)), over j other than i and from p = 1,
    and after each sweep all are scaled to sum to their number, until none changes by 1e-6.

    Where that is not defined: a label that is never confused has preference 1, and the others are
    scaled to sum to their own number. A label that is wrongly said and never missed has no bound:
    such labels share the whole sum evenly, and the others have 0.
    """
    labels = confusion.shape[-1]
    counts = confusion.reshape(-1, labels, labels) * (1 - np.eye(labels))
    said, missed = counts.sum(axis=1), counts.sum(axis=2)
    confused, unbounded = said + missed > 0, (said > 0) & (missed == 0)
    boundless = unbounded.any(axis=1)
    whole = confused.sum(axis=1, keepdims=True)
    found = _scaled(np.where(boundless[:, None], unbounded, confused), whole)
    moving = np.flatnonzero(confused.any(axis=1) & ~boundless)
    _settle(found, np.swapaxes(counts, 1, 2), whole, moving)
    found[~confused] = 1
    return found.reshape(confusion.shape[:-1])


def _settle(p: Floats, wins: Floats, whole: Floats, moving: NDArray[np.intp]) -> None:
    """Sweep over the rows ``moving`` of ``p`` until each is at rest."""
    for _ in range(SWEEPS):
        before = p[moving]
        p[moving] = _scaled(_swept(before, wins[moving]), whole[moving])
        moving = moving[np.abs(p[moving] - before).max(axis=1) >= _CLOSE]
        if not len(moving):
            return


def _swept(before: Floats, wins: Floats) -> Floats:
    """Renew each label in turn; all at once would swing for ever where only two are confused."""
    p = before.copy()
    for label in range(p.shape[1]):
        both = p + p[:, [label]]
        gained = ratio(wins[:, label] * p, both).sum(axis=1)
        p[:, label] = ratio(gained, ratio(wins[:, :, label], both).sum(axis=1))
    return p


def _scaled(p: Floats, whole: Floats) -> Floats:
    """Bring each row to the sum ``whole``."""
    return ratio(p * whole, p.sum(axis=1, keepdims=True))
