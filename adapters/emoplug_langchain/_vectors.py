"""Vectors of unit length, so that inner products are cosines, and a choice of varied ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def unit(vectors: Sequence[Sequence[float]], size: int | None, made_by: str) -> Floats:
    """Answer ``vectors`` with their lengths taken out; one without length stays zero.

    Args:
        vectors: n of equal size.
        size: Numbers that each must have; ``None`` for any.
        made_by: Who made them, for the error.

    Returns:
        (n, size) float32.

    Raises:
        ValueError: they are not finite, or of another size.
    """
    array = np.asarray(vectors, np.float64)
    if array.ndim != 2 or not array.shape[1] or size not in (None, array.shape[1]):
        raise ValueError(
            f"{made_by} answers vectors of shape {array.shape[1:]}, this store keeps "
            f"{size or 'at least 1'} numbers each; use the embeddings that it was made with"
        )
    if not np.isfinite(array).all():
        place = int(np.flatnonzero(~np.isfinite(array).all(axis=1))[0])
        raise ValueError(f"{made_by} answers a vector for text {place} that is not finite")
    lengths = np.linalg.norm(array, axis=1, keepdims=True)
    answer: Floats = (array / np.where(lengths, lengths, 1)).astype(np.float32)
    return answer


def varied(query: Floats, vectors: Floats, k: int, similarity: float) -> list[int]:
    """Choose ``k`` rows that are like the query and unlike each other, best first.

    Maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998).

    Args:
        query: (size,) of unit length.
        vectors: (n, size) of unit length, the likest first.
        k: How many; all where there are fewer.
        similarity: Weight of likeness to the query, 0..1; the rest is that of variety.

    Raises:
        ValueError: ``similarity`` is not between 0 and 1.
    """
    if not 0 <= similarity <= 1:
        raise ValueError(f"lambda_mult is {similarity}; give a number from 0 to 1")
    alike, left = vectors @ query, list(range(len(vectors)))
    chosen: list[int] = left[:1] if k > 0 else []
    repeats = np.full(len(vectors), -np.inf, np.float32)
    while chosen and len(chosen) < min(k, len(vectors)):
        left.remove(chosen[-1])
        repeats = np.maximum(repeats, vectors @ vectors[chosen[-1]])
        gains = similarity * alike[left] - (1 - similarity) * repeats[left]
        chosen.append(left[int(gains.argmax())])
    return chosen
