"""Scores labels as the data sets are scored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from emoplug_emotion._dynamics import Chain, Floats, decode
from emoplug_emotion.train.data import UNSCORED, Scored

Integers = NDArray[np.int64]
STEPS = (0.6, 0.3, 0.15)
LEAST_RISE = 1e-4


def decoded(scored: Sequence[Scored], chain: Chain | None) -> tuple[Floats, Integers]:
    """Answer the rows of all scored messages, decoded with ``chain``, and their labels."""
    rows, gold = [], []
    for one in scored:
        row = one.scores if chain is None else decode(chain, one.scores, one.dialogue.speakers)
        there = one.dialogue.gold != UNSCORED
        rows.append(row[there])
        gold.append(one.dialogue.gold[there])
    return np.concatenate(rows), np.concatenate(gold)


def scores_of(name: str, gold: Integers, chosen: Integers, count: int) -> dict[str, float]:
    """Answer weighted F1, or for dailydialog micro F1 of all labels but the first; and macro F1."""
    hits = np.bincount(gold[gold == chosen], minlength=count)
    both = np.bincount(gold, minlength=count) + np.bincount(chosen, minlength=count)
    each = 2 * hits / np.maximum(both, 1)
    macro = {"macro_f1": float(each[both > 0].mean())}
    if name == "dailydialog":
        return {"micro_f1": float(2 * hits[1:].sum() / max(1, both[1:].sum())), **macro}
    shares = np.bincount(gold, minlength=count) / len(gold)
    return {"weighted_f1": float((each * shares).sum()), **macro}


def decision(name: str, gold: Integers, scores: Floats) -> Floats:
    """Answer (k,) to add to log probabilities so that the best label is a good bet.

    Each number is moved by ever smaller steps while the scores of the data set rise.
    """
    count = scores.shape[1]
    chosen = np.zeros(count)

    def value(bias: Floats) -> float:
        told = scores_of(name, gold, (scores + bias).argmax(axis=1).astype(np.int64), count)
        return sum(told.values()) if name == "dailydialog" else told["weighted_f1"]

    best = value(chosen)
    for size in STEPS:
        tried = [move * size for move in (*np.eye(count), *-np.eye(count))]
        risen = True
        while risen:
            value_of, move = max(((value(chosen + move), i) for i, move in enumerate(tried)))
            risen = value_of > best + LEAST_RISE
            if risen:
                best, chosen = value_of, chosen + tried[move]
    centred: Floats = chosen - chosen.mean()
    return centred


def decided(name: str, scored: Sequence[Scored], chain: Chain) -> Chain:
    """Answer ``chain`` with the decision that is best on ``scored``."""
    calm = replace(chain, decision=np.zeros_like(chain.bias))
    rows, gold = decoded(scored, calm)
    return replace(chain, decision=decision(name, gold, np.log(rows)))
