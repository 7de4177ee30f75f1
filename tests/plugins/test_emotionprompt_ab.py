from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from zlib import crc32

import pytest

from emoplug import Emoplug
from emoplug_emotionprompt import Options, Stimuli, paper_stimuli
from tests.llm_server import Slow
from tests.plugins.emotionprompt_runs import (
    Serve,
    ab,
    by_name,
    compared,
    helped_by,
    number_of,
    right,
)
from tests.plugins.emotionprompt_server import (
    ThinkingServer,
    sums,
    write_tasks,
)

EP02, EP08 = (paper_stimuli()[name].text for name in ("EP02", "EP08"))


@pytest.fixture(autouse=True)
def _nothing_from_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start servers that answer by a function, and stop them at the end."""
    with ExitStack() as stack:
        yield lambda answer, **how: stack.enter_context(ThinkingServer(answer, **how))


def test_the_arm_that_helps_is_found_among_all_and_told_from_then_on(
    serve: Serve, tmp_path: Path
) -> None:
    server = serve(helped_by(EP08))
    tasks = write_tasks(tmp_path / "tasks.jsonl", *sums(30))
    told = compared(server, tasks, "--remember", "memory.json")
    arms = by_name(told)
    assert list(arms) == ["none", *paper_stimuli()]
    helps = arms["EP08"]
    assert (helps["verdict"], helps["won"], helps["lost"], helps["tasks"]) == ("better", 15, 0, 30)
    assert 0 < helps["low"] < helps["gain"] == 0.5 < helps["high"]
    assert (arms["none"]["score"], helps["score"]) == (0.5, 1.0)
    assert {arm["verdict"] for name, arm in arms.items() if name != "EP08"} == {"unsure"}
    assert re.fullmatch(r"EP08 adds 0\.500 \[0\.\d+, 0\.\d+\] on 30 tasks", told["verdict"])
    options = {"emotionprompt": {"stimulus": "learned", "store": "memory.json"}}
    emo = Emoplug(plugins=["emotionprompt"], options=options)
    asked = [{"role": "user", "content": "What is 3 + 1?"}]
    assert emo.prepare(asked, model="listener").guidance_text == EP08
    assert emo.prepare(asked, model="another").guidance_text == ""


def test_where_no_arm_helps_none_is_declared_better(serve: Serve, tmp_path: Path) -> None:
    def noisy(prompt: str) -> str:
        return right(prompt) if crc32(prompt.encode()) % 3 else "I do not know."

    tasks = write_tasks(tmp_path / "tasks.jsonl", *sums(25))
    told = compared(serve(noisy), tasks, "--remember", "memory.json")
    assert told["verdict"] == "no arm beats none on these 25 tasks"
    assert any(arm["won"] and arm["lost"] for arm in told["arms"])
    emo = Emoplug(
        plugins=[Stimuli(Options(stimulus="learned", store=Path("memory.json")))], model="listener"
    )
    assert emo.prepare([{"role": "user", "content": "What is 3 + 1?"}]).guidance_text == ""


def test_what_would_do_for_one_arm_is_no_finding_among_four(serve: Serve, tmp_path: Path) -> None:
    def answer(prompt: str) -> str:
        return right(prompt) if EP08 in prompt or number_of(prompt) >= 6 else "I do not know."

    server, tasks = serve(answer), write_tasks(tmp_path / "tasks.jsonl", *sums(20))
    alone = by_name(compared(server, tasks, "--arms", "EP08"))["EP08"]
    among = by_name(compared(server, tasks, "--arms", "EP02,EP04,EP08,EP09"))["EP08"]
    assert (alone["verdict"], among["verdict"]) == ("better", "unsure")
    assert alone["gain"] == among["gain"] == 0.3
    assert among["low"] > 0
    assert among["p"] == pytest.approx(4 * alone["p"], rel=0.2)


def test_an_arm_that_does_harm_is_named_too(serve: Serve, tmp_path: Path) -> None:
    def harmed(prompt: str) -> str:
        return "Oh dear." if EP02 in prompt else right(prompt)

    tasks = write_tasks(tmp_path / "tasks.jsonl", *sums(12))
    told = compared(serve(harmed), tasks, "--arms", "EP02,EP08")
    assert by_name(told)["EP02"]["verdict"] == "worse"
    said = r"no arm beats none on these 12 tasks; EP02 costs 1\.000 \[0\.\d+, 1\.000\] on 12 tasks"
    assert re.fullmatch(said, told["verdict"])


def test_too_few_tasks_are_called_too_few(serve: Serve, tmp_path: Path) -> None:
    tasks = write_tasks(tmp_path / "tasks.jsonl", *sums(4))
    told = compared(serve(helped_by(EP08)), tasks)
    assert told["verdict"].startswith("too few tasks to tell: 4; with 11 arms it takes 9 or more")


def test_prompts_are_those_of_production_and_every_task_has_every_arm(
    serve: Serve, tmp_path: Path
) -> None:
    server = serve(right)
    tasks = write_tasks(tmp_path / "tasks.jsonl", *sums(3))
    compared(server, tasks, "--arms", "none,EP02,EP08+EP02", "--repeats", "2")
    expected = []
    for stimulus in ("none", "EP02", "EP08+EP02"):
        emo = Emoplug(plugins=[Stimuli(Options(stimulus=stimulus))])
        for row in sums(3):
            turn = emo.prepare([{"role": "user", "content": row["prompt"]}])
            expected += [turn.request_messages[-1].text] * 2
    assert sorted(server.asked) == sorted(expected)
    assert {request["temperature"] for request in server.requests} == {0.0}
    assert {request["model"] for request in server.requests} == {"listener"}


def test_earlier_messages_and_parts_go_as_they_are(serve: Serve, tmp_path: Path) -> None:
    server = serve(right)
    parts = [{"type": "text", "text": "What is 1 + 1?"}]
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": parts}]
    row = {"messages": messages, "answer": 2, "match": "number"}
    told = compared(server, write_tasks(tmp_path / "tasks.jsonl", row), "--arms", "EP02")
    sent = [request["messages"] for request in server.requests]
    more = [*parts, {"type": "text", "text": EP02}]
    longer = [messages[0], {"role": "user", "content": more}]
    assert sorted(sent, key=str) == sorted([messages, longer], key=str)
    assert by_name(told)["none"]["score"] == 1.0


def test_tokens_are_counted_by_the_endpoint_where_it_tells(serve: Serve, tmp_path: Path) -> None:
    def wordy(prompt: str) -> str:
        return f"{right(prompt)} Truly so." if EP02 in prompt else right(prompt)

    tasks = write_tasks(tmp_path / "tasks.jsonl", *sums(3))
    arm = by_name(compared(serve(wordy), tasks, "--arms", "EP02"))["EP02"]
    assert (arm["prompt_tokens"], arm["estimated"]) == (len(EP02.split()), False)
    assert arm["reply_tokens"] == 2
    assert arm["spent"] == 3 * (len("What is 1 + 1?".split()) + len(EP02.split()) + 5)
    silent = by_name(compared(serve(wordy, usage=False), tasks, "--arms", "EP02"))["EP02"]
    assert silent["estimated"]
    assert silent["prompt_tokens"] > 5
    assert (silent["reply_tokens"], silent["spent"]) == (None, 0)


def test_own_stimuli_of_the_settings_are_compared_too(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "emoplug.toml").write_text('[options.emotionprompt.own]\ncalm = "Take your time."')
    tasks = write_tasks(tmp_path / "tasks.jsonl", *sums(14))
    told = compared(serve(helped_by("Take your time.")), tasks, "--arms", "calm,EP02")
    assert told["verdict"].startswith("calm adds 0.500")


def test_no_more_calls_at_a_time_than_allowed(serve: Serve, tmp_path: Path) -> None:
    server = serve(lambda prompt: Slow(0.02, right(prompt)))
    tasks = write_tasks(tmp_path / "tasks.jsonl", *sums(6))
    compared(server, tasks, "--arms", "EP02", "--concurrency", "3")
    assert 1 < server.busiest <= 3


def test_the_same_seed_gives_the_same_report(serve: Serve, tmp_path: Path) -> None:
    server = serve(helped_by(EP02))
    tasks = write_tasks(tmp_path / "tasks.jsonl", *sums(10))
    more = ["--arms", "EP02,EP08", "--seed"]
    first, again = (compared(server, tasks, *more, "7") for _ in range(2))
    assert first == again
    assert compared(server, tasks, *more, "8")["arms"] != first["arms"]


def test_the_table_has_a_row_an_arm_and_ends_with_the_verdict(serve: Serve, tmp_path: Path) -> None:
    tasks = write_tasks(tmp_path / "tasks.jsonl", *sums(14))
    done = ab(serve(helped_by(EP08)), tasks, "--arms", "EP02,EP08")
    lines = [line.split() for line in done.stdout.splitlines() if line.strip()]
    rows = {line[0]: line for line in reversed(lines)}
    assert rows["EP08"][1:3] == ["1.000", "+0.500"]
    assert "7:0" in rows["EP08"]
    assert rows["none"][1] == "0.500"
    assert " ".join(lines[-1]).startswith("EP08 adds 0.500")
    assert "14 tasks, 3 arms, listener at http://127.0.0.1" in done.stdout
    assert "42 calls" in done.stderr
