from __future__ import annotations

import gc
import subprocess
import sys
import weakref
from typing import Any, assert_type

import pytest
from openai import AsyncOpenAI, OpenAI
from openai.types.chat import ChatCompletion

import emoplug_openai
from emoplug import Emoplug, Guidance, Turn, hookimpl
from emoplug_openai import review_of, wrap
from tests.adapters.openai_talks import GUIDANCE, Sayer, Talks, entered, settle
from tests.llm_server import LlmServer

ASKED: Any = [{"role": "user", "content": "I failed my exam."}]


async def ask(client: Any) -> Any:
    return await settle(client.chat.completions.create(model="m", messages=ASKED))


def sent(server: LlmServer) -> list[str]:
    return [request["messages"][0]["content"] for request in server.requests]


def test_wrapped_client_is_typed_and_taken_as_the_client_it_wraps(llm_server: LlmServer) -> None:
    with OpenAI(base_url=llm_server.base_url, api_key="sk-test") as bare:
        client = wrap(bare, Emoplug(plugins=[Sayer()]))
        assert_type(client, OpenAI)
        reply = client.chat.completions.create(model="m", messages=ASKED)
        assert_type(reply, ChatCompletion)
        assert isinstance(client, OpenAI)
        assert isinstance(client.chat.completions, type(bare.chat.completions))
        assert client.chat is client.chat
        assert dir(client) == dir(bare)
        assert repr(client) == repr(bare)


def test_everything_else_is_the_clients_own(talks: Talks) -> None:
    async def scenario(client: Any) -> list[str]:
        assert str(client.base_url).startswith(talks.server.base_url)
        page = await settle(client.models.list())
        return [model.id for model in page.data]

    assert talks.run(scenario) == ["listener"]


def test_original_client_is_left_as_it_was(talks: Talks) -> None:
    async def scenario(bare: Any) -> None:
        await ask(bare)  # the client fills in its own caches on first use
        before = dict(vars(bare)), dict(vars(bare.chat)), dict(vars(bare.chat.completions))
        await ask(talks.wrap(bare))
        after = dict(vars(bare)), dict(vars(bare.chat)), dict(vars(bare.chat.completions))
        await ask(bare)
        assert after == before

    talks.run(scenario, wrapped=False)
    said = "I failed my exam."
    assert sent(talks.server) == [said, f"{said}\n\n{GUIDANCE}", said]
    assert len(talks.reviews) == 1


@pytest.mark.parametrize("method", ["with_options", "copy"])
def test_derived_clients_are_wrapped_too(talks: Talks, method: str) -> None:
    async def scenario(client: Any) -> None:
        derived = getattr(client, method)(default_headers={"x-team": "blue"})
        assert isinstance(derived, OpenAI | AsyncOpenAI)
        await ask(derived)

    talks.run(scenario)
    assert GUIDANCE in sent(talks.server)[0]
    assert talks.server.headers[0]["x-team"] == "blue"


def test_beta_chat_is_guided_as_chat_is(talks: Talks) -> None:
    async def scenario(client: Any) -> None:
        await settle(client.beta.chat.completions.create(model="m", messages=ASKED))

    talks.run(scenario)
    assert GUIDANCE in sent(talks.server)[0]
    assert len(talks.reviews) == 1


def test_raw_responses_are_the_clients_own(talks: Talks) -> None:
    async def scenario(client: Any) -> Any:
        raw = client.chat.completions.with_raw_response
        return await settle(raw.create(model="m", messages=ASKED))

    reply = talks.run(scenario)
    assert reply.headers["x-request-id"] == "req_1"
    assert reply.parse().choices[0].message.content == talks.server.said
    assert sent(talks.server) == ["I failed my exam."]
    assert talks.reviews == []


def test_wrapped_client_works_in_a_with_block_and_closes(talks: Talks) -> None:
    async def scenario(client: Any) -> None:
        async with entered(client) as inside:
            assert inside is client
            await ask(inside)
        assert client.is_closed()

    talks.run(scenario)
    assert GUIDANCE in sent(talks.server)[0]


def test_what_is_set_on_the_wrapped_client_is_set_on_the_client(talks: Talks) -> None:
    async def scenario(bare: Any) -> None:
        client = talks.wrap(bare)
        client.api_key = "sk-other"
        assert bare.api_key == "sk-other"
        await ask(client)

    talks.run(scenario, wrapped=False)
    assert talks.server.headers[0]["authorization"] == "Bearer sk-other"


def test_session_reaches_the_plugins(talks: Talks) -> None:
    class Greeter:
        @hookimpl
        def guide(self, turn: Turn) -> list[Guidance]:
            return [Guidance(text=f"Session {turn.session}.", kind="test", source="greeter")]

    async def scenario(bare: Any) -> None:
        emo = Emoplug(plugins=[Greeter()])
        for session in ("ann", "bob"):
            await ask(wrap(bare, emo, session=session))

    talks.run(scenario, wrapped=False)
    assert [text.split("\n\n")[1] for text in sent(talks.server)] == [
        "Session ann.",
        "Session bob.",
    ]


def test_reviews_go_when_their_replies_go(talks: Talks) -> None:
    async def scenario(client: Any) -> weakref.ref[Any]:
        reply = await ask(client)
        review = review_of(reply)
        assert review is not None
        talks.reviews.clear()
        return weakref.ref(review)

    left = talks.run(scenario)
    gc.collect()
    assert left() is None


def test_nothing_else_has_a_review() -> None:
    assert review_of("a string") is None
    assert review_of(None) is None


def test_what_is_no_client_is_refused_by_name() -> None:
    with pytest.raises(TypeError, match="got dict; pass OpenAI"):
        wrap({}, Emoplug(plugins=[]))


def test_adapter_imports_neither_openai_nor_its_transport() -> None:
    code = (
        "import sys, emoplug_openai; "
        "print([name for name in ('openai', 'httpx', 'httpx2') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_front_door_holds_two_names() -> None:
    assert emoplug_openai.__all__ == ["review_of", "wrap"]
