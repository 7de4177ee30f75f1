"""The learned part: a linear layer on the shipped encoder, and the judge of all evidence."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emoplug import Encoding, WeightsError
from emoplug_safety._evidence import COLUMNS
from emoplug_safety._rules import KINDS

Floats = NDArray[np.float64]
SHIPPED = Path(__file__).parent / "head.json"
FORMAT = 1


@dataclass(frozen=True)
class Head:
    """What was learned.

    Attributes:
        source: Name of the encoder whose numbers the weights fit.
        size: Columns of its embeddings.
        labels: Its emotions.
        weights: (kinds + 1, size + labels) for log odds; the last row is for "about another".
        bias: (kinds + 1,).
        judge: Weights of the evidence, ``encoder`` and ``rules``: (columns + kinds,) each.
        sources: What was learned from which data, for people.
    """

    source: str
    size: int
    labels: tuple[str, ...]
    weights: Floats
    bias: Floats
    judge: Mapping[str, Floats]
    sources: str

    def fits(self, encoding: Encoding) -> bool:
        """Tell whether the encoding is of the kind that the weights were learned on."""
        return (
            encoding.source == self.source
            and encoding.labels == self.labels
            and encoding.embeddings.ndim == 2
            and encoding.embeddings.shape[1] == self.size
        )

    def logits(self, encoding: Encoding) -> Floats:
        """Answer (texts, kinds + 1) log odds, the last column for "about another"."""
        answer: Floats = inputs(encoding) @ self.weights.T + self.bias
        return answer

    def probability(self, evidence: Sequence[float], kind: str, learned: bool) -> float:
        """Answer the probability that a danger of ``kind`` is meant."""
        weights = self.judge["encoder" if learned else "rules"]
        shift = weights[len(COLUMNS) + KINDS.index(kind)]
        logit = float(np.dot(weights[: len(COLUMNS)], evidence) + shift)
        return 1 / (1 + math.exp(-min(max(logit, -30.0), 30.0)))


def inputs(encoding: Encoding) -> Floats:
    """Answer (texts, size + labels): embeddings and emotion probabilities side by side."""
    return np.concatenate([encoding.embeddings, encoding.emotions], axis=1, dtype=np.float64)


def read_head(path: Path = SHIPPED) -> Head:
    """Read the weights.

    Raises:
        WeightsError: they are missing, unreadable or of another format.
    """
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        return _head(facts)
    except FileNotFoundError as error:
        raise WeightsError(f"{path} is missing; reinstall emoplug") from error
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise WeightsError(f"{path} is corrupt: {error}; reinstall emoplug") from error


def _head(facts: Mapping[str, Any]) -> Head:
    if facts["format"] != FORMAT or tuple(facts["columns"]) != COLUMNS:
        raise ValueError(f"it is not of format {FORMAT}")
    labels, size, rows = tuple(facts["labels"]), int(facts["size"]), len(KINDS) + 1
    return Head(
        source=str(facts["source"]),
        size=size,
        labels=labels,
        weights=_table(facts["weights"], (rows, size + len(labels))),
        bias=_table(facts["bias"], (rows,)),
        judge={
            name: _table(facts["judge"][name], (len(COLUMNS) + len(KINDS),))
            for name in ("encoder", "rules")
        },
        sources=f"{facts['data']} ({facts['licence']})",
    )


def _table(values: Any, shape: tuple[int, ...]) -> Floats:
    table = np.array(values, dtype=np.float64)
    if table.shape != shape or not np.isfinite(table).all():
        raise ValueError(f"expected finite numbers of shape {shape}")
    return table
