"""Remembers what was asked for lately, and no more than so much."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from functools import partial
from threading import Lock
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """Values by key; those not asked for longest go first. Safe to share between threads.

    Args:
        most: How many are kept.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[Key, Value] = OrderedDict()
        self._lock = Lock()

    def get_all(self, keys: Sequence[Key], make: Callable[[int], Value]) -> list[Value]:
        """Answer the value of each key; ``make`` makes that of a number among ``keys``."""
        values = self._values
        with self._lock:
            known = [values.get(key) for key in keys]
            for key, value in zip(keys, known, strict=True):
                if value is not None:
                    values.move_to_end(key)
        return [
            self.get(keys[number], partial(make, number)) if value is None else value
            for number, value in enumerate(known)
        ]

    def get(self, key: Key, make: Callable[[], Value]) -> Value:
        """Answer the value of ``key``; made now where there is none.

        Two threads that make one at the same time get the same: that of who was first.
        """
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        made = make()
        with self._lock:
            value = self._values.setdefault(key, made)
            if len(self._values) > self._most:
                self._values.popitem(last=False)
            return value
