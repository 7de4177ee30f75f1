"""The ways of the proxy: any client, its base URL changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.adapters.contract_ways import MODEL, Messages, Noting, way
from tests.adapters.server_runs import openai_client, serving, wait_for
from tests.llm_server import LlmServer


def _through(emo: Noting, server: LlmServer, use: Callable[[Any], Any]) -> None:
    headers = {"x-emoplug-session": "ann"}
    with (
        serving(emo, server.base_url) as at,
        openai_client(at, default_headers=headers) as client,
    ):
        use(client)
        wait_for(lambda: emo.reviews)


@way
def proxy_chat(emo: Noting, server: LlmServer, messages: Messages) -> None:
    _through(emo, server, lambda c: c.chat.completions.create(model=MODEL, messages=list(messages)))


@way
def proxy_chat_stream(emo: Noting, server: LlmServer, messages: Messages) -> None:
    _through(
        emo,
        server,
        lambda c: list(
            c.chat.completions.create(model=MODEL, messages=list(messages), stream=True)
        ),
    )


@way
def proxy_responses(emo: Noting, server: LlmServer, messages: Messages) -> None:
    _through(emo, server, lambda c: c.responses.create(model=MODEL, input=list(messages)))


@way
def proxy_responses_stream(emo: Noting, server: LlmServer, messages: Messages) -> None:
    _through(
        emo,
        server,
        lambda c: list(c.responses.create(model=MODEL, input=list(messages), stream=True)),
    )
