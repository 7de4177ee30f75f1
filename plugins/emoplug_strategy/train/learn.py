"""From dialogues to weights, and from weights to files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from emoplug import STAGES, STRATEGIES
from emoplug_strategy._corrector import Corrector
from emoplug_strategy._linear import Linear
from emoplug_strategy._talk import Floats
from emoplug_strategy._terms import Terms
from emoplug_strategy._weights import ARRAYS, FACTS
from emoplug_strategy.train.corpus import Dialogue
from emoplug_strategy.train.fit import (
    Rows,
    fit_plan,
    fit_replies,
    out_of_fold,
    plan_blocks,
    reply_blocks,
    vocabulary,
)


@dataclass(frozen=True)
class Learned:
    """All that is shipped; see ``emoplug_strategy._weights.Weights``."""

    size: int
    labels: int
    terms: Mapping[str, float]
    replies: Linear
    plan: Linear
    unread: Floats
    corrector: Mapping[str, Any]


def learn(dialogues: Sequence[Dialogue]) -> Learned:
    """Learn the reply classifier, on its answers the planner, and on its answers the corrector.

    What one part learns from another's answers are answers about dialogues that the other was not
    fitted on, as they will be in use.
    """
    rows = Rows.of(dialogues)
    terms = vocabulary(rows.texts)
    replied = reply_blocks(rows, Terms(terms))
    planned = plan_blocks(rows, out_of_fold(fit_replies, replied, rows))
    scores = out_of_fold(fit_plan, planned, rows)
    corrector = Corrector.fit(scores, rows.truth, stages_of(scores))
    return Learned(
        size=rows.size,
        labels=dialogues[0].talk.emotions.shape[1],
        terms=terms,
        replies=fit_replies(replied, rows.truth),
        plan=fit_plan(planned, rows.truth),
        unread=rows.unread,
        corrector=corrector.as_mapping(),
    )


def stages_of(scores: Floats) -> list[str]:
    """Answer the stage of each row of (n, 8) scores, as ``Turn.stage`` tells it."""
    names = list(STAGES)
    columns = [[STRATEGIES.index(name) for name in STAGES[stage]] for stage in names]
    sums = np.stack([scores[:, own].sum(axis=1) for own in columns], axis=1)
    return [names[best] for best in sums.argmax(axis=1)]


def write(learned: Learned, folder: Path) -> None:
    """Write the two files of the weights."""
    folder.mkdir(parents=True, exist_ok=True)
    facts = {
        "size": learned.size,
        "labels": learned.labels,
        "corrector": learned.corrector,
        "terms": learned.terms,
    }
    (folder / FACTS).write_text(json.dumps(facts, indent=0) + "\n", encoding="utf-8")
    np.savez(
        folder / ARRAYS,
        reply_weights=learned.replies.weights,
        reply_bias=learned.replies.bias,
        plan_weights=learned.plan.weights,
        plan_bias=learned.plan.bias,
        unread=learned.unread,
    )
