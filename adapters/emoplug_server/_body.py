"""The conversation in a request's body, and guidance put into it: no other byte changes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_DECODER = json.JSONDecoder()
_BLANK = re.compile(r"[ \t\n\r]*")
Span = tuple[int, int]


@dataclass(frozen=True)
class Body:
    """A request's body that was understood.

    Attributes:
        text: The JSON text as the client sent it.
        given: The conversation in it: text, or a list of messages.
        spans: Where each message is in ``text``; of text alone, one.
        model: Name of the model asked for, where there is one.
    """

    text: str
    given: str | list[Any]
    spans: list[Span]
    model: str | None

    @classmethod
    def read(cls, raw: bytes, argument: str) -> Body | None:
        """Find the member ``argument``; ``None`` where upstream had better refuse by itself."""
        try:
            text = raw.decode("utf-8")
            # Of a name that comes twice, parsers believe the last.
            members = {key: found for key, *found in _members(text)}
            given, start, end = members[argument]
            spans = list(_elements(text, start)) if isinstance(given, list) else [(start, end)]
        except (ValueError, KeyError, RecursionError):  # undecodable, no JSON, too deep
            return None
        if not isinstance(given, str | list):
            return None
        model = members.get("model", [None])[0]
        return cls(text, given, spans, model if isinstance(model, str) else None)

    @property
    def messages(self) -> list[Any]:
        """The conversation as messages."""
        return (
            [{"role": "user", "content": self.given}] if isinstance(self.given, str) else self.given
        )

    def told(self, index: int, message: Mapping[str, Any]) -> bytes:
        """Answer the body with ``message`` in the place of the one at ``index``."""
        start, end = self.spans[index]
        new = message["content"] if isinstance(self.given, str) else message
        # Escapes, for half a surrogate pair has no bytes.
        return (self.text[:start] + json.dumps(new) + self.text[end:]).encode("utf-8")


class _Walk:
    """Goes through JSON text value by value, for ``json`` does not say where a value lies."""

    def __init__(self, text: str, at: int = 0) -> None:
        self._text = text
        self._at = at

    def next(self) -> str:
        """Answer the next character that counts; nothing at the end."""
        blank = _BLANK.match(self._text, self._at)
        self._at = blank.end() if blank else self._at
        return self._text[self._at : self._at + 1]

    def take(self, mark: str) -> None:
        """Go past ``mark``, or refuse."""
        if self.next() != mark:
            raise ValueError(f"expected {mark} at {self._at}")
        self._at += 1

    def value(self) -> tuple[Any, int, int]:
        """Answer the next value, and where it starts and ends."""
        self.next()
        start = self._at
        value, self._at = _DECODER.raw_decode(self._text, start)
        return value, start, self._at


def _members(text: str) -> Iterator[tuple[str, Any, int, int]]:
    """Answer key, value, start and end of each member of the object that ``text`` is."""
    walk = _Walk(text)
    walk.take("{")
    while walk.next() == '"':
        key, _, _ = walk.value()
        walk.take(":")
        yield (key, *walk.value())
        if walk.next() == ",":
            walk.take(",")
    walk.take("}")
    if walk.next():
        raise ValueError("text after the object")


def _elements(text: str, start: int) -> Iterator[Span]:
    """Answer start and end of each element of the array that begins at ``start``."""
    walk = _Walk(text, start)
    walk.take("[")
    while walk.next() not in ("]", ""):
        _, begin, end = walk.value()
        yield begin, end
        if walk.next() == ",":
            walk.take(",")
