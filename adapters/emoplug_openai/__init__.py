"""Puts emoplug around an OpenAI client, synchronous or asynchronous.

    client = emoplug_openai.wrap(OpenAI())
    reply = client.chat.completions.create(model=..., messages=...)
    review = emoplug_openai.review_of(reply)

The client is taken by its shape, so any version and any compatible client will do.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

from emoplug import Emoplug
from emoplug_openai._calls import Calls, OnReview, review_of
from emoplug_openai._methods import guided
from emoplug_openai._shapes import CHAT, RESPONSES
from emoplug_openai._stand import AsyncClientStand, ClientStand, Stand

__all__ = ["review_of", "wrap"]

C = TypeVar("C")


def wrap(
    client: C,
    emo: Emoplug | None = None,
    session: str | None = None,
    on_review: OnReview | None = None,
) -> C:
    """Answer a client that works like ``client`` and does what it does, with emoplug around it.

    ``chat.completions`` and ``responses`` (``create``, ``parse`` and ``stream``) send the guidance
    in the last user message and have the reply reviewed. Everything else is the client's own, raw
    and streaming-response methods included. ``client`` itself stays as it was.

    Args:
        client: An OpenAI client, or one of the same shape.
        emo: Whose plugins to use; the default plugins unless given. Share one between clients.
        session: Whose conversations these are, for plugins that remember. Wrapping costs next to
            nothing: wrap once for each session.
        on_review: Told the review of each reply. It may be called from another thread.

    Raises:
        TypeError: ``client`` has neither ``chat`` nor ``responses``.
    """
    if not (hasattr(client, "chat") or hasattr(client, "responses")):
        raise TypeError(
            f"expected an OpenAI client, got {type(client).__name__}; "
            "pass OpenAI(), AsyncOpenAI() or a client with chat.completions or responses"
        )
    calls = Calls(Emoplug() if emo is None else emo, session, on_review)
    return cast(C, _wrapped(client, calls))


def _wrapped(client: Any, calls: Calls) -> Stand:
    asynchronous = hasattr(client, "__aenter__")
    around = functools.partial(guided, calls=calls, asynchronous=asynchronous)

    def chat(owner: Any) -> Stand:
        return Stand(owner.chat, {"completions": lambda: around(owner.chat.completions, api=CHAT)})

    stand = AsyncClientStand if asynchronous else ClientStand
    return stand(
        client,
        {
            "chat": lambda: chat(client),
            "beta": lambda: Stand(client.beta, {"chat": lambda: chat(client.beta)}),
            "responses": lambda: around(client.responses, api=RESPONSES),
            # A client derived from this one would otherwise lose emoplug without a word.
            "with_options": lambda: _derive(client.with_options, calls),
            "copy": lambda: _derive(client.copy, calls),
        },
    )


def _derive(method: Callable[..., Any], calls: Calls) -> Callable[..., Any]:
    @functools.wraps(method)
    def derive(*args: Any, **kwargs: Any) -> Stand:
        return _wrapped(method(*args, **kwargs), calls)

    return derive
