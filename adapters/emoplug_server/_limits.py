"""What the server takes at most: bytes of a body, requests at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager

import anyio
from starlette.types import Receive

from emoplug_server._errors import GoneError, ProblemError


async def pieces_of(receive: Receive) -> AsyncIterator[bytes]:
    """Answer a request's body as it comes.

    Raises:
        GoneError: the client hung up before its end.
    """
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise GoneError
        more = message.get("more_body", False)
        if piece := message.get("body", b""):
            yield piece


async def read_body(receive: Receive, limit: int) -> bytes:
    """Answer a request's whole body, reading no further than ``limit`` bytes.

    Raises:
        ProblemError: 413, it is longer.
        GoneError: the client hung up before its end.
    """
    read = bytearray()
    async for piece in pieces_of(receive):
        read += piece
        if len(read) > limit:
            raise ProblemError(
                413,
                f"the body is longer than {limit} bytes; shorten it, or raise "
                "EMOPLUG_SERVER_BODY_LIMIT",
                "body_too_large",
                {"connection": "close"},  # the rest of the body is not read
            )
    return bytes(read)


async def while_connected(receive: Receive, work: Callable[[], Awaitable[None]]) -> None:
    """Do ``work``, which must not raise; cancel it as soon as the client hangs up."""
    async with anyio.create_task_group() as group:

        async def watch() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass
            group.cancel_scope.cancel()

        group.start_soon(watch)
        await work()
        group.cancel_scope.cancel()


class Room:
    """Counts requests in flight."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken = 0

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Hold one place.

        Raises:
            ProblemError: 503, all are taken.
        """
        if self._taken >= self._most:
            raise ProblemError(
                503, "too many requests at a time; try again soon", "busy", {"retry-after": "1"}
            )
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1
