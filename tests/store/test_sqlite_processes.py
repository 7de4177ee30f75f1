"""The store under processes that are killed, run out of disk, fork, or write side by side."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from emoplug import StoreError
from emoplug.store import SqliteStore
from tests.store.store_contract import memory, texts

ROOT = Path(__file__).parents[2]
WRITER = """
import sys
from emoplug.store import SqliteStore
from tests.store.store_contract import memory
store = SqliteStore(sys.argv[1], timeout=30)
for number in range(int(sys.argv[3])):
    store.append(sys.argv[2], [memory(f"{sys.argv[2]} {number}", seed=number), memory("often")])
    print(number, flush=True)
"""
FULL = """
import resource, signal, sys
from pathlib import Path
from emoplug import StoreError
from emoplug.store import SqliteStore
from tests.store.store_contract import memory
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
path = Path(sys.argv[1])
store = SqliteStore(path)
store.append("ann", [memory("kept")])
size = path.stat().st_size + 20_000
resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
try:
    store.append("ann", [memory(f"{number} " * 500) for number in range(100)])
except StoreError as error:
    print(error)
print([kept.text for kept in store.read("ann")])
"""


def start(script: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


@pytest.mark.parametrize("acknowledged", [1, 7])
def test_a_process_killed_while_writing_loses_nothing_acknowledged(
    tmp_path: Path, acknowledged: int
) -> None:
    path = tmp_path / "m.sqlite"
    writer = start(WRITER, path, "ann", 100_000)
    assert writer.stdout is not None
    lines = [writer.stdout.readline() for _ in range(acknowledged)]
    os.kill(writer.pid, signal.SIGKILL)
    lines += writer.stdout.readlines()
    writer.stdout.close()
    assert writer.wait() == -signal.SIGKILL
    store = SqliteStore(path)
    kept = texts(store, "ann")
    assert {f"ann {int(line)}" for line in lines} <= set(kept)
    assert kept.count("often") == 1
    store.append("ann", [memory("and on")])
    assert texts(store, "ann")[-1] == "and on"


def test_a_file_left_half_made_by_a_killed_process_is_in_nobodys_way(tmp_path: Path) -> None:
    (tmp_path / "m.sqlite.0123.new").write_bytes(b"")
    store = SqliteStore(tmp_path / "m.sqlite")
    store.append("ann", [memory("hello")])
    assert texts(store, "ann") == ["hello"]


def test_processes_that_write_side_by_side_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "m.sqlite"
    writers = [start(WRITER, path, name, 15) for name in ("ann", "bob", "ann")]
    for writer in writers:
        out, _ = writer.communicate(timeout=60)
        assert writer.returncode == 0
        assert out.split() == [str(number) for number in range(15)]
    store = SqliteStore(path)
    for name in ("ann", "bob"):
        assert sorted(texts(store, name)) == sorted([f"{name} {n}" for n in range(15)] + ["often"])


def test_what_another_process_adds_and_forgets_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "m.sqlite"
    here, there = SqliteStore(path), SqliteStore(path)
    (first,) = there.append("ann", [memory("one")])
    assert here.ids("ann") == [first]
    there.forget("ann")
    assert here.ids("ann") == []


@pytest.mark.skipif(sys.platform == "win32", reason="needs limits on file size")
def test_on_a_full_disk_the_write_fails_by_name_and_what_was_kept_stays(tmp_path: Path) -> None:
    path = tmp_path / "m.sqlite"
    done = start(FULL, path)
    out, _ = done.communicate(timeout=60)
    message, kept = out.splitlines()
    assert "m.sqlite failed" in message
    assert "full disk" in message
    assert kept == "['kept']"
    assert texts(SqliteStore(path), "ann") == ["kept"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system that forks")
def test_a_forked_process_writes_through_a_connection_of_its_own(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "m.sqlite")
    store.append("ann", [memory("parent")])
    child = os.fork()
    if child == 0:
        signal.alarm(10)
        store.append("ann", [memory("child")])
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    store.append("ann", [memory("parent again")])
    assert texts(store, "ann") == ["parent", "child", "parent again"]


def test_a_store_taken_away_while_open_is_an_error_and_no_silence(tmp_path: Path) -> None:
    path = tmp_path / "m.sqlite"
    store = SqliteStore(path)
    store.append("ann", [memory("one")])
    path.rename(tmp_path / "elsewhere.sqlite")
    with pytest.raises(StoreError, match="what was kept before is safe"):
        store.append("ann", [memory("two")])
