"""Measures when a note is told, and what it costs: ``python -m emoplug_hef.measure --data DATA``.

``DATA`` holds the folders ``dailydialog`` and ``esconv``, each with ``dev.jsonl.gz``. A message is
read with all that was said before it, its speaker as the user. DailyDialog tells which messages
have an emotion: the others should cost nothing. What a note costs is measured on the messages of
ESConv's seekers that a supporter answers, without a budget.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import numpy as np

from emoplug import Emoplug, Turn
from emoplug_hef import Hints
from emoplug_hef._compose import Meter, note_of
from emoplug_hef._frame import Style
from emoplug_hef._load import frame_of
from emoplug_hef._options import HintOptions
from emoplug_hef._parts import Author

NO_EMOTION = "no emotion"
SEED = 20240607
BUDGETS = (100, 120, 140, 160, 180, 200)
_UNBOUNDED = 10_000
_DEADLINE = 60.0
STYLES: tuple[Style, ...] = ("prose", "compact")
Row = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """A message with what was said before it, and whether it has an emotion, where known."""

    messages: list[dict[str, str]]
    emotional: bool


def main() -> None:
    """Print both tables, or one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m emoplug_hef.measure")
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    parser.add_argument("--sample", type=int, default=1000, help="messages of each data set")
    parser.add_argument("--plugins", default="onnx,emotion,cause,strategy", help="asked before hef")
    parser.add_argument("--permissive-only", action="store_true", help="without restricted weights")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args()
    emo = Emoplug(
        plugins=given.plugins.split(","),
        deadline=_DEADLINE,
        on_error="raise",
        permissive_only=given.permissive_only,
    )
    talk = drawn(dailydialog(given.data / "dailydialog" / "dev.jsonl.gz"), given.sample)
    support = drawn(esconv(given.data / "esconv" / "dev.jsonl.gz"), given.sample)
    rows = {"silence": silence(emo, talk), "cost": cost(emo, support)}
    sys.stdout.write(f"{json.dumps(rows)}\n" if given.json else "\n".join(table(rows)) + "\n")


def dailydialog(path: Path) -> Iterator[Case]:
    """Answer every message of every dialogue, in order."""
    for _, group in groupby(_lines(path), key=lambda row: row["dialogue_id"]):
        turns = list(group)
        for count, turn in enumerate(turns, start=1):
            yield Case(_said(turns[:count]), turn["emotion"] != NO_EMOTION)


def esconv(path: Path) -> Iterator[Case]:
    """Answer every message of a seeker after which a supporter speaks."""
    for dialogue in _lines(path):
        turns = dialogue["turns"]
        for count, (turn, after) in enumerate(pairwise(turns), start=1):
            if (turn["speaker"], after["speaker"]) == ("seeker", "supporter"):
                yield Case(_said(turns[:count]), True)


def drawn(cases: Iterator[Case], most: int) -> list[Case]:
    """Answer ``most`` cases, drawn by a fixed seed; all of them where there are no more."""
    every = list(cases)
    return random.Random(SEED).sample(every, min(most, len(every)))


def silence(emo: Emoplug, cases: Sequence[Case]) -> list[Row]:
    """Count the notes told on messages with and without an emotion, at the default budget."""
    hints = Hints()
    told: dict[bool, list[int]] = {False: [], True: []}
    for case in cases:
        notes = hints.guide(emo.prepare(case.messages)) or []
        told[case.emotional].append(sum(note.tokens for note in notes))
    return [
        {
            "messages": "with an emotion" if emotional else "without an emotion",
            "count": len(tokens),
            "note": float(np.mean(np.array(tokens) > 0)),
            "tokens": float(np.mean(tokens)),
        }
        for emotional, tokens in told.items()
        if tokens
    ]


def cost(emo: Emoplug, cases: Sequence[Case]) -> list[Row]:
    """Tell what notes cost in both styles, and how many are whole at a budget."""
    turns = [emo.prepare(case.messages) for case in cases]
    return [_cost(turns, style, listed) for style in STYLES for listed in (True, False)]


def _cost(turns: Sequence[Turn], style: Style, listed: bool) -> Row:
    """Measure notes with everything in them, or all but the second stage (``listed`` false)."""
    options = HintOptions(style=style, budget=_UNBOUNDED)
    author, hints = Author(frame_of(options.language, None), options), Hints(options)
    tokens = []
    for turn in turns:
        if turn.reading is not None and hints.guide(turn):
            parts = author.parts(turn, turn.reading)
            chosen = {name: part for name, part in parts.items() if listed or name != "others"}
            note = note_of(chosen, author.frame, options, Meter(), turn.model)
            tokens.append(note.tokens if note else 0)
    array = np.array(tokens or [0])
    return {
        "style": style,
        "second_stage": listed,
        "messages": len(turns),
        "notes": len(tokens),
        "tokens": float(array.mean()),
        "tokens_95": float(np.quantile(array, 0.95)),
        "whole": {str(budget): float(np.mean(array <= budget)) for budget in BUDGETS},
    }


def table(rows: dict[str, list[Row]]) -> Iterator[str]:
    """Put the rows as two Markdown tables."""
    yield "| DailyDialog dev, messages | n | told nothing | told a note | tokens a message |"
    yield "| --- | --- | --- | --- | --- |"
    for row in rows["silence"]:
        shares = f"{1 - row['note']:.1%} | {row['note']:.1%} | {row['tokens']:.1f}"
        yield f"| {row['messages']} | {row['count']} | {shares} |"
    yield ""
    budgets = " / ".join(map(str, BUDGETS))
    yield f"| ESConv dev, notes | n | mean tokens | 95 % | whole at {budgets} |"
    yield "| --- | --- | --- | --- | --- |"
    for row in rows["cost"]:
        name = f"{row['style']}{'' if row['second_stage'] else ', first stage alone'}"
        whole = " / ".join(f"{share:.0%}" for share in row["whole"].values())
        numbers = f"{row['tokens']:.1f} | {row['tokens_95']:.0f} | {whole}"
        yield f"| {name} | {row['notes']} of {row['messages']} | {numbers} |"


def _said(turns: Sequence[Row]) -> list[dict[str, str]]:
    me = turns[-1]["speaker"]
    return [
        {"role": "user" if turn["speaker"] == me else "assistant", "content": turn["text"]}
        for turn in turns
    ]


def _lines(path: Path) -> Iterator[Row]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


if __name__ == "__main__":
    main()
