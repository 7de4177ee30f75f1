from __future__ import annotations

from math import exp, log

import numpy as np
import pytest

from emoplug_backtrace import Backtracer, Segment
from emoplug_backtrace._clock import ASTRAY, NEAR, RATE, SPREAD, log_ratio, mentioned
from emoplug_backtrace._late import LateInteraction
from emoplug_backtrace._network import Network

STEPS = [f"and this is step {number} of what we want to prove" for number in range(200)]


@pytest.fixture(scope="module")
def reranker() -> LateInteraction:
    return LateInteraction(Network())


@pytest.mark.parametrize(
    ("query", "times"),
    [
        ("at 49:19 he says so", [2959]),
        ("1:02:03?", [3723]),
        ("from 3:05 to 104:00, not at 9:59", [185, 6240]),
        ("3:61, 12:5, 1.30:20, 1:2:3:04 and 30", []),
        ("", []),
    ],
)
def test_the_first_two_times_that_a_query_names_are_read(query: str, times: list[float]) -> None:
    assert mentioned(query) == times


def test_where_segments_have_times_the_nearest_is_likelier_by_the_normal_curve() -> None:
    starts = np.array([0.0, NEAR])
    share = 1 / (1 + exp(-0.5))
    wanted = [log(2 * ((1 - ASTRAY) * p + ASTRAY / 2)) for p in (share, 1 - share)]
    assert log_ratio([0.0], np.ones(2), starts).tolist() == pytest.approx(wanted)


def test_where_they_have_none_the_words_before_tell_the_time() -> None:
    # Middles of the two: word 66 and word 196, so 66 and 196 words a minute at 1:00.
    near = [exp(-0.5 * (log(middle / RATE) / SPREAD) ** 2) / middle for middle in (66, 196)]
    share = near[0] / sum(near)
    wanted = [log(2 * ((1 - ASTRAY) * p + ASTRAY / 2)) for p in (share, 1 - share)]
    assert log_ratio([60.0], np.array([130.0, 130.0]), None).tolist() == pytest.approx(wanted)


def test_two_times_count_half_each_and_no_time_says_nothing() -> None:
    starts = np.array([0.0, 1e4, 2e4])
    one, other, neither = log_ratio([0.0, 1e4], np.ones(3), starts)
    assert one == pytest.approx(other) == pytest.approx(log(3 * (0.95 / 2 + 0.05 / 3)))
    assert neither == pytest.approx(log(ASTRAY))
    assert log_ratio([], np.ones(3), starts).tolist() == [0, 0, 0]


def test_a_time_far_from_everything_makes_no_segment_likelier() -> None:
    ratios = log_ratio([9e9], np.ones(3), np.array([0.0, 1.0, 2.0]))
    assert np.isfinite(ratios).all()
    assert np.ptp(ratios) == 0
    assert np.isfinite(log_ratio([0.0], np.zeros(3), None)).all()


def test_a_question_with_a_time_points_into_a_recording_with_times(
    reranker: LateInteraction,
) -> None:
    timed = [Segment(text=text, start=30.0 * place) for place, text in enumerate(STEPS)]
    tracer = Backtracer(timed, reranker=reranker)
    assert tracer.trace("at 49:30 what is that?", 1)[0].segment == 99
    assert tracer.trace("what is that at 01:00:00?", 1)[0].segment == 120


def test_a_question_with_a_time_points_into_a_recording_without_times(
    reranker: LateInteraction,
) -> None:
    tracer = Backtracer(STEPS, reranker=reranker)
    assert tracer.profile == "lecture"
    minutes = sum(len(text.split()) for text in STEPS) / RATE
    found = tracer.trace(f"at {minutes / 2:.0f}:00 what is that?", 10)
    assert 70 < np.mean([passage.segment or 0 for passage in found]) < 130
    assert found[0].score > 2 * tracer.trace("what is that?", 1)[0].score
