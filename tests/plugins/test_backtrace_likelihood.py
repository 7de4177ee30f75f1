from __future__ import annotations

from collections.abc import Sequence
from math import log
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emoplug import InputError, SettingsError
from emoplug_backtrace._likelihood import Likelihood
from emoplug_backtrace._lm import CausalModel, Floats, Integers, Logits

WORDS = ("<s>", "dogs", "bark", "why", "cats")
NEXT = {
    "<s>": (0.1, 0.3, 0.2, 0.2, 0.2),
    "dogs": (0.1, 0.1, 0.5, 0.2, 0.1),
    "bark": (0.1, 0.1, 0.1, 0.6, 0.1),
    "why": (0.2, 0.3, 0.1, 0.1, 0.3),
    "cats": (0.3, 0.2, 0.1, 0.1, 0.3),
}
"""A language of five words: how probably each follows each."""


class Bigrams(CausalModel):
    """Knows the last word only; writes down the shape of each pass."""

    def __init__(self, window: int = 100, tokens: int = 1000) -> None:
        super().__init__(0, window, tokens)
        self.passes: list[tuple[int, int]] = []

    def _encode(self, text: str) -> list[int]:
        return [WORDS.index(word) for word in text.split() if word in WORDS]

    def _logits(self, ids: Integers, places: Integers) -> Logits:
        self.passes.append((ids.shape[0], ids.shape[1]))
        table = np.log(np.array([NEXT[word] for word in WORDS], dtype=np.float32)) + 3
        seen = ids[np.arange(len(ids))[:, None], places]
        answer: Logits = table[seen]
        return answer


class Remembers:
    """Finds a query likelier for each of its words that a prefix has; writes prefixes down."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def log_likelihood(self, prefixes: Sequence[str], continuation: str) -> Floats:
        self.asked.extend(prefixes)
        wanted = continuation.split()
        return np.array([sum(word in p.split() for word in wanted) - 5.0 for p in prefixes])


def test_the_likelihood_of_a_text_is_that_of_its_words_one_after_another() -> None:
    (found,) = Bigrams().log_likelihood(["cats dogs"], "bark why")
    assert found == pytest.approx(log(0.5) + log(0.6))


def test_without_a_prefix_a_text_begins_as_texts_begin() -> None:
    (found,) = Bigrams().log_likelihood([""], "dogs bark")
    assert found == pytest.approx(log(0.3) + log(0.5))


@given(st.lists(st.lists(st.sampled_from(WORDS[1:]), max_size=9), max_size=9), st.integers(1, 40))
def test_how_rows_are_batched_changes_nothing(prefixes: list[list[str]], tokens: int) -> None:
    texts = [" ".join(words) for words in prefixes]
    together = Bigrams(tokens=tokens)
    found = together.log_likelihood(texts, "why dogs")
    alone = [float(Bigrams().log_likelihood([text], "why dogs")[0]) for text in texts]
    assert found.tolist() == pytest.approx(alone)
    assert all(rows == 1 or rows * columns <= tokens for rows, columns in together.passes)


def test_of_a_prefix_that_is_too_long_the_end_is_read() -> None:
    narrow = Bigrams(window=4)
    (found,) = narrow.log_likelihood(["cats " * 50 + "dogs"], "bark why")
    assert found == pytest.approx(log(0.5) + log(0.6))
    assert narrow.passes == [(1, 4)]


def test_a_text_that_fills_the_window_is_read_without_its_prefix() -> None:
    (found,) = Bigrams(window=2).log_likelihood(["cats"], "dogs bark")
    assert found == pytest.approx(log(0.3) + log(0.5))


def test_a_text_that_is_longer_than_the_window_is_refused() -> None:
    with pytest.raises(InputError, match=r"3 tokens does not fit .* window of 2; shorten it"):
        Bigrams(window=2).log_likelihood(["cats"], "dogs bark why")


def test_a_text_of_no_tokens_is_refused() -> None:
    with pytest.raises(InputError, match="'hm' has no tokens"):
        Bigrams().log_likelihood(["cats"], "hm")


def test_single_asks_after_each_segment_by_itself() -> None:
    found = Likelihood(Bigrams(), "single").score("why", ["cats", "dogs bark", "dogs"])
    assert found.tolist() == pytest.approx([log(0.1), log(0.6), log(0.2)])


def test_autoregressive_asks_after_the_document_up_to_the_segment() -> None:
    model = Remembers()
    found = Likelihood(model, "autoregressive").score("why bark", ["dogs", "bark", "cats"])
    assert model.asked == ["dogs\n", "dogs bark\n", "dogs bark cats\n"]
    assert found.tolist() == [-5, -4, -4]


def test_the_treatment_effect_is_what_a_segment_adds_to_the_rest() -> None:
    model = Remembers()
    found = Likelihood(model, "ate").score("why bark", ["dogs", "bark why", "why"])
    assert found.tolist() == [0, 1, 0]
    assert model.asked == [
        "dogs bark why why\n",  # the whole document is asked about once
        *("bark why why\n", "dogs why\n", "dogs bark why\n"),
    ]


def test_the_treatment_effect_by_hand() -> None:
    segments = ["cats", "dogs bark"]
    found = Likelihood(Bigrams(), "ate").score("why", segments)
    assert found.tolist() == pytest.approx([0, log(0.6) - log(0.1)])


def test_the_only_segment_is_compared_with_nothing_at_all() -> None:
    found = Likelihood(Bigrams(), "ate").score("why", ["bark"])
    assert found.tolist() == pytest.approx([log(0.6) - log(0.2)])


def test_with_neighbours_each_segment_is_shown_among_its_own() -> None:
    model = Remembers()
    Likelihood(model, "ate", neighbours=1).score("why", ["a", "b", "c", "d"])
    shown, without = model.asked[:4], model.asked[4:]
    assert shown == ["a b\n", "a b c\n", "b c d\n", "c d\n"]
    assert without == ["b\n", "a c\n", "b d\n", "c\n"]
    model = Remembers()
    Likelihood(model, "autoregressive", neighbours=1).score("why", ["a", "b", "c"])
    assert model.asked == ["a\n", "a b\n", "b c\n"]


@given(st.lists(st.sampled_from(["dogs", "bark why", "cats", ""]), max_size=6))
def test_with_all_neighbours_nothing_changes(segments: list[str]) -> None:
    for method in ("autoregressive", "ate"):
        near = Likelihood(Bigrams(), method, neighbours=9).score("why", segments)
        assert near.tolist() == Likelihood(Bigrams(), method).score("why", segments).tolist()
        assert near.shape == (len(segments),)


def test_a_document_without_segments_has_no_scores() -> None:
    for method in ("single", "autoregressive", "ate"):
        found = Likelihood(Bigrams(), method).score("why", [])
        assert (found.shape, found.dtype) == ((0,), np.dtype(np.float64))


@pytest.mark.parametrize("query", ["", " \n"])
def test_a_blank_query_is_refused(query: str) -> None:
    with pytest.raises(InputError, match="the query is blank; ask about"):
        Likelihood(Bigrams()).score(query, ["dogs"])


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"method": "singel"}, r"did you mean 'single'.*methods: single, autoregressive, ate"),
        ({"neighbours": -1}, "give 0 or more"),
    ],
)
def test_a_wrong_setting_is_refused(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        Likelihood(Bigrams(), **settings)
