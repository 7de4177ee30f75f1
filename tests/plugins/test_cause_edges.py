# ruff: noqa: RUF001  # letters that look like others are what is tested
from __future__ import annotations

import sys
import unicodedata
from itertools import accumulate
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from emoplug_cause._edges import whole, widened

regex: Any = pytest.importorskip("regex")  # knows grapheme clusters; the product does without
Span = tuple[int, int]

ASSIGNED = st.characters().filter(lambda character: unicodedata.category(character) != "Cn")
AWKWARD = st.sampled_from(
    [
        *("👩‍👩‍👧", "👍🏽", "❤️", "1️⃣", "🇺🇸", "🇬", "🏴\U000e0067\U000e0062\U000e007f", "\u200d"),
        *("e\u0301", "é", "\u0301", "क्षि", "한국", "ᄒ\u1161\u11ab", "我很难过", "悲しい", "เสียใจ"),
        *("sad", "don't", "it’s", "'", " ", "\r\n", "!", "𝒜", "\ud83d", "\ude2d", "ｶﾞ", "\ufe0f"),
    ]
)
TEXT = st.lists(AWKWARD | ASSIGNED, min_size=1, max_size=12).map("".join)


@st.composite
def spans(draw: st.DrawFn) -> tuple[str, Span]:
    text = draw(TEXT)
    start = draw(st.integers(0, len(text) - 1))
    return text, (start, draw(st.integers(start + 1, len(text))))


def edges(text: str) -> set[int]:
    """Where grapheme clusters end, as the Unicode standard has it."""
    # ``regex`` may know signs of a later Unicode than Python, and those that are put before.
    return {0, *accumulate(len(cluster) for cluster in regex.findall(r"(?s)\X", text))}


@given(spans())
@example(("cafe\u0301 is sad", (0, 4)))
@example(("🇺🇸🇬🇧🇫", (1, 3)))
def test_no_edge_lies_within_a_grapheme_cluster(given_: tuple[str, Span]) -> None:
    text, span = given_
    assume(not regex.search(r"\p{Grapheme_Cluster_Break=Prepend}", text))
    assert set(widened(text, span)) <= edges(text)


@given(spans())
def test_a_span_only_grows_and_widening_twice_changes_nothing(given_: tuple[str, Span]) -> None:
    text, (start, end) = given_
    wider = widened(text, (start, end))
    assert 0 <= wider[0] <= start < end <= wider[1] <= len(text)
    assert widened(text, wider) == wider


@given(st.lists(st.sampled_from(["sad", "café", "naïve", "Größe", "x2"]), min_size=1, max_size=6))
def test_no_edge_lies_within_a_word(words: list[str]) -> None:
    text = " ".join(words)
    starts = {0, *accumulate(len(word) + 1 for word in words)}
    for place in range(len(text)):
        if not text[place].isspace():
            start, end = widened(text, (place, place + 1))
            assert start in starts
            assert end + 1 in starts


@pytest.mark.parametrize(
    ("text", "span", "words"),
    [
        ("so unbelievably sad", (5, 8), "unbelievably"),
        ("I can't cope", (2, 5), "can't"),
        ("it’s over", (3, 4), "it’s"),
        ("I 'hate' it", (3, 5), "hate"),
        ("the dogs' bowl", (4, 6), "dogs"),
        ("my cafe\u0301 closed", (3, 7), "cafe\u0301"),
        ("love ❤️!", (5, 6), "❤️"),
        ("he left\u200d\nnow", (3, 7), "left\u200d"),
        ("ok 👍🏽!", (3, 4), "👍🏽"),
        ("👩‍👩‍👧 left", (2, 3), "👩‍👩‍👧"),
        ("🇺🇸🇬🇧", (2, 3), "🇬🇧"),
        ("我很难过了", (2, 4), "难过"),
        ("दुःख है", (5, 6), "है"),
        ("𝓈𝒶𝒹 day", (1, 2), "𝓈𝒶𝒹"),
        ("a \ud83d\ude2d b", (2, 3), "\ud83d\ude2d"),
        ("half \ud83d b", (5, 6), "\ud83d"),
    ],
)
def test_words_and_emoji_are_told_whole_and_no_more(text: str, span: Span, words: str) -> None:
    start, end = widened(text, span)
    assert text[start:end] == words


def test_of_a_whole_message_the_white_space_around_it_is_left_out() -> None:
    assert whole(" \n I am sad \t") == (3, 11)
    assert whole("sad") == (0, 3)


def test_the_widest_code_points_are_counted_as_one() -> None:
    text = chr(sys.maxunicode) + " sad"
    assert widened(text, (2, 3)) == (2, 5)
