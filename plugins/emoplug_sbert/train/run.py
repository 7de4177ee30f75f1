"""Trains heads on the train splits, calibrates them on dev, and scores them there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import nn

from emoplug_sbert._heads import PROBE, Heads, write_heads
from emoplug_sbert._model import SentenceModel, unit
from emoplug_sbert._windows import pool
from emoplug_sbert.train.calibrate import correlation, f1, fit_temperature, fit_thresholds
from emoplug_sbert.train.data import Corpus, read_affect, read_emotions, read_labels, vectors_of
from emoplug_sbert.train.fit import Recipe, fit_head

Floats = NDArray[np.float32]
EMOTION, AFFECT = Recipe(epochs=20, dropout=0.5), Recipe(epochs=40, dropout=0.6)


def train(
    model: SentenceModel, data: Path, out: Path, keep: Path | None = None, seed: int = 7
) -> dict[str, float]:
    """Train heads on the train splits, calibrate on dev, write ``out``; answer dev scores."""
    probe = model.vectors([PROBE])[0]

    def embed(texts: Sequence[str]) -> Floats:
        windows = model.cut(texts)
        return unit(pool(model.vectors([w.words for w in windows]), windows, len(texts)))

    def seen(corpus: Corpus) -> Floats:
        return vectors_of(corpus.texts, embed, probe, keep)

    labels = read_labels(data)
    felt, rated = read_emotions(data, "train", labels), read_affect(data, "train")
    heads = Heads(
        labels=labels,
        thresholds=np.full(len(labels), 0.5, dtype=np.float32),
        temperature=1.0,
        emotion=fit_head(seen(felt), felt.targets, nn.BCEWithLogitsLoss(), EMOTION, seed),
        affect=fit_head(seen(rated), rated.targets, nn.MSELoss(), AFFECT, seed),
        model=Path(model.source).name if Path(model.source).is_dir() else model.source,
        probe=probe,
    )
    felt, rated = read_emotions(data, "dev", labels), read_affect(data, "dev")
    heads = _calibrated(heads, seen(felt), felt.targets)
    write_heads(out, heads)
    return _scores(heads, (seen(felt), felt.targets), (seen(rated), rated.targets))


def _calibrated(heads: Heads, vectors: Floats, targets: Floats) -> Heads:
    raw = heads.feel(vectors)[:, : len(heads.labels)].clip(1e-6, 1 - 1e-6)
    heads = replace(heads, temperature=fit_temperature(np.log(raw / (1 - raw)), targets))
    probabilities = heads.feel(vectors)[:, : len(heads.labels)]
    return replace(heads, thresholds=fit_thresholds(probabilities, targets))


def _scores(
    heads: Heads, emotions: tuple[Floats, Floats], affect: tuple[Floats, Floats]
) -> dict[str, float]:
    labels = len(heads.labels)
    predicted = heads.feel(emotions[0])[:, :labels] > heads.thresholds
    valence, arousal, dominance = correlation(heads.feel(affect[0])[:, labels:], affect[1])
    return {
        "goemotions_n": float(len(emotions[0])),
        "macro_f1": float(f1(predicted, emotions[1]).mean()),
        "emobank_n": float(len(affect[0])),
        "r_valence": valence,
        "r_arousal": arousal,
        "r_dominance": dominance,
    }
