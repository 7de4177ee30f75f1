"""Read by mypy, never run: what the types of the public calls are, and what must stay an error."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import assert_type

from emoplug import Emoplug, Message, Reading, Review, Turn

Messages = list[dict[str, str]]


def use(emo: Emoplug, messages: Messages) -> None:
    turn = emo.prepare(messages)
    assert_type(turn, Turn)
    assert_type(turn.reading, Reading | None)
    assert_type(turn.request_messages, tuple[Message, ...])
    assert_type(emo.prepare_many([messages]), list[Turn])
    assert_type(emo.review(turn, "ok"), Review)
    turn.session = "no"  # type: ignore[misc]  # turns are frozen
    emo.review("no", "ok")  # type: ignore[arg-type]  # a review needs its turn


def wrapping(
    emo: Emoplug,
    plain: Callable[[Messages], str],
    stream: Callable[[Messages], Iterator[str]],
    async_stream: Callable[[Messages], AsyncIterator[str]],
) -> None:
    assert_type(emo.wrap(plain)([]), str)
    assert_type(emo.wrap(stream)([]), Iterator[str])
    assert_type(emo.wrap(async_stream)([]), AsyncIterator[str])
    emo.wrap(plain)(7)  # type: ignore[arg-type]  # the signature stays that of the function
