"""A bounded memory of rows by text, the least recently used forgotten first."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

Row = NDArray[np.float32]


class Cache:
    """Rows by text. Safe between threads; ``capacity`` 0 keeps nothing."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._rows: OrderedDict[str, Row] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, texts: Sequence[str]) -> list[Row | None]:
        """Answer the row of each text, ``None`` where it is not known."""
        with self._lock:
            for text in texts:
                if text in self._rows:
                    self._rows.move_to_end(text)
            return [self._rows.get(text) for text in texts]

    def put(self, entries: Iterable[tuple[str, Row]]) -> None:
        """Keep rows, forgetting the oldest beyond the capacity."""
        with self._lock:
            self._rows.update(entries)
            while len(self._rows) > self._capacity:
                self._rows.popitem(last=False)
