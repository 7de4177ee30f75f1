"""Kills, full disks and readers beside a writer: what was acknowledged is there afterwards."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from emoplug.index import VectorIndex
from tests.index.made import SIZE, made, run, start

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a POSIX system")


def check(folder: Path, least: int) -> int:
    """Everything up to ``least`` is there, whole, and at most one save more; answer how much."""
    with VectorIndex.open(folder, write=True) as index:
        count = len(index)
        assert count in {least, least + 20}
        assert (index.vectors(range(count)) == made(range(count))).all()
        assert index.search(made(range(count)), 1).ids.ravel().tolist() == list(range(count))
    assert len(list(folder.glob("vectors-*"))) == 1
    return count


SAVE_FOR_EVER = """
from emoplug.index import VectorIndex
from tests.index.made import made
index = VectorIndex.open(sys.argv[1], write=True)
while True:
    count = len(index)
    index.add(range(count, count + 20), made(range(count, count + 20)), session=f"s{count}")
    index.save(sys.argv[1])
    print(count + 20, flush=True)
"""


def begin(folder: Path) -> None:
    with VectorIndex(SIZE) as index:
        index.add(range(20), made(range(20)))
        index.save(folder)


def test_a_kill_at_any_time_loses_nothing_acknowledged(tmp_path: Path) -> None:
    begin(tmp_path)
    rng, count = random.Random(5), 20
    for _ in range(6):
        with start(SAVE_FOR_EVER, tmp_path) as process:
            assert process.stdout is not None
            said = [process.stdout.readline()]
            time.sleep(rng.uniform(0, 0.08))
            process.send_signal(signal.SIGKILL)
            said += process.stdout.readlines()
        whole = [int(line) for line in said if line.endswith("\n")]
        assert whole[0] == count + 20
        count = check(tmp_path, whole[-1])


KILL_AT_EVERY_STEP = """
import os, signal
from emoplug.index import VectorIndex
from tests.index.made import made
index = VectorIndex.open(sys.argv[1])
count = len(index)
index.close()

def run_until(step):
    left = step
    def hook(event, _arguments):
        nonlocal left
        if event in {"open", "os.rename", "os.remove"} and folder in str(_arguments[0]):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
    folder = sys.argv[1]
    index = VectorIndex.open(folder, write=True)
    index.add(range(count, count + 20), made(range(count, count + 20)))
    sys.addaudithook(hook)
    index.save(folder)
    os._exit(0)

step, status = 0, signal.SIGKILL
while status == signal.SIGKILL:
    step += 1
    if os.fork() == 0:
        run_until(step)
    status = os.wait()[1]
    with VectorIndex.open(sys.argv[1], write=True) as index:
        print(step, status, len(index), flush=True)
        assert (index.vectors(range(len(index))) == made(range(len(index)))).all()
        index.remove(range(count, count + 20))
        index.save(sys.argv[1])
"""


def test_a_kill_before_any_step_of_a_save_leaves_the_old_state_or_the_new(tmp_path: Path) -> None:
    begin(tmp_path)
    said = [[int(word) for word in line.split()] for line in run(KILL_AT_EVERY_STEP, tmp_path)]
    kept = [count for _, _, count in said]
    assert [status for _, status, _ in said] == [signal.SIGKILL] * (len(said) - 1) + [0]
    assert kept == sorted(kept)
    assert set(kept) == {20, 40}
    assert kept.count(20) >= 5
    assert kept.count(40) >= 3


FILL_UP = """
import resource
from emoplug import StoreError
from emoplug.index import VectorIndex
from tests.index.made import made
folder, limit = sys.argv[1], int(sys.argv[2])
index = VectorIndex.open(folder, write=True)
index.add(range(20, 2000), made(range(20, 2000)), session=[f"s{n}" for n in range(20, 2000)])
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
try:
    index.save(folder)
except StoreError as error:
    print(error)
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
print(len(VectorIndex.open(folder)), len(index))
index.remove(range(40, 2000))
index.save(folder)
print(len(VectorIndex.open(folder)))
"""


@pytest.mark.parametrize("limit", [100, 20_000, 60_000, 140_000], ids="{} bytes".format)
def test_a_file_that_cannot_grow_leaves_what_was_saved(tmp_path: Path, limit: int) -> None:
    begin(tmp_path)
    problem, before, after = run(FILL_UP, tmp_path, limit)
    assert f"{tmp_path} cannot be written" in problem
    assert "make room" in problem
    assert before == "20 2000"
    assert after == "40"


def test_a_full_disk_leaves_what_was_saved(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if sys.platform != "linux" or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("needs the right to mount a small disk")
    try:
        begin(disk)
        problem, before, after = run(FILL_UP, disk, 0)
    finally:
        subprocess.run(["umount", str(disk)], check=True)
    assert "No space left" in problem
    assert "what was saved before is untouched" in problem
    assert before == "20 2000"
    assert after == "40"


def test_many_read_while_one_writes(tmp_path: Path) -> None:
    begin(tmp_path)

    def read() -> set[int]:
        reader, seen = VectorIndex.open(tmp_path), set[int]()
        while len(reader) < 600:
            count = len(reader)
            assert count % 20 == 0
            assert (reader.vectors(range(count)) == made(range(count))).all()
            seen.add(count)
            reader.refresh()
        return seen

    with start(SAVE_FOR_EVER, tmp_path) as process, ThreadPoolExecutor(3) as pool:
        try:
            reads = [pool.submit(read) for _ in range(3)]
            assert all(len(future.result(60)) > 1 for future in reads)
        finally:
            process.kill()
