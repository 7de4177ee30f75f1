"""What is kept of a turn."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from emoplug import (
    Cause,
    Emoplug,
    Encoding,
    PluginFailedError,
    Reading,
    Turn,
    estimate_tokens,
    hookimpl,
)
from emoplug.store import SqliteStore
from emoplug_recall import Recall
from emoplug_recall._sessions import Sessions
from tests.plugins.recall_words import Words, ask, recalled, tell, user, with_recall

DOG = "my dog rex died on sunday"
WORK = "my boss wants that report by friday"


def talk(emo: Emoplug, turns: int, window: int | None = None) -> list[str]:
    """Talk, sending the last ``window`` messages each time; answer all that was said."""
    history: list[dict[str, str]] = []
    for number in range(turns):
        history.append(user(f"message {number}"))
        sent = history if window is None else history[-window:]
        emo.review(emo.prepare(sent, session="ann"), f"reply {number}")
        history.append({"role": "assistant", "content": f"reply {number}"})
    return [message["content"] for message in history]


@pytest.mark.parametrize("window", [None, 3])
def test_every_message_is_kept_once_though_history_is_sent_again(window: int | None) -> None:
    store = SqliteStore(":memory:")
    said = talk(with_recall(Recall(store=store)), 12, window)
    assert [memory.text for memory in store.read("ann")] == said


def test_a_history_that_was_not_seen_before_is_kept_whole() -> None:
    store = SqliteStore(":memory:")
    emo = with_recall(Recall(store=store))
    history = [{"role": ("user", "assistant")[n % 2], "content": f"old {n}"} for n in range(9)]
    emo.review(emo.prepare([{"role": "system", "content": "Be kind."}, *history], "ann"), "new")
    assert [m.text for m in store.read("ann")] == [*(f"old {n}" for n in range(9)), "new"]
    assert [m.role for m in store.read("ann")][-2:] == ["user", "assistant"]


def test_what_was_dropped_for_its_age_does_not_come_back_with_the_history() -> None:
    store = SqliteStore(":memory:", limit=6)
    emo = with_recall(Recall(store=store))
    said = talk(emo, 20)
    assert [memory.text for memory in store.read("ann")] == said[-6:]
    places = [passage.segment for passage in ask(emo, "message 17 18 reply").passages]
    assert len(places) == len(set(places)) > 1


def test_something_new_before_something_said_already_is_kept() -> None:
    store = SqliteStore(":memory:")
    emo = with_recall(Recall(store=store))
    talk(emo, 2)
    tail = [{"role": "assistant", "content": "reply 1"}, user("this is new"), user("message 1")]
    emo.review(emo.prepare(tail, "ann"), "reply 2")
    assert [memory.text for memory in store.read("ann")][-2:] == ["this is new", "reply 2"]


def test_what_one_turn_could_not_keep_the_next_one_does() -> None:
    class Flaky(SqliteStore):
        failing = False

        def append(self, session: str, memories: object) -> list[int]:
            if self.failing:
                raise OSError("disk asleep")
            return super().append(session, memories)  # type: ignore[arg-type]  # passed on

    store = Flaky(":memory:")
    emo = with_recall(Recall(store=store))
    history = [user("message a")]
    emo.review(emo.prepare(history, "ann"), "reply a")
    history += [{"role": "assistant", "content": "reply a"}, user("message b")]
    store.failing = True
    with pytest.raises(PluginFailedError, match="disk asleep"):
        emo.review(emo.prepare(history, "ann"), "reply b")
    store.failing = False
    history += [{"role": "assistant", "content": "reply b"}, user("message c")]
    emo.review(emo.prepare(history, "ann"), "reply c")
    assert [m.text for m in store.read("ann")] == [
        f"{kind} {name}" for name in "abc" for kind in ("message", "reply")
    ]


class Reader:
    """Reads the last message as sad because of two words."""

    name = "reader"

    @hookimpl
    def read(self, turn: Turn) -> list[Reading]:
        return [Reading(index=0, emotion="grief", probability=0.8, intensity=0.6, source="r")]

    @hookimpl
    def explain(self, turn: Turn) -> list[Cause]:
        outside = Cause(index=None, score=0.9, source="r")
        return [outside, Cause(index=0, span=(3, 10), score=0.8, source="r")]


def test_a_memory_holds_what_was_understood() -> None:
    store = SqliteStore(":memory:")
    emo = with_recall(Recall(store=store), Words(), Reader())
    before = time.time()
    emo.review(emo.prepare([user(DOG, name="Ann")], "ann"), "i cried too")
    mine, reply = store.read("ann")
    assert (mine.role, mine.speaker, mine.text) == ("user", "Ann", DOG)
    assert (mine.emotion, mine.intensity, mine.causes) == ("grief", 0.6, ("dog rex",))
    assert before <= mine.timestamp <= time.time()
    assert mine.encoder == "words/256"
    np.testing.assert_array_equal(mine.vector, Words().encode([DOG]).embeddings[0])
    assert (reply.role, reply.text, reply.emotion) == ("assistant", "i cried too", "sadness")
    assert reply.affect is not None
    assert reply.affect.valence == pytest.approx(-0.85)
    assert reply.distribution["sadness"] == pytest.approx(0.9)


def test_a_time_that_is_no_number_counts_as_none() -> None:
    store = SqliteStore(":memory:")
    emo = with_recall(Recall(store=store))
    emo.review(emo.prepare([user(DOG, timestamp=float("nan"))], "ann"), "oh")
    assert store.read("ann")[0].timestamp == pytest.approx(time.time(), abs=60)


def test_an_empty_reply_is_not_kept() -> None:
    store = SqliteStore(":memory:")
    tell(with_recall(Recall(store=store)), DOG, reply=" ")
    assert [memory.text for memory in store.read("ann")] == [DOG]


def test_a_long_message_is_kept_in_pieces_that_can_be_recalled() -> None:
    store = SqliteStore(":memory:")
    emo = with_recall(Recall(store=store))
    long = " ".join(f"this is sentence number{n} of many." for n in range(60)) + f" {DOG}."
    tell(emo, long)
    tell(emo, long)
    pieces = [memory.text for memory in store.read("ann") if memory.role == "user"]
    assert len(pieces) > 3
    assert all(piece in long and estimate_tokens(piece) <= 128 for piece in pieces)
    (found,) = recalled(emo, f"{DOG} of many sentence this is number59")
    assert DOG in found


def test_memories_of_another_encoder_are_encoded_anew(tmp_path: Path) -> None:
    path = str(tmp_path / "m.sqlite")
    other = Emoplug(
        plugins=[Small(), Recall(Recall.Options(store=path))], on_error="raise", deadline=60
    )
    tell(other, DOG, WORK)
    assert recalled(with_recall(store=path), "i miss my dog rex") == [DOG]


class Small(Words):
    """Words in fewer numbers."""

    def __init__(self) -> None:
        super().__init__("small")

    @hookimpl
    def encode(self, texts: Sequence[str]) -> Encoding:
        encoding = super().encode(texts)
        return encoding.model_copy(update={"embeddings": encoding.embeddings[:, :16]})


def test_no_more_sessions_than_a_few_are_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emoplug_recall._sessions.OPEN", 2)
    sessions = Sessions()
    first, second = sessions.get("a"), sessions.get("b")
    assert sessions.get("a") is first
    sessions.get("c")
    assert sessions.get("a") is first
    assert sessions.get("b") is not second


def test_many_sessions_are_held_a_few_at_a_time_and_none_is_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("emoplug_recall._sessions.OPEN", 2)
    emo = with_recall()
    for number in range(6):
        tell(emo, f"{DOG} number{number}", session=f"s{number}")
    for number in range(6):
        assert recalled(emo, "i miss my dog rex", session=f"s{number}") == [f"{DOG} number{number}"]
