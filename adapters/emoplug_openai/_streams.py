"""Streams that hand on each chunk as it comes and are reviewed at their end, early or not."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable
from typing import Any

from emoplug_openai._calls import Call
from emoplug_openai._stand import Stand

_DRAINS = frozenset({"until_done", "get_final_completion", "get_final_response"})
"""Methods by which the client's stream helpers read themselves to the end."""


class _Watched(Stand):
    """A stream in the client's own type, whose chunks are seen on their way to the caller."""

    __slots__ = ("_emoplug_call",)
    _emoplug_call: Call

    def __init__(self, target: Any, call: Call) -> None:
        super().__init__(target)
        object.__setattr__(self, "_emoplug_call", call)
        call.begun(self)
        # At exit a stream still open is left unreviewed: plugins' threads are gone by then.
        weakref.finalize(self, call.exchange.abandon).atexit = False


class WatchedStream(_Watched):
    """A synchronous stream under watch."""

    __slots__ = ()

    def __iter__(self) -> WatchedStream:
        return self

    def __next__(self) -> Any:
        try:
            chunk = next(self._emoplug_target)
        except StopIteration:
            self._emoplug_call.exchange.close()
            raise
        except BaseException:
            self._emoplug_call.exchange.close(failed=True)
            raise
        self._emoplug_call.see(chunk)
        return chunk

    def __enter__(self) -> WatchedStream:
        self._emoplug_target.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        try:
            self._emoplug_target.__exit__(*error)
        finally:
            self._emoplug_call.exchange.close(failed=error[0] is not None)

    def close(self) -> None:
        """Close the connection and review what came."""
        try:
            self._emoplug_target.close()
        finally:
            self._emoplug_call.exchange.close()

    def __getattr__(self, name: str) -> Any:
        method = super().__getattr__(name)
        if name not in _DRAINS:
            return method

        def drain() -> Any:
            for _ in self:
                pass
            answer = method()
            return self if answer is self._emoplug_target else answer

        return drain


class WatchedAsyncStream(_Watched):
    """An asynchronous stream under watch; reviewed off the event loop."""

    __slots__ = ()

    def __aiter__(self) -> WatchedAsyncStream:
        return self

    async def __anext__(self) -> Any:
        try:
            chunk = await anext(self._emoplug_target)
        except StopAsyncIteration:
            await asyncio.to_thread(self._emoplug_call.exchange.close)
            raise
        except Exception:
            await asyncio.to_thread(self._emoplug_call.exchange.close, failed=True)
            raise
        except BaseException:  # cancelled: the caller is not to wait
            self._emoplug_call.exchange.abandon()
            raise
        self._emoplug_call.see(chunk)
        return chunk

    async def __aenter__(self) -> WatchedAsyncStream:
        await self._emoplug_target.__aenter__()
        return self

    async def __aexit__(self, *error: Any) -> None:
        try:
            await self._emoplug_target.__aexit__(*error)
        finally:
            await _end(self._emoplug_call, error[0])

    async def close(self) -> None:
        """Close the connection and review what came."""
        try:
            await self._emoplug_target.close()
        finally:
            await asyncio.to_thread(self._emoplug_call.exchange.close)

    async def aclose(self) -> None:
        """Close the connection and review what came."""
        await self.close()

    def __getattr__(self, name: str) -> Any:
        method = super().__getattr__(name)
        if name not in _DRAINS:
            return method

        async def drain() -> Any:
            async for _ in self:
                pass
            answer = await method()
            return self if answer is self._emoplug_target else answer

        return drain


class Manager:
    """What the client's ``stream`` helper answers: prepared and sent on entering."""

    def __init__(self, begin: Callable[[], tuple[Any, Call]]) -> None:
        self._begin = begin

    def __enter__(self) -> WatchedStream:
        self._manager, self._call = self._begin()
        return WatchedStream(self._manager.__enter__(), self._call)

    def __exit__(self, *error: Any) -> Any:
        try:
            return self._manager.__exit__(*error)
        finally:
            self._call.exchange.close(failed=error[0] is not None)


class AsyncManager:
    """The same for an asynchronous client.

    ``stream`` itself is no coroutine there, so only on entering may it leave the event loop.
    """

    def __init__(self, begin: Callable[[], tuple[Any, Call]]) -> None:
        self._begin = begin

    async def __aenter__(self) -> WatchedAsyncStream:
        self._manager, self._call = await asyncio.to_thread(self._begin)
        return WatchedAsyncStream(await self._manager.__aenter__(), self._call)

    async def __aexit__(self, *error: Any) -> Any:
        try:
            return await self._manager.__aexit__(*error)
        finally:
            await _end(self._call, error[0])


async def _end(call: Call, error: type[BaseException] | None) -> None:
    if error is not None and issubclass(error, asyncio.CancelledError):
        call.exchange.abandon()
    else:
        await asyncio.to_thread(call.exchange.close, failed=error is not None)
