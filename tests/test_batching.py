"""Micro-batching: who waits for a place is encoded with who has one, and nobody pays for others."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from emoplug import Emoplug, Encoding, Message, PluginFailedError, Turn, hookimpl
from emoplug._batching import LONG, MOST, Batcher, Request
from emoplug.testing import StubEncoder

CALLERS = 32
POISON = "poison"


class Asked:
    """Has texts encoded, and knows which."""

    def __init__(self, fails: bool = False) -> None:
        self.texts: list[list[str]] = []
        self._fails = fails

    def __call__(self, texts: list[str]) -> Encoding | None:
        self.texts.append(texts)
        return None if self._fails else StubEncoder().encode(texts)


class Laborious(StubEncoder):
    """Computes for a while in each call, and cannot encode poison."""

    name = "laborious"

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[list[str]] = []

    @hookimpl
    def encode(self, texts: Sequence[str]) -> Encoding:
        self.calls.append(list(texts))
        end = time.perf_counter() + 0.01
        while time.perf_counter() < end:
            sum(range(1000))
        if POISON in texts:
            raise ValueError(POISON)
        return super().encode(texts)


def request(*texts: str) -> Request:
    return Request(Turn(messages=tuple(Message(role="user", content=text) for text in texts)))


def same(encoding: Encoding | None, texts: Sequence[str]) -> bool:
    return encoding is not None and np.array_equal(
        encoding.embeddings, StubEncoder().encode(texts).embeddings
    )


def chat(number: int) -> list[dict[str, str]]:
    return [{"role": "user", "content": f"{words} {number}"} for words in ("hi", "oh")]


def all_at_once(emo: Emoplug, chats: Sequence[Any]) -> list[Turn | BaseException]:
    def one(messages: Any) -> Turn | BaseException:
        try:
            return emo.prepare(messages)
        except PluginFailedError as error:
            return error

    with ThreadPoolExecutor(CALLERS) as callers:
        return list(callers.map(one, chats))


def test_who_waits_is_encoded_with_who_does_not() -> None:
    batcher, ask = Batcher(), Asked()
    ahead, waits, too = request("a"), request("b", "c"), request("d")
    with batcher.offered(waits), batcher.offered(too):
        assert same(batcher.encode(ahead, ask, 0), ["a"])
    assert same(batcher.encode(waits, ask, 0), ["b", "c"])
    assert same(batcher.encode(too, ask, 0), ["d"])
    assert ask.texts == [["a", "b", "c", "d"]]


def test_where_nobody_waits_a_turn_asks_for_itself() -> None:
    batcher, ask = Batcher(), Asked()
    with batcher.offered(request("gone")):
        pass
    assert batcher.encode(request("a"), ask, 0) is None
    assert ask.texts == []


def test_nobody_is_taken_along_twice() -> None:
    batcher, ask = Batcher(), Asked()
    with batcher.offered(request("waits")):
        batcher.encode(request("a"), ask, 0)
        assert batcher.encode(request("b"), ask, 0) is None
    assert ask.texts == [["a", "waits"]]


@pytest.mark.parametrize(
    "long", [["text"] * (MOST + 1), ["word " * LONG], []], ids=["history", "text", "nothing"]
)
def test_long_conversations_and_texts_neither_ride_nor_take_along(long: list[str]) -> None:
    batcher, ask = Batcher(), Asked()
    with batcher.offered(request(*long)), batcher.offered(request("short")):
        assert batcher.encode(request(*long), ask, 0) is None
        assert same(batcher.encode(request("a"), ask, 0), ["a"])
    assert ask.texts == [["a", "short"]]


def test_who_waited_longest_is_taken_first_and_no_more_than_fit() -> None:
    batcher, ask = Batcher(), Asked()
    first, second, third = request(*(["b"] * (MOST - 2))), request("c", "d"), request("e")
    with batcher.offered(first), batcher.offered(second), batcher.offered(third):
        batcher.encode(request("a"), ask, 0)
    assert [len(texts) for texts in ask.texts] == [MOST - 1]
    assert [one.taken for one in (first, second, third)] == [True, False, False]


def test_what_fails_together_is_asked_one_by_one() -> None:
    batcher, waits = Batcher(), request("b")
    with batcher.offered(waits):
        assert batcher.encode(request("a"), Asked(fails=True), 0) is None
    assert batcher.encode(waits, Asked(), 60) is None


def test_who_is_ended_on_the_way_strands_nobody() -> None:
    def ask(texts: list[str]) -> Encoding:
        raise SystemExit

    batcher, waits = Batcher(), request("b")
    with batcher.offered(waits), pytest.raises(SystemExit):
        batcher.encode(request("a"), ask, 0)
    assert batcher.encode(waits, Asked(), 60) is None


def test_who_was_taken_along_waits_no_longer_than_its_patience() -> None:
    batcher, waits = Batcher(), request("b")
    under_way, go_on = threading.Event(), threading.Event()

    def ask(texts: list[str]) -> None:
        under_way.set()
        go_on.wait(60)

    ahead = threading.Thread(target=lambda: batcher.encode(request("a"), ask, 0))
    with batcher.offered(waits):
        ahead.start()
        assert under_way.wait(60)
    assert batcher.encode(waits, Asked(), 0.01) is None
    go_on.set()
    ahead.join()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_who_waits_at_a_fork_waits_in_the_parent_only() -> None:
    batcher, ask = Batcher(), Asked()
    with batcher.offered(request("parent's")):
        child = os.fork()
        if child == 0:
            with batcher.offered(request("child's")):
                batcher.encode(request("a"), ask, 0)
            os._exit(0 if ask.texts == [["a", "child's"]] else 1)
        _, status = os.waitpid(child, 0)
    assert status == 0


def test_many_callers_share_calls_and_get_their_own_rows() -> None:
    encoder = Laborious()
    emo = Emoplug(plugins=[encoder], deadline=60)
    turns = all_at_once(emo, [chat(number) for number in range(CALLERS)])
    assert len(encoder.calls) < CALLERS
    for number, turn in enumerate(turns):
        assert isinstance(turn, Turn)
        assert same(turn.encoding, [message["content"] for message in chat(number)])
        assert not turn.degraded


def test_on_request_every_turn_is_encoded_by_itself() -> None:
    encoder = Laborious()
    all_at_once(
        Emoplug(plugins=[encoder], deadline=60, together=False), [chat(n) for n in range(CALLERS)]
    )
    assert sorted(map(len, encoder.calls)) == [2] * CALLERS


def test_words_that_an_encoder_cannot_bear_are_nobody_elses_trouble(
    caplog: pytest.LogCaptureFixture,
) -> None:
    chats = [chat(number) for number in range(CALLERS)]
    chats[CALLERS // 2] = [{"role": "user", "content": POISON}]
    turns = all_at_once(Emoplug(plugins=[Laborious()], deadline=60), chats)
    skipped = [n for n, turn in enumerate(turns) if isinstance(turn, Turn) and turn.degraded]
    assert skipped == [CALLERS // 2]
    assert [record.name for record in caplog.records] == ["emoplug"], "it is logged once"


def test_an_error_is_raised_to_the_caller_whose_words_they_are() -> None:
    chats = [chat(number) for number in range(CALLERS)]
    chats[CALLERS // 2] = [{"role": "user", "content": POISON}]
    told = all_at_once(Emoplug(plugins=[Laborious()], deadline=60, on_error="raise"), chats)
    raised = [n for n, one in enumerate(told) if isinstance(one, BaseException)]
    assert raised == [CALLERS // 2]
