"""No log holds anybody's words, and each tells a machine what it tells a person."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from emoplug import Emoplug, Turn, hookimpl
from emoplug.testing import StubEncoder

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


def everything_of(record: logging.LogRecord) -> str:
    return f"{record.getMessage()} {record.__dict__}"


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
