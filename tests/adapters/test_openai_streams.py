from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Iterator
from typing import Any

import openai
import pytest
from openai import AsyncStream, Stream
from pydantic import BaseModel

from emoplug import Emoplug, PluginFailedError, Turn, hookimpl
from emoplug_openai import review_of
from tests.adapters.openai_talks import GUIDANCE, Talks, each, entered, settle, until
from tests.llm_server import Drop, Failure, Reply, Slow, ToolCall

ASKED = [{"role": "user", "content": "I failed my exam."}]
SAID = "It sounds like today was hard."


class Mood(BaseModel):
    word: str


async def begin(client: Any, **options: Any) -> Any:
    return await settle(
        client.chat.completions.create(model="m", messages=ASKED, stream=True, **options)
    )


async def everything(client: Any, **options: Any) -> list[Any]:
    return [chunk.model_dump() async for chunk in each(await begin(client, **options))]


def words(chunk: Any) -> str:
    return chunk.choices[0].delta.content or ""


def helper(client: Any, **options: Any) -> Any:
    return client.chat.completions.stream(model="m", messages=ASKED, **options)


@pytest.mark.parametrize("behaviour", [Reply(SAID), ToolCall("find", {"a": 1}, text="Wait.")])
def test_stream_has_the_same_chunks_as_without_emoplug(
    talks: Talks, behaviour: Reply | ToolCall
) -> None:
    talks.server.script(behaviour, behaviour)
    options = {"stream_options": {"include_usage": True}}
    wrapped = talks.run(lambda client: everything(client, **options))
    assert wrapped == talks.run(lambda client: everything(client, **options), wrapped=False)
    assert [review.reply for review in talks.reviews] == [behaviour.text]
    assert GUIDANCE in talks.server.requests[0]["messages"][0]["content"]


def test_stream_is_of_the_clients_own_type_and_keeps_its_attributes(talks: Talks) -> None:
    async def scenario(client: Any) -> None:
        async with entered(await begin(client)) as stream:
            assert isinstance(stream, AsyncStream if talks.asynchronous else Stream)
            assert stream.response.status_code == 200
            assert stream.response.headers["x-request-id"] == "req_1"

    talks.run(scenario)


def test_stream_hands_on_each_chunk_before_the_next_is_said(talks: Talks) -> None:
    talks.server.script(Slow(0.05, SAID))

    async def scenario(client: Any) -> list[float]:
        loop, stream = asyncio.get_running_loop(), await begin(client)
        times = []
        async for _ in each(stream):
            assert review_of(stream) is None
            times.append(loop.time())
        assert review_of(stream) is talks.reviews[0]
        return times

    times = talks.run(scenario)
    assert times[-1] - times[1] > 0.2


async def leave_the_block(stream: Any) -> None:
    async with entered(stream) as inside:
        await read_two(inside)


async def call_close(stream: Any) -> None:
    await read_two(stream)
    await settle(stream.close())


async def call_aclose(stream: Any) -> None:
    await read_two(stream)
    await settle(getattr(stream, "aclose", stream.close)())


async def read_two(stream: Any) -> None:
    count = 0
    async for _ in each(stream):
        count += 1
        if count == 3:  # the first only names the role
            return


@pytest.mark.parametrize("stop", [leave_the_block, call_close, call_aclose])
def test_stream_stopped_early_is_reviewed_as_far_as_it_came(
    talks: Talks, stop: Callable[[Any], Any]
) -> None:
    talks.server.script(Slow(0.01, SAID))

    async def scenario(client: Any) -> None:
        stream = await begin(client)
        await stop(stream)
        review = review_of(stream)
        assert review is not None
        assert review.reply == "It sounds"

    talks.run(scenario)
    assert len(talks.reviews) == 1


def test_stream_dropped_without_closing_is_reviewed(talks: Talks) -> None:
    async def scenario(client: Any) -> None:
        stream = await begin(client)
        await read_two(stream)
        assert talks.reviews == []
        await settle(stream.response.aclose() if talks.asynchronous else stream.response.close())
        del stream
        gc.collect()
        await until(lambda: talks.reviews)

    talks.run(scenario)
    assert [review.reply for review in talks.reviews] == ["It sounds"]


def test_stream_may_be_read_on_after_a_break(talks: Talks) -> None:
    talks.server.reply_with(SAID)

    async def scenario(client: Any) -> str:
        stream = await begin(client)
        await read_two(stream)
        return "".join([words(chunk) async for chunk in each(stream)])

    assert talks.run(scenario) == " like today was hard."
    assert [review.reply for review in talks.reviews] == [SAID]


