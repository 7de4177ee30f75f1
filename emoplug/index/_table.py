"""Rows and their vectors, changed and searched by many threads at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from emoplug.index._checks import Floats
from emoplug.index._lock import Gate
from emoplug.index._options import Hits
from emoplug.index._rows import NOBODY, Ids, Rows, Times
from emoplug.index._store import Inverted, Store
from emoplug.index._threads import threads

if TYPE_CHECKING:
    from emoplug.index._gpu import Card

_CHUNK = 4096
"""Rows changed at once: so long do searches wait."""
_FEW = 20_000
"""Comparisons that one thread makes in a millisecond or two. OpenMP's others would stay awake for
several after that, on cores that somebody else needs."""


class Table:
    """Keeps the columns of rows and their vectors in step.

    Attributes:
        gate: Who may look and change now.
        rows: Ids, sessions and times by slot.
        store: Vectors by slot; another one once a build has ended.
        version: Grows with every change of what a search may find.
    """

    def __init__(self, rows: Rows, store: Store, most_threads: int, card: Card | None) -> None:
        self.gate = Gate()
        self.rows = rows
        self.store = store
        self.version = 0
        self._most_threads = most_threads
        self._card = card
        self._touched: set[int] | None = None

    def put(self, ids: Ids, vectors: Floats, sessions: Sequence[str | None], times: Times) -> None:
        """Add rows, in place of those of the same id."""
        with self.gate.changing():
            for part in _parts(len(ids)):
                with self._change():
                    known = self.rows.slots(i for i in ids[part].tolist() if i in self.rows)
                    if len(known):
                        self.store.drop(known)
                    slots = self.rows.put(ids[part], sessions[part], times[part])
                    self.store.add(slots, vectors[part])
                    self._note(slots)

    def remove(self, ids: Iterable[int]) -> int:
        """Remove those rows that are here, and answer how many were."""
        with self.gate.changing():
            return self._remove(ids)

    def remove_session(self, session: str) -> int:
        """Remove every row of a session, and answer how many there were."""
        with self.gate.changing():
            return self._remove(self.rows.ids[self.rows.of_session(session)].tolist())

    def search(
        self,
        queries: Floats,
        k: int,
        session: str | None,
        since: float | None,
        until: float | None,
    ) -> Hits:
        """Find the ``k`` best rows that fit the filters."""
        with self.gate.reading():
            chosen = self.rows.chosen(session, since, until)
            there = len(self.rows) if chosen is None else len(chosen)
            most = min(k, there)
            if not most or not len(queries):
                return _hits(len(queries), k)
            found = None
            if self._card and chosen is None:
                found = self._card.search(self.store, self.version, queries, most)
            with threads(self._most_threads or int(len(queries) * there <= _FEW)):
                scores, slots = found or self.store.search(queries, most, chosen)
            ids = self.rows.ids[slots]
        if most == k and slots.min() >= 0:
            return Hits(ids, scores)
        hits = _hits(len(queries), k)
        hits.ids[:, :most] = np.where(slots < 0, NOBODY, ids)
        hits.scores[:, :most] = np.where(slots < 0, -np.inf, scores)
        return hits

    def vectors(self, ids: Iterable[int]) -> Floats:
        """Answer the vectors of rows.

        Raises:
            KeyError: for an id that is not here.
        """
        with threads(self._most_threads), self.gate.reading():
            return self.store.vectors(self.rows.slots(ids))

    def watch(self) -> Ids:
        """Answer the slots in use, and note from now on which ones change."""
        with self.gate.changing(), self.gate.reading():
            self._touched = set()
            return self.rows.live()

    def unwatch(self) -> None:
        """Note changes no longer."""
        with self.gate.changing():
            self._touched = None

    def read(self, slots: Ids) -> tuple[Ids, Floats]:
        """Answer those of ``slots`` that are in use, and their vectors."""
        with self.gate.reading():
            live = slots[self.rows.ids[slots] != NOBODY]
            return live, self.store.vectors(live)

    def bring_up(self, store: Store) -> int:
        """Change ``store`` as this table was changed since; answer the number of slots."""
        with self.gate.changing():
            touched, self._touched = self._touched or set(), set()
        return self._renew(store, touched)

    def replace(self, store: Inverted) -> None:
        """Answer from ``store``, once it has all that this table has."""
        with self.gate.changing():
            self._renew(store, self._touched or set())
            store.forget_empty()
            with self._change():
                self.store = store

    def take_up(self, rows: Rows, store: Store) -> None:
        """Answer from other rows and vectors altogether."""
        with self.gate.changing(), self._change():
            self.rows = rows
            self.store = store

    def _renew(self, store: Store, touched: set[int]) -> int:
        slots = np.array(sorted(touched), np.int64)
        stale = np.intersect1d(slots, store.slots())
        if len(stale):
            store.drop(stale)
        for part in _parts(len(slots)):
            store.add(*self.read(slots[part]))
        return len(slots)

    def _remove(self, ids: Iterable[int]) -> int:
        with self._change():
            slots = self.rows.remove(ids)
            if len(slots):
                self.store.drop(slots)
            self._note(slots)
            return len(slots)

    def _note(self, slots: Ids) -> None:
        if self._touched is not None:
            self._touched.update(slots.tolist())

    @contextmanager
    def _change(self) -> Iterator[None]:
        with threads(self._most_threads), self.gate.alone():
            self.version += 1
            yield


def _parts(count: int) -> Iterator[slice]:
    return (slice(start, start + _CHUNK) for start in range(0, count, _CHUNK))


def _hits(queries: int, k: int) -> Hits:
    return Hits(np.full((queries, k), NOBODY, np.int64), np.full((queries, k), -np.inf, np.float32))
