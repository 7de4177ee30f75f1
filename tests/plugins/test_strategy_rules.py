from __future__ import annotations

from pathlib import Path

import pytest

from emoplug import STAGES, STRATEGIES, Emoplug, Message, Reading, SettingsError, Turn
from emoplug.testing import AWKWARD
from emoplug_strategy._rule_replies import CUES, Cues, RuleReplies, read_cues, shipped_cues
from emoplug_strategy._rules import RulePlanner

TOLD = "My manager shouted at me again in front of the whole team."
ASKED = ("assistant", "What happened then?")


@pytest.fixture(scope="module")
def planner() -> RulePlanner:
    return RulePlanner()


@pytest.fixture(scope="module")
def replies() -> RuleReplies:
    return RuleReplies()


def turn_of(*said: tuple[str, str]) -> Turn:
    return Turn(messages=tuple(Message(role=role, content=text) for role, text in said))


def after(count: int, last: str, ours: str = "I see.") -> Turn:
    """A conversation of ``count`` user messages, each but the last answered with ``ours``."""
    before = [("user", TOLD), ("assistant", ours)] * (count - 1)
    return turn_of(*before, ("user", last))


def felt(turn: Turn, sentiment: str, intensity: float) -> Turn:
    assert turn.last_user is not None
    reading = Reading(
        index=turn.last_user,
        emotion="sadness",
        probability=0.9,
        intensity=intensity,
        groups={"sentiment": sentiment},
        source="test",
    )
    return turn.model_copy(update={"readings": (reading,)})


def stage(plan: dict[str, float], name: str) -> float:
    return sum(plan[strategy] for strategy in STAGES[name])


ODD = ("", " \n\t", "?", "\x00\x1b[31m\u202e", "half \ud83d", "😭👩‍👩‍👧", "我很难过", "حزين؟")


@pytest.mark.parametrize("text", ODD)
def test_odd_text_gets_probabilities(planner: RulePlanner, replies: RuleReplies, text: str) -> None:
    turn = turn_of(("user", text), ("assistant", text), ("user", text))
    for found in (replies.classify(turn, text), planner.plan(turn)):
        assert tuple(found) == STRATEGIES
        assert sum(found.values()) == pytest.approx(1)
        assert min(found.values()) > 0


