"""The stages of a turn, in order: each asks one hook and answers the next ``Turn``."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from emoplug import _checks, _collect
from emoplug._batching import Ask
from emoplug._calls import Attempt
from emoplug._settings import Settings
from emoplug._turn import Encoding, Turn
from emoplug._types import (
    Cause,
    Finding,
    FrozenDict,
    Guidance,
    Passage,
    Reading,
    Risk,
    StrategyScore,
    Value,
)
from emoplug._worker import Job

Updates = dict[str, Any]
Stage = Callable[[Turn, Attempt, Settings], Updates]
Along = Callable[[Ask], Encoding | None]
"""Answers the rows of the turn's texts where they are encoded with those of other turns."""


def understand(
    turn: Turn,
    attempt: Attempt,
    settings: Settings,
    publish: Callable[[Turn], None],
    start: Callable[[Callable[[], None]], Job],
    along: Along,
) -> None:
    """Run every stage that somebody implements, publishing the turn after each.

    What is published is complete up to there, so a caller out of patience can take it as it is.
    The first two stages need nothing of each other: where both have something to do, ``start``
    begins the first on another thread.
    """
    stages: dict[str, Stage] = {"encode": partial(_encode, along), **_STAGES}
    under_way = _UnderWay(turn, attempt, settings, publish, stages)
    aside = None
    if turn.encoding is None and attempt.callers("encode") and attempt.callers("comprehend"):
        aside = start(lambda: under_way.run("encode"))
    else:
        under_way.run("encode")
    under_way.run("comprehend")
    if aside:
        aside.wait()
    for hook in list(stages)[2:]:
        under_way.run(hook)


class _UnderWay:
    """The turn as far as it is understood, to which each stage adds what it found."""

    def __init__(
        self,
        turn: Turn,
        attempt: Attempt,
        settings: Settings,
        publish: Callable[[Turn], None],
        stages: Mapping[str, Stage],
    ) -> None:
        self._turn, self._attempt, self._settings = turn, attempt, settings
        self._publish, self._stages = publish, stages
        self._lock = threading.Lock()

    def run(self, hook: str) -> None:
        if self._attempt.over or not self._attempt.callers(hook):
            return
        started = time.perf_counter()
        with self._attempt.call.stage(hook):
            updates = self._stages[hook](self._turn, self._attempt, self._settings)
        seconds = time.perf_counter() - started
        with self._lock:
            known = {**self._turn.timings, hook: seconds}
            timings = FrozenDict({name: known[name] for name in self._stages if name in known})
            self._turn = self._turn.model_copy(update={**updates, "timings": timings})
            self._publish(self._turn)


def assess(turn: Turn, reply: str, attempt: Attempt) -> tuple[Finding, ...]:
    """Ask every reviewer what ``reply`` does, then let every plugin keep what it will."""
    arguments = {"turn": turn, "reply": reply}
    answers = attempt.ask("review", arguments, _checks.values_of(turn, Finding))
    findings = tuple(finding for answer in answers for finding in answer)
    attempt.ask("remember", arguments, _checks.nothing)
    return findings


def _encode(along: Along, turn: Turn, attempt: Attempt, _settings: Settings) -> Updates:
    if turn.encoding is not None:  # a batch encodes all its turns at once, before this
        return {}
    texts = list(turn.texts)
    if not texts:
        return {}
    encoding = along(partial(_ask_first, attempt))
    if encoding is not None:
        return {"encoding": encoding}
    answers = attempt.ask("encode", {"texts": texts}, _checks.encoding_of(len(texts)))
    return {"encoding": answers[0]} if answers else {}


def _ask_first(attempt: Attempt, texts: list[str]) -> Encoding | None:
    """Ask the first encoder; should it fail, each turn asks for itself, and only that counts."""
    plugin, caller = attempt.callers("encode")[0]
    check = _checks.encoding_of(len(texts))
    answer: Encoding | None = attempt.ask_one(
        plugin, "encode", caller, {"texts": texts}, check, lenient=True
    )
    return answer


def _comprehend(turn: Turn, attempt: Attempt, _settings: Settings) -> Updates:
    answers = attempt.ask("comprehend", {"turn": turn}, _checks.comprehension_of(turn))
    return {"comprehension": answers[0]} if answers else {}


def _read(turn: Turn, attempt: Attempt, _settings: Settings) -> Updates:
    answers = _ask(attempt, "read", turn, Reading, Risk)
    readings = [[value for value in answer if isinstance(value, Reading)] for answer in answers]
    risks = [[value for value in answer if isinstance(value, Risk)] for answer in answers]
    return {"readings": _collect.fuse_readings(readings), "risks": _collect.rank_risks(risks)}


def _explain(turn: Turn, attempt: Attempt, _settings: Settings) -> Updates:
    return {"causes": _collect.rank_causes(_ask(attempt, "explain", turn, Cause), turn)}


def _recall(turn: Turn, attempt: Attempt, _settings: Settings) -> Updates:
    passages = _collect.rank_passages(_ask(attempt, "recall", turn, Passage))
    attempt.call.recalled(len(passages))
    return {"passages": passages}


def _advise(turn: Turn, attempt: Attempt, _settings: Settings) -> Updates:
    answers = _ask(attempt, "advise", turn, StrategyScore)
    return {"strategies": _collect.average_strategies(answers)}


def _correct(turn: Turn, attempt: Attempt, _settings: Settings) -> Updates:
    if not turn.strategies:
        return {}
    scores: Any = FrozenDict({score.strategy: score.score for score in turn.strategies})
    for plugin, caller in attempt.callers("correct"):
        arguments = {"turn": turn, "scores": scores}
        answer = attempt.ask_one(plugin, "correct", caller, arguments, _checks.strategy_scores)
        scores = scores if answer is None else FrozenDict(answer)
    return {"strategies": _collect.corrected(turn.strategies, scores)}


def _guide(turn: Turn, attempt: Attempt, settings: Settings) -> Updates:
    if turn.last_user is None:
        return {}
    answers = _ask(attempt, "guide", turn, Guidance)
    return {"guidance": _collect.within_budget(answers, settings.token_budget, turn.model)}


def _ask(attempt: Attempt, hook: str, turn: Turn, *kinds: type[Value]) -> list[Any]:
    return attempt.ask(hook, {"turn": turn}, _checks.values_of(turn, *kinds))


_STAGES: dict[str, Stage] = {
    "comprehend": _comprehend,
    "read": _read,
    "explain": _explain,
    "recall": _recall,
    "advise": _advise,
    "correct": _correct,
    "guide": _guide,
}
