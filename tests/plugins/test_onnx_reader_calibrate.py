from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

from emoplug_onnx.train.reader.calibrate import Calibration, calibrate
from emoplug_onnx.train.reader.measure import Answers
from emoplug_onnx.train.reader.metrics import scores_of
from emoplug_onnx.train.reader.model import HEADS

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
SIZES = {task: size for task, size in HEADS.items() if task != "wassa"}
PLAIN = Calibration.none(SIZES)


def chosen(task: str, labels: ArrayLike) -> Floats:
    """Answer logits whose highest are these labels."""
    rows: Floats = np.eye(SIZES[task])[np.array(labels)]
    return rows


def answers(
    logits: Mapping[str, Floats] | None = None,
    truth: Mapping[str, Integers] | None = None,
    scores: ArrayLike = (1.0, -1.0),
    causes: ArrayLike = (1, 0),
    overlap: ArrayLike = (1.0, 0.0),
    away: ArrayLike = 0,
) -> Answers:
    """Answer what a reader says; of what is not named it says little, all of it right."""
    ratings = np.array([[0.0, 1.0], [1.0, 0.5], [2.0, 0.0]])
    return Answers(
        logits or {},
        truth or {},
        (ratings, ratings),
        (np.array(scores), np.array(causes)),
        np.broadcast_to(np.asarray(away, dtype=np.int64), np.shape(scores)),
        np.array(overlap),
    )


def marks(said: Answers, fitted: Calibration = PLAIN) -> dict[str, float]:
    """Score what is said; of the tasks that nothing is said of, everything is right."""
    logits = {task: chosen(task, range(size)) for task, size in SIZES.items()}
    truth = {task: np.arange(size) for task, size in SIZES.items()}
    whole = replace(said, logits={**logits, **said.logits}, truth={**truth, **said.truth})
    return scores_of(whole, fitted)


def drawn(logits: Floats, random: np.random.Generator) -> Integers:
    """Draw labels with the probabilities that logits stand for."""
    powers = np.exp(logits)
    shares = powers.cumsum(axis=1) / powers.sum(axis=1, keepdims=True)
    found: Integers = (shares > random.random((len(logits), 1))).argmax(axis=1)
    return found


@pytest.mark.parametrize("temperature", [0.5, 1.7])
def test_temperatures_are_found_again(temperature: float) -> None:
    random = np.random.default_rng(7)
    logits = random.normal(0, 2, (3000, 8))
    scores = random.normal(0, 2, 3000)
    causes = (random.random(3000) < 1 / (1 + np.exp(-scores))).astype(int)
    fitted = calibrate(
        answers(
            {"esconv": logits * temperature, "meld": logits[:, :7] * temperature},
            {"esconv": drawn(logits, random), "meld": drawn(logits[:, :7], random)},
            *(scores * temperature, causes, causes.astype(float)),
        )
    )
    assert fitted.temperature["esconv"] == pytest.approx(temperature, rel=0.06)
    assert fitted.temperature["meld"] == pytest.approx(temperature, rel=0.06)
    assert fitted.cause_temperature == pytest.approx(temperature, rel=0.06)
    assert not fitted.bias["esconv"].any(), "what has no metric keeps its likelihood"


@pytest.mark.parametrize("task", ["meld", "emorynlp", "dailydialog"])
def test_a_network_that_says_calm_too_often_is_corrected(task: str) -> None:
    truth = np.array([0] * 60 + [1, 2, 3, 4, 5, 6] * 10)
    logits = chosen(task, truth) * 0.8
    logits[:, 0] += 1.2
    fitted = calibrate(answers({task: logits}, {task: truth}))
    assert set(PLAIN.labels({task: logits})[task]) == {0}
    assert fitted.labels({task: logits})[task].tolist() == truth.tolist()
    assert fitted.bias[task].mean() == pytest.approx(0, abs=1e-9)


def test_what_suits_daily_dialog_is_bolder_than_what_suits_meld() -> None:
    """Three of ten rows that look alike are no calm ones."""
    truth = np.array([0] * 400 + [0, 0, 0, 0, 0, 0, 0, 1, 1, 1] * 8 + [2, 3, 4, 5, 6] * 2)
    logits = chosen("meld", truth) * 4
    logits[400:480] = chosen("meld", [0] * 80) * 2 + chosen("meld", [1] * 80) * 2
    tasks = ("meld", "dailydialog")
    fitted = calibrate(answers(dict.fromkeys(tasks, logits), dict.fromkeys(tasks, truth)))
    found = fitted.labels(dict.fromkeys(tasks, logits))
    assert set(found["meld"][400:480]) == {0}
    assert set(found["dailydialog"][400:480]) == {1}


def test_the_cut_of_causes_lies_where_they_begin() -> None:
    scores = np.linspace(-4, 4, 81)
    causes = (scores > 1).astype(int)
    fitted = calibrate(answers(scores=scores, causes=causes, overlap=causes.astype(float)))
    found = fitted.causes(scores, np.zeros(81, dtype=np.int64))
    assert found.tolist() == causes.astype(bool).tolist()


