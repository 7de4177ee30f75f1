from __future__ import annotations

import json
from collections.abc import Sequence

import httpx
import pytest

from emoplug import Emoplug, Guidance, Turn, hookimpl
from tests.adapters.knower import Knower
from tests.adapters.openai_talks import GUIDANCE
from tests.adapters.server_runs import (
    ASKED,
    chat,
    client,
    openai_client,
    serving,
    wait_for,
)
from tests.llm_server import SAID, Failure, LlmServer, Raw, Reply, ToolCall


def test_reply_is_upstreams_own_byte_for_byte(emo: Emoplug, llm_server: LlmServer) -> None:
    with serving(emo, llm_server.base_url) as at, client(at) as talk:
        through = talk.post("/v1/chat/completions", json=chat())
    with client(llm_server.base_url.removesuffix("/v1")) as talk:
        direct = talk.post("/v1/chat/completions", json=chat())
    assert (through.status_code, through.content) == (direct.status_code, direct.content)
    own = {name for name in through.headers if name.startswith("x-emoplug-")}
    assert own == {"x-emoplug-ms", "x-emoplug-emotion"}
    assert through.headers["x-emoplug-emotion"] == "sadness"
    for name in direct.headers.keys() - {"date"}:
        assert through.headers[name] == direct.headers[name]


def test_stream_is_upstreams_own_byte_for_byte(emo: Emoplug, llm_server: LlmServer) -> None:
    body = chat(stream=True, stream_options={"include_usage": True})
    with serving(emo, llm_server.base_url) as at, client(at) as talk:
        through = talk.post("/v1/chat/completions", json=body)
    with client(llm_server.base_url.removesuffix("/v1")) as talk:
        direct = talk.post("/v1/chat/completions", json=body)
    assert through.content == direct.content
    assert through.headers["content-type"] == "text/event-stream"


def test_only_the_last_user_message_changes_on_its_way_up(
    emo: Emoplug, llm_server: LlmServer
) -> None:
    raw = (
        b'{ "model":"tiny","temperature":1.0,"future_field":{"a":[1e2]},\n'
        b'"messages":[{"role":"system","content":"Be kind."},{"role":"user","content":"Hi"}]}'
    )
    headers = {"content-type": "application/json"}
    with serving(emo, llm_server.base_url) as at, client(at) as talk:
        talk.post("/v1/chat/completions", content=raw, headers=headers).raise_for_status()
    told = json.dumps({"role": "user", "content": f"Hi\n\n{GUIDANCE}"}).encode()
    assert llm_server.bodies == [raw.replace(b'{"role":"user","content":"Hi"}', told)]


def test_headers_that_matter_go_up_and_ours_do_not(emo: Emoplug, llm_server: LlmServer) -> None:
    given = {
        "openai-organization": "org-1",
        "openai-project": "proj-1",
        "openai-beta": "assistants=v2",
        "idempotency-key": "abc",
        "x-stainless-lang": "python",
        "x-request-id": "mine",
        "user-agent": "somebody/1.0",
    }
    ours = {"x-emoplug-session": "ann", "x-emoplug-details": "true"}
    hop = {"connection": "keep-alive, x-hop", "x-hop": "1", "te": "trailers"}
    with serving(emo, llm_server.base_url) as at, client(at, **given, **ours, **hop) as talk:
        talk.post("/v1/chat/completions?a=b%2Fc", json=chat())
    sent = llm_server.headers[0]
    assert {name: sent[name] for name in given} == given
    assert sent["authorization"] == "Bearer sk-test"
    assert not (sent.keys() & (ours.keys() | {"x-hop", "te"}))
    assert llm_server.paths == ["/v1/chat/completions?a=b%2Fc"]


