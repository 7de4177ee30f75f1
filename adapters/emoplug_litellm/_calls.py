"""One call through LiteLLM: where its conversation is, whose it is, what was said."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from emoplug import Emoplug, Exchange, Review

UNDER_WAY: ContextVar[bool] = ContextVar("emoplug_litellm_under_way", default=False)
"""Set while a wrapped function runs, so that the callback does not guide a second time."""


@dataclass(frozen=True)
class Calls:
    """What every call shares.

    Attributes:
        emo: Whose plugins to use.
        session: Whose conversations these are; what the call tells unless given.
        on_review: Told the review of each reply.
    """

    emo: Emoplug
    session: str | None
    on_review: Callable[[Review], None] | None

    def open(self, argument: str, named: Mapping[str, Any]) -> tuple[Exchange, dict[str, Any]]:
        """Answer the call and the arguments to make it with; ``named`` stays as it is."""
        given = named[argument]
        asked = [{"role": "user", "content": given}] if isinstance(given, str) else list(given)
        session = self.session or session_of(named)
        exchange = Exchange.open(self.emo, asked, session, _model(named), self.on_review)
        sent = exchange.messages
        guided = sent[0]["content"] if isinstance(given, str) else sent
        return exchange, {**named, argument: guided}


def carried(named: Mapping[str, Any]) -> str | None:
    """Answer which argument carries a conversation, where one does."""
    for argument in ("messages", "input"):
        given = named.get(argument)
        if isinstance(given, Iterable) and not isinstance(given, Mapping | bytes):
            return argument
    return None


def session_of(named: Mapping[str, Any]) -> str | None:
    """Answer LiteLLM's session of a call; in its proxy no two keys share one."""
    metadata: dict[str, Any] = {}
    for name in ("litellm_metadata", "metadata"):
        given = named.get(name)
        metadata |= given if isinstance(given, Mapping) else {}
    session = named.get("litellm_session_id") or metadata.get("session_id")
    if not isinstance(session, str) or not session:
        return None
    key = metadata.get("user_api_key_hash") or metadata.get("user_api_key")
    return f"{str(key)[:16]}:{session}" if key else session


def words_of(reply: Any) -> str:
    """Answer the words of a whole reply: a completion's first choice, or a response's output."""
    for choice in getattr(reply, "choices", None) or ():
        return _text(getattr(choice, "message", None))
    parts = (
        part
        for item in getattr(reply, "output", None) or ()
        for part in getattr(item, "content", None) or ()
    )
    words = (getattr(part, "text", None) for part in parts)
    return "".join(word for word in words if isinstance(word, str))


def words_in(chunk: Any) -> str:
    """Answer the words that one chunk or event of a stream adds."""
    if getattr(chunk, "type", None) == "response.output_text.delta":
        return str(chunk.delta)
    choices = getattr(chunk, "choices", None) or ()
    return "".join(_text(getattr(c, "delta", None)) for c in choices if not c.index)


def _model(named: Mapping[str, Any]) -> str | None:
    model = named.get("model")
    # The provider before it is LiteLLM's own notation.
    return model.rpartition("/")[2] if isinstance(model, str) else None


def _text(message: Any) -> str:
    content = getattr(message, "content", None)
    return content if isinstance(content, str) else ""
