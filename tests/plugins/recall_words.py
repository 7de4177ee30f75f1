"""An encoder whose likeness can be foreseen, and conversations for the tests of recall."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from emoplug import Emoplug, Encoding, Turn, hookimpl
from emoplug_recall import Options, Recall

SIZE = 256
LABELS = ("joy", "sadness", "neutral")
FELT = {"happy": 0, "glad": 0, "sad": 1, "cried": 1}


class Words:
    """Texts are alike by the words that they share; a few words tell joy or sadness."""

    def __init__(self, name: str = "words") -> None:
        self.name = name
        self.asked: list[str] = []

    @hookimpl
    def encode(self, texts: Sequence[str]) -> Encoding:
        self.asked += texts
        emotions = np.array([_emotions(text) for text in texts], dtype=np.float32).reshape(-1, 3)
        valence = emotions[:, 0] - emotions[:, 1]
        return Encoding(
            embeddings=np.array([_vector(text) for text in texts], np.float32).reshape(-1, SIZE),
            labels=LABELS,
            emotions=emotions,
            thresholds=np.full(3, 0.5, dtype=np.float32),
            affect=np.stack([valence, np.zeros_like(valence), np.zeros_like(valence)], axis=1),
            source=self.name,
        )


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold()) or ["nothing"]


def _vector(text: str) -> Any:
    total = np.zeros(SIZE)
    for word in _words(text):
        seed = int.from_bytes(hashlib.sha256(word.encode("utf-8", "replace")).digest()[:8], "big")
        total += np.random.default_rng(seed).normal(size=SIZE)
    return total / np.linalg.norm(total)


def _emotions(text: str) -> list[float]:
    told = {FELT[word] for word in _words(text) if word in FELT}
    return [0.9 if 0 in told else 0.05, 0.9 if 1 in told else 0.05, 0.1 if told else 0.9]


def with_recall(recall: Recall | None = None, *others: object, **options: Any) -> Emoplug:
    """An Emoplug of ``Words`` and recall that raises; ``options`` are those of recall."""
    plugin = recall or Recall(Options(**{"store": ":memory:", **options}))
    plugins = [*(others or (Words(),)), plugin]
    return Emoplug(plugins=plugins, on_error="raise", deadline=60, token_budget=2000)


def user(text: str, **fields: Any) -> dict[str, Any]:
    return {"role": "user", "content": text, **fields}


def tell(emo: Emoplug, *texts: str, session: str = "ann", reply: str = "mm") -> None:
    """Say each text in a turn of its own, without history."""
    for text in texts:
        emo.review(emo.prepare([user(text)], session=session), reply)


def ask(emo: Emoplug, *texts: str, session: str | None = "ann") -> Turn:
    return emo.prepare([user(text) for text in texts], session=session)


def recalled(emo: Emoplug, *texts: str, session: str | None = "ann") -> list[str]:
    return [passage.text for passage in ask(emo, *texts, session=session).passages]
