from __future__ import annotations

import pytest

from emoplug import Guidance, estimate_tokens


@pytest.mark.parametrize(
    ("text", "tokens"),
    [("", 0), ("  \n", 0), ("cat", 1), ("sadness", 1), ("nervousness", 2), ("a, b.", 4)],
)
def test_words_count_by_sevens_and_marks_by_one(text: str, tokens: int) -> None:
    assert estimate_tokens(text) == tokens


def test_digits_and_letters_of_other_scripts_count_one_each() -> None:
    assert estimate_tokens("2026") == 4
    assert estimate_tokens("难过") == 2


def test_guidance_knows_its_cost_unless_told() -> None:
    text = "be kind"
    assert Guidance(text=text, kind="test", source="test").tokens == 2
    assert Guidance(text=text, kind="test", source="test", tokens=9).tokens == 9
