"""Reads GoEmotions and EmoBank, and keeps the vectors of their texts."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Embed = Callable[[Sequence[str]], Floats]
_MIDDLE, _HALF = 3.0, 2.0
"""EmoBank rates from 1 to 5; affect is -1..1."""


@dataclass(frozen=True)
class Corpus:
    """n texts and what is wanted of each: (n, labels) multi-hot, or (n, 3) affect."""

    texts: tuple[str, ...]
    targets: Floats


def read_labels(data: Path) -> tuple[str, ...]:
    """Name the GoEmotions labels in the order of their columns."""
    listing = json.loads((data / "goemotions" / "labels.json").read_text(encoding="utf-8"))
    return tuple(listing["labels"])


def read_emotions(data: Path, split: str, labels: Sequence[str]) -> Corpus:
    """Read one split of GoEmotions."""
    rows = _rows(data / "goemotions" / f"{split}.jsonl.gz")
    hot = [[float(label in row["labels"]) for label in labels] for row in rows]
    return Corpus(tuple(row["text"] for row in rows), np.array(hot, dtype=np.float32))


def read_affect(data: Path, split: str) -> Corpus:
    """Read one split of EmoBank."""
    rows = _rows(data / "emobank" / f"{split}.jsonl.gz")
    rated = np.array([[row[axis] for axis in "VAD"] for row in rows], dtype=np.float32)
    return Corpus(tuple(row["text"] for row in rows), (rated - _MIDDLE) / _HALF)


def vectors_of(texts: Sequence[str], embed: Embed, probe: Floats, keep: Path | None) -> Floats:
    """Answer (n, d) vectors of ``texts``; taken from the folder ``keep`` where it has them.

    ``probe`` is some vector of the model, which tells it from others.
    """
    if keep is None:
        return embed(texts)
    named = hashlib.sha256(probe.tobytes() + "\0".join(texts).encode("utf-8", "replace"))
    path = keep / f"{named.hexdigest()[:16]}.npy"
    if not path.is_file():
        keep.mkdir(parents=True, exist_ok=True)
        np.save(path, embed(texts))
    found: Floats = np.load(path, allow_pickle=False)
    return found


def _rows(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
