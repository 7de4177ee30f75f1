"""Documents with vectors of any length, whose size the first ones decide."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from emoplug.index import IndexOptions, VectorIndex
from emoplug_langchain._filter import Filter, fits_of
from emoplug_langchain._folder import open_shelf, save
from emoplug_langchain._kept import Kept
from emoplug_langchain._shelf import Found, Shelf
from emoplug_langchain._vectors import Floats, unit, varied


class Collection:
    """A shelf that is made when it is needed, and checks what embeddings answer.

    Args:
        made_by: Name of the embeddings, for errors.
        options: How to search.
    """

    def __init__(self, made_by: str, options: IndexOptions | None) -> None:
        self._made_by = made_by
        self._options = options
        self._shelf: Shelf | None = None
        self._making = threading.Lock()

    def __len__(self) -> int:
        return len(self._shelf.rows) if self._shelf else 0

    def get(self, ids: Sequence[str]) -> list[Kept]:
        """Answer those documents that are here, in the order of ``ids``."""
        return self._shelf.get(ids) if self._shelf else []

    def put(self, documents: Sequence[Kept], embedded: Sequence[Sequence[float]]) -> None:
        """Keep documents, in place of those of the same id; all or none.

        Raises:
            ValueError: the vectors are too few or of another size.
            StoreError: the store was opened to read only.
        """
        if len(embedded) != len(documents):
            raise ValueError(
                f"{self._made_by} answers {len(embedded)} vectors for {len(documents)} texts"
            )
        vectors = self._unit(embedded)
        self._made(vectors.shape[1]).put(documents, vectors)

    def remove(self, ids: Iterable[str] | None) -> None:
        """Remove documents, if they are here; ``None`` removes all."""
        if self._shelf is not None:
            self._shelf.remove(ids)

    def near(self, embedding: Sequence[float], k: int, filter: Filter | None = None) -> Found:
        """Find the ``k`` documents with the largest cosines.

        Raises:
            ValueError: ``k`` is less than 1, the filter is wrong, or the vector of another size.
        """
        if k < 1:
            raise ValueError(f"k = {k} asks for nothing; give 1 or more")
        fits = None if filter is None else fits_of(filter)
        query = self._unit([embedding])
        if self._shelf is None:
            return Found([], [], query[:0])
        return self._shelf.near(query[0], k, fits)

    def varied(
        self,
        embedding: Sequence[float],
        k: int,
        fetch: int,
        similarity: float,
        filter: Filter | None = None,
    ) -> list[Kept]:
        """Choose ``k`` documents that are alike to ``embedding`` and unlike each other.

        Args:
            embedding: What they should be like.
            k: How many.
            fetch: Out of how many of the likest; ``k`` at least.
            similarity: Weight of likeness, 0..1; the rest is that of variety.
            filter: What may be found.

        Raises:
            ValueError: as ``near``, or ``similarity`` is not between 0 and 1.
        """
        found = self.near(embedding, k if k < 1 else max(k, fetch), filter)
        query = self._unit([embedding])[0]
        return [found.documents[n] for n in varied(query, found.vectors, k, similarity)]

    def save(self, folder: Path, size: Callable[[], int]) -> None:
        """Save everything; ``size`` tells that of vectors where there never were any."""
        save(self._shelf or self._made(size()), folder)

    def open(self, folder: Path, *, write: bool) -> None:
        """Take up what was saved in ``folder``."""
        self._shelf = open_shelf(folder, self._options, write=write)

    def close(self) -> None:
        """Let others write where this was saved."""
        if self._shelf is not None:
            self._shelf.index.close()

    def _unit(self, embedded: Sequence[Sequence[float]]) -> Floats:
        size = self._shelf.index.size if self._shelf else None
        return unit(embedded, size, self._made_by)

    def _made(self, size: int) -> Shelf:
        with self._making:
            if self._shelf is None:
                self._shelf = Shelf(VectorIndex(size, self._options), {})
            return self._shelf
