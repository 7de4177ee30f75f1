"""Runs one scenario against the server with the synchronous or the asynchronous OpenAI client."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from openai import AsyncOpenAI, OpenAI

import emoplug_openai
from emoplug import Emoplug, Finding, Guidance, Review, Turn, hookimpl
from tests.llm_server import LlmServer

T = TypeVar("T")
Scenario = Callable[[Any], Coroutine[Any, Any, T]]
GUIDANCE = 'They seem "worn out" 😔; be gentle.'


class Sayer:
    """A plugin whose guidance and findings are known beforehand."""

    @hookimpl
    def guide(self, turn: Turn) -> Sequence[Guidance]:
        return [Guidance(text=GUIDANCE, kind="test", source="sayer")]

    @hookimpl
    def review(self, turn: Turn, reply: str) -> Sequence[Finding]:
        return [Finding(name="words", score=len(reply.split()), explanation=reply, source="sayer")]


@dataclass
class Talks:
    """Lets a scenario talk to the server through a client, wrapped or bare."""

    server: LlmServer
    asynchronous: bool
    reviews: list[Review] = field(default_factory=list)

    def bare(self, **options: Any) -> Any:
        kind = AsyncOpenAI if self.asynchronous else OpenAI
        settings = {"base_url": self.server.base_url, "api_key": "sk-test", "max_retries": 0}
        return kind(**{**settings, **options})

    def run(self, scenario: Scenario[T], emo: Emoplug | None = None, *, wrapped: bool = True) -> T:
        async def talk() -> T:
            client = self.bare()
            try:
                return await scenario(self.wrap(client, emo) if wrapped else client)
            finally:
                await settle(client.close())

        return asyncio.run(talk())

    def wrap(self, client: Any, emo: Emoplug | None = None) -> Any:
        emo = emo or Emoplug(plugins=[Sayer()])
        return emoplug_openai.wrap(client, emo, on_review=self.reviews.append)


async def settle(value: Any) -> Any:
    """Answer ``value``, awaited where the asynchronous client wants that."""
    return await value if inspect.isawaitable(value) else value


async def each(stream: Any) -> AsyncIterator[Any]:
    """Iterate over a stream of either kind."""
    if hasattr(stream, "__anext__"):
        async for item in stream:
            yield item
    else:
        for item in stream:
            yield item


@asynccontextmanager
async def entered(manager: Any) -> AsyncIterator[Any]:
    """Enter a context manager of either kind."""
    if hasattr(manager, "__aenter__"):
        async with manager as value:
            yield value
    else:
        with manager as value:
            yield value


async def until(condition: Callable[[], object]) -> None:
    """Wait for what another thread is about to do."""
    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not happen within 5 s")
