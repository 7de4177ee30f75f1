from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from emoplug import InputError
from emoplug_strategy import Corrector, bias, confusion, preferences, proficiency

STAGES = ("exploration", "comforting", "action")


def biased(
    rows: int, seed: int = 0, favour: float = 2.0
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Scores that know something of the truth, and always like the first two strategies."""
    generator = np.random.default_rng(seed)
    truths = generator.choice(8, rows, p=[0.2, 0.05, 0.1, 0.1, 0.15, 0.15, 0.1, 0.15])
    logits = generator.normal(0, 1, (rows, 8))
    logits[np.arange(rows), truths] += 1.2
    logits[:, :2] += favour
    powers = np.exp(logits)
    return powers / powers.sum(axis=1, keepdims=True), truths


def counts(scores: NDArray[np.float64], truths: NDArray[np.int64]) -> NDArray[np.float64]:
    return confusion(scores.argmax(axis=1), truths)


def test_the_confusion_counts_what_was_used_where_what_was_right() -> None:
    table = confusion([0, 0, 3], [1, 0, 0])
    assert (table[0, 1], table[0, 0], table[3, 0], table.sum()) == (1, 1, 1, 3)


def test_preferences_are_at_rest_under_the_iteration_of_the_paper() -> None:
    wins = np.random.default_rng(3).integers(1, 30, (8, 8)).astype(float)
    p = preferences(wins)
    np.fill_diagonal(wins, 0)
    both = p[:, None] + p[None, :]
    again = (wins * p[None, :] / both).sum(axis=1) / (wins.T / both).sum(axis=1)
    assert np.allclose(again * 8 / again.sum(), p, atol=1e-4)
    assert p.mean() == pytest.approx(1)


def test_two_strategies_confused_three_to_one_are_preferred_three_to_one() -> None:
    p = preferences(confusion([0, 0, 0, 1], [1, 1, 1, 0]))
    assert p[0] / p[1] == pytest.approx(3, rel=1e-3)
    assert p[0] + p[1] == pytest.approx(2)
    assert np.array_equal(p[2:], np.ones(6))


def test_who_is_never_wrong_has_no_preference() -> None:
    table = np.diag(np.arange(8.0))
    assert np.array_equal(preferences(table), np.ones(8))
    assert bias(table) == 0
    assert bias(np.zeros((8, 8))) == 0


def test_strategies_that_come_down_to_nothing_together_stay_there() -> None:
    table = np.zeros((8, 8))
    table[0] = [14, 2, 0, 0, 0, 1, 0, 6]
    table[3] = [2, 2, 0, 0, 2, 0, 1, 1]
    table[6] = [5, 3, 0, 1, 1, 0, 2, 0]
    assert np.allclose(preferences(table), [0, 0, 1, 3.5, 0, 0, 3.5, 0], atol=1e-2)


def test_who_always_says_the_same_has_the_most_bias_there_is() -> None:
    table = confusion([4] * 16, list(range(8)) * 2)
    assert bias(table) == pytest.approx(np.sqrt(7))
    assert proficiency(table) == pytest.approx(2 * 2 / (16 + 2) / 8)


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), min_size=1, max_size=60))
def test_preferences_of_any_counts_are_finite_and_sum_to_eight(
    pairs: list[tuple[int, int]],
) -> None:
    used, right = zip(*pairs, strict=True)
    p = preferences(confusion(used, right))
    assert np.isfinite(p).all()
    assert (p >= 0).all()
    assert p.sum() == pytest.approx(8)


@pytest.mark.parametrize("favour", [1.5, 2.0, 3.0])
def test_a_biased_predictor_keeps_at_most_half_its_bias_on_rows_not_fitted_on(
    favour: float,
) -> None:
    known, asked = biased(4000, 1, favour), biased(4000, 2, favour)
    corrector = Corrector.fit(*known)
    before, after = counts(*asked), counts(corrector.apply(asked[0]), asked[1])
    assert bias(before) >= 0.8
    assert bias(after) <= bias(before) / 2
    assert proficiency(after) >= proficiency(before)


def test_a_preference_that_differs_by_stage_is_divided_out_by_stage() -> None:
    known, other = biased(3000, 1), biased(3000, 2)
    swapped = other[0][:, ::-1], 7 - other[1]
    scores = np.concatenate([known[0], swapped[0]])
    truths = np.concatenate([known[1], swapped[1]])
    stages = ["exploration"] * 3000 + ["action"] * 3000
    corrector = Corrector.fit(scores, truths, stages)
    assert set(corrector.stages) == {"exploration", "action"}
    assert corrector.stages["exploration"][0] > corrector.stages["exploration"][7]
    assert corrector.stages["action"][7] > corrector.stages["action"][0]
    one = scores[0]
    assert np.array_equal(corrector.apply(one, "comforting"), corrector.apply(one))


def test_strength_says_how_much_is_divided_out() -> None:
    scores, truths = biased(2000)
    kept = [
        bias(counts(Corrector.fit(scores, truths, strength=strength).apply(scores), truths))
        for strength in (0.0, 0.5, 1.0)
    ]
    assert kept[0] == bias(counts(scores, truths))
    assert kept == sorted(kept, reverse=True)


def test_scores_without_bias_are_left_nearly_as_they_are() -> None:
    scores, truths = biased(4000, 5, favour=0.0)
    corrector = Corrector.fit(scores, truths)
    after = counts(corrector.apply(scores), truths)
    assert proficiency(after) >= proficiency(counts(scores, truths))


def test_corrected_scores_sum_to_one_and_nothing_stays_nothing() -> None:
    scores, truths = biased(500)
    corrector = Corrector.fit(scores, truths)
    assert np.allclose(corrector.apply(scores).sum(axis=1), 1)
    assert not corrector.apply(np.zeros(8)).any()


def test_a_corrector_outlives_json() -> None:
    scores, truths = biased(500)
    stages = [STAGES[row % 3] for row in range(500)]
    corrector = Corrector.fit(scores, truths, stages)
    again = Corrector.from_mapping(json.loads(json.dumps(corrector.as_mapping())))
    for stage in (None, *STAGES):
        assert np.allclose(again.apply(scores, stage), corrector.apply(scores, stage), atol=1e-3)
    with pytest.raises(InputError, match="overall"):
        Corrector.from_mapping({"action": [1.0] * 8})


def test_hard_decisions_are_refused_since_no_divisor_changes_them() -> None:
    with pytest.raises(InputError, match="give the score of each strategy"):
        Corrector.fit(np.eye(8), list(range(8)))


@pytest.mark.parametrize(
    ("scores", "truths", "strength", "problem"),
    [
        (np.ones((2, 7)), [0, 1], 1.0, r"scores \(n, 8\)"),
        (np.ones((2, 8)), [0], 1.0, "n right strategies"),
        (np.log(np.full((2, 8), 0.1)), [0, 1], 1.0, "logarithms"),
        (np.full((2, 8), np.nan), [0, 1], 1.0, "numbers of 0 and more"),
        (np.ones((2, 8)), [0, 1], 1.5, "strength"),
    ],
)
def test_unreadable_scores_are_refused_with_the_fix(
    scores: NDArray[np.float64], truths: list[int], strength: float, problem: str
) -> None:
    with pytest.raises(InputError, match=problem):
        Corrector.fit(scores, truths, strength=strength)
