"""Turns what callers give into arrays, or says what is wrong with it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from emoplug.index._rows import Ids, Times

Floats = NDArray[np.float32]


def ids_of(ids: ArrayLike) -> Ids:
    """Answer ``ids`` as (n,) int64.

    Raises:
        ValueError: they are no whole numbers from 0 to 2**63 - 1, in one dimension.
    """
    array = np.asarray(ids)
    if array.size == 0 and array.ndim == 1:
        return np.empty(0, np.int64)
    if array.dtype.kind not in "iu" or array.ndim != 1:
        raise ValueError(
            f"ids must be whole numbers in one dimension, not {array.dtype} of shape {array.shape}"
        )
    narrow = array.astype(np.int64)
    if narrow.min() < 0:
        raise ValueError(f"ids must be from 0 to 2**63 - 1, not {array[narrow.argmin()]}")
    return narrow


def distinct(ids: Ids) -> Ids:
    """Answer ``ids`` if none is there twice.

    Raises:
        ValueError: some id is; the message names it.
    """
    found, counts = np.unique(ids, return_counts=True)
    if len(found) < len(ids):
        raise ValueError(f"id {found[counts.argmax()]} is given twice in one call; give it once")
    return ids


def vectors_of(vectors: ArrayLike, size: int, count: int) -> Floats:
    """Answer ``vectors`` as (count, size) float32, finite.

    Raises:
        ValueError: they are of another shape or kind, or not finite.
    """
    array = _floats(vectors)
    if count == 0 and array.size == 0:
        return np.empty((0, size), np.float32)
    if array.shape != (count, size):
        raise ValueError(f"{count} ids need vectors of shape ({count}, {size}), not {array.shape}")
    return _finite(array, "vectors")


def queries_of(queries: ArrayLike, size: int) -> Floats:
    """Answer ``queries`` as (q, size) float32, finite; one of shape (size,) is a row.

    Raises:
        ValueError: they are of another shape or kind, or not finite.
    """
    array = _floats(queries)
    if array.ndim == 1:
        array = array[None]
    if array.ndim != 2 or array.shape[1] != size:
        raise ValueError(f"queries must have shape ({size},) or (q, {size}), not {array.shape}")
    return _finite(array, "queries")


def count_of(name: str, count: object) -> int:
    """Answer ``count`` as an int.

    Raises:
        ValueError: it is no whole number from 1.
    """
    if isinstance(count, bool) or not isinstance(count, int | np.integer) or count < 1:
        raise ValueError(f"{name} must be a whole number from 1, not {count!r}")
    return int(count)


def sessions_of(session: str | Sequence[str] | None, count: int) -> Sequence[str | None]:
    """Answer a session for each of ``count`` rows; one name, or ``None``, is that of all.

    Raises:
        ValueError: there are more or fewer, or some is no text.
    """
    if session is None or isinstance(session, str):
        return [session] * count
    names = list(session)
    if len(names) != count or not all(isinstance(name, str) for name in names):
        raise ValueError(f"session must be one name or {count}, each a str; got {len(names)}")
    return names


def times_of(time: float | Sequence[float] | None, count: int) -> Times:
    """Answer a time for each of ``count`` rows; one is that of all, and ``None`` is NaN.

    Raises:
        ValueError: there are more or fewer, or some is not finite.
    """
    if time is None:
        return np.full(count, np.nan)
    array = np.asarray(time, np.float64)
    if array.shape not in {(), (count,)}:
        raise ValueError(f"time must be one number or {count}, not shape {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError("every time must be finite; leave time out where it is unknown")
    return np.broadcast_to(array, (count,)).copy()


def bound_of(name: str, bound: float | None) -> float | None:
    """Answer a bound of time, unless it is NaN, which nothing is before or after.

    Raises:
        ValueError: it is.
    """
    if bound is not None and math.isnan(bound):
        raise ValueError(f"{name} must be a number, not NaN; leave it out for no bound")
    return bound


def _floats(values: ArrayLike) -> Floats:
    array = np.asarray(values)
    if array.dtype == np.float32:
        return np.ascontiguousarray(array)
    if array.size and array.dtype.kind != "f":
        raise ValueError(f"vectors must be floating point, not {array.dtype}; use float32")
    with np.errstate(over="ignore"):  # what is too large becomes infinite, and is refused as such
        return np.ascontiguousarray(array, np.float32)


def _finite(array: Floats, what: str) -> Floats:
    if not np.isfinite(array).all():
        row = int(np.flatnonzero(~np.isfinite(array).all(axis=1))[0])
        raise ValueError(f"{what} must be finite; row {row} has NaN or an infinity")
    return array
