"""What may be recalled: a piece of a session or a document, as ranking needs it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emoplug import Affect, Encoding, estimate_tokens
from emoplug.store import Memory

Floats = NDArray[np.float32]
Encode = Callable[[Sequence[str]], Encoding]
NEUTRAL = "neutral"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A piece of text with what is understood of it.

    Attributes:
        memory: Its words, who said them, and its vector.
        document: The session or file that it is from.
        segment: Which piece of that, counted from 0.
        timestamp: When it was said, where known.
        feeling: (labels,) square roots of the shares of the emotions but neutral.
        strength: Strength of feeling, 0..1.
        tokens: Estimated cost of its words.
    """

    memory: Memory
    document: str
    segment: int
    timestamp: float | None
    feeling: Floats
    strength: float
    tokens: int

    @classmethod
    def of(
        cls,
        memory: Memory,
        labels: Sequence[str],
        document: str,
        segment: int,
        timestamp: float | None,
    ) -> Candidate:
        """Work out once what every ranking asks."""
        probabilities = [memory.distribution.get(label, 0.0) for label in labels]
        affect = memory.affect
        return cls(
            memory,
            document,
            segment,
            timestamp,
            feeling_of(labels, np.array(probabilities, dtype=np.float32)),
            strength_of(affect.valence, affect.arousal) if affect else 0.0,
            estimate_tokens(memory.text),
        )


def feeling_of(labels: Sequence[str], probabilities: Floats) -> Floats:
    """Answer square roots of shares: the dot product of two is their Bhattacharyya coefficient."""
    felt = np.where([label == NEUTRAL for label in labels], 0.0, probabilities)
    return np.sqrt(felt / max(float(felt.sum()), 1e-9)).astype(np.float32)


def strength_of(valence: float, arousal: float) -> float:
    """Answer how far affect lies from neutral, at most 1."""
    return min(1.0, math.hypot(valence, arousal))


def encoder_of(encoding: Encoding) -> str:
    """Name what made the vectors, as a memory keeps it."""
    return f"{encoding.source}/{encoding.embeddings.shape[1]}"


def understood(encoding: Encoding, row: int) -> dict[str, Any]:
    """Answer the fields of a ``Memory`` that one row of an encoding tells."""
    probabilities, affect = encoding.emotions[row].tolist(), encoding.affect[row].tolist()
    holding = [
        (p, label)
        for p, label, cut in zip(
            probabilities, encoding.labels, encoding.thresholds.tolist(), strict=True
        )
        if p > cut
    ]
    return {
        "vector": encoding.embeddings[row],
        "encoder": encoder_of(encoding),
        "distribution": dict(zip(encoding.labels, probabilities, strict=True)),
        "emotion": max(holding)[1] if holding else None,
        "affect": Affect(valence=affect[0], arousal=affect[1], dominance=affect[2])
        if affect
        else None,
    }
