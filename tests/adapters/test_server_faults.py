from __future__ import annotations

import json
import logging
import socket
import threading
import time
from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from emoplug import Emoplug, Guidance, Turn, hookimpl
from tests.adapters.knower import Knower
from tests.adapters.server_runs import chat, client, keys, serving, wait_for
from tests.llm_server import SAID, Drop, Hang, LlmServer, Raw, Slow


def broken_stream(talk: httpx.Client, headers: dict[str, str] | None = None) -> bytes:
    """Answer what came of a stream that must break before its end."""
    got = b""
    asked = chat(stream=True)
    with talk.stream("POST", "/v1/chat/completions", json=asked, headers=headers) as answer:
        try:
            for piece in answer.iter_raw():
                got += piece
        except httpx.RemoteProtocolError:
            return got
    raise AssertionError("the stream came to its end")


def test_silent_upstream_is_a_504(emo: Emoplug, llm_server: LlmServer) -> None:
    llm_server.script(Hang(1.0))
    with serving(emo, llm_server.base_url, read_timeout=0.2) as at, client(at) as talk:
        answer = talk.post("/v1/chat/completions", json=chat())
        counts = talk.get("/metrics").text
    assert (answer.status_code, answer.json()["error"]["code"]) == (504, "upstream_timeout")
    assert 'emoplug_upstream_failures_total{kind="upstream_timeout"} 1.0' in counts


def test_upstream_that_is_not_there_is_a_502(emo: Emoplug) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
    with serving(emo, nobody) as at, client(at) as talk:
        answer = talk.post("/v1/chat/completions", json=chat())
        passed = talk.get("/v1/models")
    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "upstream_unreachable")
    assert passed.status_code == 502


def test_upstream_that_breaks_off_before_its_answer_is_a_502(
    emo: Emoplug, knower: Knower, llm_server: LlmServer
) -> None:
    llm_server.script(Drop())
    with serving(emo, llm_server.base_url) as at, client(at) as talk:
        answer = talk.post("/v1/chat/completions", json=chat())
    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "upstream_broken")
    assert knower.replies == []


@pytest.mark.parametrize("details", ["true", "false"])
def test_stream_that_breaks_breaks_for_the_client_too(
    emo: Emoplug, knower: Knower, llm_server: LlmServer, details: str
) -> None:
    llm_server.script(Drop(after_chunks=3))
    with serving(emo, llm_server.base_url) as at, client(at) as talk:
        got = broken_stream(talk, {"x-emoplug-details": details})
        wait_for(lambda: knower.replies)
        assert talk.post("/v1/chat/completions", json=chat()).status_code == 200
    assert b"[DONE]" not in got
    error = json.loads(got.split(b"data: ")[-1])["error"]
    assert error["code"] == "upstream_broken"
    assert SAID.startswith(knower.replies[0])


def test_stream_that_falls_silent_breaks_after_the_timeout(
    emo: Emoplug, llm_server: LlmServer
) -> None:
    llm_server.script(Slow(0.6))
    with serving(emo, llm_server.base_url, read_timeout=0.3) as at, client(at) as talk:
        assert b"upstream_timeout" in broken_stream(talk)


GARBAGE = (b"data: {broken\n\n", b"\xff\xfe\x00", b"data: 3\n\nevent: x\n", b"data: [DONE]")


@pytest.mark.parametrize("details", ["true", "false"])
def test_malformed_stream_passes_as_it_is(
    emo: Emoplug, llm_server: LlmServer, details: str
) -> None:
    llm_server.script(Raw(GARBAGE))
    headers = {"x-emoplug-details": details}
    with serving(emo, llm_server.base_url) as at, client(at) as talk:
        answer = talk.post("/v1/chat/completions", json=chat(stream=True), headers=headers)
    if details == "false":
        assert answer.content == b"".join(GARBAGE)
    else:
        assert answer.content.startswith(b"".join(GARBAGE[:-1]))
        assert answer.content.endswith(GARBAGE[-1])


def test_chunks_come_one_by_one(emo: Emoplug, llm_server: LlmServer) -> None:
    llm_server.script(Slow(0.1))
    times = []
    with serving(emo, llm_server.base_url) as at, client(at) as talk:
        with talk.stream("POST", "/v1/chat/completions", json=chat(stream=True)) as answer:
            for _ in answer.iter_raw():
                times.append(time.monotonic())
    assert len(times) >= len(SAID.split())
    # All at once would be one moment; ten words with a pause before each take a second.
    assert times[-1] - times[0] > 0.4


