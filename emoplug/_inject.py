"""Puts guidance at the tail of the last user message, and changes nothing else.

Everything before that message stays the very same object, so its bytes on the wire stay too and
the provider's prompt cache keeps hitting.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from emoplug._errors import MessageError

T = TypeVar("T")
SEPARATOR = "\n\n"


def block(texts: Iterable[str]) -> str:
    """Answer what several pieces of guidance are to the model: one block, a line each."""
    return "\n".join(texts)


def with_guidance(messages: Sequence[T], guidance: str) -> list[T]:
    """Answer ``messages`` with ``guidance`` appended to a copy of the last user message.

    Messages may be mappings in the chat API's shape or objects with ``role``, ``content`` and
    pydantic's ``model_copy``. Without guidance or without a user message nothing changes.
    """
    result = list(messages)
    if not guidance:
        return result
    for index in range(len(result) - 1, -1, -1):
        if _field(result[index], "role") == "user":
            result[index] = _append(result[index], guidance)
            break
    return result


def _append(message: T, guidance: str) -> T:
    content = _field(message, "content")
    if isinstance(content, str) or content is None:
        return _replace(message, f"{content}{SEPARATOR}{guidance}" if content else guidance)
    part = {"type": _text_type(content), "text": guidance}
    return _replace(message, (*content, part) if isinstance(content, tuple) else [*content, part])


def _text_type(parts: Sequence[Any]) -> str:
    """Name the text part as this message's API does: Responses says ``input_text``."""
    types = {_field(part, "type") for part in parts}
    return "input_text" if any(str(kind).startswith("input_") for kind in types) else "text"


def _replace(message: T, content: object) -> T:
    if isinstance(message, Mapping):
        return {**message, "content": content}  # type: ignore[return-value]  # same shape, new dict
    copy = getattr(message, "model_copy", None)
    if copy is None:
        kind = type(message).__name__
        raise MessageError(f"cannot add guidance to a {kind}; pass messages as dicts or Message")
    copied: T = copy(update={"content": content})
    return copied


def _field(value: object, name: str) -> Any:
    return value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)
