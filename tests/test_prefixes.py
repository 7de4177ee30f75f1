from __future__ import annotations

import threading

from hypothesis import given
from hypothesis import strategies as st

from emoplug import PrefixCache

Words = st.lists(st.sampled_from("ab"), max_size=12).map(tuple)


def same(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    pairs = list(zip(one, other, strict=False))
    return next((n for n, (a, b) in enumerate(pairs) if a != b), len(pairs))


@given(st.lists(Words, max_size=8), Words)
def test_what_tells_most_is_found_and_how_much_it_tells(
    kept: list[tuple[str, ...]], wanted: tuple[str, ...]
) -> None:
    cache = PrefixCache[str, tuple[str, ...]](most=8)
    for words in kept:
        cache.put(words, words)
    value, known = cache.find(wanted)
    assert known == max((same(words, wanted) for words in kept), default=0)
    assert known == (0 if value is None else same(value, wanted))


def test_a_conversation_that_goes_on_takes_the_place_of_its_beginning() -> None:
    cache = PrefixCache[str, int](most=8)
    for count in range(1, 5):
        cache.put(tuple("abcd"[:count]), count)
    cache.put(("a", "x"), 9)
    assert len(cache) == 2
    assert cache.find(tuple("abcz")) == (4, 3)
    assert cache.find(("a", "x", "y")) == (9, 2)


def test_those_put_longest_ago_go_first() -> None:
    cache = PrefixCache[str, int](most=2)
    for number, word in enumerate("abc"):
        cache.put((word,), number)
    assert cache.find(("a",)) == (None, 0)
    assert cache.find(("b",)) == (1, 1)


def test_all_together_stay_within_the_size() -> None:
    cache = PrefixCache[str, int](most=9, size=10)
    cache.put(("a",), 1, size=6)
    cache.put(("b",), 2, size=4)
    assert len(cache) == 2
    cache.put(("c",), 3, size=5)
    assert [cache.find((word,))[0] for word in "abc"] == [None, 2, 3]
    cache.put(("d",), 4, size=11)
    assert len(cache) == 0, "what is too large by itself is not kept"


def test_threads_may_share_one() -> None:
    cache = PrefixCache[int, tuple[int, ...]](most=4)
    wrong: list[tuple[int, ...]] = []

    def talk(start: int) -> None:
        for end in range(1, 200):
            said = (start, *range(end))
            value, known = cache.find(said)
            if known and (value is None or value[:known] != said[:known]):
                wrong.append(said)
            cache.put(said, said)

    threads = [threading.Thread(target=talk, args=(-n,)) for n in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert len(cache) <= 4
