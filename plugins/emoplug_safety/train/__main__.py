"""Makes ``head.json``: ``python -m emoplug_safety.train --data DATA``.

``DATA`` holds ``goemotions/train.jsonl.gz``. The same data give the same file. What is printed was
measured by cross-validation in which all paraphrases of a sentence are held out together; the rules
were written with these sentences at hand, so for them it tells too much.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from emoplug import Emoplug
from emoplug_safety._evidence import COLUMNS
from emoplug_safety._head import FORMAT, SHIPPED, Floats
from emoplug_safety._options import THRESHOLD
from emoplug_safety._rules import KINDS, shipped
from emoplug_safety._tally import Outcome, lines, score
from emoplug_safety.train.data import read_background, read_examples
from emoplug_safety.train.fit import folds, sigmoid
from emoplug_safety.train.table import Table, evidence, fit_head, fit_judge, tabulate

FOLDS = 10
_SEED = 1
DATA = "own sentences; texts of GoEmotions train (Demszky et al., 2020)"
LICENCE = "Apache-2.0; CC BY 4.0"
_DIGITS = 3


def main() -> None:
    """Fit, report and write."""
    parser = argparse.ArgumentParser(prog="python -m emoplug_safety.train")
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    parser.add_argument("--out", type=Path, default=SHIPPED, help="file to write")
    arguments = parser.parse_args()
    emo = Emoplug(plugins=["onnx"])
    examples = [*read_examples(), *read_background(arguments.data, shipped())]
    table = tabulate(examples, shipped(), emo.encode)
    parts = folds([example.group for example in examples], FOLDS, _SEED)
    numbers = {name: _held_out(table, parts, name == "encoder") for name in ("encoder", "rules")}
    for name, held in numbers.items():
        sys.stdout.write(f"\n{name}\n" + "\n".join(_report(table, held, parts)) + "\n")
    everything = np.ones(len(examples), dtype=bool)
    judge = {name: fit_judge(table, held, everything) for name, held in numbers.items()}
    facts = _facts(emo, fit_head(table, everything), judge)
    arguments.out.write_text(json.dumps(facts) + "\n", encoding="utf-8")


def _held_out(table: Table, parts: Floats, learned: bool) -> Floats:
    """Answer the evidence of each example by a head that has not seen its group."""
    numbers = np.zeros((len(table.examples), len(KINDS), len(COLUMNS) + len(KINDS)))
    for part in range(FOLDS):
        head = fit_head(table, parts != part) if learned else None
        for place in np.flatnonzero(parts == part):
            numbers[place] = evidence(table, head, int(place))
    return numbers


def _report(table: Table, numbers: Floats, parts: Floats) -> Sequence[str]:
    outcomes = list[Outcome]()
    for part in range(FOLDS):
        judge = fit_judge(table, numbers, parts != part)
        for place in np.flatnonzero(parts == part):
            outcomes.append(_outcome(table, int(place), sigmoid(numbers[place] @ judge)))
    return list(lines(score(outcomes)))


def _outcome(table: Table, place: int, probabilities: Floats) -> Outcome:
    example = table.examples[place]
    told: dict[str, str] = {
        kind: "" for kind, p in zip(KINDS, probabilities, strict=True) if float(p) >= THRESHOLD
    }
    return Outcome(example.risk, None, example.category, told)


def _facts(emo: Emoplug, head: Floats, judge: dict[str, Floats]) -> dict[str, Any]:
    encoding = emo.encode(["size"])
    return {
        "format": FORMAT,
        "data": DATA,
        "licence": LICENCE,
        "source": encoding.source,
        "size": encoding.embeddings.shape[1],
        "labels": encoding.labels,
        "kinds": KINDS,
        "columns": COLUMNS,
        "weights": np.round(head[:, :-1], _DIGITS).tolist(),
        "bias": np.round(head[:, -1], _DIGITS).tolist(),
        "judge": {name: np.round(weights, _DIGITS).tolist() for name, weights in judge.items()},
    }


if __name__ == "__main__":
    main()
