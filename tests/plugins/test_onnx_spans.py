from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emoplug_onnx._spans import best_span

LOGITS = st.lists(st.tuples(st.floats(-20, 20), st.floats(-20, 20)), min_size=1, max_size=60)
Span = tuple[int, int]


def logits(size: int, **probable: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Answer logits that are low but for the named tokens, such as ``t3=5.0``."""
    row = np.full(size, -10, dtype=np.float32)
    for name, value in probable.items():
        row[int(name[1:])] = value
    return row


def agreement(one: Span, other: Span) -> float:
    """F1 of shared tokens where one holds the other, as RECCON scores strings."""
    inner, outer = sorted((one, other), key=lambda span: span[1] - span[0])
    if not (outer[0] <= inner[0] and inner[1] <= outer[1]):
        return 0.0
    sizes = [last - first + 1 for first, last in (inner, outer)]
    return 2 * sizes[0] / sum(sizes)


def test_edges_that_the_network_is_sure_of_are_taken() -> None:
    assert best_span(logits(30, t4=9), logits(30, t17=9)) == (4, 17)
    assert best_span(logits(30, t4=9), logits(30, t4=9)) == (4, 4)


def test_of_one_token_there_is_one_span() -> None:
    assert best_span(logits(1), logits(1)) == (0, 0)


def test_edges_in_the_wrong_order_only_give_everything() -> None:
    later = {f"t{token}": 9.0 for token in range(20, 30)}
    sooner = {f"t{token}": 9.0 for token in range(10)}
    assert best_span(logits(30, **later), logits(30, **sooner)) == (0, 29)


def test_between_some_words_and_all_of_them_the_safer_bet_is_taken() -> None:
    """The most probable span, the first word, would be worth little if wrong."""
    first = logits(9, t0=1.0)
    last = logits(9, t0=1.0, t7=0.9, t8=0.9)
    assert best_span(first, last) == (0, 7)


def test_no_span_goes_over_words_that_were_not_read() -> None:
    assert best_span(logits(30, t4=9, t20=8), logits(30, t22=9, t6=1), gap=15) == (20, 22)
    later = {f"t{token}": 9.0 for token in range(20, 30)}
    sooner = {f"t{token}": 9.0 for token in range(10)}
    assert best_span(logits(30, **later), logits(30, **sooner), gap=15) == (0, 14)


@given(LOGITS, st.integers(1, 60))
def test_whatever_the_network_says_a_span_lies_on_one_side_of_a_gap(
    edges: list[tuple[float, float]], gap: int
) -> None:
    first, last = np.array(edges, dtype=np.float32).T
    low, high = best_span(first, last, gap)
    assert low <= high
    assert gap >= len(edges) or high < gap or low >= gap


@given(LOGITS)
def test_a_span_is_always_within_the_text_and_the_right_way_round(
    edges: list[tuple[float, float]],
) -> None:
    first, last = np.array(edges, dtype=np.float32).T
    low, high = best_span(first, last)
    assert 0 <= low <= high < len(edges)


@given(st.lists(st.tuples(st.floats(-5, 5), st.floats(-5, 5)), min_size=1, max_size=10))
def test_of_short_texts_no_other_span_agrees_better(edges: list[tuple[float, float]]) -> None:
    first, last = np.array(edges, dtype=np.float32).T
    size = len(edges)
    spans = [(low, high) for low in range(size) for high in range(low, size)]
    weight = {span: float(np.exp(first[span[0]] + last[span[1]])) for span in spans}
    expected = {span: sum(agreement(span, true) * weight[true] for true in spans) for span in spans}
    assert expected[best_span(first, last)] == pytest.approx(max(expected.values()), rel=1e-4)
