from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from emoplug_server._api import CHAT, RESPONSES, Api
from emoplug_server._listen import Listener, ReplyListener, StreamListener
from tests import llm_payloads as payloads

SAID = "It sounds hard. I am here — with you 🙂."
STREAM = "".join(
    f"data: {json.dumps(event, ensure_ascii=False)}\n\n"
    for event in payloads.chat_chunks("m", iter(payloads.pieces(SAID)), None, usage=True)
).encode() + (b"data: [DONE]\n\n")


def cut(whole: bytes, at: list[int]) -> list[bytes]:
    marks = sorted({0, *(place % len(whole) for place in at), len(whole)})
    return [whole[a:b] for a, b in itertools.pairwise(marks)]


def passed(listener: Listener, pieces: list[bytes]) -> bytes:
    out = b"".join(listener.hear(piece) for piece in pieces)
    listener.end()
    return out


@given(st.lists(st.integers(0, 10_000), max_size=30), st.sampled_from([b"\n", b"\r\n"]))
def test_stream_is_heard_and_handed_on_however_it_is_cut(at: list[int], line_end: bytes) -> None:
    words: list[str] = []
    whole = STREAM.replace(b"\n", line_end)
    assert passed(StreamListener(CHAT, words.append, detailed=False), cut(whole, at)) == whole
    assert "".join(words) == SAID


@given(st.lists(st.integers(0, 10_000), max_size=30))
@example([len(STREAM) - 1])  # the last line end by itself
def test_details_come_as_a_chunk_before_the_end_mark(at: list[int]) -> None:
    listener = StreamListener(CHAT, lambda _: None, detailed=True)
    out = passed(listener, cut(STREAM, at)) + listener.tail({"stage": "comforting"})
    before, after = out.split(b"data: [DONE]")
    assert before.startswith(STREAM[: -len(b"data: [DONE]\n\n")])
    chunk = json.loads(before.split(b"data: ")[-1])
    assert chunk["emoplug"] == {"stage": "comforting"}
    assert (chunk["choices"], chunk["model"]) == ([], "m")
    assert after == b"\n\n"


def test_details_of_a_response_come_as_an_event_after_the_last() -> None:
    listener = StreamListener(RESPONSES, lambda _: None, detailed=True)
    whole = b'event: response.completed\ndata: {"type": "response.completed"}\n\n'
    out = passed(listener, [whole]) + listener.tail({"stage": None})
    assert out.startswith(whole)
    assert out.endswith(
        b'event: emoplug.details\ndata: {"type": "emoplug.details", "emoplug": {"stage": null}}\n\n'
    )


@pytest.mark.parametrize(
    "whole",
    [
        b"data: {not json}\n\ndata: [1, 2]\n\ndata: null\n\n",
        b'data: {"choices": 3}\n\ndata: {"choices": [null, {"delta": 5}]}\n\n',
        b": a comment\n\nid: 4\nretry: 10\n\n",
        b"\x00\xff\xfe garbage without any line",
        b"data: " + b"[" * 50_000 + b"\n\n",
        b"",
    ],
    ids=["no chunks", "wrong shapes", "no data", "no text", "too deep", "nothing"],
)
@pytest.mark.parametrize("detailed", [False, True])
def test_malformed_stream_is_handed_on_as_it_came(whole: bytes, detailed: bool) -> None:
    words: list[str] = []
    listener = StreamListener(CHAT, words.append, detailed=detailed)
    assert passed(listener, [whole]) + listener.tail(None) == whole
    assert "".join(words) == ""


@pytest.mark.parametrize("detailed", [False, True])
def test_an_endless_line_is_handed_on_and_not_kept(detailed: bool) -> None:
    listener = StreamListener(CHAT, lambda _: None, detailed=detailed)
    pieces = [b"x" * (1 << 20)] * 8
    assert passed(listener, pieces) + listener.tail(None) == b"".join(pieces)
    assert len(listener._partial) <= 1 << 20


def test_an_event_over_several_lines_and_one_without_end_are_heard() -> None:
    words: list[str] = []
    listener = StreamListener(CHAT, words.append, detailed=False)
    event = b'{"choices": [{"delta":\ndata: {"content": "one "}}]}\n\n'
    passed(listener, [b"data:" + event, b'data: {"choices": [{"delta": {"content": "two"}}]}'])
    assert "".join(words) == "one two"


@pytest.mark.parametrize(
    ("api", "reply"),
    [
        (CHAT, payloads.chat_completion("m", SAID, None)),
        (RESPONSES, payloads.response({"model": "m"}, SAID, None)),
    ],
    ids=["chat", "responses"],
)
def test_reply_is_heard_and_gets_the_details_where_asked_for(api: Api, reply: Any) -> None:
    whole = json.dumps(reply).encode()
    words: list[str] = []
    plain = ReplyListener(api, words.append, detailed=False)
    assert passed(plain, cut(whole, [7, 50])) == whole
    assert plain.tail(None) == b""
    detailed = ReplyListener(api, words.append, detailed=True)
    assert passed(detailed, [whole]) == b""
    assert json.loads(detailed.tail({"stage": "action"})) == {
        **reply,
        "emoplug": {"stage": "action"},
    }
    assert words == [SAID, SAID]


@pytest.mark.parametrize("whole", [b"no json", b"[]", b'{"choices": [], "output": 4}', b"\xff"])
@pytest.mark.parametrize("api", [CHAT, RESPONSES], ids=["chat", "responses"])
def test_reply_of_another_shape_is_handed_on_as_it_came(api: Api, whole: bytes) -> None:
    listener = ReplyListener(api, lambda _: None, detailed=True)
    passed(listener, [whole])
    assert listener.tail(None) == whole