@pytest.mark.parametrize("talks", ["sync"], indirect=True)
def test_closing_a_generator_that_yields_from_a_stream_reviews_it(talks: Talks) -> None:
    def tell(stream: Any) -> Iterator[Any]:
        yield from stream

    async def scenario(client: Any) -> None:
        generator = tell(await begin(client))
        next(generator)
        next(generator)
        generator.close()  # type: ignore[attr-defined]  # a generator, as written above

    talks.run(scenario)
    assert [review.reply for review in talks.reviews] == ["It"]


def test_connection_lost_in_a_stream_is_the_clients_error_and_is_reviewed(talks: Talks) -> None:
    talks.server.script(*[Drop(after_chunks=2)] * 2)
    with pytest.raises(Exception, match=r"onnection|peer closed") as bare:
        talks.run(everything, wrapped=False)
    with pytest.raises(Exception, match=r"onnection|peer closed") as wrapped:
        talks.run(everything)
    assert type(wrapped.value) is type(bare.value)
    assert str(wrapped.value) == str(bare.value)
    assert [review.reply for review in talks.reviews] == ["It sounds"]


def test_refused_stream_is_the_clients_error_and_is_not_reviewed(talks: Talks) -> None:
    talks.server.script(Failure(429), Failure(401))
    with pytest.raises(openai.RateLimitError):
        talks.run(begin)

    async def scenario(client: Any) -> None:
        async with entered(helper(client)):
            pytest.fail("there is no stream to enter")

    with pytest.raises(openai.AuthenticationError):
        talks.run(scenario)
    assert talks.reviews == []


@pytest.mark.parametrize("talks", ["async"], indirect=True)
def test_cancelled_stream_is_reviewed_without_holding_up_the_caller(talks: Talks) -> None:
    talks.server.script(Slow(0.1, SAID))

    async def scenario(client: Any) -> None:
        async def read() -> None:
            async with await begin(client) as stream:
                async for chunk in stream:
                    if words(chunk):
                        reading.set()

        reading = asyncio.Event()
        task = asyncio.create_task(read())
        await reading.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await until(lambda: talks.reviews)

    talks.run(scenario)
    assert [review.reply for review in talks.reviews] == ["It"]


class BadReviewer:
    """Fails after the model."""

    @hookimpl
    def review(self, turn: Turn, reply: str) -> None:
        raise RuntimeError("no review today")


def test_failing_review_ends_a_stream_with_an_error_for_strict_users_only(talks: Talks) -> None:
    assert talks.run(everything, Emoplug(plugins=[BadReviewer()]))
    strict = Emoplug(plugins=[BadReviewer()], on_error="raise")
    with pytest.raises(PluginFailedError, match="no review today"):
        talks.run(everything, strict)
    talks.server.script(Drop(after_chunks=1))
    with pytest.raises(Exception, match=r"onnection|peer closed"):
        talks.run(everything, strict)


async def events_of(client: Any) -> list[str]:
    async with entered(helper(client)) as stream:
        return [event.type async for event in each(stream)]


def test_stream_helper_has_the_same_events_as_without_emoplug(talks: Talks) -> None:
    assert talks.run(events_of) == talks.run(events_of, wrapped=False)
    assert [review.reply for review in talks.reviews] == [talks.server.said]
    assert GUIDANCE in talks.server.requests[0]["messages"][0]["content"]


def test_stream_helper_reads_itself_to_the_end_and_parses(talks: Talks) -> None:
    talks.server.reply_with('{"word": "very sad"}')

    async def scenario(client: Any) -> Any:
        async with entered(helper(client, response_format=Mood)) as stream:
            assert await settle(stream.until_done()) is stream
            final = await settle(stream.get_final_completion())
            assert review_of(stream) is talks.reviews[0]
            return final

    assert talks.run(scenario).choices[0].message.parsed == Mood(word="very sad")
    assert [review.reply for review in talks.reviews] == ['{"word": "very sad"}']


def test_stream_helper_left_early_is_reviewed_as_far_as_it_came(talks: Talks) -> None:
    async def scenario(client: Any) -> None:
        async with entered(helper(client)) as stream:
            async for event in each(stream):
                if event.type == "content.delta" and event.delta:
                    break
        assert review_of(stream) is talks.reviews[0]

    talks.run(scenario)
    assert [review.reply for review in talks.reviews] == ["It"]
