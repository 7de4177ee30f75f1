"""Reads what was learned: two linear maps, a vocabulary and the planner's own preference."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from emoplug import WeightsError
from emoplug_strategy._linear import Linear
from emoplug_strategy._talk import Floats
from emoplug_strategy._terms import Terms

FOLDER = Path(__file__).parent / "weights"
ARRAYS, FACTS = "strategy.npz", "strategy.json"


@dataclass(frozen=True)
class Weights:
    """What was learned from ESConv; for research use, as its data.

    Attributes:
        size: Columns of the embeddings it was learned on.
        labels: Emotion columns it was learned on.
        terms: Words that tell the strategy of a reply.
        replies: Reply features and terms to strategies.
        plan: Plan features, embeddings and the reader's log probabilities to strategies.
        unread: (8,) the reader's mean log probabilities, for where it has not read.
        corrector: The planner's own preference, as ``Corrector.from_mapping`` takes it.
    """

    size: int
    labels: int
    terms: Terms
    replies: Linear
    plan: Linear
    unread: Floats
    corrector: Mapping[str, Any]


def hashes() -> dict[str, str]:
    """Answer the SHA-256 of each file of the shipped weights."""
    return {
        f"sha256 {name}": sha256((FOLDER / name).read_bytes()).hexdigest()
        for name in (ARRAYS, FACTS)
    }


@cache
def shipped() -> Weights:
    """Read the weights in this package, once."""
    return read_weights(FOLDER)


def read_weights(folder: Path) -> Weights:
    """Read weights.

    Raises:
        WeightsError: a file is missing or not what it should be.
    """
    try:
        facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        with np.load(folder / ARRAYS, allow_pickle=False) as arrays:
            return Weights(
                size=facts["size"],
                labels=facts["labels"],
                terms=Terms(facts["terms"]),
                replies=Linear(arrays["reply_weights"], arrays["reply_bias"]),
                plan=Linear(arrays["plan_weights"], arrays["plan_bias"]),
                unread=arrays["unread"],
                corrector=facts["corrector"],
            )
    except (OSError, ValueError, KeyError) as error:
        raise WeightsError(
            f"cannot read the weights in {folder} ({type(error).__name__}: {error}); "
            "install emoplug again"
        ) from error
