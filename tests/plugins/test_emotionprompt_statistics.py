from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from emoplug_emotionprompt._statistics import holm, interval, least_tasks, sign_flip
from emoplug_emotionprompt.measure import rates


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_the_interval_holds_the_true_gain_as_often_as_it_says() -> None:
    chance, held, runs = generator(1), 0, 200
    for _ in range(runs):
        gains = chance.choice([-1.0, 0.0, 1.0], 80, p=[0.1, 0.6, 0.3])
        low, high = interval(gains, chance)
        held += low <= 0.2 <= high
    assert 0.90 <= held / runs <= 0.99


def test_the_interval_shrinks_with_tasks_and_is_the_same_for_the_same_seed() -> None:
    few, many = (np.tile([1.0, 0.0, 0.0, -1.0, 1.0], n) for n in (4, 100))
    narrow, wide = interval(many, generator()), interval(few, generator())
    assert narrow[1] - narrow[0] < wide[1] - wide[0]
    assert interval(few, generator()) == wide


def test_many_tasks_fit_into_memory_in_parts() -> None:
    gains = generator().normal(0.1, 1, 3000)
    low, high = interval(gains, generator())
    assert low < gains.mean() < high


@pytest.mark.parametrize("gains", [[1, 1, 1, 1, 1, -1], [0.5, 1, 0.25, -0.5, 0.75], [1, 0, 0, 1]])
def test_the_sign_flip_agrees_with_all_flips_counted(gains: list[float]) -> None:
    values = np.array(gains, dtype=float)
    sums = [abs(np.dot(signs, values)) for signs in product((-1, 1), repeat=len(values))]
    exact = np.mean([total >= abs(values.sum()) - 1e-9 for total in sums])
    assert sign_flip(values, generator()) == pytest.approx(exact, abs=0.02)


def test_no_difference_anywhere_is_no_finding() -> None:
    assert sign_flip(np.zeros(50), generator()) == 1.0


@pytest.mark.parametrize("n", [20, 200])
def test_ties_in_all_tasks_leave_room_for_a_gain_that_n_tasks_may_miss(n: int) -> None:
    low, high = interval(np.zeros(n), generator())
    # With three chances in n the probability of seeing none is 5 %.
    assert high == pytest.approx(3 / n, rel=0.5)
    assert low == pytest.approx(-high, abs=1 / n)


def test_a_few_wins_and_no_loss_are_no_finding() -> None:
    assert sign_flip(np.array([1.0] * 4 + [0.0] * 36), generator()) > 0.05


def test_holm_multiplies_by_those_left_and_never_falls() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


def test_where_no_arm_does_anything_one_is_found_in_a_twentieth_of_comparisons_at_most() -> None:
    chance, found, runs = generator(2), 0, 60
    for _ in range(runs):
        none = chance.random(40) < 0.6
        gains = [(chance.random(40) < 0.6).astype(np.float64) - none for _ in range(11)]
        found += min(holm([sign_flip(one, chance) for one in gains])) < 0.05
    assert found / runs <= 0.1


def test_with_fewer_tasks_than_least_even_winning_all_is_no_finding() -> None:
    for arms in (1, 11):
        least = least_tasks(arms)
        assert arms * 2 * 0.5**least < 0.05 <= arms * 2 * 0.5 ** (least - 2)


def test_a_large_gain_is_found_and_none_where_there_is_none() -> None:
    right, wrong = rates(tasks=60, arms=2, gain=0.3, runs=12)
    assert right > 0.6
    assert wrong < 0.3
    assert rates(tasks=60, arms=2, gain=0.0, runs=12)[0] < 0.3
