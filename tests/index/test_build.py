from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from emoplug.index import IndexOptions, VectorIndex
from emoplug.index._build import Build, lists_for
from tests.index.made import SIZE, Floats, made, run

ROWS = 1500
ALL = made(range(ROWS))
OPTIONS = IndexOptions(flat_until=1000, probes=1000)


class Held:
    """Builds that go no further than this lets them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun, self.go_on = threading.Event(), threading.Event()
        cluster: Callable[..., Floats] = Build._centroids

        def held(build: Build, slots: object, lists: int) -> Floats:
            self.begun.set()
            assert self.go_on.wait(30)
            return cluster(build, slots, lists)

        monkeypatch.setattr(Build, "_centroids", held)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Held:
    return Held(monkeypatch)


def test_what_changes_during_a_build_is_there_after_it(held: Held) -> None:
    index = VectorIndex(SIZE, OPTIONS)
    index.add(range(ROWS), ALL, session="old")
    assert held.begun.wait(30)
    assert str(index.kind) == "flat"
    assert index.search(ALL[:5], 1).ids.ravel().tolist() == list(range(5))
    assert index.remove(range(100, 200)) == 100
    index.add(range(150, 160), made(range(9150, 9160)), session="new")
    index.add([0], made([9000]))
    with pytest.raises(TimeoutError, match="still being built"):
        index.wait(0.01)
    held.go_on.set()
    index.wait(60)
    assert index.kind == "ivf"
    assert len(index) == ROWS - 90
    live = [*range(1, 100), *range(200, ROWS)]
    assert (index.vectors(live) == ALL[live]).all()
    assert index.search(ALL[live], 1).ids.ravel().tolist() == live
    assert index.search(made([9000, 9155]), 1).ids.ravel().tolist() == [0, 155]
    assert not set(range(100, 150)) & set(index.search(ALL[100:200], 1400).ids.ravel().tolist())


def test_many_search_and_change_while_it_is_built() -> None:
    index = VectorIndex(SIZE, OPTIONS)
    index.add(range(1000), ALL[:1000])
    ended = threading.Event()

    def search(seed: int) -> int:
        rng, count = np.random.default_rng(seed), 0
        while not ended.is_set() or count < 20:
            chosen = rng.integers(0, 500, 4)
            hits = index.search(ALL[chosen], 2)
            assert hits.ids[:, 0].tolist() == chosen.tolist()
            assert (hits.ids[:, 1] >= 0).all()
            count += 1
        return count

    def change() -> None:
        for start in range(1000, ROWS, 50):
            index.add(range(start, start + 50), ALL[start : start + 50], session="late")
            index.remove(range(start - 500, start - 490))
        index.wait(60)
        ended.set()

    with ThreadPoolExecutor(4) as pool:
        searches = [pool.submit(search, seed) for seed in range(3)]
        pool.submit(change).result(60)
        assert all(future.result(60) >= 20 for future in searches)
    assert index.kind == "ivf"
    assert len(index) == ROWS - 100


def test_it_is_built_anew_once_it_has_outgrown_its_lists() -> None:
    index = VectorIndex(SIZE, IndexOptions(flat_until=200, probes=1000))
    index.add(range(300), ALL[:300])
    index.wait(60)
    index.add(range(300, ROWS), ALL[300:])
    index.wait(60)
    store = index._table.store
    assert getattr(store, "lists", 0) == lists_for(ROWS)
    assert index.search(ALL, 1).ids.ravel().tolist() == list(range(ROWS))


@pytest.mark.parametrize(("kind", "answers"), [("flat", "flat"), ("ivf", "ivf")])
def test_a_kind_that_is_named_is_what_answers(kind: str, answers: str) -> None:
    index = VectorIndex(SIZE, IndexOptions.model_validate({"kind": kind, "flat_until": 100}))
    index.add(range(ROWS), ALL)
    index.wait(60)
    assert index.kind == answers


def test_a_build_that_fails_is_heard_of_and_the_search_goes_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    attempts: list[int] = []

    def fail(_build: Build, slots: Floats, _lists: int) -> Floats:
        attempts.append(len(slots))
        raise MemoryError("no room")

    monkeypatch.setattr(Build, "_centroids", fail)
    index = VectorIndex(SIZE, IndexOptions(flat_until=100))
    with caplog.at_level(logging.ERROR, "emoplug.index"):
        index.add(range(200), ALL[:200])
        with pytest.raises(MemoryError, match="no room"):
            index.wait(60)
    assert "could not be built" in caplog.text
    assert index.kind == "flat"
    index.add(range(200, 300), ALL[200:300])
    assert attempts == [200]
    index.add(range(300, 400), ALL[300:400])
    with pytest.raises(MemoryError):
        index.wait(60)
    assert attempts == [200, 400]
    assert index.search(ALL[:400], 1).ids.ravel().tolist() == list(range(400))


@pytest.mark.parametrize("left", [0, 3])
def test_a_build_bears_it_that_nearly_everything_is_removed(held: Held, left: int) -> None:
    index = VectorIndex(SIZE, OPTIONS)
    index.add(range(ROWS), ALL)
    assert held.begun.wait(30)
    index.remove(range(left, ROWS))
    held.go_on.set()
    index.wait(60)
    assert index.kind == ("ivf" if left else "flat")
    assert sorted(index.search(ALL[0], 5).ids[0].tolist()) == [-1] * (5 - left) + [*range(left)]


def test_the_exit_of_the_interpreter_ends_a_build() -> None:
    said = run(
        """
import time
from emoplug.index import IndexOptions, VectorIndex
from emoplug.index._build import Build
from tests.index.made import SIZE, made
def for_ever(build, slots, lists):
    while True:
        build._go_on()
        time.sleep(0.01)
Build._centroids = for_ever
index = VectorIndex(SIZE, IndexOptions(flat_until=100))
index.add(range(200), made(range(200)))
print(index._build.running)
"""
    )
    assert said == ["True"]


def test_closing_ends_a_build(held: Held) -> None:
    index = VectorIndex(SIZE, OPTIONS)
    index.add(range(ROWS), ALL)
    assert held.begun.wait(30)
    threading.Timer(0.05, held.go_on.set).start()
    index.close()
    assert "emoplug-index-build" not in {thread.name for thread in threading.enumerate()}
    assert index.kind == "flat"