@pytest.mark.parametrize("stream", [False, True])
def test_reply_is_reviewed_once(
    emo: Emoplug, knower: Knower, llm_server: LlmServer, stream: bool
) -> None:
    with serving(emo, llm_server.base_url) as at, client(at) as talk:
        talk.post("/v1/chat/completions", json=chat(stream=stream))
        talk.post("/v1/responses", json={"model": "m", "input": "I failed.", "stream": stream})
        wait_for(lambda: len(knower.replies) == 2)
    assert knower.replies == [SAID, SAID]
    assert [turn.model for turn in knower.turns] == ["tiny", "m"]


def test_openai_client_works_against_it(emo: Emoplug, llm_server: LlmServer) -> None:
    llm_server.script(Reply("One two."), ToolCall("find", {"a": 1}), Reply("Three."))
    with (
        serving(emo, llm_server.base_url) as at,
        openai_client(at) as talk,
    ):
        chunks = talk.chat.completions.create(model="m", messages=ASKED, stream=True)
        assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == "One two."
        called = talk.chat.completions.create(model="m", messages=ASKED)
        assert called.choices[0].message.tool_calls[0].function.name == "find"
        with talk.responses.stream(model="m", input="Hi") as events:
            assert events.get_final_response().output_text == "Three."
        assert [model.id for model in talk.models.list()]
        found = talk.embeddings.create(model="m", input=["a", "b"], encoding_format="float")
        assert found.data[1].embedding == [0.6, 0.8]


@pytest.mark.parametrize("stream", [False, True])
def test_openai_client_reads_a_reply_with_details(
    emo: Emoplug, llm_server: LlmServer, stream: bool
) -> None:
    ask = {"x-emoplug-details": "true"}
    with (
        serving(emo, llm_server.base_url) as at,
        openai_client(at, default_headers=ask) as talk,
    ):
        made = talk.chat.completions.create(model="m", messages=ASKED, stream=stream)
        told = [chunk for chunk in made if not chunk.choices][-1] if stream else made
    details = told.model_extra["emoplug"]
    assert details["reading"]["emotion"] == "sadness"
    assert details["findings"][0]["explanation"] == SAID
    assert details["degraded"] == []


def test_embeddings_and_unknown_paths_pass_untouched(emo: Emoplug, llm_server: LlmServer) -> None:
    raw = b'{"model": "m",   "input": ["I failed."]}'
    with serving(emo, llm_server.base_url) as at, client(at) as talk:
        found = talk.post("/v1/embeddings", content=raw)
        assert found.json()["data"][0]["embedding"] == [0.6, 0.8]
        unknown = talk.request("DELETE", "/v1/files/file-1?x=1")
        assert unknown.status_code == 501  # the test server knows no DELETE
        assert talk.get("/v1/files").status_code == 404
    assert llm_server.bodies == [raw]
    assert llm_server.paths[-1] == "/v1/files"


def test_a_path_cannot_climb_out_of_upstreams_base(emo: Emoplug, llm_server: LlmServer) -> None:
    with serving(emo, llm_server.base_url) as at:
        target = httpx.URL(f"{at}/v1/x").copy_with(raw_path=b"/v1/../admin")
        with client(at) as talk:
            assert talk.send(httpx.Request("GET", target)).status_code == 404
    assert llm_server.paths == []


@pytest.mark.parametrize(
    "raw",
    [b"{", b"[]", b'{"model": "m"}', b'{"model": "m", "messages": 3}', b"\xff", b""],
    ids=["cut off", "a list", "no messages", "a number", "no UTF-8", "empty"],
)
def test_upstream_refuses_what_cannot_be_read(
    emo: Emoplug, knower: Knower, llm_server: LlmServer, raw: bytes
) -> None:
    headers = {"content-type": "application/json"}
    with serving(emo, llm_server.base_url) as at, client(at) as talk:
        answer = talk.post("/v1/chat/completions", content=raw, headers=headers)
    assert answer.status_code == 400
    assert answer.headers["x-request-id"] == "req_1"
    assert llm_server.bodies == [raw]
    assert knower.turns == []


