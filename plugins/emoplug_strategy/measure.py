"""Measures planners and reply classifiers: ``python -m emoplug_strategy.measure --data DATA``.

``DATA`` holds the folder ``esconv``. Before each reply of a supporter whose strategy is known, the
next one is planned from the messages before it, the very first without any. The table shows
macro-F1, weighted F1, the preference bias B, and the mean F1 of the strategies of each stage of
support. Reply classifiers are asked about the reply itself. ``train`` taught the learned ones, so
only ``dev`` says how good they are; ``test`` is no choice here.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from emoplug import STAGES, STRATEGIES, Emoplug, Turn
from emoplug_strategy._plugin import Strategies
from emoplug_strategy._preference import bias, confusion, f1_scores, proficiency

PLUGINS = ("onnx", "emotion", "strategy")
SPLITS = ("dev", "train")
_PATIENCE = 60.0
Row = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """A reply, its strategy, and what was said before it."""

    messages: list[dict[str, str]]
    reply: str
    strategy: str


def main() -> None:
    """Print both tables, or one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m emoplug_strategy.measure")
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    parser.add_argument("--split", choices=SPLITS, default="dev", help="default: %(default)s")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args()
    rows = measure(list(cases(given.data, given.split)))
    sys.stdout.write(f"{json.dumps(rows)}\n" if given.json else "\n".join(table(rows)) + "\n")


def cases(data: Path, split: str) -> Iterator[Case]:
    """Answer every reply of a split whose strategy is known, with all that was said before."""
    with gzip.open(data / "esconv" / f"{split}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            turns = json.loads(line)["turns"]
            messages = [_message(turn) for turn in turns]
            for place, turn in enumerate(turns):
                if turn.get("strategy"):
                    yield Case(messages[:place], turn["text"], turn["strategy"])


def measure(rows: Sequence[Case]) -> dict[str, list[Row]]:
    """Answer the rows of both tables."""
    truth = [STRATEGIES.index(case.strategy) for case in rows]
    product, rules = _emoplug(), _emoplug(permissive_only=True)
    turns = _turns(product, rows)
    planned = {
        "as shipped": _best(turns),
        "no corrector": _best(_turns(_emoplug(strength=0.0), rows)),
        "permissive_only": _best(_turns(rules, rows)),
    }
    plans = [_plan(name, chosen, truth) for name, chosen in planned.items()]
    replies = [
        _reply("learned", _used(product, turns, rows), truth),
        _reply("rules", _used(rules, turns, rows), truth),
    ]
    read = [place for place, turn in enumerate(turns) if _reader(turn)]
    if read:
        chosen = [_number(_reader(turns[place])) for place in read]
        plans.append(_plan("reader alone", chosen, [truth[place] for place in read]))
    return {"plans": plans, "replies": replies}


def table(rows: Mapping[str, Sequence[Row]]) -> Iterator[str]:
    """Put the rows as two Markdown tables."""
    stages = " | ".join(STAGES)
    yield f"| planner | n | macro-F1 | weighted F1 | bias B | {stages} |"
    yield "| --- " * (5 + len(STAGES)) + "|"
    for row in rows["plans"]:
        shares = " | ".join(f"{100 * row['stages'][stage]:.1f}" for stage in STAGES)
        numbers = f"{100 * row['macro_f1']:.1f} | {100 * row['weighted_f1']:.1f}"
        yield f"| {row['planner']} | {row['n']} | {numbers} | {row['bias']:.2f} | {shares} |"
    yield ""
    yield "| reply classifier | n | accuracy | macro-F1 |"
    yield "| --- | --- | --- | --- |"
    for row in rows["replies"]:
        numbers = f"{100 * row['accuracy']:.1f} | {100 * row['macro_f1']:.1f}"
        yield f"| {row['classifier']} | {row['n']} | {numbers} |"


def _message(turn: Mapping[str, Any]) -> dict[str, str]:
    role = "assistant" if turn["speaker"] == "supporter" else "user"
    return {"role": role, "content": turn["text"] or " "}


def _emoplug(*, strength: float = 1.0, permissive_only: bool = False) -> Emoplug:
    return Emoplug(
        plugins=PLUGINS,
        options={"strategy": {"strength": strength}},
        permissive_only=permissive_only,
        deadline=_PATIENCE,
        on_error="raise",
    )


def _turns(emo: Emoplug, rows: Sequence[Case]) -> list[Turn]:
    return [emo.prepare(case.messages) for case in rows]


def _best(turns: Sequence[Turn]) -> list[int]:
    return [STRATEGIES.index(turn.strategies[0].strategy) for turn in turns]


def _reader(turn: Turn) -> Mapping[str, float]:
    return turn.comprehension.strategies if turn.comprehension else {}


def _used(emo: Emoplug, turns: Sequence[Turn], rows: Sequence[Case]) -> list[int]:
    plugin = emo.plugins["strategy"]
    assert isinstance(plugin, Strategies)
    used: Callable[[Turn, str], Mapping[str, float]] = plugin.used
    return [_number(used(turn, case.reply)) for turn, case in zip(turns, rows, strict=True)]


def _number(scores: Mapping[str, float]) -> int:
    return STRATEGIES.index(max(scores, key=scores.__getitem__))


def _plan(name: str, chosen: Sequence[int], truth: Sequence[int]) -> Row:
    counts = confusion(chosen, truth)
    each = dict(zip(STRATEGIES, f1_scores(counts).tolist(), strict=True))
    return {
        "planner": name,
        "n": len(truth),
        "macro_f1": proficiency(counts),
        "weighted_f1": float(np.average(list(each.values()), weights=counts.sum(axis=0))),
        "bias": bias(counts),
        "stages": {
            stage: float(np.mean([each[name] for name in names])) for stage, names in STAGES.items()
        },
    }


def _reply(name: str, chosen: Sequence[int], truth: Sequence[int]) -> Row:
    counts = confusion(chosen, truth)
    return {
        "classifier": name,
        "n": len(truth),
        "accuracy": float(np.trace(counts) / counts.sum()),
        "macro_f1": proficiency(counts),
    }


if __name__ == "__main__":
    main()
