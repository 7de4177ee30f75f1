"""A client may go away at any await: nothing is left running, and the next call is served."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from openai import AsyncOpenAI

import emoplug_openai
from emoplug import Emoplug, Review
from emoplug.testing import StubEncoder
from emoplug_langchain import emotion_aware
from tests.adapters.knower import asking
from tests.chaos.interrupted import at_every_await
from tests.llm_server import LlmServer

SAID = [{"role": "user", "content": "I am so sad."}]


@pytest.fixture
def emo() -> Emoplug:
    return Emoplug(plugins=[StubEncoder(), "emotion"])


async def nothing_is_left(emo: Emoplug) -> None:
    """Soon no worker is busy, and no task waits; streams that were dropped close themselves."""

    def others() -> set[asyncio.Task[Any]]:
        return asyncio.all_tasks() - {asyncio.current_task()}

    for _ in range(500):
        if not emo._workers.busy and not others():
            break
        await asyncio.sleep(0.01)
    assert not emo._workers.busy
    assert not others()


async def test_a_wrapped_coroutine(emo: Emoplug) -> None:
    reviews: list[Review] = []
    calls = 0

    async def model(messages: list[dict[str, str]]) -> str:
        nonlocal calls
        calls += 1
        await asyncio.sleep(0)
        return "I hear you."

    wrapped = emo.wrap(model, on_review=reviews.append)
    suspensions = await at_every_await(lambda: wrapped(SAID))
    assert suspensions >= 3, "before the model, in it and after it"
    await nothing_is_left(emo)
    assert len(reviews) <= calls
    assert await wrapped(SAID) == "I hear you."
    assert reviews[-1].reply == "I hear you."


async def test_a_wrapped_stream(emo: Emoplug) -> None:
    reviews: list[Review] = []

    async def model(messages: list[dict[str, str]]) -> AsyncIterator[str]:
        for word in ("I ", "hear ", "you."):
            await asyncio.sleep(0)
            yield word

    wrapped = emo.wrap(model, on_review=reviews.append)

    async def listen() -> str:
        return "".join([word async for word in wrapped(SAID)])

    assert await at_every_await(listen) >= 4
    await nothing_is_left(emo)
    assert await listen() == "I hear you."
    assert reviews[-1].reply == "I hear you."
    assert all("I hear you.".startswith(review.reply) for review in reviews)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
async def test_the_openai_client(emo: Emoplug, llm_server: LlmServer, stream: bool) -> None:
    async with AsyncOpenAI(base_url=llm_server.base_url, api_key="test", max_retries=0) as bare:
        client: Any = emoplug_openai.wrap(bare, emo)

        async def ask() -> str:
            answer = await client.chat.completions.create(model="m", messages=SAID, stream=stream)
            if not stream:
                return str(answer.choices[0].message.content)
            return "".join([c.choices[0].delta.content or "" async for c in answer if c.choices])

        assert await at_every_await(ask) >= 3
        wanted = await bare.chat.completions.create(model="m", messages=SAID)  # type: ignore[arg-type]  # plain dicts
        assert await ask() == wanted.choices[0].message.content
    await nothing_is_left(emo)


async def test_a_model_of_langchain(emo: Emoplug, llm_server: LlmServer) -> None:
    model = emotion_aware(asking(llm_server), emo)

    async def ask() -> str:
        return str((await model.ainvoke([HumanMessage("I am so sad.")])).content)

    assert await at_every_await(ask) >= 2, "while preparing, and while the model answers"
    assert await ask()
    await nothing_is_left(emo)
