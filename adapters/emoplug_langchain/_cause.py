"""``CauseCompressor``: of retrieved documents, the passages that caused the query."""

from __future__ import annotations

from collections.abc import Sequence

from langchain_core.callbacks import Callbacks
from langchain_core.documents import BaseDocumentCompressor, Document
from pydantic import ConfigDict, Field

from emoplug import Emoplug
from emoplug_langchain._segments import Cut, segments_of
from emoplug_langchain._tracing import Traced, emoplug_for_tracing, ranked, tracer_of


class CauseCompressor(BaseDocumentCompressor):
    """Keeps the passages of documents that made somebody feel or ask what the query says.

    Each document is traced as a text of its own, by the plugin ``backtrace``. What is kept has its
    document's metadata, and in it ``score`` (the probability that it is the cause), ``document``
    (which of those retrieved), ``span`` (characters of that) and ``segment`` (which one of it),
    all counted from 0. A passage that only says the query's own words is no cause.

    Safe to share between threads; the async method runs off the event loop.

        ContextualCompressionRetriever(base_compressor=CauseCompressor(), base_retriever=retriever)

    Attributes:
        top_n: Most passages kept; ``None`` keeps all.
        score_threshold: Least probability of a passage that is kept.
        cut: What a passage is: ``sentences``, ``lines`` or whole ``documents``.
        emo: Has the plugin ``backtrace``.

    Raises:
        PluginError: ``emo`` does not have that plugin.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    top_n: int | None = Field(default=3, ge=1)
    score_threshold: float = Field(default=0.0, ge=0, le=1)
    cut: Cut = "sentences"
    emo: Emoplug = Field(default_factory=emoplug_for_tracing, repr=False, exclude=True)

    def model_post_init(self, _context: object, /) -> None:
        """Look for the plugin, so that it is missed at once."""
        tracer_of(self.emo)

    def compress_documents(
        self, documents: Sequence[Document], query: str, callbacks: Callbacks | None = None
    ) -> list[Document]:
        """Answer the passages that most probably caused ``query``, best first."""
        texts = [
            Traced(self.emo, segments)
            for place, document in enumerate(documents)
            if (segments := segments_of(document, place, self.cut))
        ]
        return ranked(texts, query, self.top_n, self.score_threshold)
