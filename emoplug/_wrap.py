"""Wraps any callable ``messages -> reply``: plain, coroutine, generator or async generator."""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from typing import Any, ParamSpec, TypeVar

from emoplug._emoplug import Emoplug
from emoplug._exchange import Exchange, OnReview

P = ParamSpec("P")
R = TypeVar("R")
TextOf = Callable[[Any], str]
PARAMETER = "messages"


def reply_text(reply: Any) -> str:
    """Answer the words of a reply or of one chunk of it: text, a mapping or object with content."""
    if isinstance(reply, str):
        return reply
    content = reply.get("content") if isinstance(reply, Mapping) else getattr(reply, "content", "")
    return content if isinstance(content, str) else ""


def wrap_call(
    emo: Emoplug,
    fn: Callable[P, R],
    *,
    on_review: OnReview | None = None,
    text_of: TextOf = reply_text,
    session: str | None = None,
    model: str | None = None,
) -> Callable[P, R]:
    """Answer ``fn`` with emoplug around it, of the same kind and signature.

    The messages are the argument called ``messages``, or else the first one. The reply is handed
    on untouched; a stream is handed on chunk by chunk and reviewed at its end, also when the
    caller stops early.

    Args:
        emo: Whose plugins to use.
        fn: A function, coroutine function, generator function or async generator function.
        on_review: Told the review of each reply; what it raises is logged, the reply still given.
        text_of: The words of a reply, or of one chunk of a stream.
        session: Whose conversation this is, for plugins that remember.
        model: Name of the model that answers.
    """
    place = _Place(fn)

    def start(args: Any, kwargs: Any) -> tuple[Exchange, Any, Any]:
        exchange = Exchange.open(emo, place.get(args, kwargs), session, model, on_review)
        return exchange, *place.put(exchange.messages, args, kwargs)

    shape = _SHAPES[_kind(fn)]
    wrapped: Callable[P, R] = functools.wraps(fn)(shape(fn, start, text_of))
    return wrapped


def _function(fn: Any, start: Any, text_of: TextOf) -> Any:
    def call(*args: Any, **kwargs: Any) -> Any:
        exchange, args, kwargs = start(args, kwargs)
        reply = fn(*args, **kwargs)
        # A plain callable may still hand back something to await or to iterate over.
        if inspect.isawaitable(reply):
            return _finish_awaitable(reply, exchange, text_of)
        if isinstance(reply, AsyncIterator):
            return _finish_async_stream(reply, exchange, text_of)
        if isinstance(reply, Iterator):
            return _finish_stream(reply, exchange, text_of)
        exchange.close(text_of(reply))
        return reply

    return call


def _coroutine(fn: Any, start: Any, text_of: TextOf) -> Any:
    async def call(*args: Any, **kwargs: Any) -> Any:
        exchange, args, kwargs = await asyncio.to_thread(start, args, kwargs)
        return await _finish_awaitable(fn(*args, **kwargs), exchange, text_of)

    return call


def _generator(fn: Any, start: Any, text_of: TextOf) -> Any:
    def call(*args: Any, **kwargs: Any) -> Iterator[Any]:
        exchange, args, kwargs = start(args, kwargs)
        return (yield from _finish_stream(fn(*args, **kwargs), exchange, text_of))

    return call


def _async_generator(fn: Any, start: Any, text_of: TextOf) -> Any:
    async def call(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        exchange, args, kwargs = await asyncio.to_thread(start, args, kwargs)
        stream = _finish_async_stream(fn(*args, **kwargs), exchange, text_of)
        try:
            async for chunk in stream:
                yield chunk
        finally:
            await stream.aclose()  # type: ignore[attr-defined]  # an async generator of ours

    return call


async def _finish_awaitable(reply: Awaitable[Any], exchange: Exchange, text_of: TextOf) -> Any:
    answered = await reply
    if isinstance(answered, AsyncIterator):
        return _finish_async_stream(answered, exchange, text_of)
    await asyncio.to_thread(exchange.close, text_of(answered))
    return answered


def _finish_stream(stream: Iterator[Any], exchange: Exchange, text_of: TextOf) -> Iterator[Any]:
    try:
        for chunk in stream:
            exchange.see(text_of(chunk))
            yield chunk
    finally:
        _close(stream)
        exchange.close()


async def _finish_async_stream(
    stream: AsyncIterator[Any], exchange: Exchange, text_of: TextOf
) -> AsyncIterator[Any]:
    try:
        async for chunk in stream:
            exchange.see(text_of(chunk))
            yield chunk
    finally:
        close = getattr(stream, "aclose", None)
        if close:
            await close()
        await asyncio.to_thread(exchange.close)


def _close(stream: Iterator[Any]) -> None:
    close = getattr(stream, "close", None)
    if close:
        close()


class _Place:
    """Where among a callable's arguments the messages are."""

    def __init__(self, fn: Callable[..., Any]) -> None:
        names = list(inspect.signature(fn).parameters)
        self.name = PARAMETER if PARAMETER in names or not names else names[0]
        self.position = names.index(self.name) if self.name in names else 0

    def get(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Answer the messages of a call, or nothing readable where there are none."""
        if self.name in kwargs:
            return kwargs[self.name]
        return args[self.position] if self.position < len(args) else None

    def put(self, messages: Any, args: Any, kwargs: Any) -> tuple[Any, Any]:
        """Answer the call's arguments with ``messages`` in their place."""
        if self.name in kwargs:
            return args, {**kwargs, self.name: messages}
        if self.position < len(args):
            return (*args[: self.position], messages, *args[self.position + 1 :]), kwargs
        return args, kwargs


def _kind(fn: Any) -> str:
    called = fn if inspect.isroutine(fn) else getattr(fn, "__call__", fn)  # noqa: B004
    for target in (fn, called):
        if inspect.isasyncgenfunction(target):
            return "async generator"
        if inspect.iscoroutinefunction(target):
            return "coroutine"
        if inspect.isgeneratorfunction(target):
            return "generator"
    return "function"


_SHAPES: dict[str, Callable[[Any, Any, TextOf], Any]] = {
    "function": _function,
    "coroutine": _coroutine,
    "generator": _generator,
    "async generator": _async_generator,
}
