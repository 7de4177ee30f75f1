"""The ways of LiteLLM: its async SDK and router with the callback, its functions wrapped."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import litellm
from litellm.router import Router

from emoplug_litellm import EmotionLogger, wrap
from tests.adapters.contract_ways import MODEL, SESSION, Messages, Noting, way
from tests.adapters.openai_talks import until
from tests.llm_server import LlmServer

Use = Callable[..., Any]


def arguments(server: LlmServer, messages: Messages, **more: Any) -> dict[str, Any]:
    """Answer how a call reaches the server."""
    return {
        "model": f"openai/{MODEL}",
        "messages": [dict(message) for message in messages],
        "api_base": server.base_url,
        "api_key": "test",
        "num_retries": 0,
        "litellm_session_id": SESSION,
        **more,
    }


@contextmanager
def listening(logger: EmotionLogger) -> Iterator[None]:
    """Let ``logger`` be LiteLLM's callback until the end of the ``with``."""
    litellm.callbacks = [logger]
    try:
        yield
    finally:
        # It copies callbacks to lists of its own, where they would outlive the test.
        litellm.logging_callback_manager._reset_all_callbacks()  # type: ignore[no-untyped-call]  # theirs


async def _whole(stream: Any) -> list[Any]:
    return [chunk async for chunk in stream]


@way
def litellm_callback(emo: Noting, server: LlmServer, messages: Messages) -> None:
    with listening(EmotionLogger(emo)):
        asyncio.run(litellm.acompletion(**arguments(server, messages)))


@way
def litellm_callback_stream(emo: Noting, server: LlmServer, messages: Messages) -> None:
    async def talk() -> None:
        await _whole(await litellm.acompletion(**arguments(server, messages, stream=True)))
        await until(lambda: emo.reviews)  # LiteLLM tells of a stream's end in the background

    with listening(EmotionLogger(emo)):
        asyncio.run(talk())


@way
def litellm_callback_router(emo: Noting, server: LlmServer, messages: Messages) -> None:
    given = arguments(server, messages)
    deployment = {name: given[name] for name in ("model", "api_base", "api_key")}
    router = Router([{"model_name": MODEL, "litellm_params": deployment}])

    async def talk() -> None:
        await router.acompletion(
            model=MODEL, messages=given["messages"], litellm_session_id=SESSION
        )

    with listening(EmotionLogger(emo)):
        asyncio.run(talk())


@way
def litellm_wrapped(emo: Noting, server: LlmServer, messages: Messages) -> None:
    wrap(litellm.completion, emo)(**arguments(server, messages))


@way
def litellm_wrapped_stream(emo: Noting, server: LlmServer, messages: Messages) -> None:
    list(wrap(litellm.completion, emo)(**arguments(server, messages, stream=True)))


@way
def litellm_wrapped_async(emo: Noting, server: LlmServer, messages: Messages) -> None:
    # With the callback on as well: guidance is given once.
    with listening(EmotionLogger(emo)):
        asyncio.run(wrap(litellm.acompletion, emo)(**arguments(server, messages)))


@way
def litellm_wrapped_stream_async(emo: Noting, server: LlmServer, messages: Messages) -> None:
    async def talk() -> None:
        acompletion: Use = wrap(litellm.acompletion, emo)
        await _whole(await acompletion(**arguments(server, messages, stream=True)))

    with listening(EmotionLogger(emo)):
        asyncio.run(talk())


@way
def litellm_wrapped_responses(emo: Noting, server: LlmServer, messages: Messages) -> None:
    given = arguments(server, messages)
    wrap(litellm.responses, emo)(input=given.pop("messages"), **given)
