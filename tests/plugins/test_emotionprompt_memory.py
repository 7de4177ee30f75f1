from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from emoplug import Emoplug, StoreBusyError, StoreError, Turn
from emoplug_emotionprompt import Options, Stimuli, paper_stimuli
from emoplug_emotionprompt._file import MemoryFile
from emoplug_emotionprompt._memory import ARMS, MODELS, Compared, Memory, Record, Rewards

EP02 = paper_stimuli()["EP02"].text
EP08 = paper_stimuli()["EP08"].text
TEXTS = [EP02, EP08]
BETTER = Compared(tasks=40, gain=0.1, low=0.04, high=0.16, verdict="better")
WORSE = Compared(tasks=40, gain=-0.1, low=-0.16, high=-0.04, verdict="worse")
UNSURE = Compared(tasks=40, gain=0.3, low=-0.1, high=0.7, verdict="unsure")


def learner(store: Path | None = None, **options: Any) -> tuple[Emoplug, Stimuli]:
    stimuli = Stimuli(Options(stimulus="learned", store=store, **options))
    return Emoplug(plugins=[stimuli], on_error="raise", deadline=60), stimuli


def ask(emo: Emoplug, text: str = "What is 2 + 2?", model: str | None = "m") -> Turn:
    return emo.prepare([{"role": "user", "content": text}], model=model)


def many(count: int, mean: float) -> Rewards:
    return Rewards(count=count, total=count * mean)


def test_memory_is_bounded_and_keeps_what_none_got() -> None:
    memory = Memory(None)
    memory.reward("m", "", 1)
    for number in range(ARMS + 20):
        memory.reward("m", f"arm {number}", 1)
    kept = memory.of("m").rewards
    assert len(kept) == ARMS
    assert "" in kept
    assert f"arm {ARMS + 19}" in kept
    for number in range(MODELS):
        memory.reward(f"model {number}", "", 1)
    assert memory.of("m") == Record()
    assert memory.of("model 0") != Record()


def test_rewards_from_many_threads_all_count(tmp_path: Path) -> None:
    emo, stimuli = learner(tmp_path / "memory.json")
    turn = ask(emo)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: stimuli.reward(turn, 0.5), range(64)))
    assert stimuli._memory.of("m").rewards[""] == many(64, 0.5)


REWARDING = """
import sys
from pathlib import Path
from emoplug_emotionprompt._memory import Memory
memory = Memory(Path(sys.argv[1]))
for _ in range(25):
    memory.reward("m", sys.argv[2], 1)
"""


def test_rewards_from_several_processes_all_count(tmp_path: Path) -> None:
    store = tmp_path / "memory.json"
    program = [sys.executable, "-c", REWARDING, str(store), EP02]
    running = [subprocess.Popen(program) for _ in range(3)]
    assert [process.wait(120) for process in running] == [0, 0, 0]
    assert Memory(store).of("m").rewards[EP02] == many(75, 1)


# The file


def test_another_process_learns_what_this_one_did(tmp_path: Path) -> None:
    store = tmp_path / "memory.json"
    emo, _ = learner(store)
    assert ask(emo).guidance_text == ""
    Memory(store).compare("m", {EP08: BETTER})
    assert ask(emo).guidance_text == EP08


def test_a_newer_comparison_takes_the_place_of_an_older_for_its_arms(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "memory.json")
    memory.compare("m", {EP02: BETTER, EP08: BETTER})
    memory.compare("m", {EP02: WORSE})
    assert memory.of("m").compared == {EP02: WORSE, EP08: BETTER}


def test_the_file_is_for_its_owner_alone_and_leaves_no_drafts(tmp_path: Path) -> None:
    store = tmp_path / "memory.json"
    Memory(store).reward("m", EP02, 1)
    assert stat.S_IMODE(store.stat().st_mode) == 0o600
    store.chmod(0o640)
    Memory(store).reward("m", EP02, 1)
    assert stat.S_IMODE(store.stat().st_mode) == 0o640
    assert {path.name for path in tmp_path.iterdir()} <= {"memory.json", "memory.json.lock"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\x00",
        b'{"version": 2, "models": {}}',
        b'{"version": 1, "models": {"m": {"rewards": {"": {"count": 1, "total": 5}}}}}',
        b'{"version": 1, "models": {"m": {"rewards": {"": {"count": -1, "total": 0}}}}}',
        b'{"version": 1, "models": {"m": {"rewards": {"": {"count": 1, "total": NaN}}}}}',
        b'{"version": 1, "models": {"m": {}',
    ],
)
def test_a_damaged_file_is_refused_and_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    store = tmp_path / "memory.json"
    store.write_bytes(content)
    with pytest.raises(StoreError, match=r"memory\.json is damaged.*move it away"):
        learner(store)
    assert store.read_bytes() == content


def test_a_file_damaged_later_is_not_written_over_and_the_call_goes_on(tmp_path: Path) -> None:
    store = tmp_path / "memory.json"
    stimuli = Stimuli(Options(stimulus="learned", store=store))
    emo = Emoplug(plugins=[stimuli], deadline=60)
    turn = ask(emo)
    stimuli.reward(turn, 1)
    store.write_bytes(b"{")
    with pytest.raises(StoreError, match="damaged"):
        stimuli.reward(turn, 1)
    assert store.read_bytes() == b"{"
    degraded = ask(emo)
    assert degraded.guidance_text == ""
    assert "damaged" in degraded.degraded[0].reason


def test_a_write_that_fails_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "memory.json"
    memory = Memory(store)
    memory.reward("m", EP02, 1)
    before = store.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        with pytest.raises(StoreError, match="No space left"):
            memory.reward("m", EP02, 1)
    assert store.read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} <= {"memory.json", "memory.json.lock"}
    memory.reward("m", EP02, 1)
    assert memory.of("m").rewards[EP02] == many(2, 1)


def test_a_missing_folder_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="choose a file in a folder"):
        learner(tmp_path / "gone" / "memory.json")


def test_a_writer_that_hangs_is_not_waited_for_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emoplug_emotionprompt._file._PATIENCE", 0.05)
    store = tmp_path / "memory.json"
    hanging, waiting = MemoryFile(store, Record), Memory(store)
    with hanging._lock, pytest.raises(StoreBusyError, match="another process"):
        waiting.reward("m", EP02, 1)


def test_the_memory_is_readable_json(tmp_path: Path) -> None:
    store = tmp_path / "memory.json"
    Memory(store).reward("m", EP02, 0.5)
    told = json.loads(store.read_text())
    assert told["models"]["m"]["rewards"] == {EP02: {"count": 1, "total": 0.5}}
