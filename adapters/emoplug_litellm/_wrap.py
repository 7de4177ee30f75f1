"""Wraps one of LiteLLM's functions: the only way into those that are synchronous."""

from __future__ import annotations

import asyncio
import functools
import inspect
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar, cast

from emoplug import Emoplug, Exchange, Review
from emoplug_litellm._calls import UNDER_WAY, Calls, carried, words_in, words_of

P = ParamSpec("P")
R = TypeVar("R")


def wrap(
    fn: Callable[P, R],
    emo: Emoplug | None = None,
    *,
    session: str | None = None,
    on_review: Callable[[Review], None] | None = None,
) -> Callable[P, R]:
    """Answer ``fn`` with emoplug around it, of the same signature and kind.

    Args:
        fn: ``litellm.completion``, ``acompletion``, ``responses`` or ``aresponses``, or a
            router's method of that name.
        emo: Whose plugins to use; the default plugins unless given.
        session: Whose conversation it is, for plugins that remember; the call's own
            ``litellm_session_id`` or ``metadata["session_id"]`` unless given.
        on_review: Told the review of each reply, from the thread that reviews.
    """
    calls = Calls(Emoplug() if emo is None else emo, session, on_review)
    signature = inspect.signature(fn)

    def named(args: Any, kwargs: Any) -> dict[str, Any]:
        # A name given twice or one too many is for fn itself to refuse.
        positional = dict(zip(signature.parameters, args, strict=False))
        return {**positional, **kwargs}

    made = _coroutine if inspect.iscoroutinefunction(fn) else _function
    wrapped = made(fn, calls, named)
    return cast(Callable[P, R], functools.wraps(fn)(wrapped))


def _function(fn: Any, calls: Calls, named: Any) -> Any:
    def call(*args: Any, **kwargs: Any) -> Any:
        given = named(args, kwargs)
        argument = carried(given)
        if argument is None:
            return fn(*args, **kwargs)
        exchange, guided = calls.open(argument, given)
        with _under_way():
            reply = fn(**guided)
        if hasattr(reply, "__next__"):
            return Watched(reply, exchange)
        exchange.close(words_of(reply))
        return reply

    return call


def _coroutine(fn: Any, calls: Calls, named: Any) -> Any:
    async def call(*args: Any, **kwargs: Any) -> Any:
        given = named(args, kwargs)
        argument = carried(given)
        if argument is None:
            return await fn(*args, **kwargs)
        exchange, guided = await asyncio.to_thread(calls.open, argument, given)
        with _under_way():
            reply = await fn(**guided)
        if hasattr(reply, "__anext__"):
            return Watched(reply, exchange)
        await asyncio.to_thread(exchange.close, words_of(reply))
        return reply

    return call


@contextmanager
def _under_way() -> Iterator[None]:
    token = UNDER_WAY.set(True)
    try:
        yield
    finally:
        UNDER_WAY.reset(token)


class Watched:
    """A stream of LiteLLM's whose chunks are seen on their way; all else is the stream's own."""

    def __init__(self, stream: Any, exchange: Exchange) -> None:
        self._stream = stream
        self._exchange = exchange
        # Dropped before its end; at exit it is left unreviewed: plugins' threads are gone by then.
        weakref.finalize(self, exchange.abandon).atexit = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def __iter__(self) -> Watched:
        return self

    def __next__(self) -> Any:
        try:
            chunk = next(self._stream)
        except StopIteration:
            self._exchange.close()
            raise
        except BaseException:
            self._exchange.close(failed=True)
            raise
        self._exchange.see(words_in(chunk))
        return chunk

    def __aiter__(self) -> Watched:
        return self

    async def __anext__(self) -> Any:
        try:
            chunk = await anext(self._stream)
        except StopAsyncIteration:
            await asyncio.to_thread(self._exchange.close)
            raise
        except BaseException:  # failed or cancelled: nobody is to wait
            self._exchange.abandon()
            raise
        self._exchange.see(words_in(chunk))
        return chunk
