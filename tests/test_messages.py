from __future__ import annotations

import pickle
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import ValidationError

from emoplug import Emoplug, Guidance, Message, MessageError, Turn, hookimpl


class Note:
    name = "note"

    @hookimpl
    def guide(self, turn: Turn) -> list[Guidance]:
        return [Guidance(text="[note]", kind="test", source="note")]


SILENT = Emoplug(plugins=[])
NOTED = Emoplug(plugins=[Note()])


def test_reads_dicts_values_and_objects_alike() -> None:
    raw: list[Any] = [
        {"role": "user", "content": "hi"},
        Message(role="user", content="hi"),
        SimpleNamespace(role="user", content="hi"),
    ]
    assert len(set(SILENT.prepare(raw).messages)) == 1


LONG: list[Any] = [{"role": "user", "content": f"message {number}"} for number in range(30)]


def test_a_long_conversation_sent_again_is_read_as_it_now_is() -> None:
    first = SILENT.prepare(LONG).messages
    more = SILENT.prepare([*LONG, {"role": "assistant", "content": "yes"}]).messages
    assert more[:30] == first
    assert more[30] == Message(role="assistant", content="yes")
    edited = [*LONG[:20], {"role": "assistant", "content": "message 20"}, *LONG[21:]]
    assert [m.role for m in SILENT.prepare(edited).messages] == [raw["role"] for raw in edited]
    named = [*LONG[:20], {**LONG[20], "name": "Ada"}, *LONG[21:]]
    assert SILENT.prepare(named).messages[20].name == "Ada"
    LONG[5]["content"] = "changed in place"
    assert SILENT.prepare(LONG).messages[5].text == "changed in place"


def test_a_bad_message_late_in_a_long_conversation_is_named_by_its_index() -> None:
    with pytest.raises(MessageError, match="message 30 has no role"):
        SILENT.prepare([*LONG, {"content": "who?"}])
    SILENT.prepare(LONG)
    with pytest.raises(MessageError, match="message 31 has a content"):
        SILENT.prepare([*LONG, LONG[0], {"role": "user", "content": 7}])


def test_content_parts_are_read_as_text_and_kept_whole() -> None:
    image = {"type": "image_url", "image_url": {"url": "data:,"}}
    parts = [{"type": "text", "text": "look"}, image, {"type": "text", "text": "here"}]
    message = SILENT.prepare([{"role": "user", "content": parts}]).messages[0]
    assert message.text == "look\nhere"
    assert message.content is not None
    assert message.content[1] == image


@pytest.mark.parametrize(
    ("messages", "told"),
    [
        ("hello", "expected a list of messages"),
        ({"role": "user", "content": "hello"}, "expected a list of messages"),
        (7, "expected a list of messages"),
        ([{"content": "hello"}], "message 0 has no role"),
        ([{"role": "user", "content": "a"}, {"role": "user", "content": 7}], "message 1 has a"),
        ([{"role": "user", "content": [7]}], "message 0 has a"),
    ],
)
def test_what_cannot_be_read_is_named_with_the_fix(messages: Any, told: str) -> None:
    with pytest.raises(MessageError, match=told):
        SILENT.prepare(messages)


def test_guidance_goes_to_the_tail_of_the_last_user_message_only() -> None:
    messages = [
        {"role": "system", "content": "be kind"},
        {"role": "user", "content": "first"},
        {"role": "assistant", "content": "yes"},
        {"role": "user", "content": "last"},
    ]
    turn = NOTED.prepare(messages)
    assert turn.request_messages[:3] == turn.messages[:3]
    assert turn.request_messages[3].content == "last\n\n[note]"
    assert turn.messages[3].content == "last"


def test_inside_a_tool_loop_the_same_turn_gives_the_same_bytes() -> None:
    asked = [{"role": "user", "content": "what is the weather"}]
    call = {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]}
    looped = [*asked, call, {"role": "tool", "tool_call_id": "1", "content": "rain"}]
    first, second = NOTED.prepare(asked), NOTED.prepare(looped)
    assert first.request_messages == second.request_messages[:1]


def test_a_conversation_without_a_user_message_gets_no_guidance() -> None:
    turn = NOTED.prepare([{"role": "system", "content": "be kind"}])
    assert turn.guidance == ()
    assert turn.request_messages == turn.messages


def test_no_messages_at_all_is_a_turn_too() -> None:
    assert NOTED.prepare([]).request_messages == ()


def test_values_are_frozen_through_and_through() -> None:
    message = Message(role="user", content=({"type": "text", "text": "a", "x": {"y": [1]}},))
    with pytest.raises(ValidationError):
        message.role = "system"  # type: ignore[misc]  # frozen: that is the test
    part: Any = message.content[0] if message.content else None
    with pytest.raises(TypeError, match="frozen"):
        part["text"] = "b"
    with pytest.raises(TypeError, match="frozen"):
        part["x"].update(y=2)
    assert part["x"]["y"] == (1,)


def test_a_turn_survives_pickling_and_json() -> None:
    turn = NOTED.prepare([{"role": "user", "content": [{"type": "text", "text": "a"}]}])
    assert pickle.loads(pickle.dumps(turn)) == turn
    assert Turn.model_validate_json(turn.model_dump_json()).messages == turn.messages
