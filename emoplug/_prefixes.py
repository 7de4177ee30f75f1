"""Keeps what was worked out of conversations, so that a next turn works out only what is new."""

from __future__ import annotations

import threading
from collections.abc import Hashable
from typing import Generic, TypeVar

Item = TypeVar("Item", bound=Hashable)
Value = TypeVar("Value")


class PrefixCache(Generic[Item, Value]):
    """Values of tuples that grow at their end, found by the longest beginning that is known.

    Safe to share between threads. Comparing is done by the tuples themselves, which costs a
    thousand messages some microseconds.

    Args:
        most: Tuples kept; those put longest ago go first.
        size: Most of all their sizes together; ``None`` sets no bound.
    """

    def __init__(self, most: int, size: int | None = None) -> None:
        self._most, self._size = most, size
        self._kept: list[tuple[tuple[Item, ...], Value, int]] = []
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def find(self, items: tuple[Item, ...]) -> tuple[Value | None, int]:
        """Answer the value that tells most of ``items``, and how many of them it tells."""
        with self._lock:
            kept = self._kept[::-1]
        best, known = None, 0
        for before, value, _ in kept:
            if known < len(before) and before[: known + 1] == items[: known + 1]:
                best, known = value, _common(before, items, known + 1)
        return best, known

    def put(self, items: tuple[Item, ...], value: Value, size: int = 1) -> None:
        """Keep ``value``; one of a beginning of ``items`` makes room for it."""
        with self._lock:
            kept = [one for one in self._kept if one[0] != items[: len(one[0])]]
            kept.append((items, value, size))
            del kept[: max(0, len(kept) - self._most)]
            while self._size is not None and sum(one[2] for one in kept) > self._size:
                del kept[0]
            self._kept = kept


def _common(one: tuple[Item, ...], other: tuple[Item, ...], known: int) -> int:
    """Answer how many items at the beginning are the same; the first ``known`` are."""
    most = min(len(one), len(other))
    if one[known:most] == other[known:most]:
        return most
    while known < most - 1:
        middle = (known + most) // 2
        if one[known:middle] == other[known:middle]:
            known = middle
        else:
            most = middle
    return known
