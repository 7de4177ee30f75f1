"""What the core makes of causes that plugins name: whose words they are, what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from emoplug import Cause, Emoplug, PluginFailedError, Turn, hookimpl

CHAT = [{"role": "user", "content": "I lost my job."}, {"role": "assistant", "content": "Oh no."}]


class Blames:
    """Names causes of what the last user message feels."""

    name = "blames"

    def __init__(self, *causes: Cause) -> None:
        self.causes = causes

    @hookimpl
    def explain(self, turn: Turn) -> tuple[Cause, ...]:
        return self.causes


def blame(index: int | None, **more: Any) -> Cause:
    return Cause(index=index, score=0.5, source="blames", **more)


def test_a_cause_tells_whose_words_it_is_whatever_the_plugin_says() -> None:
    told = (blame(0), blame(1, origin="self"), blame(None, origin="self"))
    causes = Emoplug(plugins=[Blames(*told)], on_error="raise").prepare(CHAT).causes
    assert [cause.origin for cause in causes] == ["self", "other", "outside"]


@pytest.mark.parametrize(
    ("speaker", "origin"),
    [
        ({"role": "user", "name": "Ann"}, "self"),
        ({"role": "user", "name": "Bo"}, "other"),
        ({"role": "user"}, "self"),
        ({"role": "assistant", "name": "Ann"}, "self"),
        ({"role": "assistant"}, "other"),
        ({"role": "tool"}, "other"),
    ],
)
def test_people_are_told_apart_by_name_and_without_one_by_role(
    speaker: dict[str, str], origin: str
) -> None:
    chat = [{**speaker, "content": "It is over."}, {"role": "user", "name": "Ann", "content": "No"}]
    (cause,) = Emoplug(plugins=[Blames(blame(0))], on_error="raise").prepare(chat).causes
    assert cause.origin == origin


def test_no_cause_in_the_conversation_is_not_the_same_as_no_answer() -> None:
    (cause,) = Emoplug(plugins=[Blames(blame(None))], on_error="raise").prepare(CHAT).causes
    assert (cause.index, cause.origin) == (None, "outside")
    assert Emoplug(plugins=[Blames()], on_error="raise").prepare(CHAT).causes == ()


def test_without_a_user_nobody_is_the_person_who_feels() -> None:
    emo = Emoplug(plugins=[Blames(blame(0))], on_error="raise")
    assert emo.prepare(CHAT[1:]).causes[0].origin == "other"


def test_words_that_are_in_no_message_are_refused() -> None:
    with pytest.raises(ValueError, match="a span needs the index of the message"):
        blame(None, span=(0, 3))


@pytest.mark.parametrize(
    ("cause", "told"),
    [
        (blame(2), "points at message 2 of 2"),
        (blame(0, span=(2, 99)), r"span \(2, 99\) is outside message 0"),
    ],
)
def test_a_cause_that_is_not_in_the_conversation_is_refused(cause: Cause, told: str) -> None:
    with pytest.raises(PluginFailedError, match=told):
        Emoplug(plugins=[Blames(cause)], on_error="raise").prepare(CHAT)
