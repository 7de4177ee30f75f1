"""A request that talks to the model: understood before, listened to after, untouched in between."""

from __future__ import annotations

from time import perf_counter

import anyio
import httpx
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from emoplug_server._api import Api
from emoplug_server._body import Body
from emoplug_server._errors import GoneError, ProblemError
from emoplug_server._keys import session_of
from emoplug_server._limits import read_body, while_connected
from emoplug_server._listen import Listener, ReplyListener, StreamListener
from emoplug_server._metrics import Answered
from emoplug_server._place import Place
from emoplug_server._told import details, told, wants_details
from emoplug_server._upstream import Pairs, as_problem, handed_on
from emoplug_server._work import Opened

STREAM = "text/event-stream"
REPLY = "application/json"


class Guided:
    """An ASGI endpoint for one of the two ways to talk."""

    def __init__(self, place: Place, api: Api) -> None:
        self._place = place
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        with self._place.metrics.answering(self._api.path) as answered:
            call = _Call(self._place, self._api, Request(scope, receive), send, answered)
            await call.answer()


class _Call:
    """One request on its way to upstream, and the reply on its way back."""

    def __init__(
        self, place: Place, api: Api, request: Request, send: Send, answered: Answered
    ) -> None:
        self._place, self._api, self._request = place, api, request
        self._send, self._answered = send, answered
        self._began = perf_counter()
        self._detailed = wants_details(request.headers)

    async def answer(self) -> None:
        receive = self._request.receive
        try:
            with self._place.room.taken():
                self._place.keys.check(self._request.headers)
                session = session_of(self._request.headers, self._place.settings)
                raw = await read_body(receive, self._place.settings.body_limit)
                await while_connected(receive, lambda: self._go(raw, session))
        except ProblemError as problem:
            await self._refuse(problem)
        except GoneError:
            pass

    async def _go(self, raw: bytes, session: str | None) -> None:
        """Do what is to be done while the client waits. Raises nothing."""
        opened: Opened | None = None
        try:
            opened, content = await self._understand(raw, session)
            response = await self._place.upstream.send(self._request, content, readable=True)
            try:
                await self._relay(response, opened)
            finally:
                with anyio.CancelScope(shield=True):
                    await response.aclose()
        except ProblemError as problem:
            if problem.status in (502, 504):
                self._place.metrics.upstream_failed(problem.code)
            await self._refuse(problem)

    async def _understand(self, raw: bytes, session: str | None) -> tuple[Opened | None, bytes]:
        body = Body.read(raw, self._api.argument)
        if body is None or len(body.messages) > self._place.settings.message_limit:
            return None, raw
        opened = await self._place.work.open(body.messages, session, body.model)
        exchange = opened.exchange
        if exchange is None or not exchange.turn.guidance or exchange.turn.last_user is None:
            return opened, raw
        index = exchange.turn.last_user
        return opened, body.told(index, exchange.messages[index])

    async def _relay(self, response: httpx.Response, opened: Opened | None) -> None:
        listener = self._listener(response, opened)
        changed = listener is not None and self._detailed
        headers = handed_on(response, changed=changed)
        await self._start(response.status_code, [*headers, *(told(opened) if opened else [])])
        exchange = opened.exchange if opened else None
        heard = False
        try:
            heard = await self._pieces(response, listener)
        finally:
            # Also when the client is gone; an error of upstream's is no reply.
            if exchange is not None and listener is not None and not (heard and self._detailed):
                self._place.work.review_later(exchange, failed=not heard)
        if heard:
            await self._finish(listener, opened)

    async def _pieces(self, response: httpx.Response, listener: Listener | None) -> bool:
        """Hand on the reply piece by piece; tell whether it came to its end."""
        try:
            async for piece in response.aiter_raw():
                if kept := listener.hear(piece) if listener else piece:
                    await self._hand_on(kept)
        except httpx.HTTPError as error:
            problem = as_problem(error)
            self._place.metrics.upstream_failed(problem.code)
            if isinstance(listener, StreamListener):
                await self._hand_on(problem.event())
            return False  # left unfinished, so that the client's own transfer breaks too
        if listener:
            listener.end()
        return True

    async def _finish(self, listener: Listener | None, opened: Opened | None) -> None:
        tail = b""
        if listener and self._detailed and opened and opened.exchange:
            review = await self._place.work.review(opened.exchange)
            tail = listener.tail(details(review) if review else None)
        await self._send({"type": "http.response.body", "body": tail, "more_body": False})

    def _listener(self, response: httpx.Response, opened: Opened | None) -> Listener | None:
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        encoded = response.headers.get("content-encoding", "identity") != "identity"
        if opened is None or opened.exchange is None or response.status_code != 200 or encoded:
            return None
        listeners: dict[str, type[StreamListener | ReplyListener]] = {
            STREAM: StreamListener,
            REPLY: ReplyListener,
        }
        made = listeners.get(kind)
        return made(self._api, opened.exchange.see, detailed=self._detailed) if made else None

    async def _start(self, status: int, headers: Pairs) -> None:
        self._answered.status = status
        await self._send({"type": "http.response.start", "status": status, "headers": headers})

    async def _hand_on(self, piece: bytes) -> None:
        if self._began:
            self._place.metrics.first_byte(perf_counter() - self._began)
            self._began = 0.0
        await self._send({"type": "http.response.body", "body": piece, "more_body": True})

    async def _refuse(self, problem: ProblemError) -> None:
        self._answered.status = problem.status
        request = self._request
        await problem.response()(request.scope, request.receive, self._send)
