"""Reads the caller's messages, whatever their shape, into frozen ``Message`` values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from pydantic import ValidationError

from emoplug._errors import MessageError
from emoplug._types import Message


def read_messages(messages: Iterable[object]) -> tuple[Message, ...]:
    """Read chat messages: ``Message``, mappings in the chat API's shape, or objects like them.

    Fields that emoplug has no use for (tool calls, ids) are left out here; the caller's own
    messages, which go to the model, keep them.

    Raises:
        MessageError: naming the first message, by its index, that cannot be read.
    """
    if isinstance(messages, str | bytes | Mapping) or not isinstance(messages, Iterable):
        raise MessageError(
            f"expected a list of messages, got {type(messages).__name__}; "
            'pass [{"role": "user", "content": "..."}]'
        )
    return tuple(_read(index, message) for index, message in enumerate(messages))


def _read(index: int, raw: object) -> Message:
    if isinstance(raw, Message):
        return raw
    get: Callable[[str], Any] = raw.get if isinstance(raw, Mapping) else partial(_attribute, raw)
    role, content = get("role"), get("content")
    if role is None and get("type") is not None:
        role = "item"  # a Responses API item that nobody says, such as a function call
        content = None
    elif not isinstance(role, str):
        raise MessageError(
            f"message {index} has no role; each message needs "
            '{"role": "user" | "assistant" | "system" | "tool", "content": ...}'
        )
    fields: dict[str, Any] = {"role": role, "content": _plain(content)}
    if isinstance(name := get("name"), str):
        fields["name"] = name
    if isinstance(timestamp := get("timestamp"), int | float):
        fields["timestamp"] = timestamp
    try:
        return Message.model_validate(fields)
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(map(str, problem["loc"]))
        raise MessageError(
            f"message {index} has a {where} that is not text: {problem['msg']}; "
            "content is a string, a list of typed parts, or null"
        ) from error


def _plain(content: Any) -> Any:
    """Answer content parts as mappings, also where a client hands over its own part types."""
    if content is None or isinstance(content, str) or not isinstance(content, Sequence):
        return content
    return [part.model_dump() if hasattr(part, "model_dump") else part for part in content]


def _attribute(raw: object, name: str) -> Any:
    return getattr(raw, name, None)
