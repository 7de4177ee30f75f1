"""LiteLLM's real proxy with our callback, in front of the local server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from emoplug import Emoplug
from tests.adapters.litellm_proxy import MASTER, litellm_proxy
from tests.adapters.server_runs import openai_client, wait_for
from tests.llm_server import SAID, Failure, LlmServer, Slow

ASKED = [
    {"role": "system", "content": "Be  kind."},
    {"role": "user", "content": "I failed the exam again. I feel like a failure."},
]


@pytest.fixture(scope="module")
def upstream() -> Iterator[LlmServer]:
    with LlmServer() as server:
        yield server


@pytest.fixture(scope="module")
def address(upstream: LlmServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("proxy")
    with litellm_proxy(upstream.base_url, folder / "log") as at:
        yield at


@pytest.fixture
def server(upstream: LlmServer) -> LlmServer:
    for kept in (upstream.requests, upstream.headers, upstream.paths):
        kept.clear()
    return upstream


@pytest.fixture(scope="module")
def guided() -> str:
    return Emoplug(deadline=30).prepare(ASKED).request_messages[-1].text


def headers(**more: str) -> dict[str, str]:
    return {"authorization": f"Bearer {MASTER}", **more}


def test_plain_call_is_guided_once(address: str, server: LlmServer, guided: str) -> None:
    with openai_client(address, default_headers=headers()) as client:
        answer = client.chat.completions.with_raw_response.create(model="any-model", messages=ASKED)
    assert answer.parse().choices[0].message.content == SAID
    assert answer.headers["x-emoplug-emotion"] == "disappointment"
    sent = server.requests[0]["messages"]
    assert sent == [ASKED[0], {"role": "user", "content": guided}]
    assert "emoplug" not in str({k: v for k, v in server.requests[0].items() if k != "messages"})


def test_stream_is_guided_once_and_handed_on(address: str, server: LlmServer, guided: str) -> None:
    with openai_client(address, default_headers=headers()) as client:
        chunks = client.chat.completions.create(model="any-model", messages=ASKED, stream=True)
        said = [c.choices[0].delta.content or "" for c in chunks if c.choices]
    assert "".join(said) == SAID
    assert len(said) > len(SAID.split())
    assert server.requests[0]["messages"][-1]["content"] == guided


def test_errors_pass(address: str, server: LlmServer) -> None:
    server.script(Failure(400))
    body: Any = {"model": "any-model", "messages": ASKED}
    answer = httpx.post(f"{address}/v1/chat/completions", json=body, headers=headers(), timeout=30)
    assert answer.status_code == 400


def test_client_that_leaves_a_stream_early_harms_nobody(
    address: str, server: LlmServer, guided: str
) -> None:
    server.script(Slow(0.05, "word " * 40))
    body: Any = {"model": "any-model", "messages": ASKED, "stream": True}
    with httpx.stream(
        "POST", f"{address}/v1/chat/completions", json=body, headers=headers(), timeout=30
    ) as answer:
        next(answer.iter_lines())
    wait_for(lambda: server.requests)
    with openai_client(address, default_headers=headers()) as client:
        client.chat.completions.create(model="any-model", messages=ASKED)
    assert [request["messages"][-1]["content"] for request in server.requests] == [guided] * 2
