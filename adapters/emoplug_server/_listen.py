"""Listens to a reply on its way to the client: the words for the review, every byte untouched."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from emoplug_server._api import Api

See = Callable[[str], None]
Details = Mapping[str, Any]
DONE = b"[DONE]"
_LONGEST_LINE = 1 << 20
_LONGEST_REPLY = 8 << 20
"""Bytes beyond which a line or a reply is handed on unread: nothing may pile up here."""


class Listener(Protocol):
    """Hears a reply in pieces."""

    def hear(self, piece: bytes) -> bytes:
        """Take note of ``piece``; answer what to hand on now."""

    def end(self) -> None:
        """The reply is complete."""

    def tail(self, details: Details | None) -> bytes:
        """Answer what is still to be handed on, with ``details`` in it where asked for."""


class StreamListener:
    """Hears server-sent events. Whoever wants details gets the stream's end held back for them."""

    def __init__(self, api: Api, see: See, *, detailed: bool) -> None:
        self._api, self._see, self._detailed = api, see, detailed
        self._partial = b""
        self._data: list[bytes] = []
        self._last: Mapping[str, Any] = {}
        self._held = b""

    def hear(self, piece: bytes) -> bytes:
        """Take note of the words; answer ``piece``, or its whole lines where details follow."""
        *whole, self._partial = (self._partial + piece).split(b"\n")
        done = [self._is_done(line) for line in whole]
        lines = [line + b"\n" for line in whole]
        if len(self._partial) > _LONGEST_LINE:
            lines.append(self._partial)
            self._partial = b""
        if not self._detailed:
            return piece
        kept = done.index(True) if True in done else len(lines)
        if self._held:  # what follows the mark stays behind it, in however many pieces it comes
            kept = 0
        self._held += b"".join(lines[kept:])
        return b"".join(lines[:kept])

    def end(self) -> None:
        """Take note of an event that no blank line ended."""
        self._is_done(self._partial)
        self._is_done(b"")

    def tail(self, details: Details | None) -> bytes:
        """Answer the details as an event of the stream's own kind, then what was held back."""
        rest = self._held + self._partial if self._detailed else b""
        if details is None:
            return rest
        if self._api.argument == "input":
            event: dict[str, Any] = {"type": "emoplug.details", "emoplug": details}
            name = b"event: emoplug.details\n"
        else:  # a chunk without choices, as the one that brings the usage is
            known = {name: self._last.get(name) for name in ("id", "object", "created", "model")}
            event, name = {**known, "choices": [], "emoplug": details}, b""
        return name + b"data: " + json.dumps(event).encode() + b"\n\n" + rest

    def _is_done(self, line: bytes) -> bool:
        """Read one line; tell whether it is the mark at a stream's end."""
        line = line.removesuffix(b"\r")
        if line.startswith(b"data:"):
            self._data.append(line[5:].strip())
            return self._data == [DONE]
        if not line and self._data:
            data, self._data = b"\n".join(self._data), []
            self._event(data)
        return False

    def _event(self, data: bytes) -> None:
        event = _loaded(data)
        if isinstance(event, Mapping):
            self._last = event
            self._see(self._api.event_words(event))


class ReplyListener:
    """Hears a whole reply. Whoever wants details gets it once they are known."""

    def __init__(self, api: Api, see: See, *, detailed: bool) -> None:
        self._api, self._see, self._detailed = api, see, detailed
        self._pieces: list[bytes] = []
        self._length = 0

    def hear(self, piece: bytes) -> bytes:
        """Keep ``piece`` to read it whole."""
        self._length += len(piece)
        if self._length <= _LONGEST_REPLY or self._detailed:
            self._pieces.append(piece)
        return b"" if self._detailed else piece

    def end(self) -> None:
        """Take note of the words."""
        if self._length <= _LONGEST_REPLY:
            self._see(self._api.reply_words(_loaded(b"".join(self._pieces))))

    def tail(self, details: Details | None) -> bytes:
        """Answer the reply with the member ``emoplug`` in it, where it was held back for that."""
        if not self._detailed:
            return b""
        whole = b"".join(self._pieces)
        reply = _loaded(whole)
        if details is None or not isinstance(reply, Mapping):
            return whole
        return json.dumps({**reply, "emoplug": details}).encode()


def _loaded(data: bytes) -> Any:
    """Answer the JSON in ``data``; what upstream garbled is the client's to judge."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None
