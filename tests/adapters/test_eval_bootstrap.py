from __future__ import annotations

import time

import numpy as np
import pytest

from emoplug_eval._bootstrap import intervals
from emoplug_eval._metrics import Correlations, Floats, Labels


def share(sums: Floats) -> dict[str, Floats]:
    return {"share": sums[..., 1] / sums[..., 0]}


def hits(*values: int) -> Floats:
    return np.array([(1.0, value) for value in values])


def test_two_groups_that_disagree_leave_all_open() -> None:
    # drawn twice: both wrong 1/4, one of each 1/2, both right 1/4
    assert intervals(hits(0, 1), ["a", "b"], share) == {"share": (0.0, 1.0)}


def test_the_interval_of_a_share_is_that_of_the_binomial() -> None:
    low, high = intervals(hits(*[1, 0] * 200), list(map(str, range(400))), share)["share"]
    # spread of a share of 1/2 in 400 rows: sqrt(0.25 / 400) = 0.025
    assert low == pytest.approx(0.5 - 1.96 * 0.025, abs=0.008)
    assert high == pytest.approx(0.5 + 1.96 * 0.025, abs=0.008)


def test_rows_of_a_dialogue_are_drawn_together() -> None:
    once = intervals(hits(1, 0, 1), ["a", "b", "c"], share)
    thrice = hits(*[1] * 3, *[0] * 3, *[1] * 3)
    assert intervals(thrice, [*"aaabbbccc"], share) == once
    low, high = intervals(thrice, [*"abcdefghi"], share)["share"]
    assert high - low < once["share"][1] - once["share"][0]


def test_a_group_may_come_in_pieces() -> None:
    statistics = hits(1, 0, 1, 0)
    assert intervals(statistics, [*"abab"], share) == intervals(statistics[:2], [*"ab"], share)


def test_rows_of_a_single_dialogue_are_drawn_one_by_one() -> None:
    low, high = intervals(hits(1, 0, 1, 0), ["a"] * 4, share)["share"]
    assert low < 0.5 < high


def test_intervals_come_out_the_same_every_time_and_hold_no_gaps() -> None:
    statistics = Correlations(("valence",)).statistics([(1,), (2,), (4,)], [(1,), (2,), (3,)])
    scores = Correlations(("valence",)).scores
    first = intervals(statistics, [*"abc"], scores)
    assert first == intervals(statistics, [*"abc"], scores)
    assert np.isfinite(list(first.values())).all(), "a draw of one row alone has r 0"


def test_ten_thousand_rows_take_seconds() -> None:
    random = np.random.default_rng(0)
    metric = Labels(7, ("weighted_f1", "macro_f1"))
    statistics = metric.statistics(*random.integers(0, 7, (2, 10_000)))
    started = time.perf_counter()
    found = intervals(statistics, list(map(str, range(10_000))), metric.scores)
    assert time.perf_counter() - started < 15
    low, high = found["macro_f1"]
    assert 0.13 < low < 1 / 7 < high < 0.16
