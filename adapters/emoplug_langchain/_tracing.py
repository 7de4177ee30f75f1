"""Traces a query through the plugin ``backtrace`` of an ``Emoplug``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from langchain_core.documents import Document

from emoplug import Emoplug, PluginError
from emoplug_langchain._segments import Segment

_PLUGIN = "backtrace"


def emoplug_for_tracing() -> Emoplug:
    """Answer one that has what tracing needs, and nothing else."""
    return Emoplug(plugins=["onnx", _PLUGIN])


def tracer_of(emo: Emoplug) -> Callable[[Sequence[str]], Any]:
    """Find what makes a tracer of the segments of one text.

    Raises:
        PluginError: the plugin is not on.
    """
    found: Callable[[Sequence[str]], Any] | None = getattr(emo.plugins.get(_PLUGIN), "tracer", None)
    if found is None:
        raise PluginError(
            _PLUGIN,
            f"this Emoplug has no plugin {_PLUGIN!r}; make it with plugins=['onnx', '{_PLUGIN}']",
        )
    return found


class Traced:
    """The segments of one text, ready to be traced to. Safe to share between threads."""

    def __init__(self, emo: Emoplug, segments: Sequence[Segment]) -> None:
        self._segments = segments
        self._tracer = tracer_of(emo)([segment.text for segment in segments])

    def causes(self, query: str, k: int | None) -> list[Document]:
        """Answer the ``k`` segments that most probably caused ``query``, best first."""
        return [
            self._segments[passage.segment].answered(passage.score, passage.segment)
            for passage in self._tracer.trace(query, len(self._segments) if k is None else k)
        ]


def ranked(texts: Iterable[Traced], query: str, k: int | None, least: float) -> list[Document]:
    """Answer the segments of all ``texts`` that most probably caused ``query``, best first.

    Args:
        texts: Where to look.
        query: What was asked or felt; a blank one has no cause.
        k: Most segments answered; ``None`` for all.
        least: Least probability of one.

    Raises:
        InputError: ``k`` is less than 1.
    """
    if not query.strip():
        return []
    found = [one for text in texts for one in text.causes(query, k)]
    kept = [one for one in found if one.metadata["score"] >= least]
    return sorted(kept, key=lambda one: -one.metadata["score"])[:k]
