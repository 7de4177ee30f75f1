from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from emoplug import SettingsError
from emoplug_server import ServerSettings
from tests.adapters.server_runs import chat, client
from tests.llm_server import LlmServer


@contextmanager
def command(*arguments: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """Run ``emoplug serve`` as a person would, until the end of the ``with``."""
    running = subprocess.Popen(
        [sys.executable, "-m", "emoplug_cli", "serve", *arguments],
        env={**os.environ, "PYTHONUNBUFFERED": "1", **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with running:
        try:
            yield running
        finally:
            running.kill()


def address_of(running: subprocess.Popen[str]) -> str:
    assert running.stdout is not None
    line = running.stdout.readline()
    found = re.search(r"http://127\.0\.0\.1:\d+", line)
    assert found, line
    return found[0]


def test_serve_answers_until_it_is_told_to_stop(llm_server: LlmServer) -> None:
    with command("--port", "0", "--upstream", llm_server.base_url) as running:
        with client(address_of(running)) as talk:
            answer = talk.post("/v1/chat/completions", json=chat())
        assert answer.status_code == 200
        assert answer.headers["x-emoplug-emotion"]
        running.send_signal(signal.SIGTERM)
        output, errors = running.communicate(timeout=30)
    assert "Traceback" not in output + errors
    assert "Note by emoplug" in llm_server.requests[0]["messages"][0]["content"]


def test_keys_come_from_the_environment(llm_server: LlmServer) -> None:
    variables = {
        "EMOPLUG_SERVER_API_KEYS": '["ours"]',
        "EMOPLUG_SERVER_UPSTREAM_KEY": "theirs",
        "EMOPLUG_SERVER_UPSTREAM": llm_server.base_url,
        "EMOPLUG_PLUGINS": "[]",
    }
    with command("--port", "0", **variables) as running:
        address = address_of(running)
        with client(address) as talk:
            assert talk.post("/v1/chat/completions", json=chat()).status_code == 401
        with client(address, authorization="Bearer ours") as talk:
            assert talk.post("/v1/chat/completions", json=chat()).status_code == 200
    assert llm_server.headers[0]["authorization"] == "Bearer theirs"


@pytest.mark.parametrize(
    ("arguments", "variables", "told"),
    [
        (["--upstream", "localhost:8000"], {}, "upstream is wrong"),
        ([], {"EMOPLUG_SERVER_UPSTREEM": "x"}, "did you mean 'EMOPLUG_SERVER_UPSTREAM'"),
        ([], {"EMOPLUG_SERVER_API_KEYS": "sesame"}, "lists are written as JSON"),
        ([], {"EMOPLUG_SERVER_API_KEYS": '["sesame", ""]'}, "let everybody in"),
    ],
    ids=["no scheme", "unknown variable", "no list", "blank key"],
)
def test_wrong_settings_are_refused_with_the_fix_and_without_the_key(
    arguments: list[str], variables: dict[str, str], told: str
) -> None:
    with command("--port", "0", *arguments, **variables) as running:
        output, errors = running.communicate(timeout=30)
    written = " ".join((output + errors).replace("│", " ").split())
    assert running.returncode == 1, written
    assert told in written
    assert "sesame" not in written
    assert "Traceback" not in written


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"upsteam": "http://x"}, "did you mean 'upstream'"),
        ({"body_limit": 0}, "body_limit is wrong"),
        ({"read_timeout": -1}, "read_timeout is wrong"),
    ],
)
def test_wrong_settings_in_code_are_refused_with_the_fix(values: dict[str, Any], told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        ServerSettings.build(**values)


def test_settings_do_not_show_keys() -> None:
    settings = ServerSettings.build(upstream_key="sk-deep", api_keys=("sk-ours",))
    assert "sk-" not in repr(settings)
    assert "sk-" not in settings.model_dump_json()
