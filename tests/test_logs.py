"""No log holds anybody's words, and each tells a machine what it tells a person."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from openai import OpenAI, OpenAIError

import emoplug_openai
from emoplug import Emoplug, Review, Turn, hookimpl
from emoplug.testing import StubEncoder
from tests.adapters.server_runs import chat, client, serving
from tests.llm_server import Failure, LlmServer, Reply

SECRET = "zebra-umbrella"
SAID = [{"role": "user", "content": f"I feel like a {SECRET}."}]


class Broken:
    """Fails in each hook, with the person's words in what it raises or answers."""

    name = "broken"

    @hookimpl
    def read(self, turn: Turn) -> Any:
        raise ValueError(turn.messages[0].text)

    @hookimpl
    def recall(self, turn: Turn) -> Any:
        return [turn.messages[0].text]

    @hookimpl
    def review(self, turn: Turn, reply: str) -> Any:
        raise SystemExit(reply)


@pytest.fixture
def records(caplog: pytest.LogCaptureFixture) -> Iterator[list[logging.LogRecord]]:
    """Keep every record, also those that no handler of the test's would be handed."""
    made: list[logging.LogRecord] = []
    factory = logging.getLogRecordFactory()

    def keep(*args: Any, **kwargs: Any) -> logging.LogRecord:
        made.append(factory(*args, **kwargs))
        return made[-1]

    logging.setLogRecordFactory(keep)
    caplog.set_level(logging.DEBUG)
    yield made
    logging.setLogRecordFactory(factory)


def ours(records: list[logging.LogRecord]) -> list[logging.LogRecord]:
    """Leave out the HTTP clients, which at this level tell all that they send."""
    theirs = {"openai", "httpx", "httpx2", "httpcore", "httpcore2"}
    return [record for record in records if record.name.partition(".")[0] not in theirs]


def everything_of(record: logging.LogRecord) -> str:
    return f"{logging.Formatter().format(record)} {record.__dict__}"


def refuse(review: Review) -> None:
    raise ValueError(review.reply)


def test_a_skipped_plugin_is_logged_with_fields_and_without_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    emo = Emoplug(plugins=[StubEncoder(), Broken()])
    with caplog.at_level(logging.DEBUG):
        emo.review(emo.prepare(SAID, session=SECRET), SECRET)
    fields = [
        (record.__dict__["emoplug.plugin"], record.__dict__["emoplug.hook"])
        for record in caplog.records
    ]
    assert fields == [("broken", "read"), ("broken", "recall"), ("broken", "review")]
    assert all(record.__dict__["emoplug.elapsed"] >= 0 for record in caplog.records)
    assert not any(SECRET in everything_of(record) for record in caplog.records)


def test_messages_that_cannot_be_read_are_logged_without_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    emo = Emoplug(plugins=[])
    with caplog.at_level(logging.DEBUG):
        emo.wrap(lambda messages: SECRET)([{"role": "user", "content": {SECRET: 1}}])
    assert [record.name for record in caplog.records] == ["emoplug"]
    assert not any(SECRET in everything_of(record) for record in caplog.records)
    assert caplog.records[0].__dict__["emoplug.error"] == "MessageError"


def test_the_openai_adapter_logs_no_words_whatever_fails(
    records: list[logging.LogRecord], llm_server: LlmServer
) -> None:
    emo = Emoplug(plugins=[Broken()])
    unreadable: Any = [{"role": "user", "content": {SECRET: 1}}]
    llm_server.script(Reply(SECRET), Reply(SECRET), Failure(500, message=SECRET))
    with OpenAI(base_url=llm_server.base_url, api_key="sk-test", max_retries=0) as bare:
        talk: Any = emoplug_openai.wrap(bare, emo, SECRET, refuse).chat.completions
        for messages in (SAID, unreadable):
            talk.create(model="tiny", messages=messages)
        with pytest.raises(OpenAIError):
            talk.create(model="tiny", messages=SAID)
    told = [record.getMessage() for record in ours(records)]
    assert "on_review raised ValueError" in told
    assert "a request was passed through unread: MessageError" in told
    assert not any(SECRET in everything_of(record) for record in ours(records))


@pytest.mark.parametrize(("on_error", "status"), [("degrade", 200), ("raise", 500)])
def test_the_proxy_logs_no_words_whatever_the_body_and_whoever_fails(
    records: list[logging.LogRecord], llm_server: LlmServer, on_error: Any, status: int
) -> None:
    llm_server.reply_with(SECRET)
    emo = Emoplug(plugins=[Broken()], on_error=on_error)
    bodies: list[Any] = [
        chat(messages=SAID),
        chat(messages=[{"role": SECRET, "content": [{"type": SECRET}]}]),
        chat(messages={SECRET: SECRET}),
        chat(messages=SECRET, stream=SECRET),
        [SECRET],
    ]
    paths = ["/v1/chat/completions", "/v1/responses", "/v1/emotion/analyze", "/v1/emotion/review"]
    with serving(emo, llm_server.base_url) as at, client(at) as talk:
        statuses = {talk.post(path, json=body).status_code for path in paths for body in bodies}
        for path in paths:
            torn = f'{{"messages": [{SECRET}'.encode()
            talk.post(path, content=torn, headers={"content-type": "application/json"})
    assert {status, 400} <= statuses
    assert bool(ours(records)) is (on_error == "degrade"), "what is raised is the client's to log"
    assert not any(SECRET in everything_of(record) for record in ours(records))
