"""What a plugin's answer must look like; each check tells what is wrong, or ``None``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from emoplug._turn import Comprehension, Encoding, Turn
from emoplug._types import STRATEGIES, Cause, Reading, Risk, Span, StrategyScore

Check = Callable[[Any], str | None]


def encoding_of(count: int) -> Check:
    """An ``Encoding`` with ``count`` rows everywhere and columns that fit its labels."""

    def check(answer: Any) -> str | None:
        if not isinstance(answer, Encoding):
            return _expected("an Encoding", answer)
        labels = len(answer.labels)
        shapes = {
            "embeddings": len(answer.embeddings) == count,
            "emotions": answer.emotions.shape == (count, labels),
            "thresholds": answer.thresholds.shape == (labels,),
            "affect": len(answer.affect) == count,
        }
        wrong = [name for name, fits in shapes.items() if not fits]
        return f"{wrong[0]} do not fit {count} texts and {labels} labels" if wrong else None

    return check


def comprehension_of(turn: Turn) -> Check:
    """A ``Comprehension`` with one row for each message of ``turn``."""
    count = len(turn.messages)

    def check(answer: Any) -> str | None:
        if not isinstance(answer, Comprehension):
            return _expected("a Comprehension", answer)
        wrong = [
            name
            for name, view in answer.views.items()
            if view.probabilities.shape != (count, len(view.labels))
        ]
        if wrong:
            return f"its view {wrong[0]!r} does not fit {count} messages and its labels"
        if answer.causes.shape != (count,):
            return f"its causes do not fit {count} messages"
        return strategy_scores(answer.strategies) or _spans_outside(answer.cause_spans, turn)

    return check


def values_of(turn: Turn, *kinds: type) -> Check:
    """A sequence of ``kinds`` whose message indices and spans lie inside ``turn``."""
    wanted = f"a list of {' or '.join(kind.__name__ for kind in kinds)}"
    count = len(turn.messages)

    def check(answer: Any) -> str | None:
        if isinstance(answer, str | bytes) or not isinstance(answer, Sequence):
            return _expected(wanted, answer)
        if _readings_inside(answer, kinds, count):
            return None
        for value in answer:
            if not isinstance(value, kinds):
                return _expected(wanted, value, "one with")
            problem = _outside(value, turn)
            if problem:
                return problem
        return None

    return check


def strategy_scores(answer: Any) -> str | None:
    """A mapping of ESConv strategies to numbers in 0..1."""
    if not isinstance(answer, Mapping):
        return _expected("a mapping of strategy to score", answer)
    for name, score in answer.items():
        if name not in STRATEGIES:
            return f"{name!r} is no strategy; strategies: {', '.join(STRATEGIES)}"
        if not isinstance(score, int | float) or not 0 <= score <= 1:
            return f"the score of {name!r} is {score!r}, expected a number in 0..1"
    return None


def nothing(answer: Any) -> str | None:
    """No answer at all."""
    return _expected("None", answer)


def _readings_inside(answer: Sequence[Any], kinds: tuple[type, ...], count: int) -> bool:
    """Tell at once what is true of nearly every answer of readings: there are many of them."""
    if Reading not in kinds or set(map(type, answer)) != {Reading}:
        return False
    indices: list[int] = [reading.index for reading in answer]
    return min(indices) >= 0 and max(indices) < count


def _outside(value: Any, turn: Turn) -> str | None:
    if isinstance(value, StrategyScore) and value.strategy not in STRATEGIES:
        return f"{value.strategy!r} is no strategy; strategies: {', '.join(STRATEGIES)}"
    if not isinstance(value, Reading | Cause | Risk) or value.index is None:
        return None
    if not 0 <= value.index < len(turn.messages):
        return f"points at message {value.index} of {len(turn.messages)}"
    span = None if isinstance(value, Reading) else value.span
    return _spans_outside({value.index: [] if span is None else [span]}, turn)


def _spans_outside(spans: Mapping[int, Sequence[Span]], turn: Turn) -> str | None:
    for index, ranges in spans.items():
        if not 0 <= index < len(turn.messages):
            return f"points at message {index} of {len(turn.messages)}"
        length = len(turn.messages[index].text)
        for start, end in ranges:
            if not 0 <= start < end <= length:
                return f"span {(start, end)} is outside message {index} of {length} characters"
    return None


def _expected(what: str, answer: object, with_: str = "") -> str:
    got = f"{with_} {type(answer).__name__}".strip()
    return f"expected {what}, got {got}"
