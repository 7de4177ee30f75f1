"""LangChain's messages as emoplug reads them, and the way back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    ChatMessage,
    HumanMessage,
    SystemMessage,
)

from emoplug import Exchange

_ROLES: tuple[tuple[type[BaseMessage], str], ...] = (
    (HumanMessage, "user"),
    (AIMessage, "assistant"),
    (SystemMessage, "system"),
)


def as_chat(messages: Sequence[BaseMessage]) -> list[Mapping[str, Any]]:
    """Answer ``messages`` in the chat API's shape, one for one; they stay as they are."""
    return [_as_mapping(message) for message in messages]


def guided(messages: Sequence[BaseMessage], exchange: Exchange) -> list[BaseMessage]:
    """Answer what to send: ``messages``, the last human one as a copy that carries the guidance.

    Args:
        messages: What ``exchange`` was opened with, before ``as_chat``.
        exchange: The call in progress.
    """
    sent = list(messages)
    index = exchange.turn.last_user
    if index is None or not exchange.turn.guidance:
        return sent
    asked, told = sent[index], exchange.messages[index]["content"]
    # Parts stay the caller's own objects; only the last one is new.
    content = told if isinstance(told, str) else [*asked.content, told[-1]]
    sent[index] = asked.model_copy(update={"content": content})
    return sent


def _as_mapping(message: BaseMessage) -> Mapping[str, Any]:
    named = {"name": message.name} if message.name else {}
    return {"role": _role(message), "content": _content(message.content), **named}


def _role(message: BaseMessage) -> str:
    if isinstance(message, ChatMessage):
        return message.role
    return next((role for kind, role in _ROLES if isinstance(message, kind)), "tool")


def _content(content: str | list[str | dict[Any, Any]]) -> str | list[dict[Any, Any]]:
    if isinstance(content, str):
        return content
    return [{"type": "text", "text": p} if isinstance(p, str) else p for p in content]
