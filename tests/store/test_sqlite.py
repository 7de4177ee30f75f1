"""The store in one file: its contract, its bounds and its bytes."""

from __future__ import annotations

import os
import random
import re
import sqlite3
import stat
import uuid
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from emoplug import StoreBusyError, StoreError
from emoplug.store import Memory, SqliteStore, Store
from tests.store.store_contract import check_store, memory, texts


def everything_on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


def test_a_file_keeps_the_contract(tmp_path: Path) -> None:
    numbers = count()
    check_store(lambda: SqliteStore(tmp_path / f"{next(numbers)}.sqlite"))


def test_the_store_of_a_process_keeps_the_contract() -> None:
    check_store(lambda: SqliteStore(":memory:"))


def test_it_is_a_store() -> None:
    store: Store = SqliteStore(":memory:")
    assert store.sessions() == []


def test_what_was_kept_is_there_after_reopening(tmp_path: Path) -> None:
    path = tmp_path / "m.sqlite"
    first = SqliteStore(path)
    (id,) = first.append("ann", [memory("hello")])
    first.close()
    again = SqliteStore(path)
    assert [(kept.id, kept.text) for kept in again.read("ann")] == [(id, "hello")]


def test_only_its_owner_can_read_it_and_nothing_else_lies_around(tmp_path: Path) -> None:
    SqliteStore(tmp_path / "m.sqlite").append("ann", [memory("hello")])
    assert [path.name for path in tmp_path.iterdir()] == ["m.sqlite"]
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / "m.sqlite").stat().st_mode) == 0o600


def test_a_session_is_bounded_and_its_oldest_go_first(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "m.sqlite", limit=3)
    store.append("ann", [memory(f"a{number}") for number in range(5)])
    store.append("bob", [memory("b0")])
    store.append("ann", [memory("a5")])
    assert texts(store, "ann") == ["a3", "a4", "a5"]
    assert texts(store, "bob") == ["b0"]


def test_the_words_of_what_went_for_the_bound_are_zeroed(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "m.sqlite", limit=2)
    store.append("ann", [memory("the first words"), memory("second"), memory("third")])
    store.append("ann", [memory("the fourth words")])
    disk = everything_on_disk(tmp_path)
    assert b"the first words" not in disk
    assert b"the fourth words" in disk


