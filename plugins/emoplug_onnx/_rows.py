"""Rows of numbers that grow at the end, shared by all who read their beginning."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

Number = TypeVar("Number", bound=np.floating)


class Rows(Generic[Number]):
    """Rows, in one or more layers; a row that was written never changes.

    Args:
        written: (depth, rows, width) those at the beginning.
        room: Rows that there is room for. Room that is never written takes no memory.
    """

    def __init__(self, written: NDArray[Number], room: int) -> None:
        depth, count, width = written.shape
        self._array = np.empty((depth, room, width), dtype=written.dtype)
        self._array[:, :count] = written
        self._written = count
        self._lock = threading.Lock()

    def first(self, count: int) -> NDArray[Number]:
        """Answer the first ``count`` rows, sharing memory: (depth, count, width)."""
        return self._array[:, :count]

    def extended(self, count: int, new: NDArray[Number]) -> Rows[Number]:
        """Answer rows where ``new`` follows the first ``count``: these, if nothing does yet."""
        end, room = count + new.shape[1], self._array.shape[1]
        with self._lock:
            if count == self._written and end <= room:
                self._array[:, count:end] = new
                self._written = end
                return self
        return Rows(self.first(count), max(room, 2 * end if end > room else 0)).extended(count, new)
