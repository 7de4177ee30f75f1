"""Where the words are in requests, replies and stream events: the two APIs told apart by shape."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Api:
    """One of OpenAI's two ways to talk.

    Attributes:
        argument: The keyword that carries the conversation.
        reply_text: The words of a whole reply.
        chunk_text: The words that one chunk or event of a stream adds.
    """

    argument: str
    reply_text: Callable[[Any], str]
    chunk_text: Callable[[Any], str]

    def carried(self, arguments: Mapping[str, Any]) -> bool:
        """Tell whether a call has a conversation: some go on from one that the server keeps."""
        given = arguments.get(self.argument)
        return isinstance(given, Iterable) and not isinstance(given, Mapping | bytes)


def as_messages(given: Iterable[Any]) -> list[Any]:
    """Answer what the caller gave as a list of messages."""
    # A new list, for an iterator could be read only once.
    return [{"role": "user", "content": given}] if isinstance(given, str) else list(given)


def as_given(given: Any, sent: Any) -> Any:
    """Answer the messages to send in the form that the caller used: text stays text."""
    return sent[0]["content"] if isinstance(given, str) else sent


def _chat_reply(completion: Any) -> str:
    for choice in getattr(completion, "choices", None) or ():
        return _said(getattr(choice, "message", None))  # the first is the one people show
    return ""


def _chat_chunk(chunk: Any) -> str:
    # The ``stream`` helper wraps each chunk in an event and adds events that repeat its words.
    inner = getattr(chunk, "chunk", chunk)
    choices = getattr(inner, "choices", None) or ()
    return "".join(_said(choice.delta) for choice in choices if choice.index == 0)


def _said(message: Any) -> str:
    words = getattr(message, "content", None) or getattr(message, "refusal", None)
    return words if isinstance(words, str) else ""


def _response_reply(response: Any) -> str:
    parts = (
        part
        for item in getattr(response, "output", None) or ()
        if getattr(item, "type", None) == "message"
        for part in getattr(item, "content", None) or ()
    )
    words = (getattr(part, "text", None) or getattr(part, "refusal", None) for part in parts)
    return "".join(word for word in words if isinstance(word, str))


def _response_event(event: Any) -> str:
    if getattr(event, "type", None) in {"response.output_text.delta", "response.refusal.delta"}:
        return str(event.delta)
    return ""


CHAT = Api("messages", _chat_reply, _chat_chunk)
RESPONSES = Api("input", _response_reply, _response_event)
