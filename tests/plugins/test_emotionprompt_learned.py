from __future__ import annotations

import json
import os
import random
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from emoplug import Emoplug, Reading, StoreBusyError, StoreError, Turn, hookimpl
from emoplug_emotionprompt import Options, Stimuli, paper_stimuli
from emoplug_emotionprompt._file import MemoryFile
from emoplug_emotionprompt._memory import ARMS, MODELS, Compared, Memory, Record, Rewards
from emoplug_emotionprompt._policy import drawn, interval, proven

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


# What is proven


def test_a_model_of_which_nothing_is_known_is_told_nothing() -> None:
    emo, _ = learner()
    assert ask(emo).guidance_text == ""
    assert proven(Record(), TEXTS) == ""


def test_the_arm_that_a_comparison_found_better_is_told_to_that_model_alone(tmp_path: Path) -> None:
    store = tmp_path / "memory.json"
    Memory(store).compare("m", {EP02: BETTER, EP08: UNSURE})
    emo, _ = learner(store)
    assert ask(emo).guidance_text == EP02
    assert ask(emo, model="another").guidance_text == ""


def test_a_gain_that_may_be_chance_is_not_told() -> None:
    assert proven(Record(compared={EP02: UNSURE, EP08: WORSE}), TEXTS) == ""


def test_of_two_better_arms_the_one_that_gains_more_is_told() -> None:
    more = BETTER.model_copy(update={"gain": 0.2})
    assert proven(Record(compared={EP02: BETTER, EP08: more}), TEXTS) == EP08


def test_what_people_think_of_answers_counts_more_than_tasks() -> None:
    liked = {"": many(2000, 0.5), EP02: many(2000, 0.3), EP08: many(2000, 0.7)}
    assert proven(Record(rewards=liked, compared={EP02: BETTER}), TEXTS) == EP08
    disliked = {"": many(2000, 0.5), EP02: many(2000, 0.3)}
    assert proven(Record(rewards=disliked, compared={EP02: BETTER}), TEXTS) == ""


def test_a_lead_by_few_rewards_is_no_proof() -> None:
    assert proven(Record(rewards={"": many(10, 0.4), EP02: many(10, 0.9)}), TEXTS) == ""


def test_an_arm_that_is_no_longer_offered_is_not_told(tmp_path: Path) -> None:
    store = tmp_path / "memory.json"
    Memory(store).compare("m", {EP02: BETTER})
    emo, _ = learner(store, arms=("EP08",))
    assert ask(emo).guidance_text == ""


def test_own_words_that_change_start_anew(tmp_path: Path) -> None:
    store = tmp_path / "memory.json"
    Memory(store).compare("m", {"Take your time.": BETTER})
    emo, _ = learner(store, own={"calm": "Take your time."})
    assert ask(emo).guidance_text == "Take your time."
    changed, _ = learner(store, own={"calm": "Take all your time."})
    assert ask(changed).guidance_text == ""


def test_intervals_are_right_at_all_times() -> None:
    """Looked at after each of 400 rewards, 12 arms together may miss in 5 % of runs at most."""
    chance, missed, runs = random.Random(5), 0, 40
    for _ in range(runs):
        missed += any(_ever_misses(chance, 0.5, 400) for _ in range(12))
    assert missed / runs <= 0.1


def _ever_misses(chance: random.Random, mean: float, steps: int) -> bool:
    total = 0
    for count in range(1, steps + 1):
        total += chance.random() < mean
        low, high = interval(Rewards(count=count, total=total), 12)
        if not low <= mean <= high:
            return True
    return False


def test_intervals_close_in_on_the_mean() -> None:
    assert interval(None, 12) == (0.0, 1.0)
    widths = []
    for count in (100, 1000, 10_000):
        low, high = interval(many(count, 0.4), 12)
        assert low < 0.4 < high
        widths.append(high - low)
    assert widths[0] > widths[1] > widths[2]


# Exploring


def simulate(means: dict[str, float], steps: int, seed: int) -> list[str]:
    """Talk ``steps`` times to people who like answers as often as ``means`` says, by arm."""
    emo, stimuli = learner(arms=("EP02", "EP08"), explore=True)
    chance, chosen = random.Random(seed), []
    for step in range(steps):
        turn = ask(emo, f"question {step}")
        arm = stimuli.reward(turn, float(chance.random() < means[turn.guidance_text]))
        assert arm is not None
        chosen.append(arm)
    return chosen


def test_the_arm_that_helps_is_told_more_and_more() -> None:
    chosen = simulate({"": 0.3, EP02: 0.8, EP08: 0.3}, steps=300, seed=1)
    first, last = chosen[:60].count("EP02"), chosen[-60:].count("EP02")
    assert set(chosen) == {"none", "EP02", "EP08"}
    assert last >= 48
    assert last > first


def test_where_stimuli_do_harm_none_wins() -> None:
    chosen = simulate({"": 0.8, EP02: 0.2, EP08: 0.3}, steps=200, seed=2)
    assert chosen[-60:].count("none") >= 48


def test_an_arm_that_tasks_found_worse_is_not_tried() -> None:
    record = Record(compared={EP02: WORSE})
    assert {drawn(record, TEXTS, seed) for seed in range(60)} == {"", EP08}


def test_the_same_conversation_is_told_the_same_until_something_is_learned() -> None:
    emo, _ = learner(explore=True)
    twin, _ = learner(explore=True)
    said = [ask(emo, f"question {n}").guidance_text for n in range(30)]
    assert said == [ask(twin, f"question {n}").guidance_text for n in range(30)]
    assert len(set(said)) > 5


def test_what_comes_after_the_question_does_not_change_what_is_explored() -> None:
    emo, _ = learner(explore=True)
    for n in range(10):
        asked = [{"role": "user", "content": f"question {n}"}]
        later = [*asked, {"role": "assistant", "content": None}, {"role": "tool", "content": "{}"}]
        first, again = (emo.prepare(messages, model="m") for messages in (asked, later))
        assert first.guidance_text == again.guidance_text


# Rewards


def test_a_reward_goes_to_the_arm_that_was_told(tmp_path: Path) -> None:
    store = tmp_path / "memory.json"
    Memory(store).compare("m", {EP02: BETTER})
    emo, stimuli = learner(store)
    assert stimuli.reward(ask(emo), 1) == "EP02"
    assert stimuli.reward(ask(emo, model="n"), 0.25) == "none"
    again = Memory(store)
    assert again.of("m").rewards == {EP02: many(1, 1)}
    assert again.of("n").rewards == {"": many(1, 0.25)}
    assert again.of("m").compared == {EP02: BETTER}


def test_distress_and_unnamed_models_teach_nothing() -> None:
    class Grief:
        name = "grief"

        @hookimpl
        def read(self, turn: Turn) -> list[Reading]:
            groups = {"sentiment": "negative"}
            return [Reading(index=0, emotion="g", probability=1, groups=groups, source="grief")]

    stimuli = Stimuli(Options(stimulus="learned"))
    sad = Emoplug(plugins=[Grief(), stimuli], on_error="raise")
    assert stimuli.reward(ask(sad), 1) is None
    calm = Emoplug(plugins=[stimuli])
    assert stimuli.reward(ask(calm, model=None), 1) is None
    assert stimuli.reward(ask(calm), 1) == "none"


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
