"""Fits temperature and thresholds on dev rows, and scores heads on them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
_MARGIN = 2
"""Neighbours on each side whose F1 counts too: the best single cut of a rare label is luck."""


def fit_temperature(logits: Floats, targets: Floats) -> float:
    """Find the divisor of ``logits`` whose sigmoid has the least cross-entropy."""
    choices = np.geomspace(0.5, 2.0, 61)
    losses = [
        np.mean(np.logaddexp(0, logits / choice) - targets * logits / choice) for choice in choices
    ]
    return float(choices[int(np.argmin(losses))])


def fit_thresholds(probabilities: Floats, targets: Floats) -> Floats:
    """Find per label the probability above which it holds, by F1 on the given rows."""
    cuts = np.arange(0.05, 0.9, 0.01)
    curves = np.stack([f1(probabilities > cut, targets, extra=2.0) for cut in cuts])
    padded = np.pad(curves, ((_MARGIN, _MARGIN), (0, 0)), mode="edge")
    spans = [padded[shift : shift + len(cuts)] for shift in range(2 * _MARGIN + 1)]
    chosen: Floats = cuts[np.mean(spans, axis=0).argmax(axis=0)].astype(np.float32)
    return chosen


def f1(predicted: NDArray[np.bool_], targets: Floats, extra: float = 0.0) -> NDArray[np.float64]:
    """Answer F1 of each label; ``extra`` imaginary errors take the luck out of rare ones."""
    hits = np.sum(predicted * targets, axis=0, dtype=np.float64)
    chances = predicted.sum(axis=0) + targets.sum(axis=0, dtype=np.float64) + extra
    scores: NDArray[np.float64] = 2 * hits / np.maximum(chances, 1.0)
    return scores


def correlation(felt: Floats, targets: Floats) -> list[float]:
    """Answer Pearson's r of each column."""
    pairs = zip(felt.T, targets.T, strict=True)
    return [float(np.corrcoef(one, other)[0, 1]) for one, other in pairs]
