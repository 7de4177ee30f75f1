"""What deciding what to tell the model costs, once the conversation is understood."""

from __future__ import annotations

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from emoplug import Emoplug, Turn, _pipeline
from emoplug_strategy import Strategies

UNDERSTANDING = ["onnx", "emotion", "cause", "safety", "strategy", "recall"]
GUIDING = ["hef", "emotionprompt"]
TALK = (
    "My sister forgot my birthday again.",
    "Oh no. She has been busy with the baby.",
    "You always take her side. Everyone forgot, even my mother.",
    "I hear you. What would have made it a good day?",
    "A call would have been enough. I am so hurt, I could cry.",
)
CHATS = {
    "hurt": TALK,
    "20_messages": TALK[:4] * 4 + TALK[2:],
    "in_danger": (*TALK[:4], "I do not want to live any more. I have the pills here."),
}


@pytest.fixture(scope="module")
def emo() -> Emoplug:
    options = {"recall": {"store": ":memory:"}}
    plugins = [*UNDERSTANDING, *GUIDING]
    emo = Emoplug(plugins=plugins, options=options, deadline=30, on_error="raise")
    emo.review(emo.prepare(messages(TALK), session="bench"), "That sounds lonely.")
    return emo


def messages(texts: tuple[str, ...]) -> list[dict[str, str]]:
    return [
        {"role": ("user", "assistant")[index % 2], "content": text}
        for index, text in enumerate(texts)
    ]


@pytest.mark.parametrize("chat", CHATS)
def test_the_whole_guide_stage(benchmark: BenchmarkFixture, emo: Emoplug, chat: str) -> None:
    turn = emo.prepare(messages(CHATS[chat]), session="bench")
    attempt = emo._attempt()
    told = benchmark.pedantic(
        _pipeline._guide, (turn, attempt, emo.settings), rounds=1000, warmup_rounds=50
    )
    assert told["guidance"] == turn.guidance
    assert turn.guidance


def test_planning_a_strategy_and_correcting_it(benchmark: BenchmarkFixture, emo: Emoplug) -> None:
    """As for a new message: nothing of it is remembered."""
    turn = emo.prepare(messages(CHATS["20_messages"]), session="bench")

    def fresh() -> tuple[tuple[Strategies, Turn], dict[str, object]]:
        strategies = Strategies()
        strategies.bind(emo.encode)
        strategies.advise(turn.model_copy(update={"messages": turn.messages[:-1]}))
        return (strategies, turn), {}

    def plan(strategies: Strategies, turn: Turn) -> object:
        strategies.advise(turn)
        scores = {score.strategy: score.score for score in turn.strategies}
        return strategies.correct(turn, scores)

    assert benchmark.pedantic(plan, setup=fresh, rounds=200, warmup_rounds=10)
