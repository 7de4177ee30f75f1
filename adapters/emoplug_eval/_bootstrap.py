"""How sure a score is: 95 % percentile intervals over resamples of groups of rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from emoplug_eval._metrics import Floats

RESAMPLES = 1000
SEED = 20261124
_BOUNDS = (2.5, 97.5)
_AT_ONCE = 100
"""Resamples in memory at a time."""


def intervals(
    statistics: Floats,
    groups: Sequence[str],
    scores: Callable[[Floats], Mapping[str, Floats]],
    resamples: int = RESAMPLES,
) -> dict[str, tuple[float, float]]:
    """Resample whole groups with replacement, as many as there are; rows when all are one group.

    Args:
        statistics: (rows, s) numbers of which ``scores`` takes sums.
        groups: Which rows belong together, such as those of a dialogue.
        scores: Takes (resamples, s) sums to (resamples,) scores by name.
        resamples: How often; the same numbers come out every time.
    """
    sums = _sums_by_group(statistics, groups)
    generator = np.random.default_rng(SEED)
    drawn: dict[str, list[Floats]] = {}
    for start in range(0, resamples, _AT_ONCE):
        count = min(_AT_ONCE, resamples - start)
        for name, values in scores(_counts(generator, count, len(sums)) @ sums).items():
            drawn.setdefault(name, []).append(values)
    bounds = {name: np.percentile(np.concatenate(v), _BOUNDS) for name, v in drawn.items()}
    return {name: (float(low), float(high)) for name, (low, high) in bounds.items()}


def _sums_by_group(statistics: Floats, groups: Sequence[str]) -> Floats:
    number = {group: index for index, group in enumerate(dict.fromkeys(groups))}
    if len(number) < 2:  # nothing to draw from
        return statistics
    sums = np.zeros((len(number), statistics.shape[1]))
    np.add.at(sums, [number[group] for group in groups], statistics)
    return sums


def _counts(generator: np.random.Generator, resamples: int, groups: int) -> Floats:
    """Answer how often each group is drawn in each resample, (resamples, groups)."""
    drawn = generator.integers(0, groups, (resamples, groups))
    cells = drawn + groups * np.arange(resamples)[:, None]
    counts = np.bincount(cells.ravel(), minlength=resamples * groups)
    return counts.reshape(resamples, groups).astype(np.float64)