class Sleepy:
    """A plugin that takes its time."""

    def __init__(self) -> None:
        self.wake = threading.Event()

    @hookimpl
    def guide(self, turn: Turn) -> Sequence[Guidance]:
        self.wake.wait(20)
        return []


def test_whoever_finds_no_thread_in_time_goes_on_unguided(llm_server: LlmServer) -> None:
    sleepy = Sleepy()
    emo = Emoplug(plugins=[sleepy], deadline=0.3)
    try:
        with serving(emo, llm_server.base_url, threads=1) as at:
            answers: list[httpx.Response] = []

            def ask() -> None:
                with client(at) as talk:
                    answers.append(talk.post("/v1/chat/completions", json=chat()))

            asking = [threading.Thread(target=ask) for _ in range(4)]
            began = time.monotonic()
            for thread in asking:
                thread.start()
            for thread in asking:
                thread.join()
            spent = time.monotonic() - began
    finally:
        sleepy.wake.set()
    assert [answer.status_code for answer in answers] == [200] * 4
    told = {answer.headers["x-emoplug-degraded"] for answer in answers}
    assert "emoplug:prepare" in told
    assert spent < 10


def test_too_many_requests_at_a_time_are_told_to_come_again(
    emo: Emoplug, llm_server: LlmServer
) -> None:
    llm_server.script(Slow(0.2))
    with serving(emo, llm_server.base_url, concurrency=1) as at, client(at) as talk:
        with talk.stream("POST", "/v1/chat/completions", json=chat(stream=True)) as first:
            pieces = first.iter_raw()
            next(pieces)
            with client(at) as other:
                refused = other.post("/v1/chat/completions", json=chat())
            list(pieces)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        assert talk.get("/healthz").status_code == 200


def test_two_streams_at_a_time_do_not_mix(
    emo: Emoplug, knower: Knower, llm_server: LlmServer
) -> None:
    llm_server.script(Slow(0.02, "red " * 20), Slow(0.02, "blue " * 20))
    got: dict[str, str] = {}

    def ask(at: str, name: str) -> None:
        with client(at) as talk:
            said = [{"role": "user", "content": name}]
            answer = talk.post("/v1/chat/completions", json=chat(messages=said, stream=True))
            got[name] = answer.text

    with serving(emo, llm_server.base_url) as at:
        threads = [threading.Thread(target=ask, args=(at, name)) for name in ("a", "b")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        wait_for(lambda: len(knower.replies) == 2)
    assert sorted(knower.replies) == ["blue " * 20, "red " * 20]
    assert all(("red" in text) != ("blue" in text) for text in got.values())


def test_neither_keys_nor_words_are_logged(
    llm_server: LlmServer, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    class Loud:
        @hookimpl
        def guide(self, turn: Turn) -> Sequence[Guidance]:
            raise RuntimeError(turn.messages[-1].text)

    caplog.set_level(logging.DEBUG)
    logging.getLogger("httpcore").setLevel(logging.WARNING)  # upstream's library, not ours
    said: Any = [{"role": "user", "content": "my deepest secret"}]
    llm_server.script(Drop(after_chunks=1))
    settings = {"api_keys": keys("k-3"), "upstream_key": "k-4"}
    with serving(Emoplug(plugins=[Loud()]), llm_server.base_url, **settings) as at:
        with client(at, authorization="Bearer k-3") as talk:
            broken_stream(talk)
            talk.post("/v1/chat/completions", json=chat(messages=said))
            talk.post("/v1/emotion/analyze", json={"messages": said, "extra": "my deepest secret"})
            counts = talk.get("/metrics").text
    written = "".join(capfd.readouterr()) + caplog.text + counts
    assert "skipped in guide" in caplog.text
    assert "secret" not in written
    assert "k-3" not in written
    assert "k-4" not in written


def test_shutdown_lets_streams_end_and_reviews_finish(
    emo: Emoplug, knower: Knower, llm_server: LlmServer
) -> None:
    llm_server.script(Slow(0.05, "word " * 20))
    got: list[str] = []

    def ask(at: str) -> None:
        with client(at) as talk:
            got.append(talk.post("/v1/chat/completions", json=chat(stream=True)).text)

    with serving(emo, llm_server.base_url) as at:
        asking = threading.Thread(target=ask, args=(at,))
        asking.start()
        wait_for(lambda: llm_server.requests)
    asking.join()
    assert got[0].rstrip().endswith("[DONE]")
    assert knower.replies == ["word " * 20]
