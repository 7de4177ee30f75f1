"""The main emotion of a longer text in the first person, read off our own encoder.

A logistic regression on its embedding, emotions and affect, learned on the essays of WASSA 2022:
people write there in several sentences how news make them feel, and a text's feeling is then not
that of its strongest sentence.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from emoplug import Encoding, WeightsError
from emoplug_emotion._dynamics import Floats

SHIPPED = Path(__file__).parent / "essays.json"
SOURCE = "onnx"
EMBEDDING = 10.0
"""Weight that brings embeddings of unit length to the spread of log probabilities."""


@dataclass(frozen=True)
class Readout:
    """What was learned.

    Attributes:
        encoder: Labels of the encoder it was learned on.
        weights: (columns, emotions).
        bias: (emotions,).
    """

    encoder: tuple[str, ...]
    weights: Floats
    bias: Floats


def columns(encoding: Encoding, felt: Floats) -> Floats:
    """Answer (n, columns) what it reads: the embedding beside what is felt."""
    return np.concatenate([EMBEDDING * encoding.embeddings.astype(np.float64), felt], axis=1)


def log_shares(encoding: Encoding, felt: Floats, floor: float) -> Floats | None:
    """Answer (n, emotions) log probabilities; ``None`` for an encoder it was not learned on.

    Raises:
        WeightsError: the file is missing or corrupt.
    """
    readout = shipped()
    known = encoding.source == SOURCE and encoding.labels == readout.encoder
    read = columns(encoding, felt)
    if not known or read.shape[1] != len(readout.weights):
        return None
    scores = read @ readout.weights + readout.bias
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    answer: Floats = np.log(powers / powers.sum(axis=1, keepdims=True) + floor)
    return answer


@cache
def shipped() -> Readout:
    """Read what ships."""
    try:
        facts = json.loads(SHIPPED.read_text(encoding="utf-8"))
        weights = np.array(facts["weights"], dtype=np.float64)
        bias = np.array(facts["bias"], dtype=np.float64)
        encoder = tuple(map(str, facts["encoder"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WeightsError(
            f"{SHIPPED} is missing or corrupt: {error}; reinstall emoplug"
        ) from error
    if weights.shape[1:] != bias.shape:
        raise WeightsError(f"{SHIPPED} is corrupt: its weights and bias differ; reinstall emoplug")
    return Readout(encoder, weights, bias)
