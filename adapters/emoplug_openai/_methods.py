"""The client's methods with emoplug around them, of the same signature and kind."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from typing import Any

from emoplug_openai._calls import Call, Calls
from emoplug_openai._shapes import Api
from emoplug_openai._stand import Stand
from emoplug_openai._streams import AsyncManager, Manager, WatchedAsyncStream, WatchedStream

Method = Callable[..., Any]


def guided(resource: Any, calls: Calls, api: Api, *, asynchronous: bool) -> Stand:
    """Answer ``resource`` with its methods that talk to the model replaced."""
    ask, stream = (_ask_async, _stream_async) if asynchronous else (_ask, _stream)
    return Stand(
        resource,
        {
            "create": lambda: ask(resource.create, calls, api),
            "parse": lambda: ask(resource.parse, calls, api),
            "stream": lambda: stream(resource.stream, calls, api),
        },
    )


def _ask(method: Method, calls: Calls, api: Api) -> Method:
    @functools.wraps(method)
    def call(*args: Any, **kwargs: Any) -> Any:
        if not api.carried(kwargs):  # nothing to understand, or the client's own error to raise
            return method(*args, **kwargs)
        opened, arguments = calls.open(api, kwargs)
        reply = method(*args, **arguments)
        if hasattr(reply, "__next__"):
            return WatchedStream(reply, opened)
        opened.answered(reply)
        return reply

    return call


def _ask_async(method: Method, calls: Calls, api: Api) -> Method:
    @functools.wraps(method)
    async def call(*args: Any, **kwargs: Any) -> Any:
        if not api.carried(kwargs):
            return await method(*args, **kwargs)
        opened, arguments = await asyncio.to_thread(calls.open, api, kwargs)
        reply = await method(*args, **arguments)
        if hasattr(reply, "__anext__"):
            return WatchedAsyncStream(reply, opened)
        await asyncio.to_thread(opened.answered, reply)
        return reply

    return call


def _stream(method: Method, calls: Calls, api: Api) -> Method:
    return _helper(method, calls, api, Manager)


def _stream_async(method: Method, calls: Calls, api: Api) -> Method:
    return _helper(method, calls, api, AsyncManager)


def _helper(method: Method, calls: Calls, api: Api, manager: Callable[..., Any]) -> Method:
    @functools.wraps(method)
    def stream(*args: Any, **kwargs: Any) -> Any:
        if not api.carried(kwargs):
            return method(*args, **kwargs)

        def begin() -> tuple[Any, Call]:
            opened, arguments = calls.open(api, kwargs)
            return method(*args, **arguments), opened

        return manager(begin)

    return stream
