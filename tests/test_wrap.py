from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from emoplug import Emoplug, Finding, Guidance, Review, Turn, hookimpl

Messages = list[dict[str, str]]
CHAT = [{"role": "user", "content": "I feel low"}]
ANSWER = ["I hear ", "you: ", "I feel low\n\n[note]"]


class Note:
    name = "note"

    def __init__(self) -> None:
        self.threads: list[int] = []

    @hookimpl
    def guide(self, turn: Turn) -> list[Guidance]:
        self.threads.append(threading.get_ident())
        return [Guidance(text="[note]", kind="test", source="note")]

    @hookimpl
    def review(self, turn: Turn, reply: str) -> list[Finding]:
        return [Finding(name="length", score=len(reply), explanation="", source="note")]


def pieces(messages: Messages) -> list[str]:
    return ["I hear ", "you: ", messages[-1]["content"]]


def function(messages: Messages) -> str:
    return "".join(pieces(messages))


async def coroutine(messages: Messages) -> str:
    return "".join(pieces(messages))


def generator(messages: Messages) -> Iterator[str]:
    yield from pieces(messages)


async def async_generator(messages: Messages) -> AsyncIterator[str]:
    for piece in pieces(messages):
        yield piece


class Bot:
    """A chatbot whose method takes the messages second."""

    def ask(self, messages: Messages) -> str:
        return function(messages)


async def gather(stream: AsyncIterator[str]) -> str:
    return "".join([chunk async for chunk in stream])


def call(fn: Any, wrapped: Any) -> str:
    if fn is coroutine:
        return str(asyncio.run(wrapped(CHAT)))
    if fn is async_generator:
        return asyncio.run(gather(wrapped(CHAT)))
    return "".join(wrapped(CHAT))


@pytest.mark.parametrize("fn", [function, coroutine, generator, async_generator])
def test_all_four_kinds_give_the_same_reply_and_review(fn: Callable[[Messages], Any]) -> None:
    reviews: list[Review] = []
    wrapped = Emoplug(plugins=[Note()]).wrap(fn, on_review=reviews.append)
    assert call(fn, wrapped) == "".join(ANSWER)
    (review,) = reviews
    assert review.reply == "".join(ANSWER)
    assert review.findings[0].score == len("".join(ANSWER))
    assert wrapped.__name__ == fn.__name__
    assert CHAT == [{"role": "user", "content": "I feel low"}]


@pytest.mark.parametrize("fn", [function, coroutine, generator, async_generator])
def test_an_error_of_the_model_reaches_the_caller_unchanged(fn: Any) -> None:
    kinds: dict[Any, Any] = {}

    def failing(messages: Messages) -> str:
        raise ConnectionError("model is away")

    async def failing_coroutine(messages: Messages) -> str:
        raise ConnectionError("model is away")

    def failing_generator(messages: Messages) -> Iterator[str]:
        yield "I "
        raise ConnectionError("model is away")

    async def failing_async_generator(messages: Messages) -> AsyncIterator[str]:
        yield "I "
        raise ConnectionError("model is away")

    kinds = {
        function: failing,
        coroutine: failing_coroutine,
        generator: failing_generator,
        async_generator: failing_async_generator,
    }
    wrapped = Emoplug(plugins=[Note()]).wrap(kinds[fn])
    with pytest.raises(ConnectionError, match="model is away"):
        call(fn, wrapped)


def test_as_a_decorator_on_a_method() -> None:
    emo = Emoplug(plugins=[Note()])

    class Wrapped(Bot):
        ask = emo.wrap(Bot.ask)

    assert Wrapped().ask(CHAT) == "".join(ANSWER)
    assert Wrapped().ask(messages=CHAT) == "".join(ANSWER)


def test_a_plain_callable_may_hand_back_a_stream_or_something_to_await() -> None:
    emo = Emoplug(plugins=[Note()])
    assert "".join(emo.wrap(lambda messages: generator(messages))(CHAT)) == "".join(ANSWER)
    assert asyncio.run(gather(emo.wrap(lambda m: async_generator(m))(CHAT))) == "".join(ANSWER)

    async def ask() -> str:
        return await emo.wrap(lambda messages: coroutine(messages))(CHAT)

    assert asyncio.run(ask()) == "".join(ANSWER)


