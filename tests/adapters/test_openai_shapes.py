from __future__ import annotations

from types import SimpleNamespace as Thing
from typing import Any

import pytest

from emoplug_openai._shapes import CHAT, RESPONSES


def test_refusals_are_what_the_person_reads() -> None:
    message = Thing(content=None, refusal="I cannot help with that.")
    chunk = Thing(choices=[Thing(index=0, delta=message)])
    part = Thing(type="refusal", refusal="I cannot help with that.")
    reply = Thing(output=[Thing(type="reasoning"), Thing(type="message", content=[part])])
    event = Thing(type="response.refusal.delta", delta="I cannot")
    assert CHAT.reply_text(Thing(choices=[Thing(message=message)])) == "I cannot help with that."
    assert CHAT.chunk_text(chunk) == "I cannot help with that."
    assert RESPONSES.reply_text(reply) == "I cannot help with that."
    assert RESPONSES.chunk_text(event) == "I cannot"


def test_only_the_first_choice_is_the_reply() -> None:
    said = [Thing(content="first"), Thing(content="second")]
    choices = [Thing(index=i, delta=words, message=words) for i, words in enumerate(said)]
    assert CHAT.reply_text(Thing(choices=choices)) == "first"
    assert CHAT.chunk_text(Thing(choices=choices)) == "first"


@pytest.mark.parametrize("strange", [None, Thing(), Thing(choices=None, output=None), "text"])
def test_replies_of_unknown_shape_have_no_words(strange: Any) -> None:
    for api in (CHAT, RESPONSES):
        assert api.reply_text(strange) == ""
        assert api.chunk_text(strange) == ""
