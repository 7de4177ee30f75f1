"""Measures shipped weights on GoEmotions and EmoBank, as their papers define it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import pearsonr, spearmanr
from sklearn.metrics import f1_score

from emoplug_onnx import Encoder, Options
from emoplug_onnx.train.data import emotion_labels, read_emobank, read_goemotions

HIGHER_IS_BETTER = ("macro_f1", "micro_f1", "r_valence", "r_arousal", "r_dominance")


def evaluate(data: Path, split: str, weights: str | None = None) -> dict[str, float]:
    """Answer macro-F1 over 28 labels, Pearson r of affect, and calibration error, on ``split``."""
    encoder = Encoder(Options(weights=weights))
    labels = encoder.encode(["a"]).labels
    emotions, affect = read_goemotions(data, split, labels), read_emobank(data, split)
    encoded = encoder.encode(emotions.texts)
    predicted = encoded.emotions > encoded.thresholds
    felt = encoder.encode(affect.texts).affect
    scores = {
        "goemotions_n": float(len(emotions.texts)),
        "macro_f1": float(f1_score(emotions.targets, predicted, average="macro", zero_division=0)),
        "micro_f1": float(f1_score(emotions.targets, predicted, average="micro", zero_division=0)),
        "macro_f1_at_0.3": float(
            f1_score(emotions.targets, encoded.emotions > 0.3, average="macro", zero_division=0)
        ),
        "calibration_error": calibration_error(encoded.emotions, emotions.targets),
        "emobank_n": float(len(affect.texts)),
    }
    for column, name in enumerate(("r_valence", "r_arousal", "r_dominance")):
        scores[name] = float(pearsonr(felt[:, column], affect.targets[:, column])[0])
    return scores


def geometry(data: Path, base: Path, weights: str | None = None, pairs: int = 20_000) -> float:
    """Answer Spearman's rho of old and new cosines over random pairs of dev texts."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    texts = (
        read_emobank(data, "dev").texts + read_goemotions(data, "dev", emotion_labels(data)).texts
    )[:3000]
    new = Encoder(Options(weights=weights)).encode(texts).embeddings
    tokenizer, model = AutoTokenizer.from_pretrained(base), AutoModel.from_pretrained(base).eval()
    rows = []
    with torch.inference_mode():
        for start in range(0, len(texts), 64):
            batch = tokenizer(
                list(texts[start : start + 64]),
                padding=True,
                truncation=True,
                max_length=128,
                return_tensors="pt",
            )
            states = model(**batch).last_hidden_state
            mask = batch["attention_mask"].unsqueeze(-1)
            rows.append(((states * mask).sum(1) / mask.sum(1)).numpy())
    old = np.concatenate(rows)
    old /= np.linalg.norm(old, axis=1, keepdims=True)
    chosen = np.random.default_rng(7).integers(0, len(texts), (2, pairs))
    cosines = [np.sum(vectors[chosen[0]] * vectors[chosen[1]], axis=1) for vectors in (old, new)]
    return float(spearmanr(*cosines)[0])


def calibration_error(
    probabilities: NDArray[np.floating], targets: NDArray[np.floating], bins: int = 15
) -> float:
    """Answer the expected calibration error over all (text, label) pairs, in equal bins."""
    flat, wanted = probabilities.ravel(), targets.ravel()
    bin_of = np.minimum((flat * bins).astype(int), bins - 1)
    error = 0.0
    for index in range(bins):
        members = bin_of == index
        if members.any():
            error += members.mean() * abs(flat[members].mean() - wanted[members].mean())
    return float(error)
