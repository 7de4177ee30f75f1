from __future__ import annotations

import asyncio
import copy
import json
import time
from collections.abc import Sequence
from typing import Any

import openai
import pytest
from openai.types.chat import ChatCompletion, ParsedChatCompletion
from pydantic import BaseModel

from emoplug import Emoplug, Guidance, PluginFailedError, Review, Turn, hookimpl
from emoplug_openai import review_of, wrap
from tests.adapters.openai_talks import GUIDANCE, Sayer, Talks, settle
from tests.llm_server import Drop, Failure, Reply, ToolCall

HISTORY: list[dict[str, Any]] = [
    {"role": "system", "content": "You are kind, überall."},
    {"role": "user", "content": "Hi"},
    {"role": "assistant", "content": "Hello!"},
    {"role": "user", "content": "I failed my exam."},
]
TOOL = {"type": "function", "function": {"name": "find", "parameters": {"type": "object"}}}


class Mood(BaseModel):
    word: str


async def ask(client: Any, messages: Any = HISTORY, **options: Any) -> Any:
    return await settle(client.chat.completions.create(model="m", messages=messages, **options))


def test_reply_is_the_clients_own_and_the_same_as_without_emoplug(talks: Talks) -> None:
    reply = talks.run(ask)
    assert type(reply) is ChatCompletion
    assert reply.model_dump() == talks.run(ask, wrapped=False).model_dump()


def test_review_is_reachable_from_the_reply_and_told_to_on_review(talks: Talks) -> None:
    talks.server.reply_with("I hear you.")
    reply = talks.run(ask)
    review = review_of(reply)
    assert review is not None
    assert review.reply == "I hear you."
    assert review.findings[0].score == 3
    assert review.turn.messages[-1].text == "I failed my exam."
    assert talks.reviews == [review]
    assert review_of(reply.model_copy()) is None


def test_the_turn_knows_the_model_that_was_asked(talks: Talks) -> None:
    review = review_of(talks.run(ask))
    assert review is not None
    assert review.turn.model == talks.server.requests[-1]["model"]


def test_only_the_guidance_is_added_on_the_wire_byte_for_byte(talks: Talks) -> None:
    talks.run(ask)
    talks.run(ask, wrapped=False)
    wrapped, bare = talks.server.bodies
    added = json.dumps("\n\n" + GUIDANCE, ensure_ascii=False)[1:-1].encode()
    assert wrapped.count(added) == 1
    assert wrapped.replace(added, b"") == bare
    assert wrapped.index(added) == bare.index(b"I failed my exam.") + len(b"I failed my exam.")


def test_callers_messages_are_never_changed(talks: Talks) -> None:
    messages = copy.deepcopy(HISTORY)
    before = list(messages)
    talks.run(lambda client: ask(client, messages))
    assert messages == HISTORY
    assert all(now is then for now, then in zip(messages, before, strict=True))


def test_guidance_joins_content_parts_and_messages_may_come_from_a_generator(
    talks: Talks,
) -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
    parts = [{"type": "text", "text": "Look."}, image]
    talks.run(lambda client: ask(client, (m for m in [{"role": "user", "content": parts}])))
    assert talks.server.requests[0]["messages"][0]["content"] == [
        *parts,
        {"type": "text", "text": GUIDANCE},
    ]


def test_tool_call_flow_sends_the_clients_own_message_back(talks: Talks) -> None:
    talks.server.script(ToolCall("find", {"where": "Rome"}), Reply("It is in Rome."))

    async def scenario(client: Any) -> tuple[Any, Any]:
        first = await ask(client, HISTORY, tools=[TOOL], tool_choice="auto")
        said = first.choices[0].message
        result = {"role": "tool", "tool_call_id": said.tool_calls[0].id, "content": "found"}
        return first, await ask(client, [*HISTORY, said, result], tools=[TOOL])

    first, second = talks.run(scenario)
    assert first.choices[0].message.tool_calls[0].function.arguments == '{"where": "Rome"}'
    assert second.choices[0].message.content == "It is in Rome."
    sent_first, sent_second = (request["messages"] for request in talks.server.requests)
    assert sent_second[:4] == sent_first
    assert sent_second[4]["tool_calls"][0]["function"]["name"] == "find"
    assert [review.reply for review in talks.reviews] == ["", "It is in Rome."]
    assert talks.server.requests[0]["tools"] == [TOOL]


def test_structured_reply_is_parsed_and_reviewed(talks: Talks) -> None:
    talks.server.reply_with('{"word": "sad"}')

    async def scenario(client: Any) -> Any:
        return await settle(
            client.chat.completions.parse(model="m", messages=HISTORY, response_format=Mood)
        )

    reply = talks.run(scenario)
    assert isinstance(reply, ParsedChatCompletion)
    assert reply.choices[0].message.parsed == Mood(word="sad")
    assert [review.reply for review in talks.reviews] == ['{"word": "sad"}']
    assert GUIDANCE in talks.server.requests[0]["messages"][-1]["content"]


