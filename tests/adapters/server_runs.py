"""Runs the proxy for real: uvicorn on loopback, in a thread of the test's own process."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import uvicorn
from openai import OpenAI
from pydantic import SecretStr

from emoplug import Emoplug
from emoplug_server import ServerSettings, create_app

ASKED = [{"role": "user", "content": "I failed my exam."}]
KEY = {"authorization": "Bearer sk-test"}


@contextmanager
def serving(emo: Emoplug, upstream: str, **settings: Any) -> Iterator[str]:
    """Answer the address of a proxy in front of ``upstream``, up from ``with`` to its end."""
    app = create_app(ServerSettings.build(upstream=upstream, **settings), emo)
    config = uvicorn.Config(
        app, log_level="error", access_log=False, server_header=False, date_header=False
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(
            target=server.run, kwargs={"sockets": [listening]}, name="emoplug-server"
        )
        thread.start()
        try:
            wait_for(lambda: server.started or not thread.is_alive())
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(timeout=30)
            assert not thread.is_alive(), "the server did not shut down"


@contextmanager
def client(address: str, **headers: str) -> Iterator[httpx.Client]:
    """Answer a plain HTTP client with a key, which trusts no proxy of the environment."""
    with httpx.Client(base_url=address, headers={**KEY, **headers}, trust_env=False) as made:
        yield made


@contextmanager
def openai_client(address: str, **options: Any) -> Iterator[Any]:
    """Answer OpenAI's own client; untyped, for plain dicts are no messages to its types."""
    with OpenAI(base_url=f"{address}/v1", api_key="sk-test", max_retries=0, **options) as made:
        yield made


def chat(**members: Any) -> dict[str, Any]:
    """Answer the body of a chat request."""
    return {"model": "tiny", "messages": ASKED, **members}


def keys(*words: str) -> tuple[SecretStr, ...]:
    """Answer keys of the server's own."""
    return tuple(SecretStr(word) for word in words)


def wait_for(condition: Any, seconds: float = 10.0) -> None:
    """Wait for what another thread is about to do."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"it did not happen within {seconds:g} s")
        time.sleep(0.005)
