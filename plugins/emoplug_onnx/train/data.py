"""Reads GoEmotions, EmoBank and rated sentiment, and deals them out in length-sorted batches."""

from __future__ import annotations

import gzip
import html
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

EMOBANK_NEUTRAL = 3.0
"""Midpoint of EmoBank's 1..5 rating scale."""
EMOBANK_HALF_RANGE = 2.0
"""Divides a centred rating into emoplug's -1..1 affect scale."""
SENTIMENT_FILES = ("tweets", "nytEditorialSnippets", "movieReviewSnippets", "amazonReviewSnippets")
SENTIMENT_RANGE = 8.0
"""Divides a rating of -4..4, so that ratings spread as widely as EmoBank's valence does."""


@dataclass(frozen=True)
class Corpus:
    """Texts of one task with their targets, row for row.

    Attributes:
        task: ``emotion`` (multi-hot, n x labels), ``affect`` (n x 3 in -1..1) or ``sentiment``
            (n x 1 in -0.5..0.5).
        texts: The n texts.
        targets: float32 array whose first axis is the text.
    """

    task: str
    texts: tuple[str, ...]
    targets: NDArray[np.float32]


@dataclass(frozen=True)
class Batch:
    """Row numbers of one corpus that are trained on together."""

    task: str
    rows: tuple[int, ...]


def emotion_labels(data: Path) -> tuple[str, ...]:
    """Name the 28 GoEmotions labels in their official index order."""
    listing = json.loads((data / "goemotions" / "labels.json").read_text(encoding="utf-8"))
    return tuple(listing["labels"])


def read_goemotions(data: Path, split: str, labels: Sequence[str]) -> Corpus:
    """Read one split of GoEmotions as multi-hot rows over ``labels``."""
    rows = _read_jsonl(data / "goemotions" / f"{split}.jsonl.gz")
    column = {label: index for index, label in enumerate(labels)}
    targets = np.zeros((len(rows), len(labels)), dtype=np.float32)
    for index, row in enumerate(rows):
        for label in row["labels"]:
            targets[index, column[label]] = 1.0
    return Corpus("emotion", tuple(row["text"] for row in rows), targets)


def read_emobank(data: Path, split: str) -> Corpus:
    """Read one split of EmoBank as valence, arousal and dominance in -1..1."""
    rows = _read_jsonl(data / "emobank" / f"{split}.jsonl.gz")
    ratings = np.array([[row["V"], row["A"], row["D"]] for row in rows], dtype=np.float32)
    targets = (ratings - EMOBANK_NEUTRAL) / EMOBANK_HALF_RANGE
    return Corpus("affect", tuple(row["text"] for row in rows), targets)


def read_sentiment(folder: Path) -> Corpus:
    """Read the texts of Hutto and Gilbert (ICWSM 2014) with the mean of their 20 raters.

    Args:
        folder: ``hutto_ICWSM_2014``, as the source distribution of vaderSentiment holds it.
    """
    texts, ratings = [], []
    for name in SENTIMENT_FILES:
        table = (folder / f"{name}_GroundTruth.txt").read_text(encoding="utf-8")
        for line in table.splitlines():
            _, rating, text = line.split("\t")
            texts.append(html.unescape(text))
            ratings.append([float(rating) / SENTIMENT_RANGE])
    return Corpus("sentiment", tuple(texts), np.array(ratings, dtype=np.float32))


def epoch_batches(
    lengths: dict[str, Sequence[int]], repeats: dict[str, int], size: int, seed: int
) -> Iterator[Batch]:
    """Deal every row ``repeats`` times in an epoch, each batch of one task and of like length.

    Length is jittered before sorting, so that batches differ from epoch to epoch.
    """
    shuffle = random.Random(seed)
    batches: list[Batch] = []
    for task, task_lengths in lengths.items():
        for _ in range(repeats[task]):
            order = sorted(
                range(len(task_lengths)),
                key=lambda row: task_lengths[row] * shuffle.uniform(0.9, 1.1),
            )
            batches += [
                Batch(task, tuple(order[start : start + size]))
                for start in range(0, len(order), size)
            ]
    shuffle.shuffle(batches)
    yield from batches


def _read_jsonl(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
