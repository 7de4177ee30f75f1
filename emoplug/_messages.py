"""Reads the caller's messages, whatever their shape, into frozen ``Message`` values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache, partial
from operator import itemgetter
from typing import Any

from pydantic import TypeAdapter, ValidationError

from emoplug._errors import MessageError
from emoplug._prefixes import PrefixCache
from emoplug._types import Message

Texts = tuple[str, ...]

_MESSAGES = TypeAdapter(tuple[Message, ...])
_BARE = ("role", "content")
_KEPT, _SHORT = 8_192, 500
"""Messages kept, of so many characters at most: a history is sent again with every turn."""
_LONG = 16
"""Messages from which on a whole conversation is kept, which is quicker than each by itself."""
_LATELY: PrefixCache[str, tuple[Texts, tuple[Message, ...]]] = PrefixCache(64, size=4_000_000)
"""Roles and messages of conversations by their contents, sized by characters."""


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
    raws = list(messages)
    texts = _texts(raws)
    if texts is None:
        return _read(raws, 0)
    roles, contents = texts
    before, known = _LATELY.find(contents)
    if before is None or before[0][:known] != roles[:known]:
        before, known = ((), ()), 0
    read = (*before[1][:known], *_read(raws[known:], known))
    _LATELY.put(contents, (roles, read), sum(map(len, contents)))
    return read


def _texts(raws: Sequence[Any]) -> tuple[Texts, Texts] | None:
    """Answer the roles and contents of a long conversation, where all are texts and no more is."""
    if len(raws) < _LONG or set(map(type, raws)) != {dict} or set(map(len, raws)) != {len(_BARE)}:
        return None
    try:
        roles, contents = (tuple(map(itemgetter(name), raws)) for name in _BARE)
    except KeyError:
        return None
    return (roles, contents) if {*map(type, roles), *map(type, contents)} == {str} else None


def _read(raws: Sequence[object], first: int) -> tuple[Message, ...]:
    """Read messages, of which the first has the index ``first``."""
    fields = [_known(raw) or _fields(index, raw) for index, raw in enumerate(raws, start=first)]
    try:
        return _MESSAGES.validate_python(fields)
    except ValidationError as error:
        problem = error.errors()[0]
        index, *where = problem["loc"]
        raise MessageError(
            f"message {first + int(index)} has a {'.'.join(map(str, where))} that is not text: "
            f"{problem['msg']}; content is a string, a list of typed parts, or null"
        ) from error


def _known(raw: object) -> Message | None:
    """Answer the message, where it is one already or made of two texts, as nearly all are."""
    if type(raw) is not dict:
        return raw if isinstance(raw, Message) else None
    if len(raw) != len(_BARE):
        return None
    role, content = raw.get("role"), raw.get("content")
    short = type(content) is str and type(role) is str and len(content) <= _SHORT
    return _made(role, content) if short else None


@lru_cache(_KEPT)
def _made(role: str, content: str) -> Message:
    return Message(role=role, content=content)


def _fields(index: int, raw: object) -> Mapping[str, Any]:
    """Answer what makes the message."""
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
    return fields


def _plain(content: Any) -> Any:
    """Answer content parts as mappings, also where a client hands over its own part types."""
    if content is None or isinstance(content, str) or not isinstance(content, Sequence):
        return content
    return [part.model_dump() if hasattr(part, "model_dump") else part for part in content]


def _attribute(raw: object, name: str) -> Any:
    return getattr(raw, name, None)
