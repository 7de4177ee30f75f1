"""What is recalled: from which session, in which order, and what is left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from emoplug import Cause, Emoplug, PluginFailedError, Turn, estimate_tokens, hookimpl
from emoplug.testing import StubEncoder, check_plugin
from emoplug_recall import Recall
from tests.plugins.recall_words import Words, ask, recalled, tell, user, with_recall

DOG = "my dog rex died on sunday"
WORK = "my boss wants that report by friday"
RAIN = "the rain came down all night long"
GARDEN = "on sunday old dog rex went to sleep under that apple tree in my garden for good"
KITCHEN = GARDEN.replace("garden", "kitchen")
"""Nearly the same."""


def test_it_keeps_the_contract(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("# Cats\n\nThe vet never called back about my cat.")
    check_plugin(Recall)
    check_plugin(Recall, {"store": str(tmp_path / "m.sqlite")})
    check_plugin(Recall, {"documents": [str(tmp_path / "notes.md")]})


def test_what_was_said_and_is_not_in_the_prompt_any_more_is_recalled() -> None:
    emo = with_recall()
    tell(emo, WORK, DOG, RAIN)
    (passage,) = ask(emo, "i miss my dog rex").passages
    assert passage.text == DOG
    assert (passage.document, passage.segment, passage.speaker) == ("ann", 2, "user")
    assert passage.source == "recall"
    assert passage.timestamp is not None
    assert 0.3 < passage.score < 1


def test_replies_are_recalled_as_the_models_and_people_by_their_names() -> None:
    emo = with_recall()
    emo.review(emo.prepare([user(DOG, name="Ann", timestamp=9.0)], session="s"), "poor dog rex")
    found = {p.text: p for p in ask(emo, "my dog rex", session="s").passages}
    assert found[DOG].speaker == "Ann"
    assert found[DOG].timestamp == 9.0
    assert found["poor dog rex"].speaker == "assistant"


def test_sessions_do_not_hear_of_each_other() -> None:
    emo = with_recall()
    tell(emo, DOG, session="ann")
    assert recalled(emo, "i miss my dog rex", session="bob") == []
    assert recalled(emo, "i miss my dog rex", session=None) == []


def test_without_a_store_nothing_is_kept_or_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    emo = with_recall(store=None)
    tell(emo, DOG)
    assert recalled(emo, "i miss my dog rex") == []
    assert list(tmp_path.iterdir()) == []
    recall = emo.plugins["recall"]
    assert isinstance(recall, Recall)
    assert recall.forget("ann") == 0
    assert recall.diagnose() == {"store": "none: nothing is kept", "documents": "none"}


@pytest.mark.parametrize(
    ("said", "prompt"),
    [(DOG, DOG), (DOG, f"I said: MY DOG, Rex, died on Sunday! {RAIN}"), (GARDEN, KITCHEN)],
    ids=["the same", "contained", "nearly the same"],
)
def test_what_the_prompt_says_is_not_recalled(said: str, prompt: str) -> None:
    emo = with_recall(floor=-1.0)
    tell(emo, said, WORK)
    found = recalled(emo, prompt, "i miss my dog rex")
    assert said not in found
    assert WORK in found
    assert said in recalled(emo, "i miss my dog rex")


def test_what_the_system_message_says_is_not_recalled() -> None:
    emo = with_recall(floor=-1.0)
    tell(emo, DOG)
    system = {"role": "system", "content": f"Known: {DOG}."}
    found = emo.prepare([system, user("i miss my dog rex")], session="ann").passages
    assert DOG not in [passage.text for passage in found]


def test_a_word_that_is_only_part_of_another_is_no_repetition() -> None:
    emo = with_recall(floor=-1.0)
    tell(emo, "art")
    assert "art" in recalled(emo, "where do we start")


def test_passages_do_not_repeat_each_other() -> None:
    emo = with_recall(floor=-1.0)
    tell(emo, GARDEN, KITCHEN, GARDEN.upper())
    found = recalled(emo, "i miss old dog rex who went to sleep in the garden")
    assert sum("sleep" in text.casefold() for text in found) == 1


def test_no_more_than_k_and_no_more_than_the_budget() -> None:
    said = [" ".join(f"{verb}{n}" for n in range(15)) + " rex" for verb in ("ran", "ate", "sat")]
    roomy = with_recall(floor=-1.0)
    few, tight = with_recall(floor=-1.0, k=2), with_recall(floor=-1.0, budget=80)
    for emo in (roomy, few, tight):
        tell(emo, *said)
    question = "where is my dog rex"
    assert len(recalled(roomy, question)) == 4
    assert recalled(few, question) == recalled(roomy, question)[:2]
    assert sum(estimate_tokens(text) for text in recalled(tight, question)) <= 80
    assert len(recalled(tight, question)) < 4


def test_what_is_too_unlike_is_not_recalled() -> None:
    emo = with_recall(floor=0.9)
    tell(emo, DOG)
    assert recalled(emo, "i miss my dog rex") == []


class Because:
    """Says that the first message caused the feeling."""

    name = "because"

    @hookimpl
    def explain(self, turn: Turn) -> list[Cause]:
        return [Cause(index=None, score=1.0, source="b"), Cause(index=0, score=0.9, source="b")]


def test_what_is_like_the_cause_comes_first() -> None:
    plain, told = with_recall(floor=-1.0), with_recall(None, Words(), Because(), floor=-1.0)
    for emo in (plain, told):
        tell(emo, RAIN, WORK)
    prompt = ["that boss wants so much", "so there it rains", "i cannot sleep all night"]
    assert recalled(plain, *prompt)[0] == RAIN
    assert recalled(told, *prompt)[0] == WORK


def test_a_like_feeling_and_a_strong_one_count_where_they_are_given_weight() -> None:
    texts = ["sad rex", "happy rex", "plain rex"]
    by_feeling = with_recall(feeling=3.0, intensity=0.0)
    by_strength = with_recall(intensity=3.0, floor=-1.0)
    for emo in (by_feeling, by_strength):
        tell(emo, *texts)
    assert recalled(by_feeling, "i cried over rex")[0] == "sad rex"
    assert recalled(by_feeling, "glad of rex")[0] == "happy rex"
    assert set(recalled(by_strength, "of rex now")[-2:]) == {"plain rex", "mm"}


def test_equal_turns_give_equal_answers_and_later_messages_change_nothing() -> None:
    emo = with_recall()
    tell(emo, DOG, WORK, "I hear you about rex")
    chat = [user("i miss my dog rex")]
    later = [*chat, {"role": "assistant", "content": "I hear you about rex"}, {"role": "tool"}]
    first = emo.prepare(chat, session="ann")
    assert first.passages
    again = emo.prepare(later, session="ann")
    assert again.passages == first.passages
    assert again.guidance_text == first.guidance_text


def test_a_reply_that_calls_a_tool_is_remembered_and_changes_nothing_in_its_turn() -> None:
    emo = with_recall()
    tell(emo, DOG)
    chat = [user("where is my dog rex buried")]
    first = emo.prepare(chat, session="ann")
    emo.review(first, "let me look where dog rex is")
    looking = {"role": "assistant", "content": "let me look where dog rex is", "tool_calls": [{}]}
    again = emo.prepare([*chat, looking, {"role": "tool", "content": "{}"}], session="ann")
    assert again.guidance_text == first.guidance_text != ""
    assert "let me look where dog rex is" in recalled(emo, "do look for dog rex")


def test_what_a_reply_repeats_from_earlier_is_still_recalled_in_its_turn() -> None:
    emo = with_recall(floor=-1.0)
    tell(emo, DOG, reply="let me look where dog rex is")
    chat = [user("where is my dog rex buried")]
    first = emo.prepare(chat, session="ann")
    emo.review(first, "let me look where dog rex is")
    looking = {"role": "assistant", "content": "let me look where dog rex is"}
    assert emo.prepare([*chat, looking], session="ann").passages == first.passages
    assert "let me look where dog rex is" in [passage.text for passage in first.passages]


def test_a_prompt_full_of_near_memories_hides_no_other() -> None:
    emo = with_recall(floor=-1.0)
    near = [f"my dog rex number{n}" for n in range(80)]
    far = "rex barked"
    tell(emo, far, *near, reply="")
    assert recalled(emo, *near, "my dog rex") == [far]


def test_nobody_asks_nothing_is_recalled() -> None:
    emo = with_recall()
    tell(emo, DOG)
    silent = [{"role": "user", "content": None}, {"role": "assistant", "content": "dog rex"}]
    assert emo.prepare(silent, session="ann").passages == ()


def test_a_recall_on_its_own_says_that_it_needs_an_encoder() -> None:
    turn = with_recall(store=None).prepare([user(DOG)], session="ann")
    alone = Emoplug(plugins=[Words()]).encode([DOG])
    assert len(alone) == 1
    with pytest.raises(Exception, match=r"recall has no encoder; list it in Emoplug"):
        Recall(Recall.Options(store=":memory:")).remember(turn, "hi")


def test_an_encoder_without_emotions_recalls_by_likeness() -> None:
    emo = with_recall(None, StubEncoder(labels=(), size=64))
    tell(emo, DOG)
    assert recalled(emo, "anything at all")[0] in {DOG, "mm"}


def test_without_an_encoder_remembering_fails_and_says_why() -> None:
    silent = Emoplug(plugins=[Recall(Recall.Options(store=":memory:"))], on_error="raise")
    turn = silent.prepare([user(DOG)], session="ann")
    assert turn.passages == ()
    with pytest.raises(PluginFailedError, match="add one, such as 'onnx'"):
        silent.review(turn, "hi")


def test_a_session_of_300_messages_recalls_what_bears_on_the_last_one() -> None:
    """With the real encoder; the prompt holds the last ten messages, as clients send them."""
    emo = Emoplug(
        plugins=["onnx", Recall(Recall.Options(store=":memory:"))],
        permissive_only=True,
        on_error="raise",
        deadline=60,
    )
    subjects = ("the bus", "lunch", "a film", "the weather", "new shoes", "a phone bill")
    history = [
        {
            "role": ("user", "assistant")[n % 2],
            "content": f"{n}: let us talk about {subjects[n % 6]}",
        }
        for n in range(299)
    ]
    history[40] = user("My grandmother died in March and I never said goodbye to her.")
    emo.review(emo.prepare(history[:-1], session="s"), str(history[-1]["content"]))
    asked = [
        *history[-9:],
        user("I keep thinking of my grandmother and that I never said goodbye."),
    ]
    turn = emo.prepare(asked, session="s")
    assert turn.passages[0].text == history[40]["content"]
    assert turn.passages[0].segment == 40
