from __future__ import annotations

import numpy as np
import pytest

from emoplug_eval._bootstrap import intervals
from emoplug_eval._metrics import measure
from emoplug_eval._rankings import OddOneOut, Sought


def test_hits_and_distances_by_hand() -> None:
    gold = [frozenset({4}), frozenset({0, 9}), frozenset({7})]
    said = [[4, 0, 1], [8, 5, 9], [1, 2, 3]]
    # at 1: 0 from 4, 1 from 9, 6 from 7; at 3: 0, 0 (the third is 9), 4
    assert measure(Sought(), gold, said) == pytest.approx(
        {"top1": 1 / 3, "top3": 2 / 3, "min_distance1": 7 / 3, "min_distance3": 4 / 3}
    )


def test_what_is_ranked_behind_the_third_does_not_count() -> None:
    scores = measure(Sought(), [frozenset({0})], [[5, 6, 7, 0]])
    assert scores == {"top1": 0, "top3": 0, "min_distance1": 5, "min_distance3": 5}


def test_of_a_document_of_two_segments_both_are_among_the_best_three() -> None:
    scores = measure(Sought(), [frozenset({1})], [np.array([0, 1])])
    assert scores == {"top1": 0, "top3": 1, "min_distance1": 1, "min_distance3": 0}


def test_accuracy_by_hand() -> None:
    said = [[0.1, 0.9, 0.3], [0.5, 0.2, 0.1, 0.4], [0.2, 0.3, 0.1]]
    assert measure(OddOneOut(), [1, 3, 1], said) == pytest.approx({"accuracy": 2 / 3})


def test_of_equal_scores_each_is_as_likely_to_be_picked() -> None:
    assert measure(OddOneOut(), [2], [[0.7, 0.1, 0.7]]) == {"accuracy": 0.5}
    assert measure(OddOneOut(), [1], [[0.7, 0.1, 0.7]]) == {"accuracy": 0.0}
    chance = measure(OddOneOut(), [0, 3], [np.zeros(3), np.zeros(4)])
    assert chance["accuracy"] == pytest.approx((1 / 3 + 1 / 4) / 2)


def test_queries_of_a_document_are_drawn_together() -> None:
    gold, said = [frozenset({0})] * 6, [[0]] * 3 + [[1]] * 3
    statistics = Sought().statistics(gold, said)
    assert intervals(statistics, [*"aaabbb"], Sought().scores)["top1"] == (0.0, 1.0)
