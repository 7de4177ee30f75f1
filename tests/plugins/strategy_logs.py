"""Logs of chats and of choices, for the tests of bias reports."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from emoplug import STRATEGIES

TALK = [
    {"role": "system", "content": "Be kind."},
    {"role": "user", "content": "My manager shouted at me again."},
    {"role": "assistant", "content": "What happened then?"},
    {"role": "user", "content": "I cried in the bathroom."},
    {"role": "assistant", "content": "Have you tried talking to HR? You should write it down."},
]


def written(path: Path, rows: Sequence[Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def biased(rows: int = 400) -> list[dict[str, Any]]:
    """Choices by somebody who likes advice, with scores that know something of the truth."""
    generator = np.random.default_rng(1)
    advice = STRATEGIES.index("Providing Suggestions")
    found = []
    for row in range(rows):
        true = int(generator.integers(0, 8))
        logits = generator.normal(0, 1, 8)
        logits[true] += 1.5
        logits[advice] += 1.5
        scores = np.exp(logits) / np.exp(logits).sum()
        found.append(
            {
                "dialogue_id": str(row // 10),
                "predicted": STRATEGIES[int(scores.argmax())],
                "true": STRATEGIES[true],
                "scores": dict(zip(STRATEGIES, scores.tolist(), strict=True)),
            }
        )
    return found
