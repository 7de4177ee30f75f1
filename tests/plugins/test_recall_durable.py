"""For how long memories are kept, that forgetting is forgetting, and that nothing is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from emoplug import (
    Emoplug,
    StoreError,
)
from emoplug.store import Memory, SqliteStore
from emoplug_recall import Recall
from tests.plugins.recall_words import Words, ask, recalled, tell, user, with_recall

ROOT = Path(__file__).parents[2]
DOG = "my dog rex died on sunday"
WORK = "my boss wants that report by friday"
DAY = 86_400.0
TALKER = """
import sys
from emoplug_recall import Recall
from tests.plugins.recall_words import user, with_recall
emo = with_recall(store=sys.argv[1])
history = []
for number in range(100_000):
    history.append(user(f"{sys.argv[2]} says {number}"))
    emo.review(emo.prepare(history[-4:], session="ann"), f"reply to {sys.argv[2]} {number}")
    history.append({"role": "assistant", "content": f"reply to {sys.argv[2]} {number}"})
    print(number, flush=True)
    if number == int(sys.argv[3]):
        break
"""


def recall_of(emo: Emoplug) -> Recall:
    recall = emo.plugins["recall"]
    assert isinstance(recall, Recall)
    return recall


def test_old_memories_are_neither_recalled_nor_kept() -> None:
    store = SqliteStore(":memory:")
    emo = with_recall(Recall(Recall.Options(retention_days=30), store=store))
    now = time.time()
    old = Words().encode([DOG, WORK]).embeddings
    aged = [
        Memory(role="user", text=text, timestamp=now - days * DAY, vector=row, encoder="words/256")
        for text, days, row in zip([DOG, WORK], [31, 29], old, strict=True)
    ]
    store.append("ann", aged)
    assert recalled(emo, "that report my boss wants on my dog rex") == [WORK]
    assert len(store.read("ann")) == 2
    emo.review(emo.prepare([user("hi", timestamp=now - 40 * DAY)], "ann"), "hello")
    assert [memory.text for memory in store.read("ann")] == [WORK, "hello"]
    emo.review(emo.prepare([user("hey", timestamp=now - 40 * DAY)], "ann"), "hello again")
    assert [memory.text for memory in store.read("ann")] == [WORK, "hello", "hello again"]


def test_warming_up_removes_what_is_too_old(tmp_path: Path) -> None:
    path = tmp_path / "m.sqlite"
    tell(with_recall(store=str(path)), DOG)
    time.sleep(0.01)
    emo = with_recall(store=str(path), retention_days=1e-8)
    emo.warm_up()
    assert SqliteStore(path).sessions() == []
    assert recall_of(emo).diagnose() == {"store": str(path), "sessions": "0", "documents": "none"}


def test_what_is_forgotten_is_gone_from_memory_and_disk(tmp_path: Path) -> None:
    path = tmp_path / "m.sqlite"
    emo = with_recall(store=str(path))
    tell(emo, DOG, session="ann")
    tell(emo, DOG, session="bob")
    vector = Words().encode(["of ann alone"]).embeddings[0].tobytes()
    tell(emo, "of ann alone", session="ann")
    assert vector in path.read_bytes()
    assert recall_of(emo).forget("ann") == 3
    disk = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert vector not in disk
    assert b"of ann alone" not in disk
    assert recalled(emo, "i miss my dog rex", session="ann") == []
    assert recalled(emo, "i miss my dog rex", session="bob") == [DOG]


def test_what_another_process_adds_and_forgets_counts_at_once(tmp_path: Path) -> None:
    path = str(tmp_path / "m.sqlite")
    here, there = with_recall(store=path), with_recall(store=path)
    tell(here, WORK)
    tell(there, DOG)
    assert recalled(here, "i miss my dog rex") == [DOG]
    recall_of(there).forget("ann")
    assert recalled(here, "i miss my dog rex") == []
    tell(there, DOG)
    assert recalled(here, "i miss my dog rex") == [DOG]


def test_threads_that_talk_in_one_session_and_in_others_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "m.sqlite"
    emo = with_recall(store=str(path))

    def talks(thread: int) -> None:
        for number in range(5):
            tell(emo, f"thread{thread} says {number}", session=f"s{thread % 2}", reply="mm")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(talks, range(4)))
    for session in (0, 1):
        kept = {memory.text for memory in SqliteStore(path).read(f"s{session}")}
        wanted = {f"thread{t} says {n}" for t in (session, session + 2) for n in range(5)}
        assert kept == wanted | {"mm"}


def test_a_damaged_store_costs_the_memory_and_not_the_turn(tmp_path: Path) -> None:
    path = tmp_path / "m.sqlite"
    path.write_bytes(b"")
    emo = Emoplug(plugins=[Words(), Recall(Recall.Options(store=str(path)))], deadline=60)
    turn = ask(emo, DOG)
    assert [(d.plugin, d.hook) for d in turn.degraded] == [("recall", "recall")]
    assert "is damaged (it is empty); restore it from a backup" in turn.degraded[0].reason
    assert turn.request_messages == turn.messages
    assert emo.review(turn, "hi").degraded[0].hook == "remember"


def test_warming_up_tells_of_a_damaged_store(tmp_path: Path) -> None:
    path = tmp_path / "m.sqlite"
    path.write_bytes(b"no data base" * 100)
    with pytest.raises(StoreError, match=r"m\.sqlite is damaged"):
        with_recall(store=str(path)).warm_up()


def test_a_process_killed_while_it_remembers_loses_no_turn_that_was_done(tmp_path: Path) -> None:
    path = tmp_path / "m.sqlite"
    process = subprocess.Popen(
        [sys.executable, "-c", TALKER, str(path), "ann", "-1"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert process.stdout is not None
    done = [process.stdout.readline() for _ in range(8)]
    os.kill(process.pid, signal.SIGKILL)
    done += process.stdout.readlines()
    process.stdout.close()
    process.wait()
    kept = [memory.text for memory in SqliteStore(path).read("ann")]
    for number in range(len(done)):
        assert f"ann says {number}" in kept
        assert f"reply to ann {number}" in kept
    assert recalled(with_recall(store=str(path)), "what was it that ann says, 7?")


def test_two_processes_that_remember_in_one_session_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "m.sqlite"
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", TALKER, str(path), name, "6"],
            stdout=subprocess.DEVNULL,
            cwd=ROOT,
        )
        for name in ("ann", "bob")
    ]
    assert [process.wait(timeout=60) for process in processes] == [0, 0]
    kept = sorted(memory.text for memory in SqliteStore(path).read("ann"))
    assert kept == sorted(
        text
        for name in ("ann", "bob")
        for n in range(7)
        for text in (f"{name} says {n}", f"reply to {name} {n}")
    )