def test_a_stream_is_handed_on_as_it_comes() -> None:
    made: list[str] = []

    def slow(messages: Messages) -> Iterator[str]:
        for piece in pieces(messages):
            made.append(piece)
            yield piece

    stream = Emoplug(plugins=[]).wrap(slow)(CHAT)
    assert next(stream) == "I hear "
    assert made == ["I hear "]


def test_a_stream_stopped_early_is_reviewed_as_far_as_it_came() -> None:
    reviews: list[Review] = []
    closed: list[bool] = []

    def streaming(messages: Messages) -> Iterator[str]:
        try:
            yield from pieces(messages)
        finally:
            closed.append(True)

    stream = Emoplug(plugins=[Note()]).wrap(streaming, on_review=reviews.append)(CHAT)
    next(stream)
    stream.close()  # type: ignore[attr-defined]  # it is a generator
    assert reviews[0].reply == "I hear "
    assert closed == [True]


def test_an_async_stream_stopped_early_is_reviewed_too() -> None:
    reviews: list[Review] = []
    wrapped = Emoplug(plugins=[Note()]).wrap(async_generator, on_review=reviews.append)

    async def stop_early() -> None:
        stream: Any = wrapped(CHAT)
        await anext(stream)
        await stream.aclose()

    asyncio.run(stop_early())
    assert reviews[0].reply == "I hear "


def test_a_coroutine_that_answers_a_stream_has_the_stream_reviewed() -> None:
    reviews: list[Review] = []

    async def streaming(messages: Messages) -> AsyncIterator[str]:
        return async_generator(messages)

    wrapped = Emoplug(plugins=[Note()]).wrap(streaming, on_review=reviews.append)

    async def listen() -> str:
        return await gather(await wrapped(CHAT))

    assert asyncio.run(listen()) == "".join(ANSWER)
    assert [review.reply for review in reviews] == ["".join(ANSWER)]


def test_a_wrapped_callables_turns_know_session_and_model() -> None:
    reviews: list[Review] = []
    wrapped = Emoplug(plugins=[]).wrap(
        lambda messages: "ok", on_review=reviews.append, session="ann", model="tiny"
    )
    wrapped(CHAT)
    assert (reviews[0].turn.session, reviews[0].turn.model) == ("ann", "tiny")


def test_messages_that_cannot_be_read_go_through_untouched() -> None:
    reviews: list[Review] = []
    odd: Any = {"not": "a list"}
    wrapped = Emoplug(plugins=[Note()]).wrap(lambda messages: messages, on_review=reviews.append)
    assert wrapped(odd) is odd
    assert "expected a list of messages" in reviews[0].turn.degraded[0].reason


def test_earlier_messages_are_the_very_same_objects() -> None:
    history: Messages = [{"role": "system", "content": "s"}, *CHAT]
    sent = Emoplug(plugins=[Note()]).wrap(lambda messages: messages)(history)
    assert sent[0] is history[0]
    assert sent[1] is not history[1]
    assert history[1] == CHAT[0]


def test_plugins_never_run_on_the_event_loop() -> None:
    note = Note()
    wrapped = Emoplug(plugins=[note]).wrap(coroutine)
    asyncio.run(wrapped(CHAT))
    assert threading.get_ident() not in note.threads


def test_content_parts_get_one_more_part_of_their_own_api() -> None:
    wrapped = Emoplug(plugins=[Note()]).wrap(lambda messages: messages)
    for kind in ("text", "input_text"):
        sent = wrapped([{"role": "user", "content": [{"type": kind, "text": "hi"}]}])
        assert sent[0]["content"][-1] == {"type": kind, "text": "[note]"}


def test_a_raising_on_review_costs_nobody_the_reply() -> None:
    def explode(review: Review) -> None:
        raise RuntimeError("dashboard is away")

    assert Emoplug(plugins=[Note()]).wrap(function, on_review=explode)(CHAT) == "".join(ANSWER)
    strict = Emoplug(plugins=[Note()], on_error="raise")
    with pytest.raises(RuntimeError, match="dashboard"):
        strict.wrap(function, on_review=explode)(CHAT)
