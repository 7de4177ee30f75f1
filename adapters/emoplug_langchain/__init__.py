"""emoplug for LangChain: an agent middleware, a model wrapper, retrievers, embeddings and a store.

    agent = create_agent(model, tools, middleware=[EmotionMiddleware()])
    chain = prompt | emotion_aware(model) | parser

Names load on first use: only the middleware needs all of ``langchain``, the rest langchain-core.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emoplug_langchain._cause import CauseCompressor
    from emoplug_langchain._embeddings import EmoplugEmbeddings
    from emoplug_langchain._middleware import EmotionMiddleware
    from emoplug_langchain._model import emotion_aware
    from emoplug_langchain._retriever import BacktracingRetriever
    from emoplug_langchain._store import FaissStore

_HOME_OF = {
    "BacktracingRetriever": "_retriever",
    "CauseCompressor": "_cause",
    "EmoplugEmbeddings": "_embeddings",
    "EmotionMiddleware": "_middleware",
    "FaissStore": "_store",
    "emotion_aware": "_model",
}

__all__ = [
    "BacktracingRetriever",
    "CauseCompressor",
    "EmoplugEmbeddings",
    "EmotionMiddleware",
    "FaissStore",
    "emotion_aware",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'emoplug_langchain' has no attribute {name!r}")
    value = getattr(import_module(f"emoplug_langchain.{_HOME_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
