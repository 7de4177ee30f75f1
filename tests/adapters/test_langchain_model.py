from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from langchain.agents import create_agent
from langchain_core.caches import InMemoryCache
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda
from pydantic import BaseModel

from emoplug import Emoplug, Review
from emoplug_langchain import emotion_aware
from tests.adapters.knower import HISTORY, Knower, asking
from tests.adapters.langchain_fake import Fake
from tests.adapters.openai_talks import GUIDANCE
from tests.llm_server import SAID, Failure, LlmServer, Reply, ToolCall

GUIDED = f"I failed my exam.\n\n{GUIDANCE}"
ANN: Any = {"configurable": {"thread_id": "ann"}}


@pytest.fixture
def model(emo: Emoplug, llm_server: LlmServer) -> Any:
    return emotion_aware(asking(llm_server), emo)


def last(server: LlmServer, request: int = -1) -> Any:
    return server.requests[request]["messages"][-1]["content"]


class Mood(BaseModel):
    """How somebody feels."""

    word: str


def find(what: str) -> str:
    """Find something."""
    return f"found {what}"


def test_only_a_copy_of_the_last_human_message_is_guided(model: Any, llm_server: LlmServer) -> None:
    given = list(HISTORY)
    reply = model.invoke(given)
    assert (type(reply), reply.content) == (AIMessage, SAID)
    sent = [message["content"] for message in llm_server.requests[0]["messages"]]
    assert sent == ["Hi, I am Ann.", "Hello Ann.", GUIDED]
    assert [message.content for message in given][-1] == "I failed my exam."


@pytest.mark.parametrize(
    "given",
    [
        "I failed my exam.",
        [("human", "I failed my exam.")],
        [{"role": "user", "content": "I failed my exam."}],
    ],
    ids=["text", "tuples", "mappings"],
)
def test_takes_what_the_model_takes(model: Any, llm_server: LlmServer, given: Any) -> None:
    model.invoke(given)
    assert last(llm_server) == GUIDED


def test_stream_has_the_same_chunks_as_without(model: Any, llm_server: LlmServer) -> None:
    bare = asking(llm_server)

    def told(chunks: list[AIMessageChunk]) -> list[Any]:
        return [(chunk.content, chunk.usage_metadata) for chunk in chunks]

    async def stream(of: Any) -> list[AIMessageChunk]:
        return [chunk async for chunk in of.astream(HISTORY)]

    expected = told(list(bare.stream(HISTORY)))
    assert told(list(model.stream(HISTORY))) == expected
    assert told(asyncio.run(stream(model))) == expected
    assert len(expected) > len(SAID.split())


def test_a_model_that_cannot_stream_answers_whole(emo: Emoplug) -> None:
    class Whole(Fake):
        _stream = Fake.__mro__[1]._stream  # type: ignore[attr-defined]  # BaseChatModel's own

    chunks = list(emotion_aware(Whole(), emo).stream(HISTORY))
    assert [chunk.content for chunk in chunks] == [Fake().said]


