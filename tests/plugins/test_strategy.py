from __future__ import annotations

import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from emoplug import STRATEGIES, Emoplug, StrategyScore, Turn, hookimpl
from emoplug.testing import StubEncoder, check_plugin
from emoplug_strategy import Options, Strategies
from emoplug_strategy._observed import MODELS, SESSIONS, Observed

CHAT = [
    {"role": "user", "content": "My sister stopped talking to me after the funeral."},
    {"role": "assistant", "content": "I am so sorry. What happened there?"},
    {"role": "user", "content": "We argued about the house. I keep crying."},
]
ADVICE = "You should call her. You could also try to write a letter, or talk to your aunt."


class Even:
    """Scores every strategy alike, whatever was said."""

    name = "even"

    def __init__(self, **scores: float) -> None:
        self.scores = scores or dict.fromkeys(STRATEGIES, 0.5)

    @hookimpl
    def advise(self, turn: Turn) -> list[StrategyScore]:
        return [StrategyScore(strategy=n, score=s, source="even") for n, s in self.scores.items()]


def emo(**options: Any) -> Emoplug:
    return Emoplug(
        plugins=["onnx", "strategy"], options={"strategy": options}, deadline=60, on_error="raise"
    )


@pytest.fixture(scope="module")
def planned() -> Turn:
    return emo().prepare(CHAT)


def scored(turn: Turn) -> dict[str, float]:
    return {score.strategy: score.score for score in turn.strategies}


def test_keeps_the_contract() -> None:
    check_plugin("strategy")
    check_plugin("strategy", {"permissive_only": True})


def test_scores_all_eight_strategies_best_first_and_tells_the_stage(planned: Turn) -> None:
    assert set(scored(planned)) == set(STRATEGIES)
    assert sum(scored(planned).values()) == pytest.approx(1, abs=1e-5)
    assert [s.score for s in planned.strategies] == sorted(scored(planned).values(), reverse=True)
    assert planned.stage in {"exploration", "comforting"}


def test_the_planners_own_preference_is_divided_out_by_strength() -> None:
    plain, half, whole = (scored(emo(strength=s).prepare(CHAT)) for s in (0.0, 0.5, 1.0))
    rare = "Restatement or Paraphrasing"
    assert plain[rare] < half[rare] < whole[rare]
    assert plain["Question"] > whole["Question"]


def test_anothers_scores_keep_the_planners_preference_out_of_it() -> None:
    turn = Emoplug(plugins=[Even(), Strategies(Options())]).prepare(CHAT)
    assert turn.degraded == ()
    only = Emoplug(plugins=["onnx", Even(), _WithoutAdvice()], on_error="raise").prepare(CHAT)
    assert set(scored(only).values()) == {0.125}


class _WithoutAdvice:
    """The corrector alone."""

    name = "corrector"

    def __init__(self) -> None:
        self.strategies = Strategies()

    def bind(self, encode: Any) -> None:
        self.strategies.bind(encode)

    @hookimpl
    def correct(self, turn: Turn, scores: Mapping[str, float]) -> Mapping[str, float] | None:
        return self.strategies.correct(turn, scores)

    @hookimpl
    def review(self, turn: Turn, reply: str) -> Any:
        return self.strategies.review(turn, reply)


def test_what_the_model_keeps_doing_is_advised_less_in_that_session() -> None:
    product = emo()
    first = product.prepare(CHAT, session="ann")
    for _ in range(30):
        product.review(first, ADVICE)
    later = product.prepare([*CHAT, {"role": "user", "content": "I do not know."}], session="ann")
    fresh = emo().prepare([*CHAT, {"role": "user", "content": "I do not know."}], session="ann")
    assert scored(later)["Providing Suggestions"] < 0.7 * scored(fresh)["Providing Suggestions"]


def test_scores_of_an_llm_are_corrected_by_what_it_really_does() -> None:
    scores = {**dict.fromkeys(STRATEGIES, 0.2), "Providing Suggestions": 0.6, "Question": 0.5}
    product = Emoplug(plugins=["onnx", Even(**scores), _WithoutAdvice()], on_error="raise")
    turn = product.prepare(CHAT, session="bob")
    for _ in range(30):
        product.review(turn, ADVICE)
    turn = product.prepare([*CHAT[:1], {"role": "user", "content": "Well."}], session="bob")
    assert turn.strategies[0].strategy == "Question"


def test_a_turn_that_is_sent_again_is_advised_the_same_although_replies_came_in_between() -> None:
    product = emo()
    before = product.prepare(CHAT, session="ann")
    for _ in range(30):
        product.review(before, ADVICE)
    calling = {"role": "assistant", "content": "Let me look that up. You could call her!"}
    tool = {"role": "tool", "content": "{}", "tool_call_id": "1"}
    again = product.prepare(CHAT, session="ann")
    assert again.strategies == before.strategies
    assert product.prepare([*CHAT, calling, tool], session="ann").strategies == before.strategies


