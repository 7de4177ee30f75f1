"""Readers and writers of one folder, in threads and processes."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from emoplug import StoreBusyError, StoreError
from emoplug.index import VectorIndex
from tests.index.made import INVERTED, SIZE, made, run, saved, start


def test_an_index_opened_to_read_changes_nothing(tmp_path: Path) -> None:
    saved(tmp_path)
    index = VectorIndex.open(tmp_path)
    for change in (
        lambda: index.add([1], made([1])),
        lambda: index.remove([1]),
        lambda: index.remove_session("anna"),
        lambda: index.save(tmp_path),
        lambda: index.save(tmp_path / "elsewhere"),
    ):
        with pytest.raises(StoreError, match="opened to read; open it with write=True"):
            change()


def test_a_reader_takes_up_what_was_saved_since(tmp_path: Path) -> None:
    saved(tmp_path)
    reader = VectorIndex.open(tmp_path, INVERTED)
    assert not reader.refresh()
    with VectorIndex.open(tmp_path, INVERTED, write=True) as writer:
        writer.wait(60)
        writer.add([1000], made([1000]), session="new")
        assert not reader.refresh()
        writer.save(tmp_path)
        assert not writer.refresh()
    assert reader.refresh()
    assert not reader.refresh()
    assert reader.kind == "ivf"
    assert reader.search(made([1000]), 1, session="new").ids.tolist() == [[1000]]
    shutil.rmtree(tmp_path)
    with pytest.raises(StoreError, match="missing"):
        reader.refresh()
    assert len(reader) == 401


def test_a_second_writer_is_told_who_is_busy(tmp_path: Path) -> None:
    saved(tmp_path)
    first = VectorIndex.open(tmp_path, write=True)
    with pytest.raises(StoreBusyError, match=rf"{tmp_path} is being written.*write=False"):
        VectorIndex.open(tmp_path, write=True)
    with VectorIndex(SIZE) as other, pytest.raises(StoreBusyError):
        other.save(tmp_path)
    assert len(VectorIndex.open(tmp_path)) == 400
    first.close()
    VectorIndex.open(tmp_path, write=True).close()


HOLD = """
import time
from emoplug.index import VectorIndex
index = VectorIndex.open(sys.argv[1], write=True)
print("open", flush=True)
time.sleep(60)
"""


def test_another_process_that_writes_keeps_this_one_out_until_it_is_gone(tmp_path: Path) -> None:
    saved(tmp_path)
    with start(HOLD, tmp_path) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        with pytest.raises(StoreBusyError):
            VectorIndex.open(tmp_path, write=True)
        process.kill()
    VectorIndex.open(tmp_path, write=True).close()


COMPETE = """
from emoplug import StoreBusyError
from emoplug.index import VectorIndex
from tests.index.made import ALL, INVERTED, saved, made
folder, first = sys.argv[1], int(sys.argv[2])
number = first
while number < first + 12:
    try:
        with VectorIndex.open(folder, write=True) as index:
            index.add([number], made([number]))
            index.save(folder)
            print(number, flush=True)
            number += 1
    except StoreBusyError:
        pass
"""


def test_two_processes_that_write_in_turn_lose_nothing(tmp_path: Path) -> None:
    saved(tmp_path)
    first, second = start(COMPETE, tmp_path, 1000), start(COMPETE, tmp_path, 2000)
    said = [int(n) for p in (first, second) for n in p.communicate(timeout=60)[0].split()]
    assert sorted(said) == [*range(1000, 1012), *range(2000, 2012)]
    index = VectorIndex.open(tmp_path)
    assert len(index) == 424
    assert (index.vectors(said) == made(said)).all()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system that forks")
def test_a_forked_process_searches_but_does_not_write(tmp_path: Path) -> None:
    saved(tmp_path, INVERTED)
    said = run(
        """
import os, signal
from emoplug import StoreBusyError
from emoplug.index import VectorIndex
from tests.index.made import ALL, INVERTED, saved, made
index = VectorIndex.open(sys.argv[1], write=True)
index.search(made(range(200)), 5)  # starts OpenMP's threads
if os.fork() == 0:
    signal.alarm(20)
    found = index.search(made(range(200)), 5).ids[:, 0].tolist()
    try:
        index.save(sys.argv[1])
    except StoreBusyError as error:
        print(found == list(range(200)), "forked" in str(error), flush=True)
    index.close()
    os._exit(0)
status = os.wait()[1]
index.add([1000], made([1000]))
index.save(sys.argv[1])
try:
    VectorIndex.open(sys.argv[1], write=True)
except StoreBusyError:
    print(status, "still the writer")
""",
        tmp_path,
    )
    assert said == ["True True", "0 still the writer"]
    assert 1000 in VectorIndex.open(tmp_path)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="it lists no threads")
@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one core, one thread")
@pytest.mark.parametrize(("asked", "more"), [(0, 0), (2, 1)])
def test_a_search_with_little_to_compare_wakes_other_threads_only_on_request(
    asked: int, more: int
) -> None:
    script = """
import os, sys
from tests.index.made import ALL, SIZE
from emoplug.index import IndexOptions, VectorIndex
index = VectorIndex(SIZE, IndexOptions(threads=int(sys.argv[1])))
index.add(range(400), ALL)
before = len(os.listdir("/proc/self/task"))
index.search(ALL[:1], 5)
print(len(os.listdir("/proc/self/task")) - before)
"""
    assert run(script, asked) == [str(more)]
