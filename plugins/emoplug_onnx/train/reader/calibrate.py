"""Fits on dev what turns the reader's logits into probabilities whose best label is a good bet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar
from scipy.special import log_softmax
from sklearn.metrics import f1_score

from emoplug_onnx.train.reader.decide import PENALTY, fit_honest, good_bet
from emoplug_onnx.train.reader.measure import Answers

Floats = NDArray[np.floating]
Integers = NDArray[np.integer]
WEIGHTED = frozenset({"meld", "emorynlp"})
"""Tasks that are judged by weighted F1."""
DAILY = "dailydialog"
"""Judged by micro F1 without its commonest label, and macro F1."""
PRIOR_SHARES = np.arange(0.0, 1.01, 0.1)
DISTANCES = 4
"""A cause lies in the emotion's own utterance, one before, two before, or further back."""
CUTS = np.arange(-2.0, 2.01, 0.05)
NEAR = 2
"""Neighbours of a cut on each side that have a say."""
CALM_SHIFTS = np.arange(-1.5, 1.01, 0.1)


@dataclass(frozen=True)
class Calibration:
    """Temperature and bias of each head; of causes, so that a positive sum is the best cut.

    Attributes:
        temperature: By task.
        bias: By task, (labels,).
        cause_temperature: Divides cause logits.
        cause_bias: (DISTANCES,) added by how far a cause lies from the emotion.
    """

    temperature: Mapping[str, float]
    bias: Mapping[str, Floats]
    cause_temperature: float
    cause_bias: Floats

    @classmethod
    def none(cls, sizes: Mapping[str, int]) -> Calibration:
        """Answer the calibration that changes nothing."""
        return cls(
            dict.fromkeys(sizes, 1.0),
            {t: np.zeros(n) for t, n in sizes.items()},
            1.0,
            np.zeros(DISTANCES),
        )

    def causes(self, scores: Floats, away: Integers) -> NDArray[np.bool_]:
        """Tell which pairs are a cause and its emotion."""
        bias = self.cause_bias[np.minimum(away, DISTANCES - 1)]
        found: NDArray[np.bool_] = scores / self.cause_temperature + bias > 0
        return found

    def labels(self, logits: Mapping[str, Floats]) -> dict[str, Integers]:
        """Choose the label of each row."""
        return {
            task: (rows / self.temperature[task] + self.bias[task]).argmax(axis=1)
            for task, rows in logits.items()
        }


def calibrate(answers: Answers) -> Calibration:
    """Fit everything on the rows of a dev split.

    A head's temperature has the least cross-entropy. The bias of one that is judged by weighted F1
    is a good bet on honest probabilities. That of DailyDialog, whose rare labels dev hardly has,
    has two parameters only: a share of the (negative) log of the labels' frequency, and a shift of
    the commonest, "no emotion".
    """
    temperature, bias = {}, {}
    for task, logits in answers.logits.items():
        truth = answers.truth[task]
        if task in WEIGHTED:
            temperature[task], bias[task] = _weighted(logits, truth)
            continue
        temperature[task] = _temperature(logits, truth)
        scaled = logits / temperature[task]
        still = np.zeros(logits.shape[1])
        bias[task] = _daily_bias(scaled, truth) if task == DAILY else still
    return Calibration(temperature, bias, *_cause_numbers(answers))


def _temperature(logits: Floats, truth: Integers) -> float:
    def loss(temperature: float) -> float:
        rows = log_softmax(logits / temperature, axis=1)
        return float(-rows[np.arange(len(truth)), truth].mean())

    return float(minimize_scalar(loss, bounds=(0.2, 5.0), method="bounded").x)


def _weighted(logits: Floats, truth: Integers) -> tuple[float, Floats]:
    scale, shifts = fit_honest(logits, truth)
    honest = log_softmax(logits * scale + shifts, axis=1)
    bias = shifts + good_bet(honest)
    return 1 / scale, bias - bias.mean()


def _daily_bias(logits: Floats, truth: Integers) -> Floats:
    size = logits.shape[1]
    frequency = np.bincount(truth, minlength=size) + 1
    rarity = -np.log(frequency / frequency.sum())
    commonest = int(frequency.argmax())
    best, chosen = -1.0, np.zeros(size)
    for share in PRIOR_SHARES:
        for shift in CALM_SHIFTS:
            bias = share * rarity
            bias[commonest] += shift
            score = _daily(truth, (logits + bias).argmax(axis=1))
            if score > best:
                best, chosen = score, bias
    centred: Floats = chosen - chosen.mean()
    return centred


def _cause_numbers(answers: Answers) -> tuple[float, Floats]:
    """Find temperature and biases of causes.

    The network has seen its training targets often and has come to trust words over places; that
    causes are near is put back with a shift for each distance. With one number for all on half of
    RECCON dev, Pos F1 was 0.673 on the other half, and 0.706 with these.
    """
    scores, causes = answers.pairs
    place = np.eye(DISTANCES)[np.minimum(answers.away, DISTANCES - 1)]

    def loss(numbers: Floats) -> float:
        logits = scores * numbers[0] + numbers[1] + place @ numbers[2:]
        wrong = np.logaddexp(0, logits) - causes * logits
        return float(wrong.sum() + PENALTY * np.square(numbers[2:]).sum())

    found = minimize(loss, np.r_[1.0, np.zeros(1 + DISTANCES)]).x
    shifts = found[1] + found[2:]
    return float(1 / found[0]), shifts + _cause_cut(answers, scores * found[0] + place @ shifts)


def _cause_cut(answers: Answers, logits: Floats) -> float:
    """Find the cut that serves both subtasks of RECCON: the sum of their four F1s is highest.

    Each sum counts with its neighbours: the best single cut is luck.
    """
    _, causes = answers.pairs

    def total(shift: float) -> float:
        found = logits + shift > 0
        words = np.where(causes == 1, found * answers.overlap, ~found)
        both = f1_score(causes, found, average=None, labels=[0, 1], zero_division=0)
        return float(both[1] + both.mean() + words[causes == 1].mean() + words.mean())

    totals = np.array([total(shift) for shift in CUTS])
    smooth = np.convolve(np.pad(totals, NEAR, mode="edge"), np.ones(2 * NEAR + 1), mode="valid")
    return float(CUTS[int(smooth.argmax())])


def _daily(truth: Integers, chosen: Integers) -> float:
    micro = f1_score(truth, chosen, average="micro", labels=range(1, 7))
    return float(micro + f1_score(truth, chosen, average="macro"))
