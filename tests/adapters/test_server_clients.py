from __future__ import annotations

import json
import socket
import time

from emoplug import Emoplug
from tests.adapters.knower import Knower
from tests.adapters.server_runs import chat, client, serving, wait_for
from tests.llm_server import LlmServer, Raw, Slow


def raw_request(address: str, body: bytes, *lines: str, length: int | None = None) -> socket.socket:
    """Send a request by hand; answer the open connection."""
    host, port = address.removeprefix("http://").split(":")
    made = socket.create_connection((host, int(port)), timeout=20)
    head = [
        "POST /v1/chat/completions HTTP/1.1",
        f"host: {host}",
        "authorization: Bearer sk-test",
        "content-type: application/json",
        f"content-length: {len(body) if length is None else length}",
        *lines,
    ]
    made.sendall("\r\n".join(head).encode() + b"\r\n\r\n" + body)
    return made


def test_client_that_leaves_a_stream_ends_upstreams_work(
    emo: Emoplug, knower: Knower, llm_server: LlmServer
) -> None:
    llm_server.script(Slow(0.05, "one two three " * 40))
    with serving(emo, llm_server.base_url) as at, client(at) as talk:
        connection = raw_request(at, json.dumps(chat(stream=True)).encode())
        connection.recv(300)
        connection.close()
        wait_for(lambda: llm_server.hung_up == 1)
        wait_for(lambda: knower.replies)
        wait_for(lambda: "requests_in_flight 0.0" in talk.get("/metrics").text)
    assert ("one two three " * 40).startswith(knower.replies[0])
    assert len(knower.replies[0]) < 500


def test_client_that_hangs_up_before_the_answer_is_let_go(
    emo: Emoplug, knower: Knower, llm_server: LlmServer
) -> None:
    llm_server.script(Slow(0.5))
    with serving(emo, llm_server.base_url) as at, client(at) as talk:
        connection = raw_request(at, json.dumps(chat()).encode())
        wait_for(lambda: llm_server.requests)
        connection.close()
        wait_for(lambda: 'status="499"' in talk.get("/metrics").text)
        wait_for(lambda: "requests_in_flight 0.0" in talk.get("/metrics").text)
    assert knower.replies == []


def test_client_that_hangs_up_in_mid_body_is_forgotten(emo: Emoplug, llm_server: LlmServer) -> None:
    with serving(emo, llm_server.base_url) as at, client(at) as talk:
        for path_body in (b'{"messages": [', b""):
            raw_request(at, path_body, length=1000).close()
        wait_for(lambda: "requests_in_flight 0.0" in talk.get("/metrics").text)
    assert llm_server.paths == []


def test_ten_megabytes_pass_and_more_is_refused(emo: Emoplug, llm_server: LlmServer) -> None:
    picture = {"type": "image_url", "image_url": {"url": "data:," + "x" * 10_000_000}}
    asked = [{"role": "user", "content": [{"type": "text", "text": "Look."}, picture]}]
    with serving(emo, llm_server.base_url) as at, client(at) as talk:
        assert talk.post("/v1/chat/completions", json=chat(messages=asked)).status_code == 200
        more = chat(messages=asked, padding="y" * 500_000)
        refused = talk.post("/v1/chat/completions", json=more)
        analyzed = talk.post("/v1/emotion/analyze", json=more)
        # An upload streams through, whatever its length.
        talk.post("/v1/files", content=b"z" * 11_000_000)
    for answer in (refused, analyzed):
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "body_too_large")
    assert len(llm_server.bodies) == 2
    assert llm_server.requests[0]["messages"][0]["content"][1] == picture
    assert len(llm_server.bodies[1]) == 11_000_000


def test_slow_client_holds_upstream_back(emo: Emoplug, llm_server: LlmServer) -> None:
    """What a client does not take must not pile up in the proxy."""
    event = b"data: " + b"x" * 65_000 + b"\n\n"
    llm_server.script(Raw((event,) * 1000))
    with serving(emo, llm_server.base_url) as at:
        connection = raw_request(at, json.dumps(chat(stream=True)).encode())
        connection.recv(100)
        before = llm_server.sent
        wait_for(lambda: _at_rest(llm_server))
        assert before <= llm_server.sent < 500
        taken = 0
        while taken < len(event) * 1000:
            taken += len(connection.recv(1 << 20))
        connection.close()


def _at_rest(server: LlmServer) -> bool:
    sent = server.sent
    time.sleep(0.3)
    return server.sent == sent
