"""Cuts long texts into windows, and puts what the windows say together again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Window:
    """Token ids of one pass, and the text they belong to."""

    text: int
    ids: Sequence[int]


@dataclass(frozen=True)
class Bucket:
    """Windows of like length, padded to one array: (n, tokens) ids and mask."""

    windows: tuple[int, ...]
    ids: Ints
    mask: Ints


@dataclass(frozen=True)
class Costs:
    """What passes cost, counted in tokens, padding and all.

    Attributes:
        overhead: What a pass costs whatever is in it: it has to read the weights.
        most: Tokens of one pass from which on it outgrows the caches.
    """

    overhead: int
    most: int


ON_CPU = Costs(overhead=20, most=1024)
"""As fitted to the times of 60 shapes on one core."""
ON_GPU = Costs(overhead=1 << 20, most=1 << 20)
"""As few passes as can be."""


def cut(tokens: Sequence[Sequence[int]], size: int, first: int, last: int) -> list[Window]:
    """Cut each text's tokens into windows of at most ``size``, framed by two special tokens.

    Windows of a long text are of equal length, give or take one: a last window of three words
    would weigh little and say less.
    """
    room = size - 2
    windows = []
    for text, ids in enumerate(tokens):
        count = max(1, -(-len(ids) // room))
        edges = [round(part * len(ids) / count) for part in range(count + 1)]
        windows += [
            Window(text, [first, *ids[start:stop], last]) for start, stop in pairwise(edges)
        ]
    return windows


def buckets(
    windows: Sequence[Window], size: int, padding: int, costs: Costs = ON_CPU
) -> Iterator[Bucket]:
    """Deal windows in order of length, at most ``size`` a bucket, so that all cost least."""
    order = sorted(range(len(windows)), key=lambda index: len(windows[index].ids))
    lengths = [len(windows[index].ids) for index in order]
    for start, stop in pairwise(_edges(lengths, size, costs)):
        chosen, width = tuple(order[start:stop]), lengths[stop - 1]
        ids = np.full((len(chosen), width), padding, dtype=np.int64)
        mask = np.zeros((len(chosen), width), dtype=np.int64)
        for row, index in enumerate(chosen):
            ids[row, : len(windows[index].ids)] = windows[index].ids
            mask[row, : len(windows[index].ids)] = 1
        yield Bucket(chosen, ids, mask)


def _edges(lengths: Sequence[int], size: int, costs: Costs) -> list[int]:
    """Cut ascending ``lengths`` where passes over the parts cost least."""
    least, starts = [0], [0]
    for stop, width in enumerate(lengths, start=1):
        most = max(1, min(size, costs.most // width))
        cost, start = min(
            (least[start] + costs.overhead + (stop - start) * width, start)
            for start in range(max(0, stop - most), stop)
        )
        least.append(cost)
        starts.append(start)
    edges = [len(lengths)]
    while edges[-1] > 0:
        edges.append(starts[edges[-1]])
    return edges[::-1]


def pool(values: Floats, windows: Sequence[Window], texts: int) -> Floats:
    """Answer each text's mean over its windows, weighted by their tokens: (texts, columns)."""
    if len(windows) == texts:
        return values
    weights = np.array([max(1, len(w.ids) - 2) for w in windows], dtype=np.float32)
    owners = np.array([window.text for window in windows])
    pooled = np.zeros((texts, values.shape[1]), dtype=np.float32)
    np.add.at(pooled, owners, values * weights[:, None])
    totals: Floats = np.zeros(texts, dtype=np.float32)
    np.add.at(totals, owners, weights)
    pooled /= totals[:, None]
    return pooled
