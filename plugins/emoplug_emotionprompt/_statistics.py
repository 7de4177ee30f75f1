"""How much an arm gains over none, task by task, and whether that is more than chance.

Gains are paired differences, one a task, (n,). How big: their mean, with a bootstrap percentile
interval (Efron, 1979) over the tasks and two imagined ones, one won and one lost (Bonett and Price,
2012), since 20 ties in 20 tasks are no proof that the gain is 0. Whether at all: a sign-flip test
(Fisher, 1935); if the arm did nothing, each difference was as likely the other way round. It holds
for few tasks too. Of several arms some look good by chance: Holm's correction (1979) keeps the
probability of any false finding at 5 %.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil, log2

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
LEVEL = 0.05
RESAMPLES = 10_000
_BOUNDS = (2.5, 97.5)
_CELLS = 4_000_000
"""Numbers in memory at a time."""
_EQUAL = 1e-9


def interval(gains: Floats, generator: np.random.Generator) -> tuple[float, float]:
    """Answer the 95 % interval of the mean over resamples of tasks; (n,), n of 1 or more."""
    pool = np.append(gains, (1.0, -1.0))
    means = [
        pool[generator.integers(0, len(pool), (rows, len(gains)))].mean(axis=1)
        for rows in _chunks(len(gains))
    ]
    low, high = np.percentile(np.concatenate(means), _BOUNDS)
    return float(low), float(high)


def sign_flip(gains: Floats, generator: np.random.Generator) -> float:
    """Answer how probable a mean as far from 0 is by chance alone; two-sided, never 0."""
    moved = gains[gains != 0]
    if not len(moved):
        return 1.0
    far = abs(moved.sum()) - _EQUAL
    hits = 0
    for rows in _chunks(len(moved)):
        signs = generator.integers(0, 2, (rows, len(moved))) * 2.0 - 1.0
        hits += int((np.abs(signs @ moved) >= far).sum())
    return (hits + 1) / (RESAMPLES + 1)


def holm(values: Sequence[float]) -> list[float]:
    """Answer each p value adjusted for how many there are, in the order given."""
    adjusted, highest = [1.0] * len(values), 0.0
    for rank, index in enumerate(sorted(range(len(values)), key=values.__getitem__)):
        highest = max(highest, min(1.0, values[index] * (len(values) - rank)))
        adjusted[index] = highest
    return adjusted


def least_tasks(arms: int) -> int:
    """Answer how few tasks can show anything: with fewer, chance alone could do it each time."""
    return ceil(1 + log2(arms / LEVEL))


def _chunks(width: int) -> Iterator[int]:
    most = max(1, _CELLS // width)
    for start in range(0, RESAMPLES, most):
        yield min(most, RESAMPLES - start)
