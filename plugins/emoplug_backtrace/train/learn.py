"""Learns every profile, and prints how good they are on what was left out."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from emoplug_backtrace.train import profiles
from emoplug_backtrace.train.profiles import Floats, Query

DIGITS = 2
Learned = dict[str, Any]
PRIOR = ("nearness", "other", "similarity")


def learn(data: Path, out: Path) -> None:
    """Write the profiles learned on the data sets in ``data`` to ``out``."""
    learned = {**_documents(data), "conversation": _conversation(data)}
    out.write_text(json.dumps(learned, indent=2) + "\n", encoding="utf-8")


def _documents(data: Path) -> dict[str, Learned]:
    learned: dict[str, Learned] = {}
    for name, clock in (("lecture", True), ("news", False)):
        path = data / "backtracing" / f"{name}.jsonl.gz"
        tried = {
            rare: profiles.of_documents(path, rare=rare, clock=clock) for rare in (False, True)
        }
        rare = _likelier(tried)
        _tell(f"{name}, documents left out", profiles.tops(tried[rare], _nested(tried)))
        weights = _named(("rerank", "neighbours"), profiles.fit(tried[rare]))
        slope, shift = profiles.about(tried[rare], path, rare=rare)
        learned[name] = {
            **weights,
            "rare": rare,
            **({"clock": 1.0} if clock else {}),
            "about": [round(slope, DIGITS), round(shift, DIGITS)],
        }
    return learned


def _likelier(tried: Mapping[bool, Sequence[Query]]) -> bool:
    """Answer which way of counting tokens makes the causes likelier."""
    return min(tried, key=lambda rare: profiles.loss(tried[rare], profiles.fit(tried[rare]))[0])


def _nested(tried: Mapping[bool, Sequence[Query]]) -> list[Floats]:
    """Answer scores where each document's way of counting and weights are the others' choice."""
    scores: dict[tuple[str, int], Floats] = {}
    documents = dict.fromkeys(query.document for query in tried[False])
    for document in documents:
        others = {
            rare: [query for query in queries if query.document != document]
            for rare, queries in tried.items()
        }
        rare = _likelier(others)
        weights = profiles.fit(others[rare])
        for place, query in enumerate(tried[rare]):
            if query.document == document:
                scores[document, place] = query.features @ weights + query.fixed
    return [scores[query.document, place] for place, query in enumerate(tried[False])]


def _conversation(data: Path) -> Learned:
    path = data / "backtracing" / "conversation.jsonl.gz"
    held = frozenset(document["document_id"] for document in profiles.lines(path))
    train = profiles.of_conversations(path)
    dev = profiles.of_dialogues(data / "reccon" / "dev.jsonl.gz", held)
    prior = profiles.fit(profiles.only(train, slice(len(PRIOR))))
    known = profiles.stacked(dev, prior)
    scale, reader = profiles.fit(known)
    _tell("conversation, RECCON dev, left out", profiles.tops(known, profiles.left_out(known)))
    nearest = [query.features[:, 0] + 100 * query.features[:, 1] for query in dev]
    _tell("the same by the other speaker's turns, the nearest first", profiles.tops(dev, nearest))
    return _named((*PRIOR, "reader"), np.append(scale * prior, reader))


def _named(names: Sequence[str], weights: Floats) -> Learned:
    return {
        name: round(float(weight), DIGITS)
        for name, weight in zip(names, weights, strict=True)
        if round(float(weight), DIGITS) > 0
    }


def _tell(what: str, tops: Mapping[str, float]) -> None:
    sys.stdout.write(f"{what}: {json.dumps(tops)}\n")
