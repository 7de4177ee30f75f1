"""One call through a client: prepared before, reviewed after, and never broken in between."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from emoplug import Emoplug, Exchange, Review
from emoplug_openai._shapes import Api, as_given, as_messages

OnReview = Callable[[Review], None]


@dataclass(frozen=True)
class Calls:
    """What every call of one wrapped client shares."""

    emo: Emoplug
    session: str | None
    on_review: OnReview | None

    def open(self, api: Api, arguments: Mapping[str, Any]) -> tuple[Call, dict[str, Any]]:
        """Answer the call and the arguments to make it with; ``arguments`` stay as they are."""
        given = arguments[api.argument]
        named = arguments.get("model")
        model = named if isinstance(named, str) else None
        exchange = Exchange.open(self.emo, as_messages(given), self.session, model, self.on_review)
        sent = as_given(given, exchange.messages)
        return Call(api, exchange), {**arguments, api.argument: sent}


class Call:
    """One call in progress, for one of the two APIs."""

    def __init__(self, api: Api, exchange: Exchange) -> None:
        self.api = api
        self.exchange = exchange

    def see(self, chunk: Any) -> None:
        """Take note of one chunk of a stream."""
        self.exchange.see(self.api.chunk_text(chunk))

    def answered(self, reply: Any) -> None:
        """Review a whole reply."""
        _KEPT.keep(reply, self.exchange)
        self.exchange.close(self.api.reply_text(reply))

    def begun(self, stream: Any) -> None:
        """Make the review reachable from ``stream``."""
        _KEPT.keep(stream, self.exchange)


class _Kept:
    """Remembers the exchange of each reply for as long as the reply lives.

    Keyed by identity: replies are pydantic models, which compare by value and have no hash.
    """

    def __init__(self) -> None:
        self._entries: dict[int, tuple[weakref.ref[Any], Exchange]] = {}

    def keep(self, reply: Any, exchange: Exchange) -> None:
        key = id(reply)
        try:
            ref = weakref.ref(reply, lambda _: self._entries.pop(key, None))
        except TypeError:  # a reply of a kind that cannot be watched
            return
        self._entries[key] = (ref, exchange)

    def find(self, reply: object) -> Exchange | None:
        ref, exchange = self._entries.get(id(reply), (None, None))
        return exchange if ref is not None and ref() is reply else None


_KEPT = _Kept()


def review_of(response: object) -> Review | None:
    """Answer the review of a reply or stream that came through a wrapped client.

    ``None`` for a stream that has not ended and for anything that no wrapped client answered,
    copies included. Reviews live as long as the reply they belong to.
    """
    exchange = _KEPT.find(response)
    return exchange.result if exchange else None
