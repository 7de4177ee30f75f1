"""emoplug's encoder as LangChain's embeddings."""

from __future__ import annotations

from langchain_core.embeddings import Embeddings

from emoplug import Emoplug


class EmoplugEmbeddings(Embeddings):
    """Sentence embeddings of unit length, made on this machine. Safe to share between threads.

    The async methods run off the event loop.

    Args:
        emo: What encodes; by default the plugin ``onnx`` alone.

    Raises:
        PluginError: when texts are embedded, if no plugin of ``emo`` encodes.
    """

    def __init__(self, emo: Emoplug | None = None) -> None:
        self._emo = emo or Emoplug(plugins=["onnx"])

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Answer one vector for each text, in order."""
        if not texts:
            return []
        vectors: list[list[float]] = self._emo.encode(texts).embeddings.tolist()
        return vectors

    def embed_query(self, text: str) -> list[float]:
        """Answer the vector of ``text``: the same as of a document with these words."""
        return self.embed_documents([text])[0]
