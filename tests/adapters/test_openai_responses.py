from __future__ import annotations

import copy
import json
from typing import Any

import openai
import pytest
from openai.types.responses import ParsedResponse, Response
from pydantic import BaseModel

from emoplug import Review
from emoplug_openai import review_of
from tests.adapters.openai_talks import GUIDANCE, Talks, each, entered, settle
from tests.llm_server import Drop, Failure, Reply, Slow, ToolCall

ITEMS: list[dict[str, Any]] = [
    {"role": "user", "content": "Hi"},
    {"role": "assistant", "content": [{"type": "output_text", "text": "Hello!"}]},
    {"role": "user", "content": [{"type": "input_text", "text": "I failed my exam."}]},
]
SAID = "It sounds like today was hard."


class Mood(BaseModel):
    word: str


async def ask(client: Any, given: Any = "I failed my exam.", **options: Any) -> Any:
    return await settle(client.responses.create(model="m", input=given, **options))


def test_text_input_stays_text_with_the_guidance_at_its_end(talks: Talks) -> None:
    talks.server.reply_with("I hear you.")
    reply = talks.run(ask)
    assert type(reply) is Response
    assert talks.server.requests[0]["input"] == f"I failed my exam.\n\n{GUIDANCE}"
    review = review_of(reply)
    assert review is not None
    assert review.reply == reply.output_text == "I hear you."
    assert talks.reviews == [review]
    assert reply.model_dump() == talks.run(ask, wrapped=False).model_dump()


def test_only_the_guidance_is_added_to_items_and_the_callers_stay(talks: Talks) -> None:
    items = copy.deepcopy(ITEMS)
    options: dict[str, Any] = {"instructions": "Be kind.", "store": False}
    talks.run(lambda client: ask(client, items, **options))
    talks.run(lambda client: ask(client, items, **options), wrapped=False)
    assert items == ITEMS
    wrapped, bare = talks.server.requests
    assert wrapped["input"][2]["content"] == [
        *ITEMS[2]["content"],
        {"type": "input_text", "text": GUIDANCE},
    ]
    wrapped["input"][2] = ITEMS[2]
    assert json.dumps(wrapped) == json.dumps(bare)


def test_tool_call_flow_sends_the_clients_own_items_back(talks: Talks) -> None:
    talks.server.script(ToolCall("find", {"where": "Rome"}), Reply("It is in Rome."))
    tools = [{"type": "function", "name": "find", "parameters": {"type": "object"}}]

    async def scenario(client: Any) -> Any:
        first = await ask(client, ITEMS, tools=tools)
        result = {"type": "function_call_output", "call_id": "call_1", "output": "found"}
        return await ask(client, [*ITEMS, *first.output, result], tools=tools)

    assert talks.run(scenario).output_text == "It is in Rome."
    first, second = (request["input"] for request in talks.server.requests)
    assert second[:3] == first
    assert [item.get("type") for item in second[3:]] == ["function_call", "function_call_output"]
    assert [review.reply for review in talks.reviews] == ["", "It is in Rome."]
    assert all(review.degraded == review.turn.degraded == () for review in talks.reviews)


def test_call_that_carries_no_words_of_the_person_gets_no_guidance(talks: Talks) -> None:
    result = [{"type": "function_call_output", "call_id": "call_1", "output": "found"}]
    talks.run(lambda client: ask(client, result, previous_response_id="resp_1"))
    assert talks.server.requests[0]["input"] == result


def test_call_without_input_is_the_clients_own(talks: Talks) -> None:
    async def scenario(client: Any) -> Any:
        return await settle(client.responses.create(model="m", prompt={"id": "pmpt_1"}))

    with pytest.raises(openai.BadRequestError):
        talks.run(scenario)
    assert talks.server.requests[0] == {"model": "m", "prompt": {"id": "pmpt_1"}}


def test_structured_response_is_parsed_and_reviewed(talks: Talks) -> None:
    talks.server.reply_with('{"word": "sad"}')

    async def scenario(client: Any) -> Any:
        return await settle(
            client.responses.parse(model="m", input=copy.deepcopy(ITEMS), text_format=Mood)
        )

    reply = talks.run(scenario)
    assert isinstance(reply, ParsedResponse)
    assert reply.output_parsed == Mood(word="sad")
    assert [review.reply for review in talks.reviews] == ['{"word": "sad"}']


@pytest.mark.parametrize("behaviour", [Reply(SAID), ToolCall("find", {"a": 1}, text="Wait.")])
def test_stream_has_the_same_events_as_without_emoplug(
    talks: Talks, behaviour: Reply | ToolCall
) -> None:
    talks.server.script(behaviour, behaviour)

    async def scenario(client: Any) -> list[Any]:
        stream = await ask(client, stream=True)
        events = [event.model_dump() async for event in each(stream)]
        reviews.append(review_of(stream))
        return events

    reviews: list[Review | None] = []
    assert talks.run(scenario) == talks.run(scenario, wrapped=False)
    assert reviews == [talks.reviews[0], None]
    assert [review.reply for review in talks.reviews] == [behaviour.text]


def test_stream_left_early_is_reviewed_as_far_as_it_came(talks: Talks) -> None:
    talks.server.script(Slow(0.01, SAID))

    async def scenario(client: Any) -> None:
        async with entered(await ask(client, stream=True)) as stream:
            async for event in each(stream):
                if event.type == "response.output_text.delta":
                    break

    talks.run(scenario)
    assert [review.reply for review in talks.reviews] == ["It"]


def test_connection_lost_in_a_stream_is_the_clients_error_and_is_reviewed(talks: Talks) -> None:
    talks.server.script(Drop(after_chunks=2))

    async def scenario(client: Any) -> None:
        async for _ in each(await ask(client, stream=True)):
            pass

    with pytest.raises(Exception, match=r"onnection|peer closed"):
        talks.run(scenario)
    assert [review.reply for review in talks.reviews] == ["It sounds"]


@pytest.mark.parametrize("status", [400, 401, 429, 500])
def test_errors_of_the_api_reach_the_caller_unchanged(talks: Talks, status: int) -> None:
    talks.server.script(Failure(status))
    with pytest.raises(openai.APIStatusError) as info:
        talks.run(ask)
    assert info.value.status_code == status
    assert talks.reviews == []


def test_stream_helper_reads_itself_to_the_end(talks: Talks) -> None:
    talks.server.reply_with('{"word": "very sad"}')

    async def scenario(client: Any) -> Any:
        manager = client.responses.stream(model="m", input="I failed.", text_format=Mood)
        async with entered(manager) as stream:
            first = await settle(anext(stream) if talks.asynchronous else next(stream))
            assert first.type == "response.created"
            return await settle(stream.get_final_response())

    assert talks.run(scenario).output_parsed == Mood(word="very sad")
    assert [review.reply for review in talks.reviews] == ['{"word": "very sad"}']
    assert talks.server.requests[0]["input"] == f"I failed.\n\n{GUIDANCE}"
