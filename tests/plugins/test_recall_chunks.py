from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from emoplug import estimate_tokens
from emoplug_recall._chunks import OVERLAP, SIZE, chunks

SENTENCE = "She told me about the long winter in the north and how they lived. "


def test_a_short_text_is_one_chunk_as_it_is() -> None:
    assert chunks(" I am  so\ntired. ") == ["I am  so\ntired."]


def test_a_text_without_words_has_no_chunks() -> None:
    assert chunks("") == chunks(" \n\t ") == []


def test_chunks_begin_and_end_with_sentences_where_they_can() -> None:
    pieces = chunks(SENTENCE * 40)
    assert len(pieces) > 5
    assert all(piece.startswith("She") and piece.endswith("lived.") for piece in pieces)


def test_neighbours_share_up_to_the_overlap() -> None:
    numbers = " ".join(f"word{number:04}" for number in range(400))
    pieces = chunks(numbers)
    for one, other in pairwise(pieces):
        shared = [word for word in other.split() if word in one.split()]
        assert 0 < estimate_tokens(" ".join(shared)) <= OVERLAP


def test_lines_of_a_list_are_sentences() -> None:
    lines = "\n".join(f"- point {number} of the list" for number in range(80))
    assert all(piece.startswith("- point") for piece in chunks(lines))


def test_a_text_without_spaces_is_cut_all_the_same() -> None:
    pieces = chunks("我今天非常难过。" * 100)
    assert len(pieces) > 5
    assert all(estimate_tokens(piece) <= SIZE for piece in pieces)


@settings(max_examples=60, deadline=None)
@given(st.text(st.sampled_from("ab .!\n9é我\ud83d"), max_size=1500))
def test_every_word_is_in_a_chunk_and_every_chunk_is_the_text_itself(text: str) -> None:
    pieces = chunks(text, size=64, overlap=20)
    place = end = 0
    for piece in pieces:
        found = text.find(piece, place)
        assert found >= 0
        assert estimate_tokens(piece) <= 64
        assert not text[end:found].strip() or found < end
        place, end = found, max(end, found + len(piece))
    assert not text[end:].strip()
