"""Readings made lately: a history is sent again with every turn, and reads the same."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable

from emoplug import Reading

Key = tuple[int, int, bytes, bytes]
"""A message's index, its row, and the bytes of its probabilities and of its affect."""


class Kept:
    """Readings by what they are made of. Safe to share between threads.

    Args:
        most: How many are kept; those not asked for longest go first.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._readings: OrderedDict[Key, Reading] = OrderedDict()
        self._lock = threading.Lock()

    def readings(self, keys: Iterable[Key], make: Callable[[int], Reading]) -> list[Reading]:
        """Answer a reading for each key; ``make`` makes that of a row."""
        kept, answer = self._readings, []
        with self._lock:
            for key in keys:
                reading = kept.get(key)
                if reading is None:
                    reading = kept[key] = make(key[1])
                else:
                    kept.move_to_end(key)
                answer.append(reading)
            while len(kept) > self._most:
                kept.popitem(last=False)
        return answer
