"""When in a recording a query points: "at 49:19 he says" is worth more than any likeness.

Where segments have no times, their place in time follows from the words before them: a lecturer
says about 130 words a minute, and seldom less than 95 or more than 175 (for lectures, Tauroza and
Allison, Applied Linguistics 1990, found 125 to 160 without the pauses at the blackboard).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import log

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
RATE, SPREAD = 130.0, 0.15
"""Words a minute, and the standard deviation of their logarithm."""
NEAR = 30.0
"""Seconds that a mention of time is off, as standard deviation, where segments have times."""
ASTRAY = 0.05
"""Share of mentions that are not about this recording."""
_SOONEST = 5.0
_TIME = re.compile(r"(?<![\d:.])(?:(\d{1,2}):)?(\d{1,3}):([0-5]\d)(?![\d:])")
_MOST = 2


def mentioned(query: str) -> list[float]:
    """Answer the times of a recording that a query names, in seconds, the first two."""
    found = _TIME.findall(query)[:_MOST]
    return [int(hours or 0) * 3600.0 + int(m) * 60.0 + int(s) for hours, m, s in found]


def log_ratio(times: Sequence[float], words: Floats, starts: Floats | None) -> Floats:
    """Answer, for each of n segments, how much likelier the times make it than any other.

    Args:
        times: Seconds that the query names.
        words: (n,) words of each segment.
        starts: (n,) seconds at which each begins, where known.

    Returns:
        (n,) natural logarithms; zeros where no time is named.
    """
    count = len(words)
    if not times:
        return np.zeros(count)
    likely = np.mean([_density(time, words, starts) for time in times], axis=0)
    ratio: Floats = np.log((1 - ASTRAY) * likely + ASTRAY / count) + log(count)
    return ratio


def _density(time: float, words: Floats, starts: Floats | None) -> Floats:
    """Answer the probability of each segment, which sum to 1 (or are 0 where none is near)."""
    if starts is not None:
        near = np.exp(-0.5 * ((starts - time) / NEAR) ** 2)
    else:
        middles = np.cumsum(words) - words / 2 + 1
        rates = middles / max(time, _SOONEST) * 60
        near = np.exp(-0.5 * (np.log(rates / RATE) / SPREAD) ** 2) / middles
    total = near.sum()
    answer: Floats = near / total if total > 0 else near
    return answer
