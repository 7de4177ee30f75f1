from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import (
    AgentMiddleware,
    ModelFallbackMiddleware,
    ModelRetryMiddleware,
)
from langchain.agents.structured_output import ToolStrategy
from langchain_core.messages import HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from pydantic import BaseModel

from emoplug import Emoplug, PluginFailedError, Review
from emoplug_langchain import EmotionMiddleware
from tests.adapters.knower import HISTORY, Breaking, Knower, Watching, asking
from tests.adapters.openai_talks import GUIDANCE
from tests.llm_server import SAID, Failure, LlmServer, Reply, ToolCall

GUIDED = f"I failed my exam.\n\n{GUIDANCE}"
ANN: Any = {"configurable": {"thread_id": "ann"}}


def agent_of(
    server: LlmServer, emo: Emoplug, *more: AgentMiddleware[Any, Any], **given: Any
) -> Any:
    return create_agent(asking(server), middleware=[EmotionMiddleware(emo), *more], **given)


def find(what: str) -> str:
    """Find something."""
    return f"found {what}"


def sent(server: LlmServer) -> list[list[tuple[str, Any]]]:
    return [
        [(message["role"], message.get("content")) for message in request["messages"]]
        for request in server.requests
    ]


def test_only_the_last_human_message_of_the_request_is_guided(
    emo: Emoplug, llm_server: LlmServer
) -> None:
    agent = agent_of(llm_server, emo, system_prompt="Be kind.")
    given = list(HISTORY)
    out = agent.invoke({"messages": given})
    assert sent(llm_server) == [
        [
            ("system", "Be kind."),
            ("user", "Hi, I am Ann."),
            ("assistant", "Hello Ann."),
            ("user", GUIDED),
        ]
    ]
    assert [m.content for m in out["messages"]] == [*(m.content for m in HISTORY), SAID]
    assert given == HISTORY


def test_state_tells_emotion_causes_and_strategy(emo: Emoplug, llm_server: LlmServer) -> None:
    out = agent_of(llm_server, emo, system_prompt="Be kind.").invoke({"messages": HISTORY})
    assert out["emotion"] == {
        "label": "sadness",
        "probability": 0.9,
        "intensity": 0.0,
        "affect": None,
        "message": 2,
    }
    cause = {"message": 2, "text": "failed my exam", "score": 0.8, "origin": "self"}
    assert out["causes"] == [cause]
    assert (out["strategy"]["name"], out["strategy"]["score"]) == ("Question", 0.7)


def test_state_of_a_new_turn_replaces_that_of_the_last(
    emo: Emoplug, knower: Knower, llm_server: LlmServer
) -> None:
    agent = agent_of(llm_server, emo, checkpointer=InMemorySaver())
    agent.invoke({"messages": HISTORY}, ANN)
    assert agent.get_state(ANN).values["emotion"]["label"] == "sadness"
    out = agent.invoke({"messages": [HumanMessage("Thanks.")]}, ANN)
    assert (out["emotion"], out["causes"]) == (None, [])
    assert GUIDANCE not in str([m.content for m in out["messages"]])
    assert [turn.session for turn in knower.turns] == ["ann", "ann"]
    kept = JsonPlusSerializer().dumps_typed(agent.get_state(ANN).values["strategy"])
    assert JsonPlusSerializer().loads_typed(kept) == out["strategy"]


def test_state_cannot_be_set_from_outside(emo: Emoplug, llm_server: LlmServer) -> None:
    forged = {"messages": [HumanMessage("Thanks.")], "emotion": {"label": "joy"}}
    agent = agent_of(llm_server, emo)
    assert agent.invoke(forged)["emotion"] is None
    assert "emotion" not in agent.get_input_jsonschema()["properties"]
    assert "emotion" in agent.get_output_jsonschema()["properties"]


def test_tool_loop_carries_the_same_guidance_and_reviews_what_was_said(
    emo: Emoplug, knower: Knower, llm_server: LlmServer
) -> None:
    llm_server.script(ToolCall("find", {"what": "help"}), Reply("Found it."))
    out = agent_of(llm_server, emo, tools=[find]).invoke({"messages": HISTORY})
    first, second = sent(llm_server)
    assert first == second[: len(first)]
    assert first[-1] == ("user", GUIDED)
    assert second[-1] == ("tool", "found help")
    assert out["messages"][-1].content == "Found it."
    assert knower.replies == ["", "Found it."]


class Mood(BaseModel):
    """How somebody feels."""

    word: str


def test_structured_output_works_as_without(emo: Emoplug, llm_server: LlmServer) -> None:
    llm_server.script(ToolCall("Mood", {"word": "sad"}))
    agent = agent_of(llm_server, emo, response_format=ToolStrategy(Mood))
    out = agent.invoke({"messages": HISTORY})
    assert out["structured_response"] == Mood(word="sad")
    assert out["emotion"]["label"] == "sadness"
    assert sent(llm_server)[0][-1] == ("user", GUIDED)


def test_a_retry_does_not_guide_twice(emo: Emoplug, knower: Knower, llm_server: LlmServer) -> None:
    llm_server.script(Failure(500), Reply("Here."), Failure(500), Reply("Again."))
    retry = ModelRetryMiddleware(max_retries=1, initial_delay=0.0, jitter=False)
    around: Any = [[retry, EmotionMiddleware(emo)], [EmotionMiddleware(emo), retry]]
    for middleware in around:
        agent: Any = create_agent(asking(llm_server), middleware=middleware)
        agent.invoke({"messages": HISTORY})
    assert [messages[-1] for messages in sent(llm_server)] == [("user", GUIDED)] * 4
    assert knower.replies == ["Here.", "Again."]


