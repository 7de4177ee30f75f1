"""Finds the dialogue reader's weights, and what turns its logits into probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emoplug_onnx._files import Contents, corrupt, naming, read_checked, read_facts

FACTS = "reader.json"
MODEL = "reader.onnx"
CAUSES = "causes.onnx"
TOKENIZER = "reader.tokenizer.json"
FORMAT = 2
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Head:
    """What the columns of one output mean.

    Attributes:
        labels: Their names.
        temperature: Divides the logits.
        bias: Added to the divided logits: what made the best decisions on dev.
    """

    labels: tuple[str, ...]
    temperature: float
    bias: Floats

    def probabilities(self, logits: Floats) -> Floats:
        """Turn (..., labels) logits into rows that sum to 1."""
        scores = logits / np.float32(self.temperature) + self.bias
        powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
        answer: Floats = powers / powers.sum(axis=-1, keepdims=True)
        return answer


@dataclass(frozen=True)
class ReaderWeights:
    """A checked set of the reader's files.

    Attributes:
        folder: Where they are.
        licence: Under which terms the weights may be used.
        heads: Output name to its meaning, for those that are distributions.
        ratings: Names of the ``ratings`` output's columns.
        rating_scale: Middle and spread that bring them back to their scale.
        cause_temperature: Divides cause logits.
        cause_bias: Added to divided cause logits, so that 0.5 is the best cut on dev: by how many
            messages the cause lies before the emotion, the last for all that lie further.
        window: Most tokens in one pass.
        sha256: Hash of each file, checked.
    """

    folder: Path
    licence: str
    heads: dict[str, Head]
    ratings: tuple[str, ...]
    rating_scale: tuple[float, float]
    cause_temperature: float
    cause_bias: Floats
    window: int
    sha256: dict[str, str]

    def cause_scores(self, logits: Floats) -> Floats:
        """Turn the logits of the (u,) messages up to the emotion's into log odds of a cause."""
        away = np.arange(len(logits) - 1, -1, -1).clip(max=len(self.cause_bias) - 1)
        answer: Floats = logits / np.float32(self.cause_temperature) + self.cause_bias[away]
        return answer

    def read(self) -> Contents:
        """Read ``MODEL``, ``CAUSES`` and ``TOKENIZER``, making sure that they are what they were.

        Raises:
            WeightsError: a file is missing or was changed.
        """
        return read_checked(self.folder, FACTS, (MODEL, CAUSES, TOKENIZER), self.sha256)


def read_weights(folder: Path) -> ReaderWeights:
    """Read and check the reader's files in ``folder``.

    Raises:
        WeightsError: a file is missing, was changed, or is of another format.
    """
    facts = read_facts(folder / FACTS, FORMAT)
    with naming(folder / FACTS):
        heads = {
            name: Head(
                tuple(head["labels"]),
                float(head["temperature"]),
                np.array(head["bias"], dtype=np.float32),
            )
            for name, head in facts["heads"].items()
        }
        middle, spread = map(float, facts["rating_scale"])
        weights = ReaderWeights(
            folder=folder,
            licence=str(facts["licence"]),
            heads=heads,
            ratings=tuple(facts["ratings"]),
            rating_scale=(middle, spread),
            cause_temperature=float(facts["cause_temperature"]),
            cause_bias=np.array(facts["cause_bias"], dtype=np.float32),
            window=int(facts["window"]),
            sha256=dict(facts["sha256"]),
        )
    for name, head in weights.heads.items():
        if head.bias.shape != (len(head.labels),):
            raise corrupt(folder / FACTS, f"labels and bias of {name} differ in number")
    if weights.cause_bias.ndim != 1 or not len(weights.cause_bias):
        raise corrupt(folder / FACTS, "cause_bias is no list of numbers")
    weights.read()
    return weights
