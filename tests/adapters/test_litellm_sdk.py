from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Iterator
from typing import Any

import litellm
import pytest

from emoplug import Emoplug, PluginFailedError, Review
from emoplug_litellm import EmotionLogger, wrap
from emoplug_litellm._calls import session_of
from tests.adapters.contract_litellm import arguments, listening
from tests.adapters.knower import Breaking, Knower, Watching
from tests.adapters.openai_talks import GUIDANCE, until
from tests.llm_server import SAID, Failure, LlmServer, Reply

# LiteLLM's own types make pydantic warn when they are first used.
pytestmark = pytest.mark.filterwarnings("ignore:Items? .* on TypedDict class:UserWarning")

ASKED = [{"role": "user", "content": "I failed my exam."}]
GUIDED = f"I failed my exam.\n\n{GUIDANCE}"
MOCKED: dict[str, Any] = {
    "model": "openai/tiny",
    "messages": ASKED,
    "mock_response": "Mocked words.",
}


@pytest.fixture
def reviews() -> list[Review]:
    return []


@pytest.fixture
def logger(emo: Emoplug, reviews: list[Review]) -> Iterator[EmotionLogger]:
    made = EmotionLogger(emo, on_review=reviews.append)
    with listening(made):
        yield made


def last(server: LlmServer, request: int = -1) -> Any:
    return server.requests[request]["messages"][-1]["content"]


async def whole(stream: Any) -> str:
    return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])


def test_mocked_call_is_understood_and_reviewed_once(
    logger: EmotionLogger, reviews: list[Review]
) -> None:
    reply = asyncio.run(litellm.acompletion(**MOCKED))
    assert reply.choices[0].message.content == "Mocked words."
    assert [(r.reply, r.turn.model, r.turn.session) for r in reviews] == [
        ("Mocked words.", "tiny", None)
    ]
    told = reply._hidden_params["emoplug"]
    assert (told["emotion"], told["strategy"], told["degraded"]) == ("sadness", "Question", [])
    assert ASKED == [{"role": "user", "content": "I failed my exam."}]
    assert logger._open == {}


def test_mocked_stream_is_reviewed_at_its_end(logger: EmotionLogger, reviews: list[Review]) -> None:
    async def talk() -> None:
        stream = await litellm.acompletion(**MOCKED, stream=True)
        assert await whole(stream) == "Mocked words."
        await until(lambda: reviews)

    asyncio.run(talk())
    assert [review.reply for review in reviews] == ["Mocked words."]
    assert logger._open == {}


def test_each_attempt_of_a_router_is_guided_once(
    logger: EmotionLogger, reviews: list[Review], llm_server: LlmServer
) -> None:
    llm_server.script(Failure(500), Failure(500), Reply("Here."))
    given = arguments(llm_server, ASKED)
    deployment = {name: given[name] for name in ("model", "api_base", "api_key")}
    models = [{"model_name": name, "litellm_params": deployment} for name in ("a", "b")]
    router: Any = litellm.router.Router(
        models, fallbacks=[{"a": ["b"]}], num_retries=1, retry_after=0
    )

    async def talk() -> None:
        reply = await router.acompletion(model="a", messages=given["messages"])
        assert reply.choices[0].message.content == "Here."

    asyncio.run(talk())
    assert [last(llm_server, number) for number in range(len(llm_server.requests))] == [
        GUIDED
    ] * len(llm_server.requests)
    assert len(llm_server.requests) == 3
    assert [review.reply for review in reviews] == ["Here."]


def test_other_calls_pass_untouched(
    logger: EmotionLogger, reviews: list[Review], llm_server: LlmServer
) -> None:
    given = arguments(llm_server, ASKED)
    del given["messages"]
    asyncio.run(litellm.aembedding(input=["I failed my exam."], encoding_format="float", **given))
    assert llm_server.requests[0]["input"] == ["I failed my exam."]
    assert reviews == []


def test_failed_call_keeps_its_error_and_leaves_nothing(
    logger: EmotionLogger, reviews: list[Review], llm_server: LlmServer
) -> None:
    llm_server.script(Failure(400))
    with pytest.raises(litellm.exceptions.BadRequestError):
        asyncio.run(litellm.acompletion(**arguments(llm_server, ASKED)))
    gc.collect()
    assert reviews == []


def test_async_work_runs_off_the_event_loop() -> None:
    emo = Watching(Knower())
    with listening(EmotionLogger(emo)):
        asyncio.run(litellm.acompletion(**MOCKED))
    assert emo.callers
    assert threading.get_ident() not in emo.callers


def test_failing_plugin_costs_nobody_the_reply() -> None:
    with listening(EmotionLogger(Emoplug(plugins=[Breaking()]))):
        reply = asyncio.run(litellm.acompletion(**MOCKED))
    assert reply.choices[0].message.content == "Mocked words."
    completion = wrap(litellm.completion, Emoplug(plugins=[Breaking()]))
    assert completion(**MOCKED).choices[0].message.content == "Mocked words."
    strict = wrap(litellm.completion, Emoplug(plugins=[Breaking()], on_error="raise"))
    with pytest.raises(PluginFailedError):
        strict(**MOCKED)


def test_wrapped_function_takes_positions_and_names(
    emo: Emoplug, knower: Knower, llm_server: LlmServer
) -> None:
    completion: Any = wrap(litellm.completion, emo)
    given = arguments(llm_server, ASKED)
    model, messages = given.pop("model"), given.pop("messages")
    assert completion(model, messages, **given).choices[0].message.content == SAID
    assert last(llm_server) == GUIDED
    assert messages == ASKED
    assert knower.replies == [SAID]


def test_wrapped_stream_is_reviewed_wherever_it_ends(
    emo: Emoplug, knower: Knower, llm_server: LlmServer
) -> None:
    completion: Any = wrap(litellm.completion, emo)
    stream = completion(**arguments(llm_server, ASKED, stream=True))
    assert "".join(c.choices[0].delta.content or "" for c in stream) == SAID
    assert stream.model  # its own attributes
    assert knower.replies == [SAID]
    left = completion(**arguments(llm_server, ASKED, stream=True))
    heard = [next(left).choices[0].delta.content or "" for _ in range(4)]
    del left, stream
    gc.collect()
    asyncio.run(until(lambda: len(knower.replies) == 2))
    assert knower.replies[1] == "".join(heard)


def test_session_comes_from_the_call_and_belongs_to_its_key() -> None:
    assert session_of({}) is None
    assert session_of({"litellm_session_id": "ann"}) == "ann"
    assert session_of({"metadata": {"session_id": "ann"}}) == "ann"
    one, two = (
        session_of({"litellm_session_id": "ann", "metadata": {"user_api_key_hash": digest * 20}})
        for digest in ("a", "b")
    )
    assert one != two
    assert one is not None
    assert one.endswith(":ann")
