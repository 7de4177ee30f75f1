"""What tests of the LangChain adapter share: a model that asks the local server, known plugins."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from emoplug import Cause, Emoplug, Reading, StrategyScore, Turn, hookimpl
from tests.adapters.openai_talks import Sayer
from tests.llm_server import LlmServer

HISTORY: list[BaseMessage] = [
    HumanMessage("Hi, I am Ann."),
    AIMessage("Hello Ann."),
    HumanMessage("I failed my exam."),
]


class Knower(Sayer):
    """Knows everything beforehand, and where it was asked."""

    def __init__(self) -> None:
        self.turns: list[Turn] = []
        self.threads: set[str] = set()
        self.replies: list[str] = []

    @hookimpl
    def read(self, turn: Turn) -> Sequence[Reading]:
        self.turns.append(turn)
        last = turn.last_user
        if last is None or "exam" not in turn.messages[last].text:
            return []
        return [Reading(index=last, emotion="sadness", probability=0.9, source="knower")]

    @hookimpl
    def explain(self, turn: Turn) -> Sequence[Cause]:
        last = turn.last_user
        if last is None or "exam" not in turn.messages[last].text:
            return []
        return [Cause(index=last, span=(2, 16), score=0.8, source="knower")]

    @hookimpl
    def advise(self, turn: Turn) -> Sequence[StrategyScore]:
        return [StrategyScore(strategy="Question", score=0.7, source="knower")]

    @hookimpl
    def remember(self, turn: Turn, reply: str) -> None:
        self.replies.append(reply)


class Breaking:
    """Fails whenever it is asked."""

    @hookimpl
    def read(self, turn: Turn) -> Sequence[Reading]:
        raise RuntimeError("broken")

    @hookimpl
    def remember(self, turn: Turn, reply: str) -> None:
        raise RuntimeError("broken")


class Watching(Emoplug):
    """Notes from which threads it is called."""

    def __init__(self, *plugins: object) -> None:
        super().__init__(plugins=list(plugins), deadline=30)
        self.callers: set[int] = set()

    def prepare(self, *arguments: object, **named: object) -> Turn:
        """Prepare as usual, and note the thread."""
        self.callers.add(threading.get_ident())
        return super().prepare(*arguments, **named)  # type: ignore[arg-type]  # handed on


def asking(server: LlmServer) -> ChatOpenAI:
    """Answer LangChain's model of OpenAI's endpoints, pointed at ``server``."""
    return ChatOpenAI(
        model="tiny", base_url=server.base_url, api_key=SecretStr("test"), max_retries=0
    )