def test_a_fallback_model_is_guided_too(emo: Emoplug, llm_server: LlmServer) -> None:
    llm_server.script(Failure(500), Reply("Here."))
    fallback = ModelFallbackMiddleware(asking(llm_server))
    out = agent_of(llm_server, emo, fallback).invoke({"messages": HISTORY})
    assert out["messages"][-1].content == "Here."
    assert [messages[-1] for messages in sent(llm_server)] == [("user", GUIDED)] * 2


def test_reviews_are_told_once_for_each_reply(knower: Knower, llm_server: LlmServer) -> None:
    reviews: list[Review] = []
    middleware = EmotionMiddleware(
        Emoplug(plugins=[knower], deadline=30), session=lambda: "bo", on_review=reviews.append
    )
    agent: Any = create_agent(asking(llm_server), middleware=[middleware])
    agent.invoke({"messages": HISTORY}, ANN)
    asyncio.run(agent.ainvoke({"messages": HISTORY}, ANN))
    assert [(r.reply, r.turn.session, r.turn.model) for r in reviews] == [(SAID, "bo", "tiny")] * 2


def test_sessions_are_the_threads_of_a_batch(
    emo: Emoplug, knower: Knower, llm_server: LlmServer
) -> None:
    agent = agent_of(llm_server, emo, checkpointer=InMemorySaver())
    threads: Any = [{"configurable": {"thread_id": name}} for name in ("a", "b", "c")]
    agent.batch([{"messages": HISTORY}] * 3, threads)
    assert {turn.session for turn in knower.turns} == {"a", "b", "c"}


def test_async_work_runs_off_the_event_loop(llm_server: LlmServer) -> None:
    emo = Watching(Knower())
    agent = agent_of(llm_server, emo)
    out = asyncio.run(agent.ainvoke({"messages": HISTORY}))
    assert out["emotion"]["label"] == "sadness"
    assert emo.callers
    assert threading.get_ident() not in emo.callers


def test_tokens_stream_one_by_one(emo: Emoplug, llm_server: LlmServer) -> None:
    bare: Any = create_agent(asking(llm_server))

    def tokens(agent: Any) -> list[str]:
        parts: Iterator[Any] = agent.stream({"messages": HISTORY}, stream_mode="messages")
        return [str(chunk.content) for chunk, _ in parts]

    assert tokens(agent_of(llm_server, emo)) == tokens(bare)


def test_failing_plugin_costs_nobody_the_reply(llm_server: LlmServer) -> None:
    out = agent_of(llm_server, Emoplug(plugins=[Breaking()])).invoke({"messages": HISTORY})
    assert out["messages"][-1].content == SAID
    assert out["emotion"] is None


def test_whoever_asks_to_hear_of_failures_hears_of_them(llm_server: LlmServer) -> None:
    agent = agent_of(llm_server, Emoplug(plugins=[Breaking()], on_error="raise"))
    with pytest.raises(PluginFailedError):
        agent.invoke({"messages": HISTORY})
    with pytest.raises(PluginFailedError):
        asyncio.run(agent.ainvoke({"messages": HISTORY}))


def test_content_parts_stay_and_guidance_is_one_more(emo: Emoplug, llm_server: LlmServer) -> None:
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    asked = HumanMessage([{"type": "text", "text": "Look at my exam."}, picture])
    agent_of(llm_server, emo).invoke({"messages": [asked]})
    content = llm_server.requests[0]["messages"][0]["content"]
    assert content == [
        {"type": "text", "text": "Look at my exam."},
        picture,
        {"type": "text", "text": GUIDANCE},
    ]
    assert len(asked.content) == 2


BETA = "ignore:.*v3 streaming protocol.*:langchain_core._api.beta_decorator.LangChainBetaWarning"


@pytest.mark.filterwarnings(BETA)  # the protocol itself is young
def test_event_stream_tells_the_emotion_before_the_first_token(
    emo: Emoplug, llm_server: LlmServer
) -> None:
    run = agent_of(llm_server, emo).stream_events({"messages": HISTORY}, version="v3")
    order = [name for name, _ in run.interleave("emotion", "messages")]
    assert order[0] == "emotion"
    assert order.count("emotion") == 1
    assert "messages" in order


@pytest.mark.filterwarnings(BETA)
def test_event_stream_has_a_projection_of_its_own(emo: Emoplug, llm_server: LlmServer) -> None:
    agent = agent_of(llm_server, emo)
    told = list(agent.stream_events({"messages": HISTORY}, version="v3").emotion)
    assert [one["emotion"]["label"] for one in told] == ["sadness"]

    async def listen() -> list[Any]:
        run = await agent.astream_events({"messages": HISTORY}, version="v3")
        return [one async for one in run.emotion]

    assert asyncio.run(listen()) == told


def test_state_is_plain_json(emo: Emoplug, llm_server: LlmServer) -> None:
    out = agent_of(llm_server, emo).invoke({"messages": HISTORY})
    for name in ("emotion", "causes", "strategy"):
        assert json.loads(json.dumps(out[name])) == out[name]
