from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from emoplug import fingerprint


@given(st.text(max_size=600), st.text(max_size=600))
def test_only_equal_texts_have_equal_fingerprints(one: str, other: str) -> None:
    assert (fingerprint(one) == fingerprint(other)) is (one == other)


def test_a_long_text_is_kept_by_few_bytes_and_a_short_one_as_it_is() -> None:
    assert fingerprint("I am sad.") == "I am sad."
    kept = fingerprint("I am sad. " * 100_000)
    assert isinstance(kept, bytes)
    assert len(kept) == 32


def test_half_a_surrogate_pair_has_one_too() -> None:
    assert fingerprint("\ud83d" * 600) != fingerprint("\ud83e" * 600)
