from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import pearsonr
from sklearn.metrics import f1_score

from emoplug_eval._metrics import (
    Correlations,
    Labels,
    LabelSets,
    Ranks,
    Spans,
    measure,
    overlap,
)
from emoplug_eval._words import tokens


def test_label_f1_by_hand() -> None:
    gold, said = [0, 0, 0, 1, 1, 2], [0, 0, 1, 1, 2, 2]
    # label 0: 2 hits, 3 right, 2 said: 4/5; label 1: 1, 2, 2: 2/4; label 2: 1, 1, 2: 2/3
    scores = measure(Labels(3, ("weighted_f1", "macro_f1", "micro_f1"), left_out=0), gold, said)
    assert scores["weighted_f1"] == pytest.approx((3 * 0.8 + 2 * 0.5 + 1 * 2 / 3) / 6)
    assert scores["macro_f1"] == pytest.approx((0.8 + 0.5 + 2 / 3) / 3)
    # without label 0: 1 + 1 hits, 2 + 1 right, 2 + 2 said
    assert scores["micro_f1"] == pytest.approx(2 * 2 / (3 + 4))


def test_positive_and_negative_f1_by_hand() -> None:
    gold, said = [1, 1, 1, 0, 0], [1, 1, 0, 1, 0]
    # 1: 2 hits, 3 right, 3 said: 4/6; 0: 1 hit, 2 right, 2 said: 2/4
    scores = measure(Labels(2, ("pos_f1", "neg_f1", "macro_f1")), gold, said)
    assert scores == pytest.approx({"pos_f1": 2 / 3, "neg_f1": 0.5, "macro_f1": 7 / 12})


def test_a_label_that_is_never_right_and_never_said_has_f1_zero() -> None:
    assert measure(Labels(2, ("macro_f1",)), [0, 0], [0, 0]) == {"macro_f1": 0.5}


def test_label_sets_by_hand() -> None:
    gold = [frozenset({0}), frozenset({0, 1}), frozenset({2})]
    cuts = [0.5, 0.1, 0.6]
    rows = [[0.6, 0.2, 0.1], [0.4, 0.35, 0.5], [0.2, 0.1, 0.9]]
    scores = measure(LabelSets(3), gold, [np.array([row, cuts]) for row in rows])
    # own cuts say {0, 1}, {1}, {2}, as 0.1 is not over 0.1:
    # label 0: 1 hit, 2 right, 1 said: 2/3; label 1: 1, 1, 2: 2/3; label 2: 1, 1, 1: 1
    assert scores["macro_f1"] == pytest.approx((2 / 3 + 2 / 3 + 1) / 3)
    assert scores["micro_f1"] == pytest.approx(2 * 3 / (4 + 4))
    # 0.3 says {0}, {0, 1, 2}, {2}: label 0: 2, 2, 2: 1; label 1: 1, 1, 1: 1; label 2: 1, 1, 2: 2/3
    assert scores["macro_f1_at_0.3"] == pytest.approx((1 + 1 + 2 / 3) / 3)


def test_pearson_by_hand() -> None:
    gold = [(1, 1, 1), (2, 5, 2), (3, 2, 3), (4, 4, 4)]
    said = [(2, 7, 40), (4, 7, 30), (5, 7, 20), (9, 7, 10)]
    # first: deviations -1.5 -0.5 0.5 1.5 and -3 -1 0 4: 11 / sqrt(5 * 26)
    scores = measure(Correlations(("valence", "arousal", "dominance")), gold, said)
    assert scores["r_valence"] == pytest.approx(11 / (5 * 26) ** 0.5)
    assert scores["r_arousal"] == 0.0, "what never varies correlates with nothing"
    assert scores["r_dominance"] == pytest.approx(-1)
    assert scores["r_mean"] == pytest.approx((11 / (5 * 26) ** 0.5 + 0 - 1) / 3)


def test_top_k_by_hand() -> None:
    ranked = np.array([0.3, 0.9, 0.1, 0.5, 0.4, 0.2])  # in order 1 3 4 0 5 2
    scores = measure(Ranks(), [1, 3, 0, 5, 2], [ranked] * 5)
    assert scores == {"top1": 1 / 5, "top3": 2 / 5, "top5": 4 / 5}
    tied = measure(Ranks(), [0, 1], [np.zeros(6)] * 2)
    assert tied["top1"] == 0.5, "of equal scores the first label comes first"


def test_span_scores_by_hand() -> None:
    pairs = [
        ("I lost it", " I lost it "),  # equal but for outer space
        ("the old cat died", "and the old cat died"),  # words old cat died in and old cat died: 6/7
        ("we won", "won we"),  # the same words, but neither holds the other: 0
        ("alone", ""),
        ("", ""),
        ("", "something"),
        ("", " "),
    ]
    scores = measure(Spans(), *zip(*pairs, strict=True))
    assert scores["em_pos"] == pytest.approx(1 / 4)
    assert scores["f1_pos"] == pytest.approx((1 + 6 / 7 + 0 + 0) / 4)
    # three negatives, of which two answered empty, and three rows answered empty
    assert scores["f1_neg"] == pytest.approx(2 * (2 / 3) * (2 / 3) / (2 / 3 + 2 / 3))
    assert scores["f1"] == pytest.approx((1 + 6 / 7 + 2) / 7)


def test_precision_of_no_cause_counts_positives_answered_empty() -> None:
    pairs = [("a b", ""), ("c d", ""), ("", ""), ("", "x")]
    # one of two negatives answered empty, of three rows answered empty: p 1/3, r 1/2
    assert measure(Spans(), *zip(*pairs, strict=True))["f1_neg"] == pytest.approx(2 / 5)


def test_token_f1_forgets_case_marks_and_articles() -> None:
    assert tokens("The  cat, a dog & An owl!") == ["cat", "dog", "owl"]
    assert overlap("She left, the end.", "She left") == pytest.approx(2 * 2 / (3 + 2))
    assert overlap("cat", "CAT") == 0.0, "one holds the other only letter by letter"
    assert overlap("a cat cat", "cat cat") == 1.0
    assert overlap("well ...", "...") == 0.0
    assert overlap("... the", "...") == 1.0, "no words on either side"


def test_scores_equal_those_of_scikit_learn_and_scipy() -> None:
    random = np.random.default_rng(1)
    gold, said = random.integers(0, 4, (2, 200))
    scores = measure(Labels(4, ("weighted_f1", "macro_f1", "micro_f1"), 2), gold, said)
    assert scores["weighted_f1"] == pytest.approx(f1_score(gold, said, average="weighted"))
    assert scores["macro_f1"] == pytest.approx(f1_score(gold, said, average="macro"))
    kept = f1_score(gold, said, average="micro", labels=[0, 1, 3])
    assert scores["micro_f1"] == pytest.approx(kept)
    x, y = random.normal(size=(2, 200, 1)) + 1e6
    r = measure(Correlations(("valence",)), x, x + y)["r_valence"]
    assert r == pytest.approx(pearsonr(x[:, 0], (x + y)[:, 0])[0])
