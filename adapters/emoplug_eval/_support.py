"""Reads conversations of emotional support, and logs of the strategies that were predicted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emoplug import STAGES, STRATEGIES, InputError
from emoplug_eval._examples import Example, Examples, Scene
from emoplug_eval._rows import Row, read_rows

SEEKER, SUPPORTER = "seeker", "supporter"
_UNSCORED = "no row has scores, which the corrector needs: measured as it was predicted"


@dataclass(frozen=True)
class Entry:
    """What a log says of one prediction.

    Attributes:
        predicted: Index of the strategy.
        scores: Of each strategy, in the order of ``STRATEGIES``, where the log tells them.
        stage: Which stage of support it was, where the log tells that.
    """

    predicted: int
    scores: tuple[float, ...] | None = None
    stage: str | None = None


def read_support(path: Path) -> Examples:
    """Read ESConv: each supporter turn with a strategy is asked about with the turns before it.

    The first turn of all is asked about, too, where nothing was said yet.
    """
    scenes: list[Scene] = []
    rows: list[Example] = []
    for row in read_rows(path):
        turns = row.objects("turns")
        speakers = tuple(turn.label("speaker", (SEEKER, SUPPORTER)) for turn in turns)
        texts = tuple(turn.text("text") for turn in turns)
        for place, turn in enumerate(turns):
            if speakers[place] == SUPPORTER and turn.has("strategy"):
                gold = STRATEGIES.index(turn.label("strategy", STRATEGIES))
                rows.append(Example(len(scenes), place, gold, row.text("dialogue_id")))
                scenes.append(Scene(speakers[:place], texts[:place], SEEKER))
    if not rows:
        raise InputError(f"{path} has no supporter turn with a 'strategy'; nothing can be asked")
    return Examples(tuple(scenes), tuple(rows))


def read_log(path: Path) -> Examples:
    """Read a log of predictions; right is the index of the true strategy."""
    rows = read_rows(path)
    scored = rows[0].has("scores")
    for row in rows:
        if row.has("scores") != scored:
            row.refuse(
                f"has {'no scores' if scored else 'scores'}, unlike the first",
                "give 'scores' in all rows or in none",
            )
    examples = tuple(
        Example(0, 0, _strategy(row, "true"), row.text("dialogue_id"), said=_entry(row))
        for row in rows
    )
    return Examples((Scene.by_one(),), examples, tuple(_notes(examples)))


def _entry(row: Row) -> Entry:
    stage = row.label("stage", tuple(STAGES)) if row.has("stage") else None
    scores = _scores(row) if row.has("scores") else None
    return Entry(_strategy(row, "predicted"), scores, stage)


def _strategy(row: Row, field: str) -> int:
    return STRATEGIES.index(row.label(field, STRATEGIES))


def _scores(row: Row) -> tuple[float, ...]:
    """Answer all scores, 0 for those that a mapping does not name."""
    given: Any = row.get("scores")
    if isinstance(given, list) and len(given) == len(STRATEGIES):
        given = dict(zip(STRATEGIES, given, strict=True))
    if not isinstance(given, Mapping) or not given:
        row.refuse(
            "has 'scores' that cannot be read",
            f"give a score by strategy, or a list of {len(STRATEGIES)}: {', '.join(STRATEGIES)}",
        )
    named = Row(row.path, row.line, {**dict.fromkeys(STRATEGIES, 0.0), **given})
    for name in given:
        row.known(name, "strategy", STRATEGIES)
    return tuple(named.number(name, 0, 1) for name in STRATEGIES)


def _notes(rows: tuple[Example, ...]) -> Iterator[str]:
    scored = [row.said for row in rows if row.said.scores]
    if not scored:
        yield _UNSCORED
    other = sum(max(entry.scores) > entry.scores[entry.predicted] for entry in scored)
    if other:
        yield f"in {other:,} of {len(rows):,} rows the predicted strategy has not the best score"
