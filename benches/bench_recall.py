"""What recall costs beyond encoding, in a session of 300 messages."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from emoplug import Emoplug, Turn
from emoplug.store import SqliteStore
from emoplug_recall import Recall

SUBJECTS = ("the bus to work", "lunch", "a film of my youth", "the rain", "shoes", "a phone bill")
HISTORY = [
    {
        "role": ("user", "assistant")[n % 2],
        "content": f"Number {n}: I kept thinking of {SUBJECTS[n % 6]} and what it did to me then.",
    }
    for n in range(300)
]
ASKED = {"role": "user", "content": "I still cannot stop thinking of the rain and that film."}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("recall") / "memories.sqlite"


@pytest.fixture(scope="module")
def emo(path: Path) -> Emoplug:
    recall = Recall(Recall.Options(store=str(path)))
    emo = Emoplug(plugins=["onnx", recall], permissive_only=True, on_error="raise", deadline=60)
    emo.review(emo.prepare(HISTORY[:-1], session="s"), HISTORY[-1]["content"])
    return emo


@pytest.mark.parametrize("window", [10, 300])
def test_recall_from_300_messages(benchmark: BenchmarkFixture, emo: Emoplug, window: int) -> None:
    """The prompt holds the last ten messages, or all of them."""
    recall = emo.plugins["recall"]
    assert isinstance(recall, Recall)
    turn = emo.prepare([*HISTORY[-window:], ASKED], session="s")
    benchmark.pedantic(recall.recall, (turn,), rounds=300, warmup_rounds=20)
    assert bool(turn.passages) is (window == 10)


def test_remember_a_turn(benchmark: BenchmarkFixture, emo: Emoplug) -> None:
    """Two messages, durable when it returns; their encoding included."""
    recall = emo.plugins["recall"]
    assert isinstance(recall, Recall)
    numbers = count()

    def turn() -> tuple[tuple[Turn, str], dict[str, object]]:
        asked = {"role": "user", "content": f"And then there is {next(numbers)}."}
        return (emo.prepare([*HISTORY[-10:], asked], session="w"), f"Yes {next(numbers)}."), {}

    benchmark.pedantic(recall.remember, setup=turn, rounds=40, warmup_rounds=2)


def test_open_a_session_of_300_messages(
    benchmark: BenchmarkFixture, emo: Emoplug, path: Path
) -> None:
    """The first recall of a process: read, checked and indexed."""
    turn = emo.prepare([ASKED], session="s")

    def fresh() -> tuple[tuple[Recall], dict[str, object]]:
        recall = Recall(store=SqliteStore(path))
        recall.bind(emo.encode)
        return (recall,), {}

    benchmark.pedantic(lambda recall: recall.recall(turn), setup=fresh, rounds=20)