def test_unknown_arguments_pass_through(talks: Talks) -> None:
    extra: dict[str, Any] = {"extra_body": {"mirostat": 2}, "extra_headers": {"x-team": "blue"}}
    talks.run(lambda client: ask(client, temperature=0.5, **extra))
    assert talks.server.requests[0]["mirostat"] == 2
    assert talks.server.requests[0]["temperature"] == 0.5
    assert talks.server.headers[0]["x-team"] == "blue"


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, openai.BadRequestError),
        (401, openai.AuthenticationError),
        (429, openai.RateLimitError),
        (500, openai.InternalServerError),
    ],
)
def test_errors_of_the_api_reach_the_caller_unchanged(
    talks: Talks, status: int, error: type[openai.APIStatusError]
) -> None:
    talks.server.script(*[Failure(status, retry_after=3)] * 2)
    with pytest.raises(openai.APIStatusError) as wrapped:
        talks.run(ask)
    with pytest.raises(openai.APIStatusError) as bare:
        talks.run(ask, wrapped=False)
    assert type(wrapped.value) is type(bare.value) is error
    assert wrapped.value.body == bare.value.body
    assert str(wrapped.value) == str(bare.value)
    assert wrapped.value.response.headers["retry-after"] == "3"
    assert wrapped.value.__cause__ is None
    assert talks.reviews == []


def test_client_still_retries_and_the_reply_is_reviewed_once(talks: Talks) -> None:
    talks.server.script(Failure(429, retry_after=0.01), Reply("There."))
    talks.run(lambda client: ask(client.with_options(max_retries=1)))
    assert talks.server.bodies[0] == talks.server.bodies[1]
    assert [review.reply for review in talks.reviews] == ["There."]


def test_dropped_connection_is_the_clients_own_error(talks: Talks) -> None:
    talks.server.script(Drop())
    with pytest.raises(openai.APIConnectionError):
        talks.run(ask)
    assert talks.reviews == []


def test_missing_messages_are_the_clients_own_error(talks: Talks) -> None:
    async def scenario(client: Any) -> Any:
        return await settle(client.chat.completions.create(model="m"))

    with pytest.raises(TypeError, match="messages"):
        talks.run(scenario)


def test_unreadable_messages_go_to_the_server_as_they_are(talks: Talks) -> None:
    with pytest.raises(openai.BadRequestError):
        talks.run(lambda client: ask(client, [{"text": "no role"}]))
    assert talks.server.requests[0]["messages"] == [{"text": "no role"}]


class Broken:
    """Fails before the model and after it."""

    @hookimpl
    def guide(self, turn: Turn) -> Sequence[Guidance]:
        raise RuntimeError("no guidance today")

    @hookimpl
    def review(self, turn: Turn, reply: str) -> None:
        raise RuntimeError("no review today")


def test_failing_plugin_never_breaks_the_call(talks: Talks) -> None:
    reply = talks.run(ask, Emoplug(plugins=[Broken(), Sayer()]))
    review = review_of(reply)
    assert review is not None
    assert [gone.hook for gone in (*review.turn.degraded, *review.degraded)] == ["guide", "review"]
    assert review.findings[0].source == "sayer"
    assert GUIDANCE in talks.server.requests[0]["messages"][-1]["content"]


def test_failing_plugin_is_heard_of_by_strict_users(talks: Talks) -> None:
    with pytest.raises(PluginFailedError, match="no guidance today"):
        talks.run(ask, Emoplug(plugins=[Broken()], on_error="raise"))
    assert talks.server.requests == []


def test_failing_on_review_does_not_cost_the_reply(
    talks: Talks, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(review: Review) -> None:
        raise ValueError(review.reply)

    async def scenario(client: Any) -> Any:
        return await ask(wrap(client, Emoplug(plugins=[Sayer()]), on_review=refuse))

    reply = talks.run(scenario, wrapped=False)
    assert review_of(reply) is not None
    assert "ValueError" in caplog.text
    assert reply.choices[0].message.content not in caplog.text


@pytest.mark.parametrize("talks", ["async"], indirect=True)
def test_event_loop_goes_on_while_plugins_think(talks: Talks) -> None:
    class Slow:
        @hookimpl
        def guide(self, turn: Turn) -> None:
            time.sleep(0.2)

        @hookimpl
        def review(self, turn: Turn, reply: str) -> None:
            time.sleep(0.2)

    async def scenario(client: Any) -> int:
        asking = asyncio.create_task(ask(client))
        ticks = 0
        while not asking.done():
            await asyncio.sleep(0.01)
            ticks += 1
        return ticks

    assert talks.run(scenario, Emoplug(plugins=[Slow()], deadline=2.0)) > 10


@pytest.mark.parametrize("talks", ["async"], indirect=True)
def test_concurrent_calls_keep_their_own_reviews(talks: Talks) -> None:
    async def scenario(client: Any) -> list[Any]:
        asked = [[{"role": "user", "content": f"I am person {i}."}] for i in range(64)]
        return await asyncio.gather(*(ask(client, messages) for messages in asked))

    for i, reply in enumerate(talks.run(scenario)):
        review = review_of(reply)
        assert review is not None
        assert review.turn.messages[0].text == f"I am person {i}."
    assert len({request["messages"][0]["content"] for request in talks.server.requests}) == 64
