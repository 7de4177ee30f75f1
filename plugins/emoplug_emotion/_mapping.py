"""Brings an encoder's emotion probabilities into a label set of which exactly one label holds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from emoplug_emotion._dynamics import LEAST, Floats, likeliest
from emoplug_emotion._parameters import Mapped
from emoplug_emotion._taxonomy import LabelSet


def by_map(mapped: Mapped, labels: Sequence[str], probabilities: Floats) -> Floats | None:
    """Answer (n, k) rows that sum to 1; ``None`` when ``labels`` lack one that the map needs."""
    if not set(labels) >= set(mapped.inputs):
        return None
    columns = [labels.index(label) for label in mapped.inputs]
    scores = log_odds(probabilities[:, columns]) @ mapped.weights + mapped.bias
    powers = np.exp(scores - scores.max(axis=1, keepdims=True, initial=-np.inf))
    answer: Floats = powers / powers.sum(axis=1, keepdims=True)
    return answer


def by_rules(
    target: LabelSet, labels: Sequence[str], probabilities: Floats, scale: float
) -> Floats | None:
    """Answer (n, k) rows that sum to 1: each label is as likely as the likeliest it stands for.

    A label of the encoder that is called as one of the set is taken as that one. ``None`` when
    nothing that the encoder tells apart is in the set.
    """
    own = {**target.rules, **{label: label for label in target.labels}}
    pairs = [(target.labels.index(own[x]), column) for column, x in enumerate(labels) if x in own]
    if not pairs:
        return None
    groups, columns = zip(*pairs, strict=True)
    table = likeliest(probabilities[:, columns], groups, len(target.labels))
    powers = table**scale
    answer: Floats = powers / powers.sum(axis=1, keepdims=True)
    return answer


def log_odds(probabilities: Floats) -> Floats:
    """Answer log odds, of probabilities kept off 0 and 1."""
    kept = np.clip(probabilities, LEAST, 1 - LEAST)
    answer: Floats = np.log(kept / (1 - kept))
    return answer
