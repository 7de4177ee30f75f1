from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import log_softmax
from sklearn.metrics import f1_score

from emoplug_onnx.train.reader.decide import fit_honest, good_bet

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def drawn(logarithms: Floats, random: np.random.Generator) -> Integers:
    """Draw labels with the probabilities whose logarithms are given."""
    shares = np.exp(logarithms).cumsum(axis=1)
    found: Integers = (shares > random.random((len(logarithms), 1))).argmax(axis=1)
    return found


def mostly_calm(count: int, random: np.random.Generator) -> Floats:
    """Answer honest log probabilities of four labels, the first of which is the commonest."""
    logits = random.normal(0, 1, (count, 4)) + np.array([2.0, 0.5, 0.5, -1.0])
    logarithms: Floats = log_softmax(logits, axis=1)
    return logarithms


def test_a_scale_and_shifts_are_found_again() -> None:
    random = np.random.default_rng(7)
    logits = random.normal(0, 1, (6000, 4))
    shifts = np.array([1.0, -0.5, 0.0, -0.5])
    scale, found = fit_honest(logits, drawn(log_softmax(logits * 1.5 + shifts, axis=1), random))
    assert scale == pytest.approx(1.5, rel=0.05)
    assert found - found.mean() == pytest.approx(shifts, abs=0.1)


def test_a_label_with_a_few_rows_is_hardly_shifted() -> None:
    truth = np.array([0] * 20 + [1] * 20 + [2])
    _, shifts = fit_honest(np.zeros((len(truth), 3)), truth)
    seen = np.log(20) - np.log(1)
    assert 0 < shifts[0] - shifts[2] < seen, "between nothing and what was seen"


def test_a_good_bet_raises_the_f1_of_labels_that_it_has_not_seen() -> None:
    random = np.random.default_rng(7)
    logarithms = mostly_calm(20_000, random)
    truth = drawn(logarithms, random)
    bias = good_bet(logarithms)
    plain, better = (
        f1_score(truth, rows.argmax(axis=1), average="weighted")
        for rows in (logarithms, logarithms + bias)
    )
    assert better > plain + 0.005
    moved = [logarithms + bias + move for row in np.eye(4) for move in (0.3 * row, -0.3 * row)]
    others = [f1_score(truth, rows.argmax(axis=1), average="weighted") for rows in moved]
    assert max(others) < better + 0.002, "nothing near is better by more than luck"