def test_one_session_says_little_of_another_but_the_deployment_something() -> None:
    product, quiet = emo(), emo(online=False)
    turn = product.prepare(CHAT, session="ann", model="m")
    for _ in range(60):
        product.review(turn, ADVICE)
    more = [*CHAT, {"role": "user", "content": "So be it."}]
    base = scored(quiet.prepare(more))["Providing Suggestions"]
    own, other, another_model = (
        scored(product.prepare(more, session=session, model=model))["Providing Suggestions"]
        for session, model in (("ann", "m"), ("bob", "m"), ("bob", "n"))
    )
    assert own < other < another_model
    assert another_model == pytest.approx(base, rel=0.1)  # int8: a text alone, or among others


def test_without_online_nothing_is_learned() -> None:
    product, other = emo(online=False), emo(online=False)
    turn = product.prepare(CHAT, session="ann")
    other.prepare(CHAT, session="ann")  # int8 rounds by what is read at once
    for _ in range(30):
        product.review(turn, ADVICE)
    assert product.plugins["strategy"].diagnose()["replies seen"] == "0"  # type: ignore[attr-defined]  # a live plugin is an object to the core
    assert product.prepare([*CHAT, *CHAT], session="ann").strategies == (
        other.prepare([*CHAT, *CHAT], session="ann").strategies
    )


def test_the_review_names_the_strategy_used_and_in_time_what_is_preferred() -> None:
    product = emo()
    turn = product.prepare(CHAT, session="ann")
    findings = product.review(turn, ADVICE).findings
    assert [f.name for f in findings] == ["strategy"]
    assert "uses Providing Suggestions" in findings[0].explanation
    assert turn.strategies[0].strategy in findings[0].explanation
    for _ in range(20):
        findings = product.review(turn, ADVICE).findings
    assert [f.name for f in findings] == ["strategy", "strategy_preference"]
    assert "prefers Providing Suggestions" in findings[1].explanation
    assert findings[1].score > 0.5


@pytest.mark.parametrize("reply", ["", "  \n"])
def test_an_empty_reply_as_in_a_tool_call_counts_for_nothing(reply: str) -> None:
    product = emo()
    assert product.review(product.prepare(CHAT), reply).findings == ()


def test_without_an_encoder_it_plans_by_rules_and_says_so_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    product = Emoplug(plugins=["strategy"], on_error="raise")
    with caplog.at_level(logging.WARNING, "emoplug.strategy"):
        turns = [product.prepare(CHAT), product.prepare(CHAT[:1])]
    assert all(turn.strategies for turn in turns)
    assert len(caplog.records) == 1
    assert "put the plugin 'onnx' first" in caplog.records[0].message
    assert product.review(turns[0], ADVICE).findings[0].name == "strategy"


def test_another_encoder_means_nothing_to_the_learned_weights(
    caplog: pytest.LogCaptureFixture,
) -> None:
    product = Emoplug(plugins=[StubEncoder(), "strategy"], on_error="raise")
    with caplog.at_level(logging.WARNING, "emoplug.strategy"):
        assert product.prepare(CHAT).strategies
    assert "the encoder is 'stub'" in caplog.records[0].message


def test_permissive_only_plans_by_rules_without_a_word(caplog: pytest.LogCaptureFixture) -> None:
    product = Emoplug(plugins=["onnx", "strategy"], permissive_only=True, on_error="raise")
    with caplog.at_level(logging.WARNING, "emoplug.strategy"):
        assert product.prepare(CHAT).strategies
    assert not caplog.records


def test_what_is_observed_is_bounded_and_safe_between_threads() -> None:
    observed = Observed()
    used = dict.fromkeys(STRATEGIES, 0.125)

    def watch(number: int) -> None:
        observed.add(f"session {number}", f"model {number % 100}", used, "Question")
        observed.preference(f"session {number}", "model 1")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(watch, range(SESSIONS + 500)))
    assert len(observed._sessions) == SESSIONS
    assert len(observed._models) == MODELS


def test_few_replies_prove_little_and_many_are_forgotten_in_time() -> None:
    observed = Observed()
    hasty = {**dict.fromkeys(STRATEGIES, 0.0), "Providing Suggestions": 1.0}
    asking = {**dict.fromkeys(STRATEGIES, 0.0), "Question": 1.0}
    suggestions = STRATEGIES.index("Providing Suggestions")
    assert observed.preference("ann", "m").bias == 0
    observed.add("ann", "m", hasty, "Question")
    after_one = observed.preference("ann", "m").strengths[suggestions]
    for _ in range(60):
        observed.add("ann", "m", hasty, "Reflection of feelings")
    after_many = observed.preference("ann", "m").strengths[suggestions]
    for _ in range(600):
        observed.add("ann", "m", asking, "Reflection of feelings")
    assert 1 < after_one < 1.6
    assert after_many > 2
    assert observed.preference("ann", "m").strengths[suggestions] < after_many / 2
