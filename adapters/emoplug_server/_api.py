"""Where the words are in the JSON of OpenAI's two ways to talk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_DELTAS = frozenset({"response.output_text.delta", "response.refusal.delta"})


@dataclass(frozen=True)
class Api:
    """One of the two.

    Attributes:
        path: Where it is found.
        argument: The member of a request that carries the conversation.
        reply_words: The words of a whole reply.
        event_words: The words that one event of a stream adds.
    """

    path: str
    argument: str
    reply_words: Callable[[Any], str]
    event_words: Callable[[Any], str]


def _of(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, Mapping) else None


def _all(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list) else ()


def _said(message: Any) -> str:
    words = _of(message, "content") or _of(message, "refusal")
    return words if isinstance(words, str) else ""


def _chat_reply(completion: Any) -> str:
    # The first choice is the one people show.
    return next((_said(_of(choice, "message")) for choice in _all(_of(completion, "choices"))), "")


def _chat_event(chunk: Any) -> str:
    choices = _all(_of(chunk, "choices"))
    return "".join(_said(_of(choice, "delta")) for choice in choices if not _of(choice, "index"))


def _response_reply(response: Any) -> str:
    parts = (
        part
        for item in _all(_of(response, "output"))
        if _of(item, "type") == "message"
        for part in _all(_of(item, "content"))
    )
    words = (_of(part, "text") or _of(part, "refusal") for part in parts)
    return "".join(word for word in words if isinstance(word, str))


def _response_event(event: Any) -> str:
    delta = _of(event, "delta") if _of(event, "type") in _DELTAS else None
    return delta if isinstance(delta, str) else ""


CHAT = Api("/v1/chat/completions", "messages", _chat_reply, _chat_event)
RESPONSES = Api("/v1/responses", "input", _response_reply, _response_event)
