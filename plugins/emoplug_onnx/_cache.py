"""A bounded memory of rows by text, the least recently used forgotten first."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from emoplug import fingerprints

Rows = NDArray[np.float32]


class Cache:
    """Rows by text, in one table. Safe between threads; ``capacity`` 0 keeps nothing."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._places: OrderedDict[str | bytes, int] = OrderedDict()
        self._table: Rows | None = None
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._places)

    def fill(self, texts: Sequence[str], table: Rows) -> list[int]:
        """Write what is known of each text into its row of ``table``; answer who is left out."""
        places, keys = self._places, fingerprints(texts)
        with self._lock:
            found = [places.get(key, -1) for key in keys]
            missing = [number for number, place in enumerate(found) if place < 0]
            if self._table is not None:  # copied at once: a place may soon be another text's
                np.take(self._table, found, axis=0, out=table, mode="clip")
            for key, place in zip(keys, found, strict=True):
                if place >= 0:
                    places.move_to_end(key)
        return missing

    def put(self, rows: Mapping[str, Rows]) -> None:
        """Keep (columns,) rows by text, forgetting the oldest beyond the capacity."""
        with self._lock:
            for key, row in zip(fingerprints(rows), rows.values(), strict=True):
                place = self._place(key)
                if place is None:
                    return
                if self._table is None:  # pages are the machine's own until they are written
                    self._table = np.empty((self._capacity, len(row)), dtype=np.float32)
                self._table[place] = row

    def _place(self, key: str | bytes) -> int | None:
        place = self._places.pop(key, None)
        if place is None and len(self._places) < self._capacity:
            place = len(self._places)
        elif place is None and self._places:
            place = self._places.popitem(last=False)[1]
        if place is not None:
            self._places[key] = place
        return place
