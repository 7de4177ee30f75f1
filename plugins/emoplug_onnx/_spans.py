"""Chooses the causing words of an utterance from what the network says of each token."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
_EDGES = 10
"""First and last tokens that are considered: the most probable ones."""


def best_span(first: Floats, last: Floats, gap: int | None = None) -> tuple[int, int]:
    """Answer the tokens (from, to) with the highest expected overlap with the true words.

    A pair of edges may be the most probable one and still be a bad bet: where the network wavers
    between some words and the whole sentence, the answer that agrees best with all it deems
    possible is preferred. Agreement is the F1 of shared tokens where one span holds the other,
    and nothing otherwise, as RECCON measures it (Poria et al., 2021).

    Args:
        first: (tokens,) logits of the first causing token.
        last: (tokens,) logits of the last.
        gap: Token before which some of the text was not read; no span goes over it.
    """
    starts, ends = _likely(first), _likely(last)
    low, high = (grid.ravel() for grid in np.meshgrid(starts, ends, indexing="ij"))
    possible = low <= high
    if gap is not None:
        possible &= (high < gap) | (low >= gap)
    if not possible.any():
        return (0, len(first) - 1 if gap is None else gap - 1)
    low, high = low[possible], high[possible]
    scores = first[low] + last[high]
    weight = np.exp(scores - scores.max())
    size = (high - low + 1).astype(np.float32)
    holds = (low[:, None] <= low) & (high[:, None] >= high)
    shared = np.minimum(size[:, None], size)
    overlap = np.where(holds | holds.T, 2 * shared / (size[:, None] + size), 0)
    best = int(np.argmax(overlap @ weight))
    return (int(low[best]), int(high[best]))


def _likely(logits: Floats) -> NDArray[np.int64]:
    if len(logits) <= _EDGES:
        return np.arange(len(logits))
    return np.argpartition(-logits, _EDGES)[:_EDGES]
