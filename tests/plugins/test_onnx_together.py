from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
import pytest

from emoplug_onnx import Encoder, Options
from emoplug_onnx._together import Floats, Together

TEXTS = [f"I lost my keys for the {number}th time and I feel silly" for number in range(64)]


class Network:
    """Counts passes, and waits in each until it is let go on."""

    def __init__(self) -> None:
        self.passes: list[list[str]] = []
        self.gate = threading.Event()
        self.at_a_time = 0
        self.most_at_a_time = 0
        self._lock = threading.Lock()

    def __call__(self, texts: Sequence[str]) -> Floats:
        with self._lock:
            self.passes.append(list(texts))
            self.at_a_time += 1
            self.most_at_a_time = max(self.most_at_a_time, self.at_a_time)
        assert self.gate.wait(20)
        with self._lock:
            self.at_a_time -= 1
        if "poison" in texts:
            raise ValueError("poison")
        return np.array([[float(len(text))] for text in texts], dtype=np.float32)


@pytest.fixture
def network() -> Network:
    return Network()


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.002)


def waiting(together: Together, number: int) -> bool:
    return together._running > 0 and len(together._waiting) >= number


def ask_in_order(together: Together, pool: ThreadPoolExecutor, calls: list[list[str]]) -> list[Any]:
    """Start a call after another, so that they wait in this order."""
    made = []
    for number, texts in enumerate(calls):
        made.append(pool.submit(together, texts))
        until(partial(waiting, together, number))
    return made


def test_a_call_alone_runs_at_once_and_by_itself(network: Network) -> None:
    network.gate.set()
    together = Together(network, passes=1, most=32)
    assert together(["one", "three"]).tolist() == [[3], [5]]
    assert together(["two"]).tolist() == [[3]]
    assert network.passes == [["one", "three"], ["two"]]


def test_calls_that_come_during_a_pass_share_the_next(network: Network) -> None:
    together = Together(network, passes=1, most=32)
    with ThreadPoolExecutor(8) as pool:
        calls = [["first"], ["a", "bb"], ["bb", "ccc"], ["dddd"]]
        made = ask_in_order(together, pool, calls)
        network.gate.set()
        rows = [one.result(20).tolist() for one in made]
    assert rows == [[[5]], [[1], [2]], [[2], [3]], [[4]]]
    assert network.passes == [["first"], ["a", "bb", "ccc", "dddd"]]


def test_a_pass_takes_no_more_than_fits_and_the_first_goes_first(network: Network) -> None:
    together = Together(network, passes=1, most=3)
    with ThreadPoolExecutor(8) as pool:
        calls = [["first"], ["a", "b"], ["c", "d"], ["e"], ["f", "g", "h", "i"], ["j"]]
        made = ask_in_order(together, pool, calls)
        network.gate.set()
        for one in made:
            one.result(20)
    assert network.passes == [["first"], ["a", "b"], ["c", "d", "e"], ["f", "g", "h", "i"], ["j"]]


def test_as_many_passes_run_at_a_time_as_there_is_room_for(network: Network) -> None:
    together = Together(network, passes=2, most=32)
    with ThreadPoolExecutor(8) as pool:
        made = [pool.submit(together, [text]) for text in ("a", "b", "c", "d")]
        until(lambda: len(together._waiting) == 2)
        network.gate.set()
        for one in made:
            one.result(20)
    assert network.most_at_a_time == 2
    assert sorted(map(len, network.passes)) == [1, 1, 2]


def test_an_error_reaches_only_the_call_whose_text_it_is(network: Network) -> None:
    together = Together(network, passes=1, most=32)
    with ThreadPoolExecutor(8) as pool:
        made = ask_in_order(together, pool, [["first"], ["a"], ["poison"], ["bb"]])
        network.gate.set()
        assert made[1].result(20).tolist() == [[1]]
        assert made[3].result(20).tolist() == [[2]]
        with pytest.raises(ValueError, match="poison"):
            made[2].result(20)
        assert together(["free again"]).tolist() == [[10]]


def test_whoever_leads_and_is_ended_strands_nobody() -> None:
    entered, go_on = threading.Event(), threading.Event()

    def run(texts: Sequence[str]) -> Floats:
        if "first" in texts:
            entered.set()
            assert go_on.wait(20)
        if "end" in texts:
            raise SystemExit
        return np.zeros((len(texts), 1), dtype=np.float32)

    together = Together(run, passes=1, most=32)
    with ThreadPoolExecutor(8) as pool:
        made = [pool.submit(together, ["first"])]
        assert entered.wait(20)
        for number, text in enumerate(("end", "innocent"), start=1):
            made.append(pool.submit(together, [text]))
            until(partial(waiting, together, number))
        go_on.set()
        with pytest.raises(SystemExit):
            made[1].result(20)
        with pytest.raises(RuntimeError, match="broken off"):
            made[2].result(20)
        assert together(["free again"]).tolist() == [[0]]


def in_the_child(together: Together, answers: Any) -> None:
    network = together._run
    assert isinstance(network, Network)
    network.gate = threading.Event()
    network.gate.set()
    answers.put(together(["child"]).tolist())


def test_a_pass_under_way_at_a_fork_does_not_hold_up_the_child(network: Network) -> None:
    together = Together(network, passes=1, most=32)
    context = multiprocessing.get_context("fork")
    with ThreadPoolExecutor(1) as pool:
        made = pool.submit(together, ["parent"])
        until(lambda: network.at_a_time == 1)
        answers = context.SimpleQueue()
        child = context.Process(target=in_the_child, args=(together, answers))
        child.start()
        child.join(20)
        assert child.exitcode == 0
        assert answers.get() == [[5]]
        network.gate.set()
        assert made.result(20).tolist() == [[6]]


def test_shared_passes_answer_nearly_what_separate_ones_do() -> None:
    shared = Encoder(Options(together=True, cache=0, threads=1))
    alone = Encoder(Options(cache=0, threads=1))
    with ThreadPoolExecutor(64) as pool:
        together = list(pool.map(lambda text: shared.encode([text]), TEXTS))
    for text, found in zip(TEXTS, together, strict=True):
        expected = alone.encode([text])
        assert np.abs(found.emotions - expected.emotions).max() < 0.1
        assert float(found.embeddings[0] @ expected.embeddings[0]) > 0.98
