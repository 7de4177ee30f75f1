"""The store of a plugin: opened on first use, emptied of what is too old."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from emoplug.store import Memory, SqliteStore, Store
from emoplug_recall._options import RecallOptions

_SWEEP = 3600.0
"""Seconds between removals of what is too old."""
_DAY = 86_400.0


class Kept:
    """What outlives a turn, where anything does; false without a store."""

    def __init__(self, options: RecallOptions, given: Store | None) -> None:
        self._options, self._given = options, given
        self._opened = given
        self._lock = threading.Lock()
        self._swept = 0.0

    def __bool__(self) -> bool:
        return self._given is not None or self._options.store is not None

    @property
    def named(self) -> str:
        """What keeps, in words."""
        if self._given is not None:
            return type(self._given).__name__
        return self._options.store or "none: nothing is kept"

    def open(self) -> Store:
        """Answer the store, made on the first call.

        Raises:
            StoreError: the file is damaged or cannot be used.
        """
        with self._lock:
            if self._opened is None:  # asked for only where something keeps
                self._opened = SqliteStore(self._options.store or ":memory:", self._options.limit)
            return self._opened

    def cutoff(self, now: float) -> float | None:
        """Answer the time before which nothing is kept, in seconds since the epoch."""
        days = self._options.retention_days
        return None if days is None else now - days * _DAY

    def fresh(self, memories: Sequence[Memory], now: float) -> list[Memory]:
        """Answer those not too old to be kept."""
        cutoff = self.cutoff(now)
        return [memory for memory in memories if cutoff is None or memory.timestamp >= cutoff]

    def sweep(self, now: float) -> None:
        """Remove what is too old, now and then."""
        cutoff = self.cutoff(now)
        if cutoff is not None and now - self._swept > _SWEEP:
            self.open().expire(cutoff)
            self._swept = now
