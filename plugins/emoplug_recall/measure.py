"""Measures what the terms of the ranking bring: ``python -m emoplug_recall.measure --data DATA``.

RECCON tells which utterances caused an emotion. Dialogues are put together into sessions of about
300 messages. The query is an utterance with an emotion; what is sought among all messages of the
other dialogues and the earlier ones of its own are the utterances that caused it. Order is not
looked at, so position tells nothing. In the first setting the prompt holds the query alone, in the
second also the utterance before it, which then is no candidate and stands for the cause. Weights
are chosen on train; the encoder alone is used.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emoplug import Emoplug
from emoplug.store import Memory
from emoplug_recall._candidate import Candidate, Floats, understood
from emoplug_recall._options import RecallOptions
from emoplug_recall._rank import Query, likenesses, score
from emoplug_recall._select import NEAR

_MESSAGES = 300
_TOGETHER = 256
_GRID = (0.05, 0.1, 0.2, 0.4, 0.8, 1.2)
_TERMS = ("cause", "feeling", "intensity")
_ALONE = {term: 0.0 for term in _TERMS}
_SAMPLES = 2000
Task = tuple[Floats, NDArray[np.bool_]]
"""(4, n) likenesses of the candidates, and (n,) which of them are sought."""


@dataclass(frozen=True)
class _Turn:
    """One utterance: whose dialogue, which turn of it, the turns that caused its emotion."""

    dialogue: int
    number: int
    causes: frozenset[int]
    candidate: Candidate


def main() -> None:
    """Choose each term's weight on train, and report all splits."""
    parser = argparse.ArgumentParser(prog="python -m emoplug_recall.measure")
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    parser.add_argument("--limit", type=int, help="dialogues of each split, for a try")
    arguments = parser.parse_args()
    emo = Emoplug(plugins=["onnx"], permissive_only=True)
    splits = {
        split: _sessions(emo, arguments.data / "reccon" / f"{split}.jsonl.gz", arguments.limit)
        for split in ("train", "dev", "test")
    }
    for held in (1, 2):
        sys.stdout.write(f"\nprompt: {'the query' if held == 1 else 'the query, one before'}\n")
        tasks = {
            split: [task for session in sessions for task in _tasks(session, held)]
            for split, sessions in splits.items()
        }
        for name, options in _chosen(tasks["train"]).items():
            for split, rows in tasks.items():
                sys.stdout.write(f"{name:40} {split:6} {_report(rows, options)}\n")


def _chosen(train: Sequence[Task]) -> dict[str, RecallOptions]:
    """Answer what to compare: likeness alone, each term beside it at its best, the defaults."""
    rows = {"likeness to the message": RecallOptions(**_ALONE)}
    for term in _TERMS:
        tried = [RecallOptions(**{**_ALONE, term: weight}) for weight in _GRID]
        best = max(tried, key=lambda options: float((1 / _ranks(train, options)).mean()))
        rows[f"  and {term}, weight {getattr(best, term)}"] = best
    rows["  and all terms at their defaults"] = RecallOptions()
    return rows


def _report(tasks: Sequence[Task], options: RecallOptions) -> str:
    """Say recall at 1, 3 and 10, mean reciprocal rank, and its gain with a 95 % interval."""
    ranks, base = _ranks(tasks, options), _ranks(tasks, RecallOptions(**_ALONE))
    recalls = " ".join(f"R@{k} {np.mean(ranks <= k):.3f}" for k in (1, 3, 10))
    gains = 1 / ranks - 1 / base
    draws = np.random.default_rng(0).integers(0, len(gains), (_SAMPLES, len(gains)))
    low, high = np.quantile(gains[draws].mean(axis=1), [0.025, 0.975])
    mean = f"MRR {np.mean(1 / ranks):.3f} gain {gains.mean():+.3f} [{low:+.3f}, {high:+.3f}]"
    return f"{recalls} {mean} n={len(ranks)}"


def _ranks(tasks: Sequence[Task], options: RecallOptions) -> NDArray[np.int64]:
    """Answer the rank, from 1, of the best-ranked utterance sought."""
    ranks = []
    for columns, sought in tasks:
        scores = score(columns, options)
        ranks.append(1 + int(np.sum(scores > scores[sought].max())))
    return np.array(ranks)


def _tasks(session: Sequence[_Turn], held: int) -> Iterator[Task]:
    vectors = np.stack([turn.candidate.memory.vector for turn in session])
    places = {(turn.dialogue, turn.number): place for place, turn in enumerate(session)}
    for query in session:
        prompt = range(query.number - held + 1, query.number + 1)
        rows = [places[query.dialogue, n] for n in prompt if (query.dialogue, n) in places]
        if not query.causes or not rows:
            continue
        others = [
            place
            for place, turn in enumerate(session)
            if (turn.dialogue != query.dialogue or turn.number < prompt[0])
            and float(np.max(vectors[rows] @ vectors[place])) <= NEAR
        ]
        sought = np.array(
            [
                session[place].dialogue == query.dialogue and session[place].number in query.causes
                for place in others
            ]
        )
        if sought.any():
            asked = Query(
                vectors[rows[-1]], vectors[rows[0]], query.candidate.feeling, vectors[rows]
            )
            yield likenesses(asked, [session[place].candidate for place in others]), sought


def _sessions(emo: Emoplug, path: Path, limit: int | None) -> list[list[_Turn]]:
    """Put whole dialogues together, in random order, into sessions of 300 messages or more."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        dialogues = [json.loads(line) for line in lines]
    random.Random(0).shuffle(dialogues)
    known = _encoded(emo, dialogues[:limit])
    sessions, current = [], list[_Turn]()
    for number, dialogue in enumerate(dialogues[:limit]):
        for turn in dialogue["turns"]:
            causes = frozenset(c for c in turn.get("cause_turns", ()) if isinstance(c, int))
            current.append(_Turn(number, turn["turn"], causes, known[turn["text"]]))
        if len(current) >= _MESSAGES:
            sessions.append(current)
            current = []
    return sessions


def _encoded(emo: Emoplug, dialogues: Sequence[dict[str, Any]]) -> dict[str, Candidate]:
    texts = list(dict.fromkeys(turn["text"] for d in dialogues for turn in d["turns"]))
    known = {}
    for start in range(0, len(texts), _TOGETHER):
        part = texts[start : start + _TOGETHER]
        encoding = emo.encode(part)
        for row, text in enumerate(part):
            memory = Memory(role="user", text=text, timestamp=0, **understood(encoding, row))
            known[text] = Candidate.of(memory, encoding.labels, "", 0, None)
    return known


if __name__ == "__main__":
    main()
