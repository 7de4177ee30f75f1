from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from emoplug import STRATEGIES, Emoplug, Turn, WeightsError
from emoplug_strategy._features import cues, plan_features, reply_features
from emoplug_strategy._planner import LearnedPlanner
from emoplug_strategy._replies import LearnedReplies
from emoplug_strategy._talk import Talk
from emoplug_strategy._terms import Terms, terms_of
from emoplug_strategy._weights import ARRAYS, FACTS, FOLDER, read_weights, shipped

SAID = (
    ("assistant", "Hi, how are you?"),
    ("user", "Not good. My sister stopped talking to me after the funeral."),
    ("assistant", "I am so sorry. It sounds like you feel shut out. What happened there?"),
    ("user", "We argued about the house. I keep crying."),
)


@pytest.fixture(scope="module")
def emo() -> Emoplug:
    return Emoplug(plugins=["onnx"], deadline=60, on_error="raise")


@pytest.fixture(scope="module")
def replies(emo: Emoplug) -> LearnedReplies:
    return LearnedReplies(shipped(), emo.encode)


def turn_of(emo: Emoplug, said: Sequence[tuple[str, str]]) -> Turn:
    return emo.prepare([{"role": role, "content": text} for role, text in said])


def best(emo: Emoplug, replies: LearnedReplies, reply: str) -> str:
    found = replies.classify(turn_of(emo, SAID), reply)
    assert sum(found.values()) == pytest.approx(1, abs=1e-5)
    return max(found, key=found.__getitem__)


@pytest.mark.parametrize(
    ("reply", "strategy"),
    [
        ("What do you think made her so angry?", "Question"),
        ("Have you tried writing her a letter? You could also talk to your aunt.", 5),
        ("Thank you for talking to me. Have a great day, bye!", "Others"),
        ("It sounds like you are feeling very hurt and lonely.", "Reflection of feelings"),
        ("I went through that too: my own brother did not speak to me for a year.", 3),
    ],
)
def test_plain_replies_are_told_apart(
    emo: Emoplug, replies: LearnedReplies, reply: str, strategy: str | int
) -> None:
    wanted = STRATEGIES[strategy] if isinstance(strategy, int) else strategy
    assert best(emo, replies, reply) == wanted


def test_a_reply_is_classified_where_nothing_was_said_before(
    emo: Emoplug, replies: LearnedReplies
) -> None:
    found = replies.classify(turn_of(emo, []), "Hello there!")
    assert max(found, key=found.__getitem__) in {"Others", "Question"}


def test_a_plan_is_a_probability_for_each_strategy(emo: Emoplug, replies: LearnedReplies) -> None:
    planner = LearnedPlanner(shipped(), replies)
    plan = planner.plan(turn_of(emo, SAID))
    assert plan is not None
    assert list(plan) == list(STRATEGIES)
    assert sum(plan.values()) == pytest.approx(1, abs=1e-5)


def test_the_first_words_are_a_greeting_or_a_question(
    emo: Emoplug, replies: LearnedReplies
) -> None:
    plan = LearnedPlanner(shipped(), replies).plan(turn_of(emo, []))
    assert plan is not None
    assert plan["Question"] + plan["Others"] > 0.8


def test_thanks_at_the_end_are_not_met_with_suggestions(
    emo: Emoplug, replies: LearnedReplies
) -> None:
    planner = LearnedPlanner(shipped(), replies)
    more = (("assistant", "You could write to her."), ("user", "That helps. Thank you, goodbye!"))
    before, after = (planner.plan(turn_of(emo, said)) for said in (SAID, SAID + more))
    assert before is not None
    assert after is not None
    assert after["Others"] > 2 * before["Others"]
    assert after["Question"] < before["Question"]


def test_words_that_nobody_encoded_get_no_plan(replies: LearnedReplies) -> None:
    turn = turn_of(Emoplug(plugins=[]), SAID)
    assert LearnedPlanner(shipped(), replies).plan(turn) is None


def test_without_the_reader_its_mean_stands_in(emo: Emoplug, replies: LearnedReplies) -> None:
    turn = turn_of(emo, SAID).model_copy(update={"comprehension": None})
    plan = LearnedPlanner(shipped(), replies).plan(turn)
    assert plan is not None
    assert sum(plan.values()) == pytest.approx(1, abs=1e-5)


def test_features_of_an_earlier_moment_know_nothing_of_what_came_later(emo: Emoplug) -> None:
    turn = turn_of(emo, SAID)
    assert turn.encoding is not None
    talk = Talk.of(turn, turn.encoding)
    early = talk.upto(2)
    used = np.zeros((1, 8), dtype=np.float32)
    for one, other in zip(
        plan_features(early, used), plan_features(talk.upto(2), used), strict=True
    ):
        assert np.array_equal(one, other)
    assert np.array_equal(reply_features(talk, 0), reply_features(early, 0))
    assert len(plan_features(talk, used)[0]) == len(plan_features(talk.upto(0), used[:0])[0])


def test_cues_are_counted_but_not_without_end() -> None:
    assert cues("Why? How? What? When?")[0] == 3
    assert cues("")[-1] == 0


def test_terms_are_words_marks_and_pairs_weighted_by_rarity() -> None:
    assert terms_of("I'm sad. Really!") == [
        "i'm", "sad", ".", "really", "!",
        "i'm sad", "sad .", ". really", "really !",
    ]  # fmt: skip
    vector = Terms({"sad": 2.0, "sad .": 1.0, "joy": 3.0}).vector("Sad. sad.")
    assert np.linalg.norm(vector) == pytest.approx(1)
    assert vector[0] == pytest.approx(2 * vector[1])
    assert vector[2] == 0
    assert not Terms({"sad": 2.0}).vector("glad").any()


def test_weights_that_are_damaged_name_themselves(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="install emoplug again"):
        read_weights(tmp_path)
    facts = json.loads((FOLDER / FACTS).read_text(encoding="utf-8"))
    del facts["terms"]
    (tmp_path / FACTS).write_text(json.dumps(facts))
    (tmp_path / ARRAYS).write_bytes((FOLDER / ARRAYS).read_bytes())
    with pytest.raises(WeightsError, match="terms"):
        read_weights(tmp_path)
