from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from typer.testing import CliRunner

from emoplug import EmoplugError, InputError, SettingsError, StoreError
from emoplug_emotionprompt import paper_stimuli
from emoplug_emotionprompt._endpoint import EndpointError
from emoplug_emotionprompt._memory import Memory
from tests.adapters.cli_runs import PATIENCE, PROGRAM, environment
from tests.llm_server import Behaviour, Drop, Failure, Slow
from tests.plugins.emotionprompt_runs import (
    APP,
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
    refusing,
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


def test_a_failure_that_passes_is_tried_again(serve: Serve, tmp_path: Path) -> None:
    server = serve(right)
    failing = iter([True, False] * 3)
    server.answer = lambda prompt: refusing() if next(failing, False) else right(prompt)
    told = compared(server, write_tasks(tmp_path / "tasks.jsonl", *sums(4)), "--arms", "EP02")
    assert (told["failures"], told["answered"]) == ([], 8)
    assert len(server.requests) == 8 + 3


def test_a_call_that_fails_for_good_is_listed_and_its_pair_left_out(
    serve: Serve, tmp_path: Path
) -> None:
    def answer(prompt: str) -> str | Behaviour:
        if "What is 2" in prompt and EP02 in prompt:
            return Failure(400, message="too\nlong")
        return helped_by(EP02)(prompt)

    tasks = write_tasks(tmp_path / "tasks.jsonl", *sums(4))
    told = compared(serve(answer), tasks, "--arms", "EP02,EP08")
    arms = by_name(told)
    assert (arms["EP02"]["tasks"], arms["EP02"]["errors"], arms["EP08"]["tasks"]) == (3, 1, 4)
    assert arms["EP02"]["gain"] == pytest.approx(2 / 3)
    assert len(told["failures"]) == 1
    assert "task sum-2" in told["failures"][0]
    assert "too long" in told["failures"][0]


def test_when_all_begins_to_fail_it_stops_and_keeps_what_it_has(
    serve: Serve, tmp_path: Path
) -> None:
    def answer(prompt: str) -> str | Behaviour:
        return Failure(403) if number_of(prompt) >= 3 else right(prompt)

    server = serve(answer)
    tasks = write_tasks(tmp_path / "tasks.jsonl", *sums(100))
    more = ["--arms", "EP02", "--concurrency", "1", "--remember", "memory.json"]
    done = ab(server, tasks, "--json", *more, code=1)
    assert json.loads(done.stdout)["answered"] == 6
    assert "stopped after 16 of 200 calls; nothing is remembered" in done.stderr
    assert len(server.requests) < 30
    assert not Path("memory.json").exists()


@pytest.mark.parametrize(
    ("failure", "problem"),
    [
        (Failure(401), "refused \\(401.*--api-key"),
        (Failure(404), "--base-url"),
        (Failure(400, message="temperature is fixed"), "temperature is fixed.*--temperature"),
    ],
)
def test_an_endpoint_that_refuses_ends_it_at_the_first_call(
    serve: Serve, tmp_path: Path, failure: Failure, problem: str
) -> None:
    server = serve(lambda _: failure)
    with pytest.raises(EndpointError, match=problem):
        ab(server, write_tasks(tmp_path / "tasks.jsonl", *sums(20)))
    assert len(server.requests) == 1


def test_a_cut_line_is_tried_again_then_told(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emoplug_emotionprompt._endpoint._RETRIES", 0)
    with pytest.raises(EndpointError, match="cannot reach http://127"):
        ab(serve(lambda _: Drop()), write_tasks(tmp_path / "tasks.jsonl", *sums(2)))


def test_the_model_may_be_left_out_where_there_is_only_one(serve: Serve, tmp_path: Path) -> None:
    server = serve(right)
    tasks = write_tasks(tmp_path / "tasks.jsonl", *sums(2))
    given = [str(tasks), "--base-url", server.base_url, "--arms", "EP02", "--json"]
    assert json.loads(CliRunner().invoke(APP, given).stdout)["model"] == "listener"


@pytest.mark.parametrize(
    ("more", "error", "problem"),
    [
        (["--arms", "EP02,EP77"], SettingsError, "no stimulus 'EP77'"),
        (["--base-url", "nowhere"], EndpointError, "no http address"),
        (["--remember", "gone/memory.json"], StoreError, "choose a file in a folder"),
    ],
)
def test_what_is_wrong_is_told_before_the_first_call(
    serve: Serve, tmp_path: Path, more: list[str], error: type[EmoplugError], problem: str
) -> None:
    server = serve(right)
    with pytest.raises(error, match=problem):
        ab(server, write_tasks(tmp_path / "tasks.jsonl", *sums(2)), *more)
    assert server.requests == []


def test_a_bad_task_is_told_before_the_first_call(serve: Serve, tmp_path: Path) -> None:
    server = serve(right)
    tasks = write_tasks(tmp_path / "tasks.jsonl", *sums(1))
    tasks.write_text(tasks.read_text() + "oops\n")
    with pytest.raises(InputError, match="line 2: no JSON"):
        ab(server, tasks)
    assert server.requests == []


def test_openai_itself_needs_a_key(tmp_path: Path) -> None:
    tasks = write_tasks(tmp_path / "tasks.jsonl", *sums(1))
    done = CliRunner().invoke(APP, [str(tasks), "--model", "m"])
    assert isinstance(done.exception, EndpointError)
    assert "OPENAI_API_KEY" in str(done.exception)


def test_without_the_client_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "openai", None)
    tasks = write_tasks(tmp_path / "tasks.jsonl", *sums(1))
    done = CliRunner().invoke(APP, [str(tasks), "--base-url", "http://127.0.0.1:1/v1"])
    assert isinstance(done.exception, EndpointError)
    assert "pip install 'emoplug[openai]'" in str(done.exception)


def test_a_password_in_the_address_is_never_shown(serve: Serve, tmp_path: Path) -> None:
    server = serve(right)
    secret = server.base_url.replace("http://", "http://ann:s3cret@")
    tasks = write_tasks(tmp_path / "tasks.jsonl", *sums(2))
    done = CliRunner().invoke(APP, [str(tasks), "--base-url", secret, "--model", "listener"])
    assert "127.0.0.1" in done.stderr
    assert isinstance(done.exception, EndpointError)
    assert "s3cret" not in done.output + done.stderr + str(done.exception)


def test_the_program_has_the_command_and_says_errors_in_one_line(tmp_path: Path) -> None:
    program = [*PROGRAM, "ab", "gone.jsonl", "--base-url", "http://127.0.0.1:1/v1"]
    done = subprocess.run(
        program, cwd=tmp_path, capture_output=True, text=True, env=environment(), timeout=PATIENCE
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(r"emoplug: cannot read gone\.jsonl: .*\n", done.stderr)


def test_ctrl_c_keeps_what_was_got_and_remembers_nothing(serve: Serve, tmp_path: Path) -> None:
    def answer(prompt: str) -> str | Behaviour:
        return Slow(1.0, right(prompt)) if number_of(prompt) >= 3 else right(prompt)

    server = serve(answer)
    tasks = write_tasks(tmp_path / "tasks.jsonl", *sums(50))
    program = [*PROGRAM, "ab", str(tasks), "--base-url", server.base_url, "--model", "listener"]
    more = ["--arms", "EP02", "--json", "--remember", "memory.json", "--concurrency", "2"]
    process = subprocess.Popen(
        [*program, *more],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    while len(server.requests) < 8:
        time.sleep(0.01)
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    out, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, said
    told = json.loads(out)
    assert 6 <= told["answered"] < 100
    assert by_name(told)["EP02"]["tasks"] >= 3
    assert "nothing is remembered" in said
    assert not Path("memory.json").exists()
    assert Memory(Path("memory.json")).of("listener").compared == {}
