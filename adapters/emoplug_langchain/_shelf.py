"""Documents and their vectors, changed together and searched by many threads at once."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import NamedTuple, TypeVar

import numpy as np

from emoplug import StoreError
from emoplug.index import VectorIndex
from emoplug_langchain._filter import Fits
from emoplug_langchain._kept import Kept
from emoplug_langchain._vectors import Floats

T = TypeVar("T")
_CHUNK = 16_384
"""Vectors compared with a query at once, where a filter chooses them."""


class Found(NamedTuple):
    """What a search found, best first.

    Attributes:
        documents: n documents.
        scores: Cosine of each.
        vectors: (n, size) float32.
    """

    documents: list[Kept]
    scores: list[float]
    vectors: Floats


class Shelf:
    """Keeps documents by id, each with a row of the index.

    A document that is put again gets another row, drawn and never counted: so a row tells one
    content for ever, in saved files too. Searches take no lock: where something was changed
    meanwhile they are done again, with changes kept waiting.

    Args:
        index: Holds a vector for each of ``rows``.
        rows: Documents by row.
    """

    def __init__(self, index: VectorIndex, rows: Mapping[int, Kept]) -> None:
        self.index = index
        self.lock = threading.RLock()
        self.rows = dict(rows)
        self._row_of = {kept.id: row for row, kept in rows.items()}
        self._version = 0

    def get(self, ids: Sequence[str]) -> list[Kept]:
        """Answer those documents that are here, in the order of ``ids``."""
        return self._look(lambda: [self.rows[self._row_of[i]] for i in ids if i in self._row_of])

    def put(self, documents: Sequence[Kept], vectors: Floats) -> None:
        """Keep documents, in place of those of the same id; all or none.

        Args:
            documents: n of different ids.
            vectors: (n, size) float32 of unit length.

        Raises:
            StoreError: the index was opened to read only.
        """
        with self.lock, self._change():
            rows = self._drawn(len(documents))
            try:
                self.index.add(rows, vectors)
            except BaseException:
                with suppress(StoreError):
                    self.index.remove(rows)
                raise
            old = [row for row in (self._row_of.get(kept.id) for kept in documents) if row]
            self.rows.update(zip(rows, documents, strict=True))
            self._row_of.update((kept.id, row) for kept, row in zip(documents, rows, strict=True))
            self._drop(old)

    def remove(self, ids: Iterable[str] | None) -> None:
        """Remove documents, if they are here; ``None`` removes all.

        Raises:
            StoreError: the index was opened to read only.
        """
        with self.lock, self._change():
            chosen = list(self._row_of) if ids is None else set(ids) & self._row_of.keys()
            self._drop([self._row_of[i] for i in chosen])
            for name in chosen:
                del self._row_of[name]

    def near(self, vector: Floats, k: int, fits: Fits | None) -> Found:
        """Find the ``k`` likest documents, of those that ``fits`` lets pass where it is given.

        With ``fits`` the answer is exact: every vector that may be found is compared.

        Args:
            vector: (size,) of unit length.
            k: How many; all where there are fewer.
            fits: Told each document that is here.
        """
        return self._look(lambda: self._near(vector, k, fits))

    def _near(self, vector: Floats, k: int, fits: Fits | None) -> Found:
        if fits is None:
            ids, cosines = self.index.search(vector, k)
            there = ids[0] >= 0
            rows, scores = ids[0][there].tolist(), cosines[0][there].tolist()
        else:
            able = [row for row, kept in list(self.rows.items()) if fits(kept)]
            rows, scores = self._best(vector, k, able)
        return Found([self.rows[row] for row in rows], scores, self.index.vectors(rows))

    def _best(self, vector: Floats, k: int, rows: list[int]) -> tuple[list[int], list[float]]:
        parts = [rows[start : start + _CHUNK] for start in range(0, len(rows), _CHUNK)]
        none = np.empty(0, np.float32)
        scores = np.concatenate([none, *(self.index.vectors(part) @ vector for part in parts)])
        best = np.argsort(-scores, kind="stable")[:k]
        return [rows[place] for place in best.tolist()], scores[best].tolist()

    def _drawn(self, count: int) -> list[int]:
        drawn: dict[int, None] = {}
        while len(drawn) < count:
            row = 1 + secrets.randbits(62)
            if row not in self.rows:
                drawn[row] = None
        return list(drawn)

    def _drop(self, rows: Sequence[int]) -> None:
        self.index.remove(rows)
        for row in rows:
            del self.rows[row]

    @contextmanager
    def _change(self) -> Iterator[None]:
        self._version += 1  # odd: a change is under way
        try:
            yield
        finally:
            self._version += 1

    def _look(self, look: Callable[[], T]) -> T:
        before = self._version
        if before % 2 == 0:
            try:
                answer = look()
            except Exception:
                if self._version == before:
                    raise
            else:
                if self._version == before:
                    return answer
        with self.lock:
            return look()
