from __future__ import annotations

from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    ChatMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)

from emoplug import Emoplug, Exchange
from emoplug_langchain._messages import as_chat, guided
from tests.adapters.openai_talks import GUIDANCE, Sayer


def test_every_kind_of_message_has_its_role() -> None:
    messages: list[BaseMessage] = [
        SystemMessage("a"),
        HumanMessage("b", name="Ann"),
        AIMessage("c"),
        ToolMessage("d", tool_call_id="1"),
        ChatMessage(content="e", role="user"),
    ]
    roles = [message["role"] for message in as_chat(messages)]
    assert roles == ["system", "user", "assistant", "tool", "user"]
    assert as_chat(messages)[1]["name"] == "Ann"


def test_parts_are_read_and_stay_the_callers_own() -> None:
    asked = HumanMessage(["I am", {"type": "text", "text": "sad"}])
    exchange = Exchange.open(Emoplug(plugins=[Sayer()], deadline=30), as_chat([asked]))
    assert exchange.turn.messages[0].text == "I am\nsad"
    sent = guided([asked], exchange)[0]
    assert sent.content == [*asked.content, {"type": "text", "text": GUIDANCE}]
    assert sent.content[1] is asked.content[1]
    assert len(asked.content) == 2


def test_what_is_not_guided_stays_the_same_object() -> None:
    messages = [SystemMessage("a"), HumanMessage("b"), AIMessage("c"), HumanMessage("d")]
    exchange = Exchange.open(Emoplug(plugins=[Sayer()], deadline=30), as_chat(messages))
    sent = guided(messages, exchange)
    assert [new is old for new, old in zip(sent, messages, strict=True)] == [True] * 3 + [False]
    assert (sent[3].content, sent[3].id) == (f"d\n\n{GUIDANCE}", messages[3].id)
    assert messages[3].content == "d"


def test_without_a_human_message_nothing_changes() -> None:
    messages = [SystemMessage("a"), AIMessage("c")]
    exchange = Exchange.open(Emoplug(plugins=[Sayer()], deadline=30), as_chat(messages))
    assert guided(messages, exchange) == messages