def test_the_worse_the_words_the_more_careful_the_cut() -> None:
    random = np.random.default_rng(7)
    scores = random.normal(0, 2, 2000)
    causes = (random.random(2000) < 1 / (1 + np.exp(-scores))).astype(int)
    bold, careful = (
        calibrate(answers(scores=scores, causes=causes, overlap=causes * agreement)).cause_bias[0]
        for agreement in (1.0, 0.0)
    )
    assert bold > careful + 0.2


def test_where_causes_lie_is_learned_and_what_is_further_counts_alike() -> None:
    random = np.random.default_rng(7)
    away = random.integers(0, 9, 4000)
    scores = random.normal(0, 2, 4000)
    logits = scores + np.array([1.5, 0.5, -0.5, -1.5])[np.minimum(away, 3)]
    causes = (random.random(4000) < 1 / (1 + np.exp(-logits))).astype(int)
    fitted = calibrate(answers(scores=scores, causes=causes, overlap=causes * 1.0, away=away))
    steps = np.diff(fitted.cause_bias * fitted.cause_temperature)
    assert steps == pytest.approx([-1, -1, -1], abs=0.3)
    found = fitted.causes(np.zeros(6), np.arange(6))
    assert found[0]
    assert len(set(found[3:])) == 1


def test_a_reader_that_is_right_gets_full_marks_and_needs_no_calibration() -> None:
    scores = marks(answers())
    assert scores == pytest.approx(dict.fromkeys(scores, 1.0))


def test_emotions_are_scored_as_the_papers_do() -> None:
    tasks = ("meld", "emorynlp", "dailydialog")
    truth = dict.fromkeys(tasks, np.array([0, 0, 0, 0, 1, 2]))
    logits = dict.fromkeys(tasks, chosen("meld", [0, 0, 0, 1, 1, 0]))
    scores = marks(answers(logits, truth))
    zero, one = 3 / 4, 2 / 3  # F1 of the labels; that of label 2 is 0
    assert scores["meld_weighted_f1"] == pytest.approx((4 * zero + one) / 6)
    assert scores["emorynlp_weighted_f1"] == pytest.approx((4 * zero + one) / 6)
    assert scores["dailydialog_macro_f1"] == pytest.approx((zero + one) / 3)
    assert scores["dailydialog_micro_f1"] == pytest.approx(1 / 2), "without the calm label"


def test_situations_are_among_the_best_three_and_strategies_weigh_alike() -> None:
    logits = np.zeros((4, 32))
    logits[:, [5, 6, 7, 8]] = [4, 3, 2, 1]
    said = chosen("esconv", [0, 0, 0, 1])
    truth = {"empatheticdialogues": np.array([5, 7, 7, 8]), "esconv": np.array([0, 0, 1, 1])}
    scores = marks(answers({"empatheticdialogues": logits, "esconv": said}, truth))
    assert scores["empatheticdialogues_top1"] == 1 / 4
    assert scores["empatheticdialogues_top3"] == 3 / 4
    assert scores["esconv_macro_f1"] == pytest.approx((4 / 5 + 2 / 3) / 2)


def test_causes_are_scored_by_utterance_and_by_words() -> None:
    said = answers(
        scores=[2.0, 2.0, -1.0, 2.0, -1.0, -2.0],
        causes=[1, 1, 1, 0, 0, 0],
        overlap=[1.0, 0.5, 1.0, 0.0, 0.0, 0.0],
    )
    scores = marks(said)
    assert scores["reccon_pos_f1"] == pytest.approx(2 / 3)
    assert scores["reccon_macro_f1"] == pytest.approx(2 / 3)
    assert scores["reccon_span_f1_pos"] == pytest.approx((1 + 0.5 + 0) / 3)
    assert scores["reccon_span_f1"] == pytest.approx((1 + 0.5 + 0 + 0 + 1 + 1) / 6)


def test_what_was_fitted_decides() -> None:
    said = answers(scores=[2.0, -1.0, -4.0], causes=[1, 1, 0], overlap=[1.0, 1.0, 0.0])
    bias = {task: np.zeros(size) for task, size in SIZES.items()}
    bias["meld"][3] = 9
    fitted = replace(PLAIN, bias=bias, cause_temperature=2.0, cause_bias=np.ones(4))
    before, after = (marks(said, one) for one in (PLAIN, fitted))
    assert after["meld_weighted_f1"] == pytest.approx(1 / 7 * (2 / 8)), "all are the fourth"
    assert before["reccon_span_f1"] == pytest.approx(2 / 3)
    assert after["reccon_span_f1"] == pytest.approx(1)


def test_ratings_are_correlated_column_by_column() -> None:
    said = np.array([[0.0, 1.0], [1.0, 0.5], [2.0, 0.0]])
    rated = np.array([[5.0, 1.0], [6.0, 2.0], [7.0, 3.0]])
    scores = marks(replace(answers(), ratings=(said, rated)))
    assert scores["wassa_r_empathy"] == pytest.approx(1)
    assert scores["wassa_r_distress"] == pytest.approx(-1)
