"""What the middleware adds to an agent of LangChain, beside the agent without it."""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from pytest_benchmark.fixture import BenchmarkFixture

from emoplug import Emoplug
from emoplug_langchain import EmotionMiddleware

ROUNDS = 300
SAID = "That sounds hard. What happened then?"
HISTORY = [
    {"role": "user", "content": "My exam went badly today and my mother is cross."},
    {"role": "assistant", "content": SAID},
]
_fresh = itertools.count(1000)


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


def new_messages() -> list[dict[str, str]]:
    """A short chat whose last message was never seen before."""
    return [*HISTORY, {"role": "user", "content": f"I forgot all of it, number {next(_fresh)}"}]


@pytest.mark.parametrize("plugins", [[], None], ids=["no_plugins", "default_plugins"])
def test_agent_with_the_middleware(benchmark: BenchmarkFixture, plugins: list[str] | None) -> None:
    """The three take turns; what the middleware itself costs is the rest, in ``extra_info``."""
    emo = Emoplug(plugins=plugins, deadline=30)
    bare: Any = create_agent(Listener())
    guided: Any = create_agent(Listener(), middleware=[EmotionMiddleware(emo)])

    def understand() -> None:
        emo.review(emo.prepare(new_messages()), SAID)

    ways: dict[str, Callable[[], object]] = {
        "bare": lambda: bare.invoke({"messages": new_messages()}),
        "guided": lambda: guided.invoke({"messages": new_messages()}),
        "understand": understand,
    }
    for warm_up in ways.values():
        warm_up()
    spent: dict[str, list[float]] = {name: [] for name in ways}

    def take_turns() -> None:
        for name, run in ways.items():
            started = time.perf_counter()
            run()
            spent[name].append(time.perf_counter() - started)

    benchmark.pedantic(take_turns, rounds=ROUNDS)
    medians = {name: statistics.median(times) * 1000 for name, times in spent.items()}
    benchmark.extra_info["milliseconds"] = medians
    benchmark.extra_info["middleware itself"] = (
        medians["guided"] - medians["bare"] - medians["understand"]
    )
    assert len(spent["guided"]) == ROUNDS or benchmark.disabled
