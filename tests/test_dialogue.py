from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from emoplug import Emoplug, Message, Turn, fingerprint

SILENT = Emoplug(plugins=[])
ROLES = ("system", "user", "assistant", "tool")
PART = {"type": "text", "text": "in parts"}
Raw = dict[str, Any]
messages = st.builds(
    lambda role, content: {"role": role, "content": content},
    st.sampled_from(ROLES),
    st.sampled_from(["", "one", "two", "three", "x" * 600, None, [PART]]),
)


def right(turn: Turn) -> bool:
    """Whether the dialogue of a turn is what its messages, one by one, say it is."""
    said = [
        (index, message)
        for index, message in enumerate(turn.messages)
        if message.role in ("user", "assistant") and message.content
    ]
    dialogue = turn.dialogue
    return (
        dialogue.indices == turn.encoded == tuple(index for index, _ in said)
        and dialogue.roles == tuple(message.role for _, message in said)
        and dialogue.texts == turn.texts == tuple(message.text for _, message in said)
        and dialogue.fingerprints == tuple(fingerprint(message.text) for _, message in said)
    )


@given(st.lists(messages, max_size=40), st.integers(0, 40), st.lists(messages, max_size=20))
def test_a_conversation_that_goes_on_or_was_edited_is_what_it_would_be_alone(
    begun: list[Raw], kept: int, more: list[Raw]
) -> None:
    for raw in (begun, [*begun, *more], [*begun[:kept], *more], begun):
        turn = SILENT.prepare(raw)
        assert [(m.role, m.content and m.text) for m in turn.messages] == [
            (one["role"], one["content"] and Message(**one).text) for one in raw
        ]
        assert right(turn)


def test_the_beginning_of_a_dialogue_ends_before_a_message() -> None:
    turn = SILENT.prepare(
        [{"role": role, "content": role} for role in ("system", "user", "assistant", "user")]
    )
    assert turn.dialogue.upto(3).indices == (1, 2)
    assert turn.dialogue.upto(3).texts == ("user", "assistant")
    assert turn.dialogue.upto(0).indices == ()


def test_a_copy_with_other_messages_has_a_dialogue_of_its_own() -> None:
    turn = SILENT.prepare([{"role": "user", "content": "one"}])
    assert turn.texts == ("one",)
    other = turn.model_copy(update={"messages": (Message(role="user", content="two"),)})
    assert other.texts == ("two",)
