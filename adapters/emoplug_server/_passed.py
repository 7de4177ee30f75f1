"""A request that is none of our business: handed to upstream and back, byte for byte."""

from __future__ import annotations

from collections.abc import AsyncIterator

import anyio
import httpx
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from emoplug_server._errors import GoneError, ProblemError
from emoplug_server._limits import pieces_of, while_connected
from emoplug_server._metrics import Answered
from emoplug_server._place import Place
from emoplug_server._upstream import as_problem, handed_on


class Passed:
    """An ASGI endpoint for all other paths under ``/v1``. Bodies stream, whatever their length."""

    def __init__(self, place: Place, route: str) -> None:
        self._place = place
        self._route = route

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        with self._place.metrics.answering(self._route) as answered:
            try:
                with self._place.room.taken():
                    self._place.keys.check(request.headers)
                    await self._go(request, send, answered)
            except ProblemError as problem:
                answered.status = problem.status
                await problem.response()(scope, receive, send)
            except GoneError:
                pass

    async def _go(self, request: Request, send: Send, answered: Answered) -> None:
        upload = _Upload(request)
        response = await self._place.upstream.send(request, upload.content, readable=False)
        answered.status = response.status_code
        headers = handed_on(response, changed=False)
        await send(
            {"type": "http.response.start", "status": response.status_code, "headers": headers}
        )

        async def relay() -> None:
            try:
                async for piece in response.aiter_raw():
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
            except httpx.HTTPError as error:
                self._place.metrics.upstream_failed(as_problem(error).code)
                return  # left unfinished, so that the client's own transfer breaks too
            await send({"type": "http.response.body", "body": b"", "more_body": False})

        try:
            await (while_connected(request.receive, relay) if upload.read else relay())
        finally:
            with anyio.CancelScope(shield=True):
                await response.aclose()


class _Upload:
    """A request's body on its way up.

    Attributes:
        content: The body as it comes; ``None`` where the request has none.
        read: Whether it came to its end.
    """

    def __init__(self, request: Request) -> None:
        headers = request.headers
        has_body = "transfer-encoding" in headers or headers.get("content-length", "0") != "0"
        self._request = request
        self.content = self._pieces() if has_body else None
        self.read = not has_body

    async def _pieces(self) -> AsyncIterator[bytes]:
        async for piece in pieces_of(self._request.receive):
            yield piece
        self.read = True
