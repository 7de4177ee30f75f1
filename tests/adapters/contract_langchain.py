"""The ways of LangChain: agents with the middleware, and the model wrapped on its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from langchain.agents import create_agent
from langchain_core.messages import BaseMessage, convert_to_messages
from langchain_core.runnables import RunnableConfig
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from emoplug_langchain import EmotionMiddleware, emotion_aware
from tests.adapters.contract_ways import MODEL, SESSION, Messages, Noting, drained, way
from tests.llm_server import LlmServer

CONFIG: RunnableConfig = {"configurable": {"thread_id": SESSION}}


def bare(server: LlmServer) -> ChatOpenAI:
    """Answer a model of LangChain's own that asks the server."""
    return ChatOpenAI(
        model=MODEL, base_url=server.base_url, api_key=SecretStr("test"), max_retries=0
    )


def _agent(emo: Noting, server: LlmServer, messages: Messages, use: Callable[..., Any]) -> None:
    agent = create_agent(bare(server), middleware=[EmotionMiddleware(emo)])
    used = use(agent, {"messages": convert_to_messages([dict(m) for m in messages])})
    if isinstance(used, Coroutine):
        asyncio.run(used)


def _model(emo: Noting, server: LlmServer, messages: Messages, use: Callable[..., Any]) -> None:
    given: list[BaseMessage] = convert_to_messages([dict(m) for m in messages])
    used = use(emotion_aware(bare(server), emo), given)
    if isinstance(used, Coroutine):
        asyncio.run(used)


@way
def langchain_agent(emo: Noting, server: LlmServer, messages: Messages) -> None:
    _agent(emo, server, messages, lambda agent, given: agent.invoke(given, CONFIG))


@way
def langchain_agent_async(emo: Noting, server: LlmServer, messages: Messages) -> None:
    _agent(emo, server, messages, lambda agent, given: agent.ainvoke(given, CONFIG))


@way
def langchain_agent_stream(emo: Noting, server: LlmServer, messages: Messages) -> None:
    _agent(
        emo,
        server,
        messages,
        lambda agent, given: list(agent.stream(given, CONFIG, stream_mode="messages")),
    )


@way
def langchain_agent_stream_async(emo: Noting, server: LlmServer, messages: Messages) -> None:
    _agent(
        emo,
        server,
        messages,
        lambda agent, given: drained(agent.astream(given, CONFIG, stream_mode="messages")),
    )


@way
def langchain_model(emo: Noting, server: LlmServer, messages: Messages) -> None:
    _model(emo, server, messages, lambda model, given: model.invoke(given, CONFIG))


@way
def langchain_model_async(emo: Noting, server: LlmServer, messages: Messages) -> None:
    _model(emo, server, messages, lambda model, given: model.ainvoke(given, CONFIG))


@way
def langchain_model_stream(emo: Noting, server: LlmServer, messages: Messages) -> None:
    _model(emo, server, messages, lambda model, given: list(model.stream(given, CONFIG)))


@way
def langchain_model_stream_async(emo: Noting, server: LlmServer, messages: Messages) -> None:
    _model(emo, server, messages, lambda model, given: drained(model.astream(given, CONFIG)))


@way
def langchain_model_batch(emo: Noting, server: LlmServer, messages: Messages) -> None:
    _model(emo, server, messages, lambda model, given: model.batch([given], CONFIG))