def test_tool_loop_gets_the_same_guidance_each_time(emo: Emoplug, llm_server: LlmServer) -> None:
    call = {"id": "1", "type": "function", "function": {"name": "find", "arguments": "{}"}}
    loop = [
        *ASKED,
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "1", "content": "found"},
    ]
    with serving(emo, llm_server.base_url) as at, client(at) as talk:
        talk.post("/v1/chat/completions", json=chat())
        talk.post("/v1/chat/completions", json=chat(messages=loop))
    first, second = (request["messages"] for request in llm_server.requests)
    assert first[0] == second[0]
    assert second[1:] == loop[1:]


class Breaking:
    """A plugin that fails whenever it can."""

    @hookimpl
    def guide(self, turn: Turn) -> Sequence[Guidance]:
        raise RuntimeError("secret words")

    @hookimpl
    def remember(self, turn: Turn, reply: str) -> None:
        raise RuntimeError("secret words")


def test_failing_plugin_costs_nobody_the_reply(llm_server: LlmServer) -> None:
    emo = Emoplug(plugins=[Breaking()])
    with serving(emo, llm_server.base_url) as at, client(at) as talk:
        answer = talk.post("/v1/chat/completions", json=chat())
        counts = talk.get("/metrics").text
    assert answer.json()["choices"][0]["message"]["content"] == SAID
    assert answer.headers["x-emoplug-degraded"] == "breaking:guide"
    assert 'emoplug_degraded_total{hook="guide",plugin="breaking"} 1.0' in counts
    assert llm_server.requests[0]["messages"] == ASKED


def test_whoever_asks_to_hear_of_failures_hears_of_them(llm_server: LlmServer) -> None:
    emo = Emoplug(plugins=[Breaking()], on_error="raise")
    with serving(emo, llm_server.base_url) as at, client(at) as talk:
        answer = talk.post("/v1/chat/completions", json=chat())
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "plugin_failed")
    assert "secret" not in answer.text
    assert llm_server.requests == []


@pytest.mark.parametrize("behaviour", [Failure(429, retry_after=7), Failure(503), Failure(401)])
@pytest.mark.parametrize("stream", [False, True])
def test_upstreams_errors_keep_status_body_and_headers(
    emo: Emoplug, knower: Knower, llm_server: LlmServer, behaviour: Failure, stream: bool
) -> None:
    llm_server.script(behaviour, behaviour)
    with serving(emo, llm_server.base_url) as at, client(at) as talk:
        through = talk.post("/v1/chat/completions", json=chat(stream=stream))
    with client(llm_server.base_url.removesuffix("/v1")) as talk:
        direct = talk.post("/v1/chat/completions", json=chat(stream=stream))
    assert (through.status_code, through.content) == (direct.status_code, direct.content)
    assert through.headers["x-request-id"] == "req_1"
    assert through.headers.get("retry-after") == ("7" if behaviour.retry_after else None)
    assert knower.replies == []


def test_compressed_reply_is_unread(emo: Emoplug, knower: Knower, llm_server: LlmServer) -> None:
    llm_server.script(
        Raw((b"\x1f\x8b not really",), stream=False, headers={"content-encoding": "x"})
    )
    with serving(emo, llm_server.base_url) as at, client(at) as talk:
        answer = talk.post("/v1/chat/completions", json=chat())
    assert answer.content == b"\x1f\x8b not really"
    assert answer.headers["content-encoding"] == "x"
    assert knower.replies == []


def test_long_conversation_beyond_the_limit_passes_unguided(
    emo: Emoplug, llm_server: LlmServer
) -> None:
    with serving(emo, llm_server.base_url, message_limit=2) as at, client(at) as talk:
        talk.post("/v1/chat/completions", json=chat(messages=ASKED * 3)).raise_for_status()
    assert llm_server.requests[0]["messages"] == ASKED * 3
