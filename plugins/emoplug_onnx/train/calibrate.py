"""Fits, on dev rows, what turns logits into honest probabilities and probabilities into labels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

Floats = NDArray[np.floating]


def fit_temperature(logits: Floats, targets: Floats) -> float:
    """Find the temperature whose sigmoid probabilities have the least cross-entropy."""

    def loss(temperature: float) -> float:
        scaled = logits / temperature
        return float(np.mean(np.logaddexp(0, scaled) - targets * scaled))

    return float(minimize_scalar(loss, bounds=(0.2, 5.0), method="bounded").x)


def fit_thresholds(probabilities: Floats, targets: Floats) -> NDArray[np.float64]:
    """Find for each label the threshold of best F1 on the given rows.

    F1 is smoothed by one imaginary miss and one false alarm, and taken as the mean over a small
    neighbourhood of thresholds: rare labels have a dozen rows, whose best single cut is luck.
    """
    grid = np.arange(0.05, 0.91, 0.01)
    best = np.empty(targets.shape[1])
    for label in range(targets.shape[1]):
        scores = np.array([_f1(probabilities[:, label] > cut, targets[:, label]) for cut in grid])
        smooth = np.convolve(np.pad(scores, 2, mode="edge"), np.full(5, 0.2), mode="valid")
        best[label] = grid[int(np.argmax(smooth))]
    return best


def _f1(predicted: NDArray[np.bool_], wanted: Floats) -> float:
    hits = float(np.sum(predicted * wanted))
    return 2 * hits / (float(predicted.sum()) + float(wanted.sum()) + 2)
