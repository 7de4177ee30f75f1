"""Callers beside each other: they take turns where they compute, and only there."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from emoplug import Emoplug, Reading, Turn, hookimpl
from emoplug._places import Places

CALLERS = 4 * ((os.cpu_count() or 1) + 1)
CHAT = [{"role": "user", "content": "hi"}]


class Working:
    """Does something in each turn, and knows how many turns did so at a time."""

    name = "working"

    def __init__(self, work: Callable[[], object]) -> None:
        self._work = work
        self._lock = threading.Lock()
        self._now = self.most = 0

    @hookimpl
    def read(self, turn: Turn) -> list[Reading]:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        self._work()
        with self._lock:
            self._now -= 1
        return []


def computing() -> None:
    end = time.perf_counter() + 0.1
    while time.perf_counter() < end:
        sum(range(1000))


def all_at_once(working: Working, deadline: float = 60) -> tuple[float, list[Turn]]:
    emo = Emoplug(plugins=[working], deadline=deadline)
    started = time.perf_counter()
    with ThreadPoolExecutor(CALLERS) as callers:
        turns = list(callers.map(emo.prepare, [CHAT] * CALLERS))
    return time.perf_counter() - started, turns


def test_turns_that_compute_take_turns() -> None:
    working = Working(computing)
    _, turns = all_at_once(working)
    assert working.most < CALLERS
    assert not any(turn.degraded for turn in turns)


def test_turns_that_wait_for_something_else_are_in_nobodys_way() -> None:
    working = Working(lambda: time.sleep(2))
    seconds, turns = all_at_once(working)
    assert working.most == CALLERS
    assert seconds < 2 * 2, "nobody waited for those before to come back"
    assert not any(turn.degraded for turn in turns)


def test_waiting_counts_as_waiting() -> None:
    """Who computes for ever holds its place until its deadline, and nobody waits beyond his own."""
    over = threading.Event()

    def for_ever() -> None:
        while not over.is_set():
            sum(range(1000))

    try:
        seconds, turns = all_at_once(Working(for_ever), deadline=0.5)
    finally:
        over.set()
    assert all(turn.degraded for turn in turns)
    assert seconds < 10


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_process_has_places_of_its_own() -> None:
    places = Places()
    with ExitStack() as held:
        for _ in range((os.cpu_count() or 1) + 1):
            held.enter_context(places.one(0))
        child = os.fork()
        if child == 0:
            with places.one(0):
                os._exit(0 if places._free.acquire(blocking=False) else 1)
        _, status = os.waitpid(child, 0)
        assert status == 0
        assert not places._free.acquire(blocking=False), "the parent's are still held"
