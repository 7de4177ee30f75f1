"""The plugin: what set off the last user message, in the conversation and in documents."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from emoplug import Cause, Passage, Turn, hookimpl
from emoplug_backtrace._backtracer import SOURCE, Backtracer, Encode, Scorer
from emoplug_backtrace._conversation import probabilities
from emoplug_backtrace._late import LateInteraction
from emoplug_backtrace._network import Network
from emoplug_backtrace._profiles import Choice, shipped
from emoplug_backtrace._segments import Segment, read_segments
from emoplug_backtrace._texts import folded


class Backtrace:
    """Traces the last user message back to earlier messages, and to segments of documents.

    Args:
        options: See ``Options``.
        scorer: In place of our re-ranker, such as ``Likelihood`` of a language model.
    """

    class Options(BaseModel):
        """What is traced, and how much is told.

        Attributes:
            profile: What kind of text the documents are.
            documents: Files to trace questions to: JSON lines or plain text.
            k: Most passages of a document, and most causes in the conversation.
            floor: Least probability of a passage that is recalled.
        """

        model_config = ConfigDict(frozen=True, extra="forbid")

        profile: Choice = "auto"
        documents: tuple[str, ...] = ()
        k: int = Field(default=3, ge=1)
        floor: float = Field(default=0.2, ge=0, le=1)

    def __init__(self, options: Options | None = None, scorer: Scorer | None = None) -> None:
        self.options = options or self.Options()
        self._scorer = scorer
        self._network = Network()
        self._reranker = LateInteraction(self._network)
        self._encode: Encode | None = None
        self._lock = threading.Lock()

    def bind(self, encode: Encode) -> None:
        """Take the encoder of the ``Emoplug`` that this is in."""
        self._encode = encode

    def tracer(self, segments: Iterable[str | Segment]) -> Backtracer:
        """Make a ``Backtracer`` for one text, which shares this plugin's networks."""
        return Backtracer(
            segments,
            self.options.profile,
            encode=self._encode,
            scorer=self._scorer,
            reranker=self._reranker,
        )

    @hookimpl
    def explain(self, turn: Turn) -> Sequence[Cause] | None:
        """Answer which earlier messages set off the last user message, felt or only asked."""
        found = probabilities(turn, shipped("conversation"))
        ranked = sorted(found.items(), key=lambda pair: -pair[1])[: self.options.k]
        return [Cause(index=index, score=score, source=SOURCE) for index, score in ranked] or None

    @hookimpl
    def recall(self, turn: Turn) -> Sequence[Passage] | None:
        """Answer the segments of each document that the last user message goes back to."""
        if turn.last_user is None or not self.options.documents:
            return None
        query = turn.messages[turn.last_user].text
        if not query.strip():
            return None
        said = {folded(message.text) for message in turn.messages}
        return [
            passage.model_copy(update={"document": name})
            for name, tracer in self._documents().items()
            for passage in tracer.trace(query, self.options.k)
            if passage.score >= self.options.floor and folded(passage.text) not in said
        ]

    def warm_up(self) -> None:
        """Load the re-ranker and read the documents."""
        self._reranker.score("warm up", ["warm up"])
        for tracer in self._documents().values():
            tracer.trace("warm up", 1)

    def diagnose(self) -> Mapping[str, str]:
        """Tell which files are in use."""
        return {f"sha256 {name}": digest for name, digest in self._network.sha256().items()}

    def _documents(self) -> Mapping[str, Backtracer]:
        with self._lock:
            return self._read

    @cached_property
    def _read(self) -> Mapping[str, Backtracer]:
        return {name: self.tracer(read_segments(Path(name))) for name in self.options.documents}
