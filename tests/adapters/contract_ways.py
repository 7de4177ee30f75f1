"""Every way in which a conversation can go through emoplug to the model."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from typing import Any

from openai import AsyncOpenAI, OpenAI

import emoplug_openai
from emoplug import Emoplug, Review, Turn
from tests.llm_server import LlmServer

Messages = Sequence[Mapping[str, str]]
Way = Callable[["Noting", LlmServer, Messages], None]
SESSION = "ann"
MODEL = "tiny"
WAYS: dict[str, Way] = {}


class Noting(Emoplug):
    """Keeps every review that it makes, whoever asked for it."""

    def __init__(self) -> None:
        super().__init__(deadline=60.0)  # a busy machine is no reason to say less
        self.reviews: list[Review] = []

    def review(self, turn: Turn, reply: str) -> Review:
        """Review as usual, and keep it."""
        self.reviews.append(super().review(turn, reply))
        return self.reviews[-1]


def way(function: Way) -> Way:
    """Add a way under the name of its function."""
    WAYS[function.__name__] = function
    return function


def client_of(server: LlmServer) -> OpenAI:
    """Answer a bare synchronous client of the server."""
    return OpenAI(base_url=server.base_url, api_key="test", max_retries=0)


async def ask(server: LlmServer, send: Callable[[AsyncOpenAI], Any]) -> Any:
    """Let ``send`` use an asynchronous client that is closed afterwards."""
    async with AsyncOpenAI(base_url=server.base_url, api_key="test", max_retries=0) as client:
        return await send(client)


async def drained(stream: AsyncIterator[Any]) -> list[Any]:
    """Answer all that an asynchronous stream brings."""
    return [chunk async for chunk in stream]


@way
def wrapped_function(emo: Noting, server: LlmServer, messages: Messages) -> None:
    def function(messages: Any) -> str:
        with client_of(server) as client:
            done = client.chat.completions.create(model=MODEL, messages=messages)
            return done.choices[0].message.content or ""

    emo.wrap(function, session=SESSION, model=MODEL)(messages)


@way
def wrapped_coroutine(emo: Noting, server: LlmServer, messages: Messages) -> None:
    async def function(messages: Any) -> str:
        done = await ask(
            server, lambda c: c.chat.completions.create(model=MODEL, messages=messages)
        )
        return str(done.choices[0].message.content)

    asyncio.run(emo.wrap(function, session=SESSION, model=MODEL)(messages))


@way
def wrapped_generator(emo: Noting, server: LlmServer, messages: Messages) -> None:
    def function(messages: Any) -> Iterator[str]:
        with client_of(server) as client:
            for chunk in client.chat.completions.create(
                model=MODEL, messages=messages, stream=True
            ):
                yield chunk.choices[0].delta.content or ""

    list(emo.wrap(function, session=SESSION, model=MODEL)(messages))


@way
def wrapped_async_generator(emo: Noting, server: LlmServer, messages: Messages) -> None:
    async def function(messages: Any) -> AsyncIterator[str]:
        async with AsyncOpenAI(base_url=server.base_url, api_key="test") as client:
            stream = await client.chat.completions.create(
                model=MODEL, messages=messages, stream=True
            )
            async for chunk in stream:
                yield chunk.choices[0].delta.content or ""

    asyncio.run(drained(emo.wrap(function, session=SESSION, model=MODEL)(messages)))


def _openai(emo: Noting, server: LlmServer, send: Callable[[Any], Any]) -> None:
    with client_of(server) as client:
        send(emoplug_openai.wrap(client, emo, session=SESSION))


def _openai_async(emo: Noting, server: LlmServer, send: Callable[[Any], Any]) -> None:
    async def talk(client: AsyncOpenAI) -> None:
        answered = await send(emoplug_openai.wrap(client, emo, session=SESSION))
        if hasattr(answered, "__anext__"):
            await drained(answered)

    asyncio.run(ask(server, talk))


@way
def openai_chat(emo: Noting, server: LlmServer, messages: Messages) -> None:
    _openai(emo, server, lambda c: c.chat.completions.create(model=MODEL, messages=messages))


@way
def openai_chat_async(emo: Noting, server: LlmServer, messages: Messages) -> None:
    _openai_async(emo, server, lambda c: c.chat.completions.create(model=MODEL, messages=messages))


@way
def openai_chat_stream(emo: Noting, server: LlmServer, messages: Messages) -> None:
    _openai(
        emo,
        server,
        lambda c: list(c.chat.completions.create(model=MODEL, messages=messages, stream=True)),
    )


@way
def openai_chat_stream_async(emo: Noting, server: LlmServer, messages: Messages) -> None:
    _openai_async(
        emo,
        server,
        lambda c: c.chat.completions.create(model=MODEL, messages=messages, stream=True),
    )


@way
def openai_responses(emo: Noting, server: LlmServer, messages: Messages) -> None:
    _openai(emo, server, lambda c: c.responses.create(model=MODEL, input=list(messages)))


@way
def openai_responses_stream_async(emo: Noting, server: LlmServer, messages: Messages) -> None:
    _openai_async(
        emo, server, lambda c: c.responses.create(model=MODEL, input=list(messages), stream=True)
    )
