from __future__ import annotations

import re
from itertools import pairwise

import pytest

from emoplug import Message, Reading, Turn
from emoplug_cli import _phrases as phrases
from emoplug_cli._distress import speaks_of_self_harm
from emoplug_cli._listener import listen

ADVICE = re.compile(
    r"\b(?:you should|you could|you need to|you must|you ought|have you tried|why don'?t you|"
    r"try to|i suggest|i recommend|my advice|i would advise)\b",
    re.I,
)
PLAIN_WORDS = "It has been like this for weeks now."
LABELS = [*phrases.FEELINGS, "neutral"]

SELF_HARM = [
    "I want to die",
    "i wanna die tbh",
    "I don\u2019t want to be here anymore",
    "I dont want to wake up",
    "I do not want to live",
    "sometimes I think about killing myself",
    "I have been cutting myself again",
    "I cut myself last night",
    "I keep thinking about suicide",
    "feeling SUICIDAL",
    "everyone would be better off without me",
    "I might end my life",
    "there is no point in living",
    "I see no reason to live",
    "I can't go on",
    "I can't go on like this",
    "I wish I was dead",
    "I wish I weren't here",
    "I took an overdose",
    "my friend wants to kill herself",
    "thinking of self-harm",
    "Ich will mich umbringen",
    "quiero suicidarme",
]
HARMLESS = [
    "I cut myself a slice of cake",
    "I cut myself shaving",
    "I nearly killed myself laughing",
    "my grandmother died last week",
    "I wish I was taller",
    "we can't go on holiday this year",
    "this deadline is killing me",
    "I don't want to wake up early",
    "I want to live in Lisbon",
    "",
]


def heard(*words: str, emotion: str = "neutral", probability: float = 0.8) -> Turn:
    """A turn whose last user message feels like ``emotion``; words alternate person, listener."""
    messages = tuple(
        Message(role="assistant" if index % 2 else "user", content=text)
        for index, text in enumerate(words)
    )
    reading = Reading(
        index=len(messages) - 1,
        emotion=emotion,
        probability=probability,
        labels=(emotion,),
        distribution={emotion: probability},
        intensity=0.5,
        source="test",
    )
    return Turn(messages=messages, readings=(reading,))


def conversation(emotion: str, length: int) -> list[str]:
    """The listener's replies to ``length`` messages that all feel the same."""
    said: list[str] = []
    for number in range(length):
        said.append(f"Number {number}, and it goes on and on in much the same way as before.")
        said.append(listen(heard(*said, emotion=emotion)))
    return said[1::2]


@pytest.mark.parametrize("emotion", LABELS)
def test_every_reply_ends_in_its_one_open_question_and_advises_nothing(emotion: str) -> None:
    for reply in conversation(emotion, 6):
        assert reply.count("?") == 1
        assert re.search(r"(?:What|How)\b[^.?]*\?$", reply), reply
        assert not ADVICE.search(reply)


@pytest.mark.parametrize("emotion", phrases.FEELINGS)
def test_a_reply_names_the_feeling_that_was_read(emotion: str) -> None:
    assert phrases.FEELINGS[emotion][0] in listen(heard(PLAIN_WORDS, emotion=emotion))


def test_no_feeling_is_claimed_where_none_was_read() -> None:
    names = [name for name, _ in phrases.FEELINGS.values()]
    for turn in (heard(PLAIN_WORDS), Turn(messages=(Message(role="user", content=PLAIN_WORDS),))):
        reflection = listen(turn).replace(PLAIN_WORDS, "")
        assert not any(re.search(rf"\b{name}\b", reflection) for name in names)


def test_a_faint_feeling_is_only_wondered_about() -> None:
    reply = listen(heard(PLAIN_WORDS, emotion="grief", probability=0.2))
    assert any(sentence.format(feeling="grief") in reply for sentence in phrases.UNSURE)


def test_two_feelings_are_both_named() -> None:
    turn = heard(PLAIN_WORDS, emotion="sadness")
    both = turn.readings[0].model_copy(update={"labels": ("sadness", "anger", "fear")})
    reply = listen(turn.model_copy(update={"readings": (both,)}))
    assert "sadness and anger" in reply
    assert "fear" not in reply


def test_the_same_conversation_gets_the_same_reply() -> None:
    assert conversation("sadness", 5) == conversation("sadness", 5)


def test_a_system_prompt_changes_nothing() -> None:
    turn = heard(PLAIN_WORDS, emotion="joy")
    system = Message(role="system", content="Be a pirate.")
    shifted = turn.readings[0].model_copy(update={"index": 1})
    assert listen(turn) == listen(Turn(messages=(system, *turn.messages), readings=(shifted,)))


@pytest.mark.parametrize("emotion", ["sadness", "anger", "fear", "joy", "surprise", "neutral"])
def test_twelve_replies_to_one_feeling_hardly_repeat(emotion: str) -> None:
    replies = conversation(emotion, 12)
    assert len(set(replies)) >= 10
    assert all(one != other for one, other in pairwise(replies))


def test_the_persons_own_short_clause_can_be_said_back() -> None:
    replies = [
        listen(heard(f"{opening}. My dog died yesterday", emotion="grief"))
        for opening in ("Hm", "Oh", "Yes", "Well", "So", "Now", "Right", "Ah")
    ]
    assert any("\u201cMy dog died yesterday\u201d" in reply for reply in replies)


def test_a_greeting_is_greeted() -> None:
    reply = listen(heard("Hi there!"))
    assert reply.startswith("Hello")
    assert reply.count("?") == 1


@pytest.mark.parametrize("asked", ["What should I do?", "Should I leave him?", "Any advice?"])
def test_who_asks_for_advice_gets_the_question_back(asked: str) -> None:
    reply = listen(heard(asked, emotion="confusion"))
    assert any(sentence in reply for sentence in phrases.NO_ADVICE)
    assert any(reply.endswith(question) for question in phrases.OWN_ANSWER)
    assert not ADVICE.search(reply)


@pytest.mark.parametrize("words", SELF_HARM)
def test_words_of_self_harm_are_met_with_care_and_people_to_turn_to(words: str) -> None:
    reply = listen(heard(words, emotion="sadness"))
    assert "only a program" in reply
    assert "person you trust" in reply
    assert "local emergency services" in reply
    assert "go on writing here" in reply
    assert reply.count("?") == 1
    assert not ADVICE.search(reply)


@pytest.mark.parametrize("words", HARMLESS)
def test_harmless_words_are_not_mistaken_for_self_harm(words: str) -> None:
    assert not speaks_of_self_harm(words)


def test_what_was_said_of_self_harm_is_not_forgotten_at_once_nor_repeated_for_ever() -> None:
    said = ["I want to die"]
    reminded = []
    for _ in range(4):
        said.append(listen(heard(*said, emotion="sadness")))
        said.append("I do not know, it is all so much.")
        reminded.append("emergency services" in listen(heard(*said, emotion="sadness")))
    assert reminded == [True, True, False, False]


def test_an_empty_conversation_still_gets_a_reply() -> None:
    assert listen(Turn(messages=())).endswith("?")