class Counting(BaseCallbackHandler):
    """Counts what a run tells."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def on_chat_model_start(self, *_: Any, run_id: UUID, **__: Any) -> None:
        self.told.append("start")

    def on_llm_new_token(self, token: Any, **_: Any) -> None:
        self.told.append("token")

    def on_llm_end(self, *_: Any, **__: Any) -> None:
        self.told.append("end")

    def on_llm_error(self, *_: Any, **__: Any) -> None:
        self.told.append("error")


WAYS: dict[str, Callable[[Any, Any], Any]] = {
    "invoke": lambda model, config: model.invoke(HISTORY, config),
    "ainvoke": lambda model, config: asyncio.run(model.ainvoke(HISTORY, config)),
    "stream": lambda model, config: list(model.stream(HISTORY, config)),
    "batch": lambda model, config: model.batch([HISTORY], config),
}


@pytest.mark.parametrize("way", WAYS)
def test_callbacks_fire_as_often_as_without(emo: Emoplug, way: str) -> None:
    counts = []
    for one in (Fake(), emotion_aware(Fake(), emo)):
        counting = Counting()
        WAYS[way](one, {"callbacks": [counting]})
        counts.append(counting.told)
    assert counts[0] == counts[1]
    assert counts[0].count("start") == 1
    assert counts[0].count("end") == 1


@pytest.mark.parametrize("way", WAYS)
def test_each_reply_is_reviewed_once_in_the_thread_of_its_call(
    knower: Knower, llm_server: LlmServer, way: str
) -> None:
    reviews: list[Review] = []
    emo = Emoplug(plugins=[knower], deadline=30)
    WAYS[way](emotion_aware(asking(llm_server), emo, on_review=reviews.append), ANN)
    assert [(r.reply, r.turn.session, r.turn.model) for r in reviews] == [(SAID, "ann", "tiny")]


def test_a_session_of_ones_own_wins(knower: Knower, llm_server: LlmServer) -> None:
    emo = Emoplug(plugins=[knower], deadline=30)
    emotion_aware(asking(llm_server), emo, session="bo").invoke(HISTORY, ANN)
    emotion_aware(asking(llm_server), emo, session=lambda: "cy").invoke(HISTORY, ANN)
    assert [turn.session for turn in knower.turns] == ["bo", "cy"]


def test_each_of_a_batch_is_in_its_own_thread(model: Any, knower: Knower) -> None:
    names = [f"thread {number}" for number in range(8)]
    model.batch([HISTORY] * 8, [{"configurable": {"thread_id": name}} for name in names])
    assert sorted(str(turn.session) for turn in knower.turns) == names


def test_bound_tools_are_called_through_the_wrapped_model(
    model: Any, llm_server: LlmServer
) -> None:
    llm_server.script(ToolCall("find", {"what": "help"}))
    reply = model.bind_tools([find], tool_choice="find").invoke(HISTORY)
    assert reply.tool_calls[0]["args"] == {"what": "help"}
    assert llm_server.requests[0]["tools"][0]["function"]["name"] == "find"
    assert last(llm_server) == GUIDED


@pytest.mark.parametrize("method", ["function_calling", "json_mode", "json_schema"])
@pytest.mark.parametrize("include_raw", [False, True])
def test_structured_output_goes_through_the_wrapped_model(
    model: Any, llm_server: LlmServer, method: str, include_raw: bool
) -> None:
    as_text = Reply('{"word": "sad"}')
    llm_server.script(
        ToolCall("Mood", {"word": "sad"}) if method == "function_calling" else as_text
    )
    built = model.with_structured_output(Mood, method=method, include_raw=include_raw)
    out = built.invoke(HISTORY)
    mood = out["parsed"] if include_raw else out
    assert isinstance(mood, Mood)
    assert last(llm_server) == GUIDED


def test_it_is_a_link_of_a_chain(model: Any, llm_server: LlmServer) -> None:
    prompt = ChatPromptTemplate.from_messages([("system", "Be kind."), ("human", "{said}")])
    chain = prompt | model | StrOutputParser()
    assert chain.invoke({"said": "I failed my exam."}) == SAID
    assert "".join(chain.stream({"said": "I failed my exam."})) == SAID
    assert last(llm_server) == GUIDED


def test_chains_and_fallbacks_are_wrapped_through_and_through(
    emo: Emoplug, llm_server: LlmServer
) -> None:
    llm_server.script(Failure(500), Reply("Here."))
    built = asking(llm_server).bind(temperature=0).with_fallbacks([asking(llm_server)])
    whole = RunnableLambda(lambda said: said) | built | StrOutputParser()
    assert emotion_aware(whole, emo).invoke(HISTORY) == "Here."
    assert [last(llm_server, request) for request in (0, 1)] == [GUIDED, GUIDED]
    llm_server.script(Reply("Bare."))
    assert whole.invoke(HISTORY) == "Bare."
    assert last(llm_server) == "I failed my exam."


def test_wrapping_twice_guides_once(model: Any, emo: Emoplug, llm_server: LlmServer) -> None:
    with pytest.raises(TypeError, match="no chat model"):
        emotion_aware(model, emo)
    emotion_aware(model | StrOutputParser() | asking(llm_server), emo).invoke(HISTORY)
    assert last(llm_server, 0) == GUIDED


def test_something_without_a_model_is_refused(emo: Emoplug) -> None:
    with pytest.raises(TypeError, match="found no chat model in a RunnableLambda"):
        emotion_aware(RunnableLambda(lambda said: said), emo)


def test_it_works_in_an_agent(model: Any, llm_server: LlmServer) -> None:
    llm_server.script(ToolCall("find", {"what": "help"}), Reply("Found it."))
    agent: Any = create_agent(model, [find])
    assert agent.invoke({"messages": HISTORY})["messages"][-1].content == "Found it."
    guided = [request["messages"][2]["content"] for request in llm_server.requests]
    assert guided == [GUIDED, GUIDED]


def test_a_cache_keeps_replies_with_and_without_apart(emo: Emoplug, llm_server: LlmServer) -> None:
    bare = asking(llm_server).model_copy(update={"cache": InMemoryCache()})
    llm_server.script(Reply("guided"), Reply("bare"))
    model = emotion_aware(bare, emo)
    assert [model.invoke(HISTORY).content for _ in range(2)] == ["guided", "guided"]
    assert bare.invoke(HISTORY).content == "bare"


def test_it_has_the_models_own_attributes(emo: Emoplug) -> None:
    inner = Fake(
        temperature=0.3,
        tags=["a"],
        profile={"max_input_tokens": 9},
        custom_get_token_ids=lambda text: [1] * len(text),
    )
    model = emotion_aware(inner, emo)
    assert (model.temperature, model.tags, model.profile) == (0.3, ["a"], {"max_input_tokens": 9})
    assert model._llm_type == "fake"
    assert model.get_num_tokens("one two") == len("one two")
    with pytest.raises(AttributeError):
        _ = model.nothing  # type: ignore[attr-defined]  # which is the point
