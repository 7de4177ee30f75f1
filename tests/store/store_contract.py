"""What every ``Store`` must do: a test module passes a way to make one to ``check_store``.

``check_store(make)`` raises ``AssertionError`` where the contract of ``emoplug.store.Store`` is not
kept; ``make`` answers a new, empty store each time it is called.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from emoplug import Affect
from emoplug.store import Memory, Store

SIZE = 8


def memory(text: str, seed: int = 0, **values: object) -> Memory:
    """A memory of the user with a vector drawn from ``seed``."""
    vector = np.random.default_rng(seed).normal(size=SIZE)
    fields = {
        "role": "user",
        "text": text,
        "timestamp": 100.0,
        "vector": vector / np.linalg.norm(vector),
        "encoder": f"stub/{SIZE}",
        **values,
    }
    return Memory.model_validate(fields)


def texts(store: Store, session: str, after: int = 0) -> list[str]:
    return [kept.text for kept in store.read(session, after)]


def check_store(make: Callable[[], Store]) -> None:
    """Check everything; each check has a store of its own."""
    checks = (
        _what_is_read_is_what_was_kept,
        _sessions_are_apart,
        _what_is_sent_again_is_kept_once,
        _ids_grow_and_are_never_used_twice,
        _forgetting_removes_one_session_alone,
        _expiring_removes_what_is_older_in_all_sessions,
        _threads_lose_nothing,
    )
    for check in checks:
        store = make()
        try:
            check(store)
        finally:
            store.close()
            store.close()


def _what_is_read_is_what_was_kept(store: Store) -> None:
    full = memory(
        "half a pair \ud83d and \x00 and 我很难过",
        speaker="Ann",
        emotion="sadness",
        intensity=0.7,
        affect=Affect(valence=-0.5, arousal=0.25, dominance=0.0),
        distribution={"sadness": 0.75, "joy": 0.125},
        causes=("a pair", "half"),
    )
    (id,) = store.append("ann", [full])
    (kept,) = store.read("ann")
    assert kept.model_copy(update={"id": 0}).model_dump(exclude={"vector"}) == full.model_dump(
        exclude={"vector"}
    )
    assert kept.id == id
    assert kept.vector.dtype == np.float32
    np.testing.assert_array_equal(kept.vector, full.vector)
    assert not kept.vector.flags.writeable


def _sessions_are_apart(store: Store) -> None:
    assert list(store.sessions()) == []
    store.append("bob", [memory("mine")])
    store.append("ann \ud83d", [memory("mine"), memory("too")])
    assert list(store.sessions()) == ["ann \ud83d", "bob"]
    assert texts(store, "bob") == ["mine"]
    assert texts(store, "ann \ud83d") == ["mine", "too"]
    assert texts(store, "nobody") == []
    assert list(store.ids("nobody")) == []


def _what_is_sent_again_is_kept_once(store: Store) -> None:
    first = store.append("ann", [memory("one"), memory("two")])
    again = store.append("ann", [memory("two", seed=5), memory("three"), memory("three")])
    assert again[0] == first[1]
    assert again[1] == again[2]
    assert texts(store, "ann") == ["one", "two", "three"]
    others = [memory("one", role="assistant"), memory("one", speaker="Bob")]
    store.append("ann", others)
    assert len(store.read("ann")) == 5
    assert list(store.append("ann", [])) == []


def _ids_grow_and_are_never_used_twice(store: Store) -> None:
    first = list(store.append("ann", [memory("one"), memory("two")]))
    assert first == sorted(set(first))
    assert list(store.ids("ann")) == first
    assert texts(store, "ann", after=first[0]) == ["two"]
    assert texts(store, "ann", after=first[1]) == []
    store.forget("ann")
    assert min(store.append("ann", [memory("one")])) > max(first)


def _forgetting_removes_one_session_alone(store: Store) -> None:
    store.append("ann", [memory("one"), memory("two")])
    store.append("bob", [memory("one")])
    assert store.forget("ann") == 2
    assert store.forget("ann") == 0
    assert texts(store, "ann") == []
    assert list(store.sessions()) == ["bob"]


def _expiring_removes_what_is_older_in_all_sessions(store: Store) -> None:
    store.append("ann", [memory("old", timestamp=1.0), memory("new", timestamp=3.0)])
    store.append("bob", [memory("old", timestamp=2.0), memory("edge", timestamp=2.5)])
    assert store.expire(2.5) == 2
    assert store.expire(2.5) == 0
    assert (texts(store, "ann"), texts(store, "bob")) == (["new"], ["edge"])


def _threads_lose_nothing(store: Store) -> None:
    def write(thread: int) -> None:
        for number in range(5):
            store.append("ann", [memory(f"{thread} {number}")])
            store.read("ann")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    assert sorted(texts(store, "ann")) == sorted(f"{t} {n}" for t in range(4) for n in range(5))
