"""A real OpenAI-compatible HTTP server on loopback, for tests.

It keeps what it was sent, answers what it was told to, and refuses what OpenAI would refuse:
a request without a key (401), without messages, or with parts of the wrong API (400).
"""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from tests import llm_payloads as payloads
from tests.llm_behaviours import (
    SAID,
    Behaviour,
    Drop,
    Failure,
    Hang,
    Raw,
    Reply,
    Slow,
    ToolCall,
)

__all__ = [
    "SAID",
    "Behaviour",
    "Drop",
    "Failure",
    "Hang",
    "LlmServer",
    "Raw",
    "Reply",
    "Slow",
    "ToolCall",
]


class LlmServer:
    """The server, running from ``with`` to its end.

    Attributes:
        requests: Decoded JSON bodies of the POSTs received, in order.
        bodies: The same as the bytes on the wire.
        headers: Their headers, names in lower case.
        paths: Paths of all requests, GETs too.
        hung_up: How many clients hung up before their answer's end.
        sent: How many chunks of raw streams were taken by the network.
    """

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.hung_up = 0
        self.sent = 0
        self._default = Reply()
        self._script: deque[Behaviour] = deque()
        self._http = _Http(("127.0.0.1", 0), _Handler)
        self._http.llm = self
        self._thread = threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, name="llm-server"
        )

    @property
    def base_url(self) -> str:
        """Where a client finds it, ``/v1`` included."""
        return f"http://127.0.0.1:{self._http.server_port}/v1"

    @property
    def said(self) -> str:
        """What it says whenever the script is empty."""
        return self._default.text

    def reply_with(self, text: str) -> None:
        """Say ``text`` from now on, whenever the script is empty."""
        self._default = Reply(text)

    def script(self, *behaviours: Behaviour) -> None:
        """Answer the next requests so, in this order."""
        self._script.extend(behaviours)

    def next_behaviour(self) -> Behaviour:
        with suppress(IndexError):
            return self._script.popleft()
        return self._default

    def __enter__(self) -> LlmServer:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.hang_up()
        self._http.server_close()


class _Http(ThreadingHTTPServer):
    daemon_threads = False  # so that closing waits for every handler: nothing outlives the test
    request_queue_size = 128
    llm: LlmServer

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._live: set[socket.socket] = set()
        self._lock = threading.Lock()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._live.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._live.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that hung up: tests do so on purpose."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def hang_up(self) -> None:
        """Wake the handlers that wait for a next request on a kept-alive connection."""
        with self._lock:
            for live in self._live:
                with suppress(OSError):
                    live.shutdown(socket.SHUT_RDWR)


class _DroppedError(Exception):
    """It is time to cut the connection."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Http

    def log_message(self, *_args: object) -> None:
        """Keep quiet."""

    def do_GET(self) -> None:
        self.server.llm.paths.append(self.path)
        if self.path == "/v1/models":
            self._send(200, payloads.models())
        else:
            self._send(404, payloads.error(404, f"no such path: {self.path}"))

    def do_POST(self) -> None:
        llm = self.server.llm
        raw = self.rfile.read(int(self.headers.get("content-length", 0)))
        llm.paths.append(self.path)
        llm.bodies.append(raw)
        llm.headers.append({name.lower(): value for name, value in self.headers.items()})
        try:
            body = payloads.loaded(raw)
            llm.requests.append(body)
            self._check(body)
            self._answer(body, llm.next_behaviour())
        except payloads.RefusedError as refused:
            self._send(refused.status, payloads.error(refused.status, str(refused)))
        except ConnectionError:
            llm.hung_up += 1
            self.close_connection = True
        except _DroppedError:
            self.close_connection = True

    def _check(self, body: dict[str, Any]) -> None:
        if not self.headers.get("authorization", "").startswith("Bearer "):
            raise payloads.RefusedError(401, "you did not provide an API key")
        if self.path not in {"/v1/chat/completions", "/v1/responses", "/v1/embeddings"}:
            raise payloads.RefusedError(404, f"no such path: {self.path}")
        if "model" not in body:
            raise payloads.RefusedError(400, "you must provide a model parameter")
        if self.path == "/v1/responses":
            payloads.check_input(body.get("input"))
        elif self.path == "/v1/chat/completions":
            payloads.check_messages(body.get("messages"))

    def _answer(self, body: dict[str, Any], behaviour: Behaviour) -> None:
        if isinstance(behaviour, Failure):
            error = payloads.error(behaviour.status, behaviour.message)
            return self._send(behaviour.status, error, retry_after=behaviour.retry_after)
        if isinstance(behaviour, Raw):
            return self._send_raw(behaviour)
        if isinstance(behaviour, Hang):
            time.sleep(behaviour.seconds)
            raise _DroppedError
        if self.path == "/v1/embeddings":
            return self._send(200, payloads.embeddings(body))
        return self._speak(body, behaviour)

    def _speak(self, body: dict[str, Any], behaviour: Reply | ToolCall | Drop | Slow) -> None:
        call = None
        if isinstance(behaviour, ToolCall):
            call = payloads.Call(behaviour.name, json.dumps(dict(behaviour.arguments)))
        chat = self.path == "/v1/chat/completions"
        text = payloads.fitting(behaviour.text, payloads.schema_of(body)) if behaviour.text else ""
        if body.get("stream"):
            words = timed(text, behaviour)
            usage = bool((body.get("stream_options") or {}).get("include_usage"))
            if chat:
                events = payloads.chat_chunks(body["model"], words, call, usage)
            else:
                events = payloads.response_events(body, words, call)
            return self._stream(events, named=not chat)
        if isinstance(behaviour, Drop):
            raise _DroppedError
        if isinstance(behaviour, Slow):
            time.sleep(behaviour.chunk_delay)
        if chat:
            return self._send(200, payloads.chat_completion(body["model"], text, call))
        return self._send(200, payloads.response(body, text, call))

    def _send(self, status: int, payload: object, *, retry_after: float | None = None) -> None:
        raw = json.dumps(payload).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(raw)))
        self.send_header("x-request-id", "req_1")
        if retry_after is not None:
            self.send_header("retry-after", f"{retry_after:g}")
        self.end_headers()
        self.wfile.write(raw)

    def _send_raw(self, raw: Raw) -> None:
        self.send_response(200)
        kind = "text/event-stream" if raw.stream else "application/json"
        for name, value in {"content-type": kind, **raw.headers}.items():
            self.send_header(name, value)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for chunk in raw.chunks:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
            self.server.llm.sent += 1
        self.wfile.write(b"0\r\n\r\n")

    def _stream(self, events: Iterator[dict[str, Any]], *, named: bool) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.send_header("x-request-id", "req_1")
        self.end_headers()
        for event in events:
            name = f"event: {event['type']}\n" if named else ""
            self._chunk(f"{name}data: {json.dumps(event)}\n\n")
        if not named:
            self._chunk("data: [DONE]\n\n")
        self.wfile.write(b"0\r\n\r\n")

    def _chunk(self, text: str) -> None:
        raw = text.encode()
        self.wfile.write(b"%x\r\n%s\r\n" % (len(raw), raw))


def timed(text: str, behaviour: Behaviour) -> Iterator[str]:
    """Answer the words of ``text`` in their time, until the connection is to be cut."""
    for index, word in enumerate(payloads.pieces(text)):
        if isinstance(behaviour, Drop) and index == behaviour.after_chunks:
            raise _DroppedError
        if isinstance(behaviour, Slow):
            time.sleep(behaviour.chunk_delay)
        yield word
