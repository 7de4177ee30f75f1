from __future__ import annotations

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from emoplug_onnx._layout import LONGEST, NOWHERE, WINDOW, Marker, Utterance, lay_out, positions
from tests.plugins.reader_tiny import tokenizer

START = 2
MARKER = Marker(tokenizer())


def words(utterance: Utterance, text: str) -> list[str]:
    """Answer the characters of each token that is not a mark."""
    return [text[low:high] for low, high in utterance.offsets if (low, high) != NOWHERE]


def spoken(ids: tuple[int, ...]) -> list[str]:
    """Answer tokens as they are spelled."""
    made = tokenizer()
    return [str(made.id_to_token(token)) for token in ids]


def of_length(length: int) -> Utterance:
    return Utterance((7,) * length, ((0, 1),) * length)


def test_an_utterance_is_the_speakers_name_the_words_and_a_separator() -> None:
    (said,) = MARKER.mark(["A"], ["I hate  you!"])
    assert spoken(said.ids) == ["a", ":", "i", "hate", "you", "!", "[SEP]"]
    assert [offset == NOWHERE for offset in said.offsets] == [True, True, *[False] * 4, True]
    assert words(said, "I hate  you!") == ["I", "hate", "you", "!"]


def test_of_a_long_name_three_tokens_are_read() -> None:
    (said,) = MARKER.mark(["Rumpelstiltskin"], ["thank you"])
    assert spoken(said.ids)[:5] == ["r", "##u", "##m", ":", "thank"]


def test_each_text_has_its_own_speaker() -> None:
    one, two = MARKER.mark(["A", "B"], ["thank you", "thank you"])
    assert one.ids[1:] == two.ids[1:]
    assert one.ids[0] != two.ids[0]


@given(st.text(st.characters(), max_size=30))
@example("sad \ud83d sad")
@example("\ud83d\ude2d")
@example("e\u0301 \x00 我")
def test_whatever_a_text_or_a_name_is_made_of_its_tokens_lie_in_it(text: str) -> None:
    for name in ("A", text):
        (said,) = MARKER.mark([name], [text])
        assert len(said.ids) == len(said.offsets)
        assert said.offsets[-1] == NOWHERE
        inside = [offset for offset in said.offsets if offset != NOWHERE]
        assert all(0 <= low < high <= len(text) for low, high in inside)


def test_of_a_long_message_the_beginning_and_the_end_are_read() -> None:
    text = "sad " + "tired " * 5000 + "happy"
    (said,) = MARKER.mark(["A"], [text])
    assert len(said.ids) == LONGEST + 3
    read = words(said, text)
    assert (len(read), read[0], read[-1]) == (LONGEST, "sad", "happy")
    assert said.offsets == (*sorted(said.offsets[:-1]), NOWHERE)


def test_the_longest_message_of_the_longest_name_fits_into_the_window() -> None:
    said = MARKER.mark(["x" * 40] * 2, ["sad " * 5000] * 2)
    assert len(lay_out(said, MARKER.start).ids) <= WINDOW


@given(st.lists(st.integers(2, 40), min_size=1, max_size=30), st.integers(10, 100))
def test_the_newest_utterances_that_fit_are_laid_out(lengths: list[int], window: int) -> None:
    layout = lay_out([of_length(length) for length in lengths], START, window)
    read = lengths[layout.first :]
    assert len(layout) == len(read) >= 1
    assert len(layout.ids) == len(layout.owner) == len(layout.offsets) == 1 + sum(read)
    assert len(layout.ids) <= window or len(read) == 1
    if layout.first:
        assert len(layout.ids) + lengths[layout.first - 1] > window, "one more would not fit"


def test_each_token_knows_its_utterance_and_the_start_is_of_the_first() -> None:
    layout = lay_out([of_length(99), of_length(2), of_length(3)], START, 8)
    assert layout.first == 1
    assert layout.ids.tolist() == [START, 7, 7, 7, 7, 7]
    assert layout.owner.tolist() == [0, 0, 0, 1, 1, 1]
    assert layout.offsets[0] == NOWHERE


def test_positions_average_each_utterances_tokens_and_point_at_its_first() -> None:
    pool, starts = positions(lay_out([of_length(3), of_length(2), of_length(5)], START))
    assert starts.tolist() == [0, 4, 6]
    assert pool.shape == (3, 11)
    assert (pool > 0).sum(axis=1).tolist() == [4, 2, 5]
    assert np.allclose(pool.sum(axis=1), 1)
    assert ((pool > 0).sum(axis=0) == 1).all(), "each token is somebody's, and nobody else's"
