"""Remembers what lately seen texts are."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

Row = NDArray[np.float32]


class Cache:
    """Rows of at most ``capacity`` texts, those used longest ago forgotten first. Thread-safe."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._rows: OrderedDict[str, Row] = OrderedDict()
        self._lock = threading.Lock()

    def known(self, texts: Iterable[str]) -> dict[str, Row]:
        """Answer the rows that are remembered, by text."""
        with self._lock:
            found = {text: self._rows[text] for text in texts if text in self._rows}
            for text in found:
                self._rows.move_to_end(text)
        return found

    def keep(self, rows: Mapping[str, Row]) -> None:
        """Remember ``rows`` as the latest."""
        with self._lock:
            self._rows.update(rows)
            while len(self._rows) > self._capacity:
                self._rows.popitem(last=False)
