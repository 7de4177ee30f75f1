from __future__ import annotations

from typing import Any

import pytest
from openai import APIConnectionError, APIStatusError, OpenAI
from openai.types.chat import ChatCompletionMessageParam
from pydantic import BaseModel

from tests.llm_server import Drop, Failure, LlmServer, Reply, Slow, ToolCall

ASKED: list[ChatCompletionMessageParam] = [{"role": "user", "content": "I failed my exam."}]


def client_of(server: LlmServer, key: str = "sk-test") -> OpenAI:
    return OpenAI(base_url=server.base_url, api_key=key, max_retries=0)


class Mood(BaseModel):
    word: str
    strength: float


def test_server_speaks_both_apis_plain_and_streaming(llm_server: LlmServer) -> None:
    llm_server.reply_with("I hear you.")
    with client_of(llm_server) as client:
        plain = client.chat.completions.create(model="m", messages=ASKED)
        assert plain.choices[0].message.content == "I hear you."
        with client.chat.completions.stream(model="m", messages=ASKED) as stream:
            assert stream.get_final_completion().choices[0].message.content == "I hear you."
        assert client.responses.create(model="m", input="Hello").output_text == "I hear you."
        with client.responses.stream(model="m", input="Hello") as events:
            assert events.get_final_response().output_text == "I hear you."
        assert [model.id for model in client.models.list()] == ["listener"]
    assert len(llm_server.requests) == 4
    assert llm_server.headers[0]["authorization"] == "Bearer sk-test"


def test_server_asks_for_tools(llm_server: LlmServer) -> None:
    llm_server.script(*[ToolCall("find", {"where": "Rome now"})] * 3, Reply("done"))
    with client_of(llm_server) as client:
        plain = client.chat.completions.create(model="m", messages=ASKED)
        assert plain.choices[0].finish_reason == "tool_calls"
        with client.chat.completions.stream(model="m", messages=ASKED) as stream:
            calls = stream.get_final_completion().choices[0].message.tool_calls
        assert calls
        assert calls[0].function.arguments == '{"where": "Rome now"}'
        with client.responses.stream(model="m", input="Hello") as events:
            item = events.get_final_response().output[0]
        assert item.type == "function_call"
        assert item.arguments == '{"where": "Rome now"}'
        assert client.responses.create(model="m", input="Hello").output_text == "done"


def test_server_fits_a_schema(llm_server: LlmServer) -> None:
    with client_of(llm_server) as client:
        parsed = client.chat.completions.parse(model="m", messages=ASKED, response_format=Mood)
        assert parsed.choices[0].message.parsed
        answer = client.responses.parse(model="m", input="Hello", text_format=Mood)
        assert answer.output_parsed == parsed.choices[0].message.parsed


@pytest.mark.parametrize("status", [400, 401, 429, 500])
def test_server_fails_as_openai_does(llm_server: LlmServer, status: int) -> None:
    llm_server.script(Failure(status, retry_after=2))
    with client_of(llm_server) as client, pytest.raises(APIStatusError) as info:
        client.chat.completions.create(model="m", messages=ASKED)
    assert info.value.status_code == status
    assert "this failure was asked for" in info.value.message
    assert info.value.response.headers["retry-after"] == "2"


def test_server_refuses_parts_of_the_wrong_api(llm_server: LlmServer) -> None:
    wrong: Any = [{"role": "user", "content": [{"type": "input_text", "text": "Hello"}]}]
    with client_of(llm_server) as client, pytest.raises(APIStatusError) as info:
        client.chat.completions.create(model="m", messages=wrong)
    assert info.value.status_code == 400


def test_server_cuts_the_connection(llm_server: LlmServer) -> None:
    llm_server.script(Drop(), Drop(after_chunks=2))
    seen: list[str | None] = []
    with client_of(llm_server) as client:
        with pytest.raises(APIConnectionError):
            client.chat.completions.create(model="m", messages=ASKED)
        stream = client.chat.completions.create(model="m", messages=ASKED, stream=True)
        with pytest.raises(Exception, match=r"[Cc]onnection|peer closed"):
            seen.extend(chunk.choices[0].delta.content for chunk in stream)
    assert seen == ["", "It", " sounds"]


def test_server_stops_while_a_client_is_still_connected(llm_server: LlmServer) -> None:
    llm_server.script(Slow(0.01, "one two three"))
    with client_of(llm_server) as client:
        stream = client.chat.completions.create(model="m", messages=ASKED, stream=True)
        next(iter(stream))
        stream.close()
