"""Windows of texts are dealt to passes so that all passes together cost least."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emoplug_onnx._windows import ON_CPU, ON_GPU, Bucket, Costs, Window, buckets

PADDING = 0
LENGTHS = st.lists(st.integers(2, 128), min_size=1, max_size=9)


def windows(lengths: list[int]) -> list[Window]:
    return [Window(text, [text + 1] * length) for text, length in enumerate(lengths)]


def dealt(lengths: list[int], size: int = 32, costs: Costs = ON_CPU) -> list[Bucket]:
    return list(buckets(windows(lengths), size, PADDING, costs))


def cost(bucket: Bucket) -> int:
    return ON_CPU.overhead + bucket.ids.size


@given(LENGTHS, st.integers(1, 4))
def test_every_window_is_in_one_bucket_padded_and_masked(lengths: list[int], size: int) -> None:
    full = dealt(lengths, size)
    assert sorted(index for bucket in full for index in bucket.windows) == list(range(len(lengths)))
    for bucket in full:
        assert len(bucket.windows) <= size
        for row, index in enumerate(bucket.windows):
            assert bucket.mask[row].sum() == lengths[index]
            assert set(bucket.ids[row, : lengths[index]].tolist()) == {index + 1}
            assert set(bucket.ids[row, lengths[index] :].tolist()) <= {PADDING}


@given(LENGTHS)
def test_no_other_way_to_cut_them_costs_less(lengths: list[int]) -> None:
    ascending, count = sorted(lengths), len(lengths)
    ways = (
        (0, *inner, count)
        for parts in range(count)
        for inner in combinations(range(1, count), parts)
    )
    least = min(
        sum(ON_CPU.overhead + (b - a) * ascending[b - 1] for a, b in pairwise(way))
        for way in ways
        if all((b - a) * ascending[b - 1] <= ON_CPU.most for a, b in pairwise(way))
    )
    assert sum(map(cost, dealt(lengths))) == least


def test_a_long_text_is_not_what_short_ones_are_padded_to() -> None:
    assert [bucket.windows for bucket in dealt([7, 100, 8, 9])] == [(0, 2, 3), (1,)]


def test_of_long_texts_no_more_share_a_pass_than_the_caches_hold() -> None:
    full = dealt([128] * 20)
    assert {bucket.ids.size for bucket in full} <= {1024, 512}


@pytest.mark.parametrize("size", [1, 3, 32])
def test_on_a_gpu_passes_are_as_few_as_can_be(size: int) -> None:
    lengths = [7, 100, 8, 9, 128, 30, 31]
    assert len(dealt(lengths, size, ON_GPU)) == -(-len(lengths) // size)
