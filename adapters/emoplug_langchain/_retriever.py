"""``BacktracingRetriever``: the segments that caused a query, not those that are like it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from langchain_core.callbacks import (
    AsyncCallbackManagerForRetrieverRun,
    CallbackManagerForRetrieverRun,
)
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables.config import run_in_executor
from pydantic import Field, PrivateAttr

from emoplug import Emoplug
from emoplug_langchain._segments import Cut, texts_of
from emoplug_langchain._tracing import Traced, emoplug_for_tracing, ranked, tracer_of


class BacktracingRetriever(BaseRetriever):
    """Answers what in lectures, articles or documents made somebody ask or feel what they say.

    Source: Wang et al., Backtracing: Retrieving the Cause of the Query (Findings of EACL 2024).
    Safe to share between threads; the async methods run off the event loop.

        retriever = BacktracingRetriever(documents=[Document(lecture)], k=3)
        retriever.invoke("Why is there a minus sign?")[0].metadata["score"]

    What comes back has its source's metadata, and in it ``score`` (the probability that it is the
    cause; over one text they sum to the probability that the query is about it), ``document``
    (which of ``documents``), ``span`` (characters of that) and ``segment`` (which one of the
    text); all counted from 0.

    Attributes:
        documents: What is searched, each a text of its own; more come by ``add_documents``.
        k: Most segments answered; also an argument of ``invoke``.
        score_threshold: Least probability of a segment that is answered.
        cut: What a segment is: ``sentences``, ``lines``, or ``documents`` where each document is
            one already; those of the same ``source`` in metadata are then one text, in order.
        emo: Has the plugin ``backtrace``, whose options say what kind of text it is.

    Raises:
        PluginError: ``emo`` does not have that plugin.
    """

    documents: list[Document] = Field(default_factory=list, repr=False)
    k: int = Field(default=4, ge=1)
    score_threshold: float = Field(default=0.0, ge=0, le=1)
    cut: Cut = "sentences"
    emo: Emoplug = Field(default_factory=emoplug_for_tracing, repr=False, exclude=True)
    _lock: threading.Lock = PrivateAttr(default_factory=threading.Lock)
    _texts: list[Traced] = PrivateAttr()

    def model_post_init(self, context: Any, /) -> None:
        """Cut the documents, and miss the plugin at once."""
        super().model_post_init(context)
        tracer_of(self.emo)
        self._read()

    def add_documents(self, documents: Sequence[Document]) -> None:
        """Search these, too."""
        with self._lock:
            self.documents = [*self.documents, *documents]
            self._read()

    def _read(self) -> None:
        self._texts = [Traced(self.emo, part) for part in texts_of(self.documents, self.cut)]

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, k: int | None = None
    ) -> list[Document]:
        return self._causes(query, self.k if k is None else k)

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun, k: int | None = None
    ) -> list[Document]:
        return await run_in_executor(None, self._causes, query, self.k if k is None else k)

    def _causes(self, query: str, k: int) -> list[Document]:
        return ranked(self._texts, query, k, self.score_threshold)
