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


def buckets(windows: Sequence[Window], size: int, padding: int) -> Iterator[Bucket]:
    """Deal windows in order of length, at most ``size`` a bucket, so that little is padding."""
    order = sorted(range(len(windows)), key=lambda index: len(windows[index].ids))
    for start in range(0, len(order), size):
        chosen = tuple(order[start : start + size])
        width = len(windows[chosen[-1]].ids)
        ids = np.full((len(chosen), width), padding, dtype=np.int64)
        mask = np.zeros((len(chosen), width), dtype=np.int64)
        for row, index in enumerate(chosen):
            ids[row, : len(windows[index].ids)] = windows[index].ids
            mask[row, : len(windows[index].ids)] = 1
        yield Bucket(chosen, ids, mask)


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
