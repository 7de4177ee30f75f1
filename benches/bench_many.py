"""Many at once: whole files of chats, callers beside each other, and sessions by turns."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import cycle

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benches.conftest import DEVICE, Beside
from benches.talk import Messages, chat_of_five, history, new
from emoplug import Emoplug, Turn

CHATS = 64


def whole() -> Emoplug:
    emo = Emoplug(deadline=300, options={"onnx": {"device": DEVICE}}, on_error="raise")
    emo.prepare_many([chat_of_five() for _ in range(8)])
    return emo


def test_64_short_chats(benchmark: BenchmarkFixture) -> None:
    """Full turns a second; 300 is the aim on two cores."""
    emo = whole()

    def chats() -> tuple[tuple[list[Messages]], dict[str, object]]:
        return ([chat_of_five() for _ in range(CHATS)],), {}

    turns = benchmark.pedantic(emo.prepare_many, setup=chats, rounds=10, warmup_rounds=1)
    assert len(turns) == CHATS
    if benchmark.stats is not None:
        benchmark.extra_info["turns a second"] = round(CHATS / benchmark.stats["median"], 1)


@pytest.mark.parametrize("callers", [1, 2, 4, 16, 64])
def test_callers_at_once(beside: Beside, callers: int) -> None:
    """The same chats, each by a caller of its own, so many at a time."""
    emo = whole()

    def one(chat: Messages) -> Turn:
        return emo.prepare(chat)

    with ThreadPoolExecutor(callers) as pool:
        turns = beside(
            lambda chats: list(pool.map(one, chats)),
            lambda: emo.prepare_many([chat_of_five() for _ in range(CHATS)]),
            "prepare_many on as many chats",
            rounds=6,
            given=lambda: ([chat_of_five() for _ in range(CHATS)],),
            limit=1.25 if callers == CHATS else None,
        )
    assert not any(turn.degraded for turn in turns)


@pytest.mark.parametrize("sessions", [1, 8, 16, 32])
def test_sessions_by_turns(beside: Beside, sessions: int) -> None:
    """Sessions of 20 messages; beyond 16 (``contexts``) the reader reads them again."""
    emo, alone = whole(), whole()
    chats = [[{"role": "user", "content": f"I am {n}."}, *history(20)[1:]] for n in range(sessions)]
    for chat in (*chats, *chats):
        emo.prepare(chat)
    alone.prepare(history(20))
    turns, only = cycle(chats), history(20)
    beside(
        emo.prepare,
        alone.prepare,
        "a turn of the only session",
        rounds=64,
        given=lambda: ([*next(turns), new()],),
        given_reference=lambda: ([*only, new()],),
    )
