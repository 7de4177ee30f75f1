from __future__ import annotations

import pytest

from emoplug import STRATEGIES, Message, Turn
from emoplug_strategy._rule_replies import RuleReplies

TOLD = "My manager shouted at me again in front of the whole team."


@pytest.fixture(scope="module")
def replies() -> RuleReplies:
    return RuleReplies()


def turn_of(*said: tuple[str, str]) -> Turn:
    return Turn(messages=tuple(Message(role=role, content=text) for role, text in said))


def best(replies: RuleReplies, reply: str, said: str = TOLD) -> str:
    found = replies.classify(turn_of(("user", said)), reply)
    return max(found, key=found.__getitem__)


@pytest.mark.parametrize(
    ("strategy", "reply"),
    [
        ("Question", "What happened after that?"),
        ("Question", "Can you tell me more about it"),
        ("Restatement or Paraphrasing", "In other words, he blames you for all of it."),
        ("Restatement or Paraphrasing", "So what you\u2019re saying is that he never listens."),
        ("Restatement or Paraphrasing", "So your manager shouted at you before the team."),
        ("Reflection of feelings", "It sounds like you feel humiliated."),
        ("Reflection of feelings", "You must be so frustrated and hurt."),
        ("Self-disclosure", "I have also been shouted at by a boss."),
        ("Self-disclosure", "When I was young, my father did the same to me."),
        ("Affirmation and Reassurance", "You are strong and you will get through this."),
        ("Affirmation and Reassurance", "It's normal to be shaken. It is not your fault."),
        ("Affirmation and Reassurance", "I'm so sorry to hear that."),
        ("Providing Suggestions", "You could try to write down what he says."),
        ("Providing Suggestions", "Have you considered talking to HR?"),
        ("Providing Suggestions", "Maybe you should look for another job."),
        ("Providing Suggestions", "1. Take a walk.\n2. Call a friend.\n3. Write it down."),
        ("Information", "According to a study, 40% of employees were shouted at."),
        ("Information", "Many companies have a hotline; there are rules for such cases."),
        ("Others", "Hello there!"),
        ("Others", "Hi, how are you?"),
        ("Others", "Thank you for talking to me. Have a nice day, bye!"),
        ("Others", "Okay."),
    ],
)
def test_plain_replies_are_told_apart(replies: RuleReplies, strategy: str, reply: str) -> None:
    assert best(replies, reply) == strategy


def test_the_sentences_of_a_reply_all_have_a_say(replies: RuleReplies) -> None:
    one = "It sounds like you feel humiliated."
    other = "You could try to write down what he says."
    found = replies.classify(turn_of(("user", TOLD)), f"{one} {other}")
    told = {"Reflection of feelings", "Providing Suggestions"}
    assert sum(found[name] for name in told) > 0.7
    assert min(found[name] for name in told) > 0.25


def test_a_greeting_does_not_hide_what_follows(replies: RuleReplies) -> None:
    assert best(replies, "Hello! It sounds like you feel sad and hurt.") == STRATEGIES[2]
    assert best(replies, "Hi! What is on your mind?") == "Question"


def test_the_persons_own_words_make_a_restatement(replies: RuleReplies) -> None:
    reply = "Your manager shouted before the whole team."
    about_it, about_else = (
        replies.classify(turn_of(("user", said)), reply) for said in (TOLD, "My cat ran away.")
    )
    assert about_it[STRATEGIES[1]] > 2 * about_else[STRATEGIES[1]]


def test_typographic_and_missing_apostrophes_are_the_same(replies: RuleReplies) -> None:
    written = ("Don't worry, you've got this.", "Don\u2019t worry, you\u2019ve got this.")
    first, second, third = (
        replies.classify(turn_of(), reply) for reply in (*written, "Dont worry, youve got this.")
    )
    assert first == second == third


def test_an_empty_reply_is_as_likely_one_as_the_other(replies: RuleReplies) -> None:
    assert len(set(replies.classify(turn_of(), "").values())) == 1


def test_questions_in_other_scripts_are_questions(replies: RuleReplies) -> None:
    assert best(replies, "你呢\uff1f") == best(replies, "لماذا؟") == "Question"
