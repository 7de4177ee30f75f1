from __future__ import annotations

import time

import numpy as np
import pytest

import emoplug_strategy
from emoplug import STAGES, STRATEGIES
from emoplug_eval._bias import bias, preferences
from emoplug_eval._bootstrap import intervals
from emoplug_eval._metrics import Floats, measure
from emoplug_eval._strategies import Corrections, Forecasts


def confusion(labels: int, **said: int) -> Floats:
    """Answer (right, said) counts; ``r0s1=4`` says that 1 was said four times where 0 is right."""
    counts = np.zeros((labels, labels))
    for cell, count in said.items():
        counts[int(cell[1]), int(cell[3])] = count
    return counts


def iterated(counts: Floats) -> Floats:
    """Answer the preferences as the paper writes them, all at once and term by term."""
    labels = range(len(counts))
    w, p = counts.T, np.ones(len(counts))
    for _ in range(10_000):
        new = np.array(
            [
                sum(w[i, j] * p[j] / (p[i] + p[j]) for j in labels if j != i)
                / sum(w[j, i] / (p[i] + p[j]) for j in labels if j != i)
                for i in labels
            ]
        )
        new *= len(p) / new.sum()
        if np.abs(new - p).max() < 1e-6:
            return new
        p = new
    raise AssertionError("it does not come to rest")


def test_of_two_labels_the_preferences_are_as_often_as_each_is_wrongly_said() -> None:
    # 1 is said four times for 0, 0 once for 1: p of 0.4 and 1.6
    counts = confusion(2, r0s0=9, r0s1=4, r1s0=1, r1s1=3)
    assert preferences(counts) == pytest.approx([0.4, 1.6], abs=1e-5)
    assert bias(counts) == pytest.approx(0.6, abs=1e-5)


def test_what_is_rightly_said_counts_nothing() -> None:
    counts = confusion(3, r0s1=4, r1s0=1, r1s2=2, r2s0=3)
    assert bias(counts + 100 * np.eye(3)) == pytest.approx(float(bias(counts)))


@pytest.mark.parametrize("seed", range(5))
def test_preferences_equal_those_iterated_as_the_paper_writes_them(seed: int) -> None:
    counts = np.random.default_rng(seed).integers(1, 40, (8, 8)).astype(np.float64)
    assert preferences(counts) == pytest.approx(iterated(counts), abs=1e-5)
    assert preferences(counts).sum() == pytest.approx(8)


@pytest.mark.parametrize("seed", range(3))
def test_it_is_the_bias_that_the_plugin_strategy_tells(seed: int) -> None:
    counts = np.random.default_rng(seed).integers(0, 9, (8, 8)).astype(np.float64)
    assert bias(counts) == pytest.approx(emoplug_strategy.bias(counts.T), abs=1e-4)


def test_labels_that_are_confused_alike_are_preferred_alike() -> None:
    assert bias(np.full((8, 8), 5.0)) == pytest.approx(0, abs=1e-9)


def test_without_any_confusion_there_is_no_bias() -> None:
    assert bias(np.diag([3.0] * 8)) == 0.0
    assert bias(np.zeros((8, 8))) == 0.0


def test_who_always_says_the_same_has_the_greatest_bias_there_is() -> None:
    counts = np.zeros((8, 8))
    counts[:, 3] = 5
    assert list(preferences(counts)) == [0, 0, 0, 8, 0, 0, 0, 0]
    assert bias(counts) == pytest.approx(7**0.5)


def test_a_label_that_is_never_confused_has_preference_one() -> None:
    counts = confusion(4, r0s1=4, r1s0=1, r3s3=6)
    assert preferences(counts) == pytest.approx([0.4, 1.6, 1, 1], abs=1e-5)
    boundless = confusion(4, r0s1=4)
    assert list(preferences(boundless)) == [0, 2, 1, 1]


def test_labels_that_are_wrongly_said_and_never_missed_share_all() -> None:
    counts = confusion(4, r0s2=4, r1s3=1, r0s1=2, r1s0=2)
    assert list(preferences(counts)) == [0, 0, 2, 2]


