from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from openai import APIConnectionError, InternalServerError

from emoplug import Emoplug, PluginFailedError
from emoplug_langchain import emotion_aware
from tests.adapters.knower import HISTORY, Breaking, Knower, Watching, asking
from tests.adapters.openai_talks import until
from tests.llm_server import SAID, Drop, Failure, LlmServer, Slow


@pytest.fixture
def model(emo: Emoplug, llm_server: LlmServer) -> Any:
    return emotion_aware(asking(llm_server), emo)


def test_errors_reach_the_caller_unchanged(
    model: Any, knower: Knower, llm_server: LlmServer
) -> None:
    llm_server.script(Failure(500))
    with pytest.raises(InternalServerError):
        model.invoke(HISTORY)
    llm_server.script(Drop())
    with pytest.raises(APIConnectionError):
        asyncio.run(model.ainvoke(HISTORY))
    assert knower.replies == []


def test_a_stream_that_is_left_early_is_reviewed_as_far_as_it_came(
    model: Any, knower: Knower, llm_server: LlmServer
) -> None:
    stream = model.stream(HISTORY)
    heard = [next(stream).content for _ in range(4)]
    stream.close()
    assert knower.replies == ["".join(heard)]


def test_a_cancelled_stream_is_reviewed_in_the_background(
    model: Any, knower: Knower, llm_server: LlmServer
) -> None:
    llm_server.script(Slow(0.05, "word " * 50))

    async def listen(heard: list[str]) -> None:
        async for chunk in model.astream(HISTORY):
            heard.append(chunk.content)

    async def leave() -> str:
        heard: list[str] = []
        task = asyncio.create_task(listen(heard))
        await until(lambda: len(heard) > 4)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await until(lambda: knower.replies)
        return "".join(heard)

    assert knower.replies == [asyncio.run(leave())]


def test_async_work_runs_off_the_event_loop(llm_server: LlmServer) -> None:
    emo = Watching(Knower())
    asyncio.run(emotion_aware(asking(llm_server), emo).ainvoke(HISTORY))
    assert emo.callers
    assert threading.get_ident() not in emo.callers


def test_failing_plugin_costs_nobody_the_reply(llm_server: LlmServer) -> None:
    model = emotion_aware(asking(llm_server), Emoplug(plugins=[Breaking()]))
    assert model.invoke(HISTORY).content == SAID
    strict = emotion_aware(asking(llm_server), Emoplug(plugins=[Breaking()], on_error="raise"))
    with pytest.raises(PluginFailedError):
        strict.invoke(HISTORY)
