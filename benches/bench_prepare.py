"""What emoplug costs a caller: plumbing alone, and a full turn."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from emoplug import Emoplug, Turn

WORDS = (
    "I keep thinking about what he told me yesterday evening and I really do not know "
    "how to go on number"
)
HISTORY = [
    {"role": ("user", "assistant")[index % 2], "content": f"{WORDS} {index}"} for index in range(20)
]
_fresh = itertools.count(1000)


def new_turn() -> tuple[tuple[list[dict[str, str]]], dict[str, object]]:
    """A 20-message history already seen, and one user message of 20 words never seen before."""
    return ([*HISTORY, {"role": "user", "content": f"{WORDS} {next(_fresh)}"}],), {}


@pytest.fixture(scope="module")
def emo() -> Emoplug:
    emo = Emoplug(deadline=30)
    emo.prepare(HISTORY)
    return emo


def test_plumbing_without_models(benchmark: BenchmarkFixture) -> None:
    emo = Emoplug(plugins=[SimpleNamespace(name="silent")])
    turn: Turn = benchmark.pedantic(emo.prepare, setup=new_turn, rounds=2000, warmup_rounds=100)
    assert len(turn.messages) == 21


@pytest.mark.parametrize("permissive_only", [False, True], ids=["both_networks", "encoder_alone"])
def test_new_message_after_20(benchmark: BenchmarkFixture, permissive_only: bool) -> None:
    emo = Emoplug(deadline=30, permissive_only=permissive_only)
    emo.prepare(HISTORY)
    turn: Turn = benchmark.pedantic(emo.prepare, setup=new_turn, rounds=300, warmup_rounds=20)
    assert turn.reading is not None
    assert turn.degraded == ()


@pytest.mark.parametrize("tracing", [False, True], ids=["", "and_backtrace"])
def test_new_message_after_50_with_cause_and_recall(
    benchmark: BenchmarkFixture, tracing: bool
) -> None:
    """A 50-message history already seen and remembered, and one new user message."""
    plugins = ["onnx", "emotion", "cause", *(["backtrace"] if tracing else []), "recall", "hef"]
    emo = Emoplug(
        plugins=plugins, options={"recall": {"store": ":memory:"}}, deadline=30, token_budget=320
    )
    history = [
        {"role": ("user", "assistant")[index % 2], "content": f"{WORDS} {index}"}
        for index in range(50)
    ]
    emo.review(emo.prepare(history, session="bench"), "I hear you.")

    def new_turn() -> tuple[tuple[list[dict[str, str]], str], dict[str, object]]:
        message = {"role": "user", "content": f"{WORDS} {next(_fresh)}"}
        return ([*history, message], "bench"), {}

    turn: Turn = benchmark.pedantic(emo.prepare, setup=new_turn, rounds=200, warmup_rounds=20)
    assert turn.causes
    assert turn.degraded == ()


def test_review_without_reviewers(benchmark: BenchmarkFixture) -> None:
    emo = Emoplug(plugins=[SimpleNamespace(name="silent")])
    turn = emo.prepare(HISTORY)
    review = benchmark.pedantic(emo.review, (turn, "I hear you."), rounds=2000, warmup_rounds=100)
    assert review.degraded == ()


def test_review_of_a_reply(benchmark: BenchmarkFixture, emo: Emoplug) -> None:
    """All that is on by default; the reply's encoding is remembered."""
    turn = emo.prepare(HISTORY)
    review = benchmark.pedantic(emo.review, (turn, "I hear you."), rounds=2000, warmup_rounds=100)
    assert review.degraded == ()


def test_20_short_chats_at_once(benchmark: BenchmarkFixture, emo: Emoplug) -> None:
    def chats() -> tuple[tuple[list[list[dict[str, str]]]], dict[str, object]]:
        return ([new_turn()[0][0][-3:] for _ in range(20)],), {}

    turns = benchmark.pedantic(emo.prepare_many, setup=chats, rounds=20, warmup_rounds=2)
    assert len(turns) == 20
