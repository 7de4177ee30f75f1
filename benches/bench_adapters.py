"""What the adapters add, beside the framework and the same understanding without it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from openai import OpenAI

import emoplug_openai
from benches.conftest import Beside
from benches.talk import Messages, history, new
from emoplug import Emoplug, Review
from emoplug_langchain import EmotionMiddleware, emotion_aware
from tests.llm_server import LlmServer

SAID = "That sounds hard. What happened then?"
PLUGINS = pytest.mark.parametrize("plugins", [[], None], ids=["no_plugins", "default_plugins"])


class Listener(BaseChatModel):
    """Answers at once and always the same."""

    @property
    def _llm_type(self) -> str:
        return "listener"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=AIMessage(SAID))])


def messages() -> Messages:
    """A short chat whose last message was never seen before."""
    return [*history(2), new()]


def understood(emo: Emoplug) -> Review:
    return emo.review(emo.prepare(messages()), SAID)


@PLUGINS
def test_langchain_agent(beside: Beside, plugins: list[str] | None) -> None:
    emo = Emoplug(plugins=plugins, deadline=30)
    bare: Any = create_agent(Listener())
    guided: Any = create_agent(Listener(), middleware=[EmotionMiddleware(emo)])
    beside(
        lambda said: guided.invoke({"messages": said}),
        lambda: (bare.invoke({"messages": messages()}), understood(emo)),
        "the agent without it, and the same prepare and review",
        rounds=200,
        given=lambda: (messages(),),
    )


@PLUGINS
def test_langchain_model(beside: Beside, plugins: list[str] | None) -> None:
    emo = Emoplug(plugins=plugins, deadline=30)
    bare, guided = Listener(), emotion_aware(Listener(), emo)
    beside(
        lambda said: guided.invoke(said),
        lambda: (bare.invoke(messages()), understood(emo)),
        "the model without it, and the same prepare and review",
        rounds=200,
        given=lambda: (messages(),),
    )


@pytest.fixture(scope="module")
def server() -> Iterator[LlmServer]:
    with LlmServer() as server:
        yield server


@PLUGINS
def test_openai_client(beside: Beside, server: LlmServer, plugins: list[str] | None) -> None:
    """Over HTTP to a server on loopback."""
    emo = Emoplug(plugins=plugins, deadline=30)
    bare = OpenAI(base_url=server.base_url, api_key="bench")
    guided = emoplug_openai.wrap(OpenAI(base_url=server.base_url, api_key="bench"), emo)

    def ask(client: Any, said: Messages) -> Any:
        return client.chat.completions.create(model="m", messages=said)

    beside(
        lambda said: ask(guided, said),
        lambda: (ask(bare, messages()), understood(emo)),
        "the client without it, and the same prepare and review",
        rounds=100,
        given=lambda: (messages(),),
    )
