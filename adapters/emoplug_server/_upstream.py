"""The model's own endpoint: what goes there, what comes back, what goes wrong on the way."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import Any

import httpx
from starlette.requests import Request

from emoplug_server._errors import ProblemError
from emoplug_server._settings import ServerSettings

Pairs = list[tuple[bytes, bytes]]
OURS = b"x-emoplug-"
_HOP = frozenset(
    (
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    )
)
"""Headers about one connection, not about the message (RFC 9110, 7.6.1)."""
_REQUEST_OWN = _HOP | {b"host", b"expect"}
_IDLE_KEPT = 256


class Upstream:
    """Sends requests to the endpoint that the settings name. Open while the server runs."""

    def __init__(self, settings: ServerSettings) -> None:
        self._settings = settings
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=_IDLE_KEPT)
        self._client = httpx.AsyncClient(limits=limits, follow_redirects=False)
        self._timeout = httpx.Timeout(settings.read_timeout, connect=settings.connect_timeout)

    async def close(self) -> None:
        """Hang up."""
        await self._client.aclose()

    async def send(
        self, request: Request, content: bytes | AsyncIterator[bytes] | None, *, readable: bool
    ) -> httpx.Response:
        """Answer upstream's response as soon as its headers are there.

        Args:
            request: What the client sent.
            content: The body to send; a stream is the client's own, of the length it told.
            readable: Whether the body was read here, and the reply is to be: not compressed.

        Raises:
            ProblemError: 502 or 504, upstream did not answer.
        """
        sent = httpx.Request(
            request.method,
            self._url(request),
            headers=self._headers(request, readable=readable),
            content=content,
            extensions={"timeout": self._timeout.as_dict()},
        )
        try:
            return await self._client.send(sent, stream=True)
        except httpx.HTTPError as error:
            raise as_problem(error) from error

    def _url(self, request: Request) -> str:
        path = request.scope.get("raw_path", request.url.path.encode()).decode("ascii", "ignore")
        rest = path.partition("?")[0].removeprefix("/v1")
        if ".." in rest.split("/"):
            raise ProblemError(404, "no such path", "not_found")
        query = request.url.query
        return f"{self._settings.upstream}{rest}{'?' + query if query else ''}"

    def _headers(self, request: Request, *, readable: bool) -> Pairs:
        left_out = _REQUEST_OWN | _named_in_connection(request.headers.raw)
        if readable:
            left_out |= {b"accept-encoding", b"content-length"}
        # A key of our own is no business of upstream's.
        key = self._settings.upstream_key
        if key or self._settings.api_keys:
            left_out |= {b"authorization"}
        kept = [
            (name, value)
            for name, value in request.headers.raw
            if name not in left_out and not name.startswith(OURS)
        ]
        if readable:
            kept.append((b"accept-encoding", b"identity"))
        if key:
            kept.append((b"authorization", b"Bearer " + key.get_secret_value().encode()))
        return kept


def handed_on(response: httpx.Response, *, changed: bool) -> Pairs:
    """Answer upstream's headers for the client; the length only where the body is not changed."""
    left_out = _HOP | _named_in_connection(response.headers.raw)
    if changed:
        left_out |= {b"content-length"}
    pairs = [(name.lower(), value) for name, value in response.headers.raw]
    return [(name, value) for name, value in pairs if name not in left_out]


def _named_in_connection(headers: Iterable[tuple[bytes, bytes]]) -> frozenset[bytes]:
    lists = [value for name, value in headers if name.lower() == b"connection"]
    return frozenset(name.strip().lower() for value in lists for name in value.split(b","))


def as_problem(error: httpx.HTTPError) -> ProblemError:
    """Answer what the client is told. Never the error's own words: they can hold the address."""
    kinds: tuple[tuple[type[Any], int, str, str], ...] = (
        (httpx.ConnectTimeout, 504, "upstream did not take the connection in time", "timeout"),
        (httpx.TimeoutException, 504, "upstream fell silent", "upstream_timeout"),
        (httpx.ConnectError, 502, "upstream cannot be reached", "upstream_unreachable"),
    )
    for kind, status, message, code in kinds:
        if isinstance(error, kind):
            return ProblemError(status, message, code)
    return ProblemError(502, "upstream broke off", "upstream_broken")
