from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from emoplug import Emoplug, Turn
from emoplug.testing import StubEncoder

MANY = 64
FEELINGS = [
    "I am so happy today!",
    "I am furious with you.",
    "I miss my late father.",
    "Thank you!",
]


def chat(number: int) -> list[dict[str, str]]:
    words = FEELINGS[number % len(FEELINGS)]
    return [{"role": "user", "content": f"Number {number}."}, {"role": "user", "content": words}]


@pytest.fixture(scope="module")
def emo() -> Emoplug:
    return Emoplug(plugins=["onnx", "emotion", "hef"], deadline=60, on_error="raise")


@pytest.fixture(scope="module")
def expected() -> list[tuple[Any, ...]]:
    alone = Emoplug(plugins=["onnx", "emotion", "hef"], deadline=60, on_error="raise")
    return [told(alone.prepare(chat(number))) for number in range(MANY)]


def told(turn: Turn) -> tuple[Any, ...]:
    reading = turn.reading
    assert reading is not None
    # Dynamic int8 rounds a text by what it is batched with, and that is what is not cached yet.
    probability = pytest.approx(reading.probability, abs=0.05)
    return (turn.messages, reading.emotion, probability, turn.degraded)


def test_64_threads_get_their_own_right_answers(emo: Emoplug, expected: list[Any]) -> None:
    with ThreadPoolExecutor(MANY) as pool:
        turns = list(pool.map(lambda number: emo.prepare(chat(number)), range(MANY)))
    assert [told(turn) for turn in turns] == expected


def test_64_tasks_get_their_own_right_answers(emo: Emoplug, expected: list[Any]) -> None:
    async def run() -> list[Turn]:
        calls = (asyncio.to_thread(emo.prepare, chat(number)) for number in range(MANY))
        return list(await asyncio.gather(*calls))

    assert [told(turn) for turn in asyncio.run(run())] == expected


def test_without_networks_answers_are_the_same_to_the_last_digit() -> None:
    """Growing conversations, sessions and reviews; runs also where Python has no global lock."""

    def emoplug() -> Emoplug:
        plugins = [StubEncoder(), "emotion", "cause", "safety", "strategy", "hef"]
        return Emoplug(plugins=plugins, deadline=60, on_error="raise")

    def talk(emo: Emoplug, number: int) -> list[tuple[Any, ...]]:
        said, found = chat(number), []
        for step in range(12):
            turn = emo.prepare(said, session=f"session {number}", model=f"model {number}")
            review = emo.review(turn, f"Reply {number} to {step}. That sounds hard.")
            found.append((turn.readings, turn.risks, turn.causes, turn.guidance, review.findings))
            said = [*said, {"role": "assistant", "content": review.reply}, *chat(number + step)]
        return found

    alone, shared = emoplug(), emoplug()
    with ThreadPoolExecutor(16) as pool:
        together = list(pool.map(lambda number: talk(shared, number), range(32)))
    for number, found in enumerate(together):
        assert found == talk(alone, number)
