from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.llm_server import Failure, LlmServer, Slow

PATIENCE = 60.0
CTRL_C, CTRL_D = "\x03", "\x04"
# Makes the pseudo-terminal the one that controls the program, so that Ctrl-C reaches it.
ADOPT = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
    "os.execv(sys.executable, [sys.executable, '-m', 'emoplug_cli', 'chat', *sys.argv[1:]])"
)


@dataclass
class Terminal:
    """The program in a real pseudo-terminal."""

    process: subprocess.Popen[bytes]
    descriptor: int
    seen: str = ""

    def type(self, text: str) -> None:
        """Press keys."""
        os.write(self.descriptor, text.encode())

    def wait_for(self, text: str) -> str:
        """Read until ``text`` is on the screen; answer all that came since the last wait."""
        start, limit = len(self.seen), time.monotonic() + PATIENCE
        while text not in self.seen[start:]:
            ready, _, _ = select.select([self.descriptor], [], [], limit - time.monotonic())
            assert ready, f"waited for {text!r}, got {self.seen[start:]!r}"
            self.seen += os.read(self.descriptor, 65536).decode(errors="replace")
        return self.seen[start:]

    def ended(self, key: str = "") -> int:
        """Press ``key`` until the end, once a second; answer the exit code.

        More than once, because input() of CPython misses a signal that comes between its prompt
        and its waiting; a person would press again too.
        """
        limit = time.monotonic() + PATIENCE
        with suppress(OSError):  # Linux says EIO once the other side is closed
            while time.monotonic() < limit:
                self.type(key)
                while select.select([self.descriptor], [], [], 1.0)[0] and (
                    chunk := os.read(self.descriptor, 65536)
                ):
                    self.seen += chunk.decode(errors="replace")
        return self.process.wait(1.0)


Open = Callable[..., Terminal]


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Open]:
    """Open the chat in a terminal, with these arguments."""
    opened: list[Terminal] = []

    def start(*arguments: str) -> Terminal:
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-c", ADOPT, *arguments],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            cwd=tmp_path,
            env={**os.environ, "TERM": "xterm", "COLUMNS": "120"},
            start_new_session=True,
        )
        os.close(theirs)
        opened.append(Terminal(process, ours))
        return opened[-1]

    yield start
    for one in opened:
        one.process.kill()
        one.process.wait()
        os.close(one.descriptor)


def piped(
    words: str, folder: Path, *arguments: str, **env: str
) -> subprocess.CompletedProcess[str]:
    """Run the chat with ``words`` piped in."""
    return subprocess.run(
        [sys.executable, "-m", "emoplug_cli", "chat", *arguments],
        input=words,
        cwd=folder,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="surrogateescape",
        timeout=PATIENCE,
    )


def test_a_person_talks_with_a_model_asks_why_and_leaves_by_ctrl_d(
    terminal: Open, llm_server: LlmServer
) -> None:
    llm_server.reply_with("I am so sorry.")
    screen = terminal("--base-url", llm_server.base_url, "--model", "tiny")
    assert "tiny at" in screen.wait_for("you> ")
    screen.type("My dog died yesterday and nobody even noticed.\r")
    shown = screen.wait_for("you> ")
    assert "I am so sorry." in shown
    assert "emoplug saw:" in shown
    assert "told the model (hef," in shown
    screen.type("/why\r")
    sent = llm_server.requests[0]["messages"][-1]["content"]
    assert sent.replace("\n", "\r\n") in screen.wait_for("you> ")
    screen.type(CTRL_D)
    assert screen.ended() == 0
    assert screen.seen.rstrip().endswith("Take care.")


def test_ctrl_c_at_the_prompt_ends_politely(terminal: Open) -> None:
    screen = terminal()
    assert "no LLM" in screen.wait_for("you> ")
    assert screen.ended(CTRL_C) == 0
    assert "Traceback" not in screen.seen
    assert "Take care." in screen.seen


def test_ctrl_c_stops_a_reply_and_once_more_ends(terminal: Open, llm_server: LlmServer) -> None:
    llm_server.script(Slow(0.2, "one two three four five six seven eight nine ten eleven twelve"))
    screen = terminal("--base-url", llm_server.base_url, "--model", "tiny")
    screen.wait_for("you> ")
    screen.type("hello\r")
    screen.wait_for("two")
    screen.type(CTRL_C)
    assert "stopped" in screen.wait_for("you> ")
    assert screen.ended(CTRL_C) == 0
    assert "twelve" not in screen.seen
    assert "Traceback" not in screen.seen


def test_without_an_endpoint_the_listener_says_what_it_is_and_answers(tmp_path: Path) -> None:
    words = "My dog died yesterday and nobody even noticed.\n\n/why\nI miss him so much.\n"
    done = piped(words, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "it is no LLM" in " ".join(done.stdout.split())
    assert done.stdout.count("listener> ") == 2
    assert "sadness" in done.stdout
    assert "a model would be told" in done.stdout
    assert "you> " not in done.stdout
    assert not done.stderr
    assert done.stdout.count("?\n") == 2


def test_piped_lines_go_to_the_model_and_the_key_comes_from_the_environment(
    tmp_path: Path, llm_server: LlmServer
) -> None:
    arguments = ("--base-url", llm_server.base_url, "--model", "tiny", "--system", "Be kind.")
    done = piped("hi there\nhow are you\n", tmp_path, *arguments, OPENAI_API_KEY="sk-env")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("tiny> It sounds like") == 2
    assert llm_server.headers[0]["authorization"] == "Bearer sk-env"
    assert len(llm_server.requests[1]["messages"]) == 4
    assert "sk-env" not in done.stdout + done.stderr


def test_a_piped_message_left_without_an_answer_is_exit_code_one(
    tmp_path: Path, llm_server: LlmServer
) -> None:
    arguments = ("--base-url", llm_server.base_url, "--model", "tiny")
    llm_server.script(Failure(429, retry_after=3))
    done = piped("hi\n", tmp_path, *arguments)
    assert done.returncode == 1
    assert "429" in done.stderr
    assert "wait 3 s" in done.stderr
    llm_server.script(Failure(500))
    assert piped("hi\n/retry\n", tmp_path, *arguments).returncode == 0


def test_bytes_that_are_no_text_and_a_poor_terminal_do_no_harm(tmp_path: Path) -> None:
    done = piped("I am sad \udcff\udcfe \u263a\n", tmp_path, PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    assert "listener> " in done.stdout


def test_a_start_that_cannot_work_is_one_line_and_a_failing_exit_code(tmp_path: Path) -> None:
    done = piped("hi\n", tmp_path, "--base-url", "localhost:1", "--model", "tiny")
    assert done.returncode not in (0, None)
    assert "write it like http://" in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
