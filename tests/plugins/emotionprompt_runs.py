"""Runs ``emoplug ab`` against a server of ours, with answers that depend on the prompt."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import typer
from typer.testing import CliRunner, Result

from emoplug import EmoplugError
from emoplug_emotionprompt._command import run
from tests.plugins.emotionprompt_server import Answer, ThinkingServer

Serve = Callable[..., ThinkingServer]
APP = typer.Typer()
APP.command()(run)


def number_of(prompt: str) -> int:
    found = re.search(r"What is (\d+)", prompt)
    assert found
    return int(found[1])


def right(prompt: str) -> str:
    return f"It is {number_of(prompt) + 1}."


def helped_by(*texts: str) -> Answer:
    """Right in half of the tasks, and with one of ``texts`` in all."""

    def answer(prompt: str) -> str:
        knows = number_of(prompt) % 2 == 0 or any(text in prompt for text in texts)
        return right(prompt) if knows else "I do not know."

    return answer


def ab(server: ThinkingServer, tasks: Path, *more: str, code: int = 0) -> Result:
    given = [str(tasks), "--base-url", server.base_url, "--model", "listener", *more]
    done = CliRunner().invoke(APP, given)
    if isinstance(done.exception, EmoplugError):
        raise done.exception
    assert done.exit_code == code, (done.output, done.exception)
    return done


def compared(server: ThinkingServer, tasks: Path, *more: str, code: int = 0) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(ab(server, tasks, "--json", *more, code=code).stdout)
    return told


def by_name(told: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {arm["name"]: arm for arm in told["arms"]}
