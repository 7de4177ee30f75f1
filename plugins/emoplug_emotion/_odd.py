"""Tells which of several texts feels unlike the others."""

from __future__ import annotations

import numpy as np

from emoplug import EmoplugError, Encoding
from emoplug_emotion._dynamics import Floats
from emoplug_emotion._essays import log_shares

_FEWEST = 3
"""Of two texts that differ, neither is the odd one."""
_FLOOR = 0.01
"""Below this all probabilities are alike: what a label certainly is not tells nothing."""
_AFFECT = 4.0
"""Weight that brings affect (-1..1) to the spread of log probabilities above the floor."""
_ESSAYS = 2.0
"""Weight of log shares, chosen on items put together from essays of WASSA 2022 dev and 2023."""


def oddness(encoding: Encoding) -> Floats:
    """Answer (n,) squared distances between each text and the mean of the others.

    Distances are between log probabilities, so that a label's change from 2 % to 20 % counts as
    much as one from 10 % to 100 %, and affect. What all texts share, such as a sad topic, cancels.
    Of our own encoder the main emotion of an essay is told as well, which counts most.

    Raises:
        EmoplugError: there are fewer than three texts, or the encoder knows no emotions.
    """
    count = len(encoding)
    if count < _FEWEST:
        raise EmoplugError(f"none of {count} texts can be the odd one; give {_FEWEST} or more")
    features = felt(encoding)
    if features.shape[1] == 0:
        raise EmoplugError("the encoder knows no emotions; use one that does, such as onnx")
    essays = log_shares(encoding, features, _FLOOR)
    if essays is not None:
        features = np.concatenate([features, _ESSAYS * essays], axis=1)
    others = (features.sum(axis=0) - features) / (count - 1)
    distances: Floats = ((features - others) ** 2).sum(axis=1)
    return distances


def felt(encoding: Encoding) -> Floats:
    """Answer (n, labels + affect): log probabilities, and affect on their scale."""
    logs = np.log(np.clip(encoding.emotions.astype(np.float64), _FLOOR, 1.0))
    answer: Floats = np.concatenate([logs, _AFFECT * encoding.affect], axis=1)
    return answer
