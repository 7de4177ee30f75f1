"""``FaissStore``: emoplug's index as a vector store of LangChain."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Self

from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.runnables.config import run_in_executor
from langchain_core.vectorstores import VectorStore

from emoplug.index import IndexOptions
from emoplug_langchain._collection import Collection
from emoplug_langchain._filter import Filter
from emoplug_langchain._kept import as_documents, last_of_each


class FaissStore(VectorStore):
    """Finds documents by the cosine of their embeddings. Safe to share between threads.

    Documents are kept by id: one that is added again takes the place of the old. Searches take
    ``filter``: ``{"topic": "work", "year": {"$gte": 2024}}``, with the operators ``$eq``, ``$ne``,
    ``$gt``, ``$gte``, ``$lt``, ``$lte``, ``$in``, ``$nin``, ``$exists``, ``$and``, ``$or`` and
    ``$not``, or a function told each ``Document``. What it lets pass is searched exactly.
    Scores are cosines, relevance scores the same with 0 for what points away.

        store = FaissStore.from_texts(texts, EmoplugEmbeddings())
        store.similarity_search("my sister", k=3, filter={"person": "ann"})
        store.save_local("memories")

    Args:
        embedding: Makes the vectors; any length, they are brought to unit length.
        options: How to search and on what; ``IndexOptions(device="cuda")`` uses the card.
    """

    def __init__(self, embedding: Embeddings, options: IndexOptions | None = None) -> None:
        self._embedding = embedding
        self._kept = Collection(type(embedding).__name__, options)

    def __repr__(self) -> str:
        return f"FaissStore({len(self._kept)} documents, {type(self._embedding).__name__})"

    @classmethod
    def from_texts(
        cls,
        texts: list[str],
        embedding: Embeddings,
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: list[str] | None = None,
        options: IndexOptions | None = None,
        **_others: Any,
    ) -> Self:
        """Make a store of ``texts``; arguments as those of ``add_texts`` and of the class."""
        store = cls(embedding, options)
        store.add_texts(texts, metadatas, ids=ids)
        return store

    @classmethod
    async def afrom_texts(
        cls,
        texts: list[str],
        embedding: Embeddings,
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: list[str] | None = None,
        options: IndexOptions | None = None,
        **_others: Any,
    ) -> Self:
        """Do as ``from_texts``, off the event loop."""
        store = cls(embedding, options)
        await store.aadd_texts(texts, metadatas, ids=ids)
        return store

    @classmethod
    def open(
        cls,
        folder: str | Path,
        embedding: Embeddings,
        options: IndexOptions | None = None,
        *,
        write: bool = False,
    ) -> Self:
        """Open what ``save_local`` has left. Reads plain JSON and checked arrays, no pickle.

        Args:
            folder: Where it was saved.
            embedding: The one it was made with.
            options: How to search.
            write: Become the one who may change and save it, until ``close``; any number may
                read meanwhile.

        Raises:
            StoreBusyError: ``write``, and another store is the writer there.
            StoreError: nothing was saved there, or a file is corrupt; the message names it.
        """
        store = cls(embedding, options)
        store._kept.open(Path(folder), write=write)
        return store

    @property
    def embeddings(self) -> Embeddings:
        """What makes the vectors."""
        return self._embedding

    def add_texts(
        self,
        texts: Iterable[str],
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: Sequence[str | None] | None = None,
        **_others: Any,
    ) -> list[str]:
        """Keep texts, in place of those of the same id; all, or none where something fails.

        Args:
            texts: The words.
            metadatas: What else is known of each, in types that JSON has.
            ids: A name for each; ``None`` has one made up. Of equal ones the last counts.

        Returns:
            The id of each text.

        Raises:
            ValueError: there are not as many of one as of another, metadata is not JSON, or the
                embeddings are of another size than before.
            StoreError: the store was opened to read only.
        """
        documents = as_documents(list(texts), metadatas, ids)
        chosen = last_of_each(documents)
        if chosen:
            vectors = self._embedding.embed_documents([kept.text for kept in chosen])
            self._kept.put(chosen, vectors)
        return [kept.id for kept in documents]

    async def aadd_texts(
        self,
        texts: Iterable[str],
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: Sequence[str | None] | None = None,
        **_others: Any,
    ) -> list[str]:
        """Do as ``add_texts``, off the event loop."""
        documents = as_documents(list(texts), metadatas, ids)
        chosen = last_of_each(documents)
        if chosen:
            vectors = await self._embedding.aembed_documents([kept.text for kept in chosen])
            await run_in_executor(None, self._kept.put, chosen, vectors)
        return [kept.id for kept in documents]

    def delete(self, ids: Sequence[str] | None = None, **_others: Any) -> bool:
        """Remove documents, where they are here, from memory; from disk with the next save.

        Args:
            ids: Their names; ``None`` removes all.

        Returns:
            True: what was asked for is gone.

        Raises:
            StoreError: the store was opened to read only.
        """
        self._kept.remove(ids)
        return True

    def get_by_ids(self, ids: Sequence[str], /) -> list[Document]:
        """Answer those documents that are here, in the order of ``ids``."""
        return [kept.document() for kept in self._kept.get(ids)]

    def similarity_search(self, query: str, k: int = 4, **options: Any) -> list[Document]:
        """Answer the ``k`` documents most like ``query``, best first; ``filter`` as the class."""
        return _alone(self.similarity_search_with_score(query, k, **options))

    async def asimilarity_search(self, query: str, k: int = 4, **options: Any) -> list[Document]:
        """Do as ``similarity_search``, off the event loop."""
        return _alone(await self.asimilarity_search_with_score(query, k, **options))

    def similarity_search_by_vector(
        self, embedding: list[float], k: int = 4, **options: Any
    ) -> list[Document]:
        """Answer the ``k`` documents most like ``embedding``, best first."""
        return _alone(self.similarity_search_with_score_by_vector(embedding, k, **options))

    def similarity_search_with_score(
        self, query: str, k: int = 4, **options: Any
    ) -> list[tuple[Document, float]]:
        """Answer the ``k`` documents most like ``query``, each with its cosine, best first."""
        embedding = self._embedding.embed_query(query)
        return self.similarity_search_with_score_by_vector(embedding, k, **options)

    async def asimilarity_search_with_score(
        self, query: str, k: int = 4, **options: Any
    ) -> list[tuple[Document, float]]:
        """Do as ``similarity_search_with_score``, off the event loop."""
        embedding = await self._embedding.aembed_query(query)
        return await run_in_executor(
            None, self.similarity_search_with_score_by_vector, embedding, k, **options
        )

    def similarity_search_with_score_by_vector(
        self, embedding: list[float], k: int = 4, *, filter: Filter | None = None
    ) -> list[tuple[Document, float]]:
        """Answer the ``k`` documents most like ``embedding``, each with its cosine, best first.

        Raises:
            ValueError: ``k`` is less than 1, the filter is wrong, or the vector of another size.
        """
        found = self._kept.near(embedding, k, filter)
        return [
            (kept.document(), score)
            for kept, score in zip(found.documents, found.scores, strict=True)
        ]

    def max_marginal_relevance_search(
        self, query: str, k: int = 4, fetch_k: int = 20, lambda_mult: float = 0.5, **options: Any
    ) -> list[Document]:
        """Answer ``k`` documents that are like ``query`` and unlike each other.

        Args:
            query: What they should be like.
            k: How many.
            fetch_k: Most like ``query`` to choose from; at least ``k`` are.
            lambda_mult: Weight of likeness, 0..1; the rest is that of variety.
            options: ``filter``.
        """
        embedding = self._embedding.embed_query(query)
        return self.max_marginal_relevance_search_by_vector(
            embedding, k, fetch_k, lambda_mult, **options
        )

    async def amax_marginal_relevance_search(
        self, query: str, k: int = 4, fetch_k: int = 20, lambda_mult: float = 0.5, **options: Any
    ) -> list[Document]:
        """Do as ``max_marginal_relevance_search``, off the event loop."""
        embedding = await self._embedding.aembed_query(query)
        return await self.amax_marginal_relevance_search_by_vector(
            embedding, k, fetch_k, lambda_mult, **options
        )

    def max_marginal_relevance_search_by_vector(
        self,
        embedding: list[float],
        k: int = 4,
        fetch_k: int = 20,
        lambda_mult: float = 0.5,
        **options: Any,
    ) -> list[Document]:
        """Do as ``max_marginal_relevance_search``, for an embedding."""
        chosen = self._kept.varied(embedding, k, fetch_k, lambda_mult, **options)
        return [kept.document() for kept in chosen]

    def save_local(self, folder: str | Path) -> None:
        """Save everything in ``folder``; once this answers, it outlasts a crash.

        The first save makes this store the only writer there, until ``close``.

        Raises:
            StoreBusyError: another store is the writer there.
            StoreError: the folder cannot be written or has another store. What was saved there
                before is untouched.
        """
        self._kept.save(Path(folder), self._size)

    def close(self) -> None:
        """Let others write where this was saved. Saves nothing."""
        self._kept.close()

    def _size(self) -> int:
        return len(self._embedding.embed_query("0"))  # of any text

    def _select_relevance_score_fn(self) -> Callable[[float], float]:
        return _relevance


def _alone(scored: Iterable[tuple[Document, float]]) -> list[Document]:
    return [document for document, _ in scored]


def _relevance(cosine: float) -> float:
    return min(1.0, max(0.0, cosine))