def test_ids_asked_for_again_are_those_that_are_there_now(tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    store, other = SqliteStore(path, limit=4), SqliteStore(path)
    assert store.ids("anna") == []
    ids = store.append("anna", [memory("one"), memory("two", timestamp=1.0)])
    assert store.ids("anna") == ids
    ids += other.append("anna", [memory("three")])
    assert store.ids("anna") == ids, "added by another"
    other.expire(before=2.0)
    assert store.ids("anna") == [ids[0], ids[2]], "one in the middle removed by another"
    more = store.append("anna", [memory(word) for word in ("four", "five", "six")])
    assert store.ids("anna") == [ids[2], *more], "beyond the limit"
    other.forget("anna")
    assert store.ids("anna") == []


def test_a_session_cannot_be_bounded_to_nothing() -> None:
    with pytest.raises(ValueError, match="1 memory or more"):
        SqliteStore(":memory:", limit=0)


def test_what_is_forgotten_or_expired_leaves_no_bytes_in_any_file(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "m.sqlite", limit=15)
    rng = random.Random(1)
    secrets: dict[str, list[bytes]] = {}

    def fill() -> None:
        for _ in range(4):
            session = f"session-{rng.randrange(30)}-end"
            memories = []
            for _ in range(12):
                word = uuid.UUID(int=rng.getrandbits(128)).hex
                made = memory(word * rng.choice([1, 4, 30]), seed=rng.getrandbits(32))
                secrets.setdefault(session, []).extend([word.encode(), made.vector.tobytes()])
                memories.append(made)
            store.append(session, memories)

    forgotten = 0
    for _ in range(6):
        fill()
        session = rng.choice(sorted(secrets))
        forgotten += store.forget(session)
        disk = everything_on_disk(tmp_path)
        left = [secret for secret in [*secrets.pop(session), session.encode()] if secret in disk]
        assert left == []
    assert forgotten > 50
    store.expire(1e9)
    disk = everything_on_disk(tmp_path)
    assert [secret for own in secrets.values() for secret in own if secret in disk] == []


def test_copies_that_sqlite_left_behind_go_too(tmp_path: Path) -> None:
    """Balancing a tree may leave copies of rows in the unused part of a page: here is one."""
    path = tmp_path / "m.sqlite"
    store = SqliteStore(path)
    store.append("ann", [memory("hers")])
    store.append("bob", [memory("his")])
    store.close()
    stray = b"a copy of what she said"
    whole = path.read_bytes()
    unused = max(re.findall(rb"\0+", whole), key=len)
    path.write_bytes(whole.replace(unused, unused[: -len(stray)] + stray, 1))
    store = SqliteStore(path)
    store.append("ann", [memory("more")])
    assert stray in path.read_bytes()
    store.forget("ann")
    assert stray not in path.read_bytes()
    assert texts(store, "bob") == ["his"]


def test_a_forgetting_cut_short_is_finished_by_the_next_one(tmp_path: Path) -> None:
    """Between deleting rows and rewriting the file, another process's reading gets in the way."""
    path = tmp_path / "m.sqlite"
    store = SqliteStore(path, timeout=0.05)
    store.append("ann", [memory("a secret of hers", seed=n) for n in range(3)])
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM memory").fetchone()
    with pytest.raises(StoreBusyError, match="another process"):
        store.forget("ann")
    reader.close()
    store.forget("ann")
    assert b"a secret of hers" not in everything_on_disk(tmp_path)
    assert texts(store, "ann") == []


def test_a_writer_that_waits_too_long_is_told_so(tmp_path: Path) -> None:
    path = tmp_path / "m.sqlite"
    store = SqliteStore(path, timeout=0.05)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreBusyError, match=r"m\.sqlite; try again"):
        store.append("ann", [memory("hello")])
    other.execute("COMMIT")
    store.append("ann", [memory("hello")])
    other.close()
    assert texts(store, "ann") == ["hello"]


@pytest.mark.parametrize("part", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_refused_by_name(tmp_path: Path, part: float) -> None:
    path = tmp_path / "m.sqlite"
    store = SqliteStore(path)
    store.append("ann", [memory(f"text {number}" * 20) for number in range(60)])
    store.close()
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * part)])
    with pytest.raises(StoreError, match=r"m\.sqlite is damaged .* restore it from a backup"):
        SqliteStore(path).read("ann")


def test_a_flipped_bit_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "m.sqlite"
    store = SqliteStore(path)
    store.append("ann", [memory("she said so")])
    store.close()
    path.write_bytes(path.read_bytes().replace(b"she said so", b"she said no"))
    with pytest.raises(StoreError, match="row 1 is not what was written"):
        SqliteStore(path).read("ann")


def test_a_file_of_something_else_is_left_alone(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("these are my notes, and no data base at all " * 50)
    with pytest.raises(StoreError, match=r"notes\.txt is damaged"):
        SqliteStore(text)
    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE memory (id INTEGER)")
    connection.close()
    with pytest.raises(StoreError, match="no store of this version"):
        SqliteStore(other)
    assert text.read_text().startswith("these are my notes")


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"nowhere.*choose a folder that exists"):
        SqliteStore(tmp_path / "nowhere" / "m.sqlite")


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "m.sqlite")
    store.close()
    with pytest.raises(StoreError, match="is closed; make a new SqliteStore"):
        store.read("ann")


def test_vectors_of_any_size_are_kept(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "m.sqlite")
    wide = Memory(
        role="user", text="wide", timestamp=0, vector=np.ones(4096, np.float32), encoder="x/4096"
    )
    store.append("ann", [wide])
    assert store.read("ann")[0].vector.shape == (4096,)
