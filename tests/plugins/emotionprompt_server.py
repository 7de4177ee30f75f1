"""The test server with a mind of its own: what it says depends on what it is asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from tests import llm_payloads as payloads
from tests.llm_server import Behaviour, Failure, LlmServer, Reply, _Handler

Answer = Callable[[str], str | Behaviour]
"""Takes the last message's text to a reply, or to another behaviour."""


class ThinkingServer(LlmServer):
    """Answers by a function, and counts the words of prompts as tokens, or tells no usage.

    Attributes:
        busiest: Most requests it had at a time.
    """

    def __init__(self, answer: Answer, *, usage: bool = True) -> None:
        super().__init__()
        self._http.RequestHandlerClass = _Thinking
        self.answer, self.usage = answer, usage
        self.lock = threading.Lock()
        self.busy = self.busiest = 0

    def __enter__(self) -> Self:
        super().__enter__()
        return self

    @property
    def asked(self) -> list[str]:
        """The text of each last message, in the order they came."""
        return [text_of(body["messages"][-1]["content"]) for body in self.requests]


class _Thinking(_Handler):
    def _answer(self, body: dict[str, Any], behaviour: Behaviour) -> None:
        llm = self.server.llm
        assert isinstance(llm, ThinkingServer)
        with llm.lock:
            llm.busy += 1
            llm.busiest = max(llm.busiest, llm.busy)
        try:
            self.prompt = text_of(body["messages"][-1]["content"])
            said = llm.answer(self.prompt)
            super()._answer(body, Reply(said) if isinstance(said, str) else said)
        finally:
            with llm.lock:
                llm.busy -= 1

    def _send(self, status: int, payload: Any, *, retry_after: float | None = None) -> None:
        llm = self.server.llm
        assert isinstance(llm, ThinkingServer)
        if status == 200 and "usage" in payload:
            payload = {**payload, "usage": self._usage(payload) if llm.usage else None}
        super()._send(status, payload, retry_after=retry_after)

    def _usage(self, payload: Any) -> dict[str, int]:
        prompt = len(payloads.pieces(self.prompt))
        reply = payload["usage"]["completion_tokens"]
        return {"prompt_tokens": prompt, "completion_tokens": reply, "total_tokens": prompt + reply}


def text_of(content: Any) -> str:
    """Answer the words of a message, of one text or of parts."""
    return content if isinstance(content, str) else "\n".join(part["text"] for part in content)


def refusing(status: int = 429) -> Failure:
    """A failure that the client tries again at once."""
    return Failure(status, retry_after=0.001)


def write_tasks(path: Path, *rows: dict[str, Any]) -> Path:
    """Write tasks, one a line."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def sums(count: int) -> list[dict[str, Any]]:
    """Make ``count`` different tasks whose answers are numbers."""
    return [
        {"id": f"sum-{n}", "prompt": f"What is {n} + 1?", "answer": n + 1, "match": "number"}
        for n in range(count)
    ]