@pytest.mark.parametrize("word", ["maybe ", "it sounds like you ", "a", "?", "\u0130", "so. "])
def test_a_very_long_text_is_known_by_its_ends(
    planner: RulePlanner, replies: RuleReplies, word: str
) -> None:
    long = word * (1_000_000 // len(word))
    found = replies.classify(turn_of(("user", long)), long)
    assert sum(found.values()) == pytest.approx(1)
    asked = set(planner.signs(turn_of(("user", f"{long}. What should I do?"))))
    assert {"advice", "question"} <= asked


def test_equal_turns_get_equal_answers() -> None:
    for messages in AWKWARD.values():
        turn = Emoplug(plugins=[]).prepare(messages)
        assert RulePlanner().plan(turn) == RulePlanner().plan(turn)
        assert RuleReplies().classify(turn, TOLD) == RuleReplies().classify(turn, TOLD)


def test_where_nobody_spoke_one_greets_or_asks(planner: RulePlanner) -> None:
    for turn in (turn_of(), turn_of(("system", "Be kind."))):
        plan = planner.plan(turn)
        assert plan["Others"] + plan["Question"] > 0.8


def test_a_bare_greeting_is_answered_with_a_greeting_or_a_question(planner: RulePlanner) -> None:
    plan = planner.plan(turn_of(("user", "Hello!")))
    assert plan["Others"] + plan["Question"] > 0.8


def test_one_explores_first_then_comforts_then_acts(planner: RulePlanner) -> None:
    plans = [dict(planner.plan(after(count, TOLD))) for count in (1, 3, 6, 12)]
    explored = [stage(plan, "exploration") for plan in plans]
    acted = [stage(plan, "action") for plan in plans]
    assert explored == sorted(explored, reverse=True)
    assert acted == sorted(acted)
    assert max(plans[0], key=plans[0].__getitem__) == "Question"
    assert stage(plans[2], "comforting") > stage(plans[1], "comforting")
    assert stage(plans[3], "action") > explored[3]


def test_who_asks_for_advice_gets_it_even_early(planner: RulePlanner) -> None:
    plan = planner.plan(after(2, "I really dont know what to do. Any advice?"))
    assert max(plan, key=plan.__getitem__) == "Providing Suggestions"


@pytest.mark.parametrize(
    ("last", "strategy"),
    [
        ("Is shouting at people even legal?", "Information"),
        ("Has that happened to you?", "Self-disclosure"),
    ],
)
def test_a_question_is_answered(planner: RulePlanner, last: str, strategy: str) -> None:
    told, asked = planner.plan(after(5, TOLD)), planner.plan(after(5, last))
    assert asked[strategy] > 1.5 * told[strategy]
    assert asked["Question"] < told["Question"]


def test_feelings_in_words_are_comforted(planner: RulePlanner) -> None:
    told, moved = (planner.plan(after(5, last)) for last in (TOLD, "I feel so sad and lonely."))
    assert stage(dict(moved), "comforting") > stage(dict(told), "comforting")


def test_the_stronger_a_feeling_that_was_read_the_less_advice(planner: RulePlanner) -> None:
    turn = after(9, TOLD)
    plans = [dict(planner.plan(felt(turn, "negative", strength))) for strength in (0.1, 0.4, 0.8)]
    comforted = [stage(plan, "comforting") for plan in plans]
    acted = [stage(plan, "action") for plan in plans]
    assert comforted == sorted(comforted)
    assert acted == sorted(acted, reverse=True)
    assert acted[2] < acted[0] / 2


def test_what_was_read_counts_more_than_cues(planner: RulePlanner) -> None:
    turn = felt(after(5, "I cried tears of joy."), "positive", 0.9)
    assert "feelings" not in set(planner.signs(turn))
    assert "feelings" in set(planner.signs(turn.model_copy(update={"readings": ()})))


def test_thanks_and_farewells_are_returned(planner: RulePlanner) -> None:
    told, thanked, left = (
        planner.plan(after(9, last)) for last in (TOLD, "Thank you.", "Thanks, I have to go. Bye!")
    )
    assert told["Others"] < thanked["Others"] < left["Others"]
    assert max(left, key=left.__getitem__) == "Others"
    assert left["Question"] < 0.05


def test_nobody_is_asked_three_times_in_a_row(planner: RulePlanner) -> None:
    said = ("user", TOLD)
    free, once, twice = (
        planner.plan(turn_of(*before, said))
        for before in (
            [said, ("assistant", "I see."), said, ("assistant", "I see.")],
            [said, ("assistant", "I see."), said, ASKED],
            [said, ASKED, said, ASKED],
        )
    )
    assert free["Question"] > once["Question"] > 2 * twice["Question"]
    assert max(twice, key=twice.__getitem__) != "Question"


@pytest.mark.parametrize(
    ("strategy", "ours"),
    [
        ("Restatement or Paraphrasing", "In other words, he blames you for all of it."),
        ("Reflection of feelings", "It sounds like you feel humiliated."),
        ("Self-disclosure", "When I was young, my boss did that to me, too."),
        ("Affirmation and Reassurance", "You are strong and you will get through this."),
    ],
)
def test_what_was_just_done_is_done_less(planner: RulePlanner, strategy: str, ours: str) -> None:
    done, not_done = (planner.plan(after(6, TOLD, reply)) for reply in (ours, "42"))
    assert f"{strategy} before" in set(planner.signs(after(6, TOLD, ours)))
    assert done[strategy] < not_done[strategy]


def test_facts_follow_advice_and_advice_follows_facts(planner: RulePlanner) -> None:
    advised = planner.plan(after(6, TOLD, "You could try to write down what he says."))
    informed = planner.plan(after(6, TOLD, "According to studies, many people are shouted at."))
    assert advised["Information"] > informed["Information"]
    assert informed["Providing Suggestions"] > advised["Providing Suggestions"]


def test_a_long_story_is_told_again_in_few_words(planner: RulePlanner) -> None:
    short, long = (planner.plan(after(2, last)) for last in (TOLD, f"{TOLD} " * 5))
    assert long[STRATEGIES[1]] > 2 * short[STRATEGIES[1]]


def test_speaking_on_one_does_not_restate(planner: RulePlanner) -> None:
    turn = after(6, TOLD)
    more = Message(role="assistant", content="42")
    on = planner.plan(turn.model_copy(update={"messages": (*turn.messages, more)}))
    assert on[STRATEGIES[1]] < planner.plan(turn)[STRATEGIES[1]]


def test_every_sign_of_a_rule_is_known_and_every_rule_has_its_reason() -> None:
    cues = shipped_cues()
    assert {cue.strategy for cue in cues.replies} == set(STRATEGIES)
    assert all(cue.reason for cue in cues.replies)
    assert all(rule.reason for rule in cues.plan)


def test_rules_that_wait_for_an_unknown_sign_are_refused() -> None:
    rule = {"when": ["advise"], "reason": "a slip", "weights": {"Question": 1.0}}
    cues = Cues.model_validate({"replies": [], "signs": {"advice": ["x"]}, "plan": [rule]})
    with pytest.raises(SettingsError, match="did you mean 'advice'"):
        RulePlanner(cues)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('strategy = "Question"', 'strategy = "Questions"', "is no strategy"),
        ('{ "Question" = ', '{ "Questions" = ', "is no strategy"),
        ("patterns = [", "patterns = ['(',", "is no regular expression"),
        ("weight = 1.0", "weight = -1.0", "greater than 0"),
        ("weight = 1.0", "wait = 1.0", "wait"),
        ("[[replies]]", "[[replies", "cannot use"),
    ],
)
def test_a_damaged_file_says_what_is_wrong(
    tmp_path: Path, old: str, new: str, problem: str
) -> None:
    text = CUES.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "cues.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(SettingsError, match=problem):
        read_cues(path)
    with pytest.raises(SettingsError, match="mend it or install again"):
        read_cues(tmp_path / "none.toml")
