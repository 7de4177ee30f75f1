from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emoplug_server._body import Body

plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
values = st.recursive(
    plain, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10
)
messages = st.fixed_dictionaries({"role": st.text(), "content": st.text()})
bodies = st.fixed_dictionaries(
    {"messages": st.lists(messages, min_size=1)}, optional={"a": values, "b": values}
)


def read(raw: bytes, argument: str = "messages") -> Body:
    body = Body.read(raw, argument)
    assert body is not None
    return body


@given(bodies, st.sampled_from([None, 1]), st.booleans(), st.data())
def test_only_the_message_told_changes(
    body: dict[str, Any], indent: int | None, ascii_only: bool, data: st.DataObject
) -> None:
    raw = json.dumps(body, indent=indent, ensure_ascii=ascii_only)
    index = data.draw(st.integers(0, len(body["messages"]) - 1))
    told = {"role": "user", "content": "new"}
    changed = read(raw.encode("utf-8", "replace")).told(index, told)
    expected = json.loads(raw.encode("utf-8", "replace"))
    expected["messages"][index] = told
    assert json.loads(changed) == expected
    start, end = read(raw.encode("utf-8", "replace")).spans[index]
    sound = raw.encode("utf-8", "replace").decode()
    assert changed.decode() == sound[:start] + json.dumps(told) + sound[end:]


def test_spaces_numbers_and_repeated_names_stay_as_they_were_written() -> None:
    numbers = b' {"n" : 1e400, "big":12345678901234567890123,'
    raw = numbers + b'\n "messages":[ {"role":"user","content":"a"} ] ,"n":1.0}'
    changed = read(raw).told(0, {"role": "user", "content": "b"})
    assert changed == raw.replace(
        b'{"role":"user","content":"a"}', b'{"role": "user", "content": "b"}'
    )


def test_of_a_conversation_given_twice_the_last_counts() -> None:
    raw = b'{"messages":[{"role":"user","content":"a"}],"messages":[{"role":"user","content":"b"}]}'
    assert read(raw).messages == [{"role": "user", "content": "b"}]
    assert read(raw).told(0, {"content": "c"}).endswith(b'"messages":[{"content": "c"}]}')


def test_text_alone_stays_text() -> None:
    body = read(b'{"input": "I failed", "model": "m"}', "input")
    assert body.messages == [{"role": "user", "content": "I failed"}]
    assert body.model == "m"
    told = body.told(0, {"role": "user", "content": "I failed\n\nNote"})
    assert told == b'{"input": "I failed\\n\\nNote", "model": "m"}'


def test_half_a_surrogate_pair_survives() -> None:
    raw = b'{"messages":[{"role":"user","content":"\\ud83d"}]}'
    told = read(raw).told(0, read(raw).messages[0])
    assert json.loads(told) == json.loads(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"nonsense",
        b'{"messages": "text", "x"',
        b'{"messages": [1}',
        b'{"messages": {}}',
        b'{"messages": 3}',
        b'{"messages": [1 2]} trailing',
        b'{"other": []}',
        b"\xef\xbb\xbf{}",
        b'{"messages": ["\xff"]}',
        b'{"messages": ' + b"[" * 100_000,
    ],
    ids=lambda raw: raw[:20].decode("latin-1"),
)
def test_what_cannot_be_read_is_left_to_upstream(raw: bytes) -> None:
    assert Body.read(raw, "messages") is None
