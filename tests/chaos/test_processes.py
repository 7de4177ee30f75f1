"""Networks and indexes in processes that fork, spawn, are served, and come to an end."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from emoplug import Emoplug

HERE = Path(__file__).parent
CHAT = [{"role": "user", "content": "My mother forgot my birthday, and I cried all night."}]
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system that forks")


def everything() -> Emoplug:
    return Emoplug(deadline=30, options={"recall": {"store": ":memory:"}}, on_error="raise")


EMO = everything()


def understood(text: str) -> str:
    """Go through a whole turn in a worker process."""
    turn = EMO.prepare([*CHAT, {"role": "assistant", "content": "Oh no."}, said(text)], "one")
    EMO.review(turn, "I hear you.")
    assert turn.reading is not None
    return turn.reading.emotion


def said(text: str) -> dict[str, str]:
    return {"role": "user", "content": text}


TEXTS = ["And today she laughed about it!", "Thank you so much for listening."]


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_worker_processes_read_as_their_parent_does(method: str) -> None:
    here = [understood(text) for text in TEXTS]  # so that what is forked is loaded, and has run
    with multiprocessing.get_context(method).Pool(2) as pool:
        assert pool.map_async(understood, TEXTS).get(timeout=120) == here


@pytest.mark.parametrize("preload", [True, False])
def test_gunicorns_workers_understand_and_stop_when_they_are_told_to(preload: bool) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "gunicorn_app:app", "--workers", "2"]
    command += ["--bind", f"127.0.0.1:{port}", "--chdir", str(HERE), "--timeout", "60"]
    server = subprocess.Popen(command + ["--preload"] * preload, stderr=subprocess.PIPE, text=True)
    try:
        told = [ask(port, text) for text in TEXTS * 2]
        assert [one["degraded"] for one in told] == [[]] * 4
        assert all(one["emotion"] for one in told)
        assert all(one["worker"] != server.pid for one in told)
        started = time.monotonic()
        server.send_signal(signal.SIGTERM)
        _, log = server.communicate(timeout=40)
        assert time.monotonic() - started < 15, log
        assert server.returncode == 0, log
    finally:
        server.kill()


def ask(port: int, text: str) -> dict[str, Any]:
    """Send words, as soon as the server is up."""
    for _ in range(600):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}", text.encode(), 60) as answer:
                told: dict[str, Any] = json.load(answer)
                return told
        except (ConnectionError, urllib.error.URLError):
            time.sleep(0.1)
    raise AssertionError("the server did not come up")


@pytest.mark.parametrize("ending", ["", "raise SystemExit(3)", "os.kill(os.getpid(), 15)"])
def test_the_interpreter_ends_at_once_while_turns_are_under_way(ending: str) -> None:
    code = f"""
import os, threading
from emoplug import Emoplug
emo = Emoplug(deadline=30)
emo.warm_up()
def talk():
    for number in range(10_000):
        emo.prepare([{{"role": "user", "content": f"I waited {{number}} days for her."}}])
for _ in range(4):
    threading.Thread(target=talk, daemon=True).start()
emo.prepare([{{"role": "user", "content": "I am sad."}}])
{ending}
"""
    started = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=90)
    expected = {"": 0, "raise SystemExit(3)": 3}.get(ending, -15)
    assert (done.returncode, done.stderr) == (expected, "")
    assert time.monotonic() - started < 60