def test_a_label_that_is_missed_and_never_wrongly_said_has_preference_zero() -> None:
    # 2 is never said wrongly, 3 only for 2
    counts = confusion(4, r0s1=4, r1s0=1, r2s0=3, r2s3=3, r3s1=2)
    assert preferences(counts) == pytest.approx([0.8, 3.2, 0, 0], abs=1e-4)


def test_what_only_creeps_towards_zero_ends_after_some_sweeps() -> None:
    # 2 and 3 are confused with each other, and both only lose to 0 and 1
    counts = confusion(4, r0s1=1, r1s0=1, r2s3=1, r3s2=1, r2s0=1, r3s1=1)
    found = preferences(counts)
    assert found[:2] == pytest.approx([2, 2], abs=0.01)
    assert (found[2:] < 0.01).all()


def test_many_at_once_are_as_one_by_one() -> None:
    random = np.random.default_rng(0)
    many = random.integers(0, 3, (4, 5, 8, 8)).astype(np.float64)
    many[0, 0] = 0
    one_by_one = [[bias(one) for one in row] for row in many]
    assert bias(many) == pytest.approx(np.array(one_by_one), abs=1e-12)


def test_forecasts_by_hand() -> None:
    names = ["Question", "Question", "Self-disclosure", "Information", "Others"]
    said = ["Question", "Information", "Self-disclosure", "Information", "Question"]
    gold = [STRATEGIES.index(name) for name in names]
    scores = measure(Forecasts(), gold, [np.eye(8)[STRATEGIES.index(name)] for name in said])
    # F1 of question 1/2, self-disclosure 1, information 2/3, of the others 0
    assert scores["macro_f1"] == pytest.approx((1 / 2 + 1 + 2 / 3) / 8)
    assert scores["weighted_f1"] == pytest.approx((2 * 1 / 2 + 1 + 2 / 3) / 5)
    assert scores["exploration_f1"] == pytest.approx((1 / 2 + 0) / 2)
    assert scores["comforting_f1"] == pytest.approx((0 + 1 + 0) / 3)
    assert scores["action_f1"] == pytest.approx((0 + 2 / 3) / 2)
    # information is wrongly said and never missed: of three confused ones it takes all
    assert scores["bias"] == pytest.approx(float(np.std([0, 1, 1, 1, 1, 1, 3, 0])))


def test_every_stage_has_its_score() -> None:
    assert set(Forecasts().names) >= {f"{stage}_f1" for stage in STAGES}


def test_of_equal_scores_the_strategy_listed_first_is_told() -> None:
    assert measure(Forecasts(), [0], [np.zeros(8)])["weighted_f1"] == 1.0


def test_what_is_corrected_is_scored_beside_what_was_predicted() -> None:
    gold = [0, 1, 0, 1]
    scores = measure(Corrections(), gold, [(0, 0), (0, 1), (1, 0), (1, 1)])
    assert scores["macro_f1"] == pytest.approx((1 / 2 + 1 / 2) / 8)
    assert scores["corrected_macro_f1"] == pytest.approx((1 + 1) / 8)
    assert (scores["bias"], scores["corrected_bias"]) == (0.0, 0.0)
    alone = measure(Corrections(), gold, [(0,), (0,), (1,), (1,)])
    assert alone == {name: scores[name] for name in ("macro_f1", "bias")}


def test_intervals_of_bias_take_seconds() -> None:
    random = np.random.default_rng(0)
    gold, said = random.integers(0, 8, (2, 3000))
    statistics = Forecasts().statistics(gold, np.eye(8)[said])
    started = time.perf_counter()
    low, high = intervals(statistics, [str(row // 12) for row in range(3000)], Forecasts().scores)[
        "bias"
    ]
    assert time.perf_counter() - started < 15
    assert 0 < low < measure(Forecasts(), gold, np.eye(8)[said])["bias"] < high < 1
