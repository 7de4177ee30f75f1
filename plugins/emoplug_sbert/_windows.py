"""Cuts texts into windows that a model reads whole, and puts what it says of them together."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Count = Callable[[Sequence[str]], Sequence[int]]
"""Answers how many tokens the model makes of each text."""
_SLACK = 1.1
"""Aims below the limit: tokens are spread unevenly over a text, and a second cut costs a pass."""


@dataclass(frozen=True)
class Window:
    """A stretch of the text numbered ``owner``, where it starts, and how many tokens it is."""

    owner: int
    start: int
    words: str
    tokens: int


def cut(texts: Sequence[str], size: float, count: Count) -> list[Window]:
    """Cut texts into windows of at most ``size`` tokens, between words where there are words.

    Every window is counted by itself: a stretch of text is not always the tokens it was in the
    whole. Windows are in the order of the texts.
    """
    windows: list[Window] = []
    left = [(owner, 0, text) for owner, text in enumerate(texts)]
    while left:
        counts = count([words for _, _, words in left])
        longer: list[tuple[int, int, str]] = []
        for (owner, start, words), tokens in zip(left, counts, strict=True):
            if tokens <= size or len(words) < 2:
                windows.append(Window(owner, start, words, tokens))
            else:
                edges = _edges(words, min(math.ceil(_SLACK * tokens / size), len(words)))
                longer += [(owner, start + a, words[a:b]) for a, b in pairwise(edges)]
        left = longer
    return sorted(windows, key=lambda window: (window.owner, window.start))


def pool(values: Floats, windows: Sequence[Window], texts: int) -> Floats:
    """Answer each text's mean over its windows, weighted by their tokens: (texts, columns)."""
    owners = np.array([window.owner for window in windows])
    weights = np.array([max(1, window.tokens) for window in windows], dtype=np.float32)
    pooled = np.zeros((texts, values.shape[1]), dtype=np.float32)
    np.add.at(pooled, owners, values * weights[:, None])
    pooled /= np.bincount(owners, weights, texts).astype(np.float32)[:, None]
    return pooled


def _edges(words: str, parts: int) -> list[int]:
    """Where to cut into ``parts`` of like length, each moved back to a white space close by."""
    length = len(words) / parts
    inner = [_edge(words, round(part * length), int(length / 2)) for part in range(1, parts)]
    return [0, *inner, len(words)]


def _edge(words: str, wanted: int, reach: int) -> int:
    spaces = (place for place in range(wanted, wanted - reach, -1) if words[place].isspace())
    return next(spaces, wanted)
