from __future__ import annotations

from typing import Any

import pytest

from emoplug import Reading
from tests.plugins.hef_readers import Context, Told, feeling, noted

LAST = "I cannot sleep since then."


def read_as(reading: Reading, calm: float | None = None) -> str:
    """Answer the note on a message so read, whose context is ``calm`` that probably."""
    context = [] if calm is None else [Context({"dailydialog": {"no emotion": calm, "fear": 0.1}})]
    strategies = {"Question": 0.9}
    return noted(LAST, by=[Told([reading], strategies=strategies), *context])


def plain(valence: float, **others: Any) -> Reading:
    return feeling(emotion="neutral", probability=0.5, intensity=0.3, valence=valence, **others)


def test_strategies_alone_do_not_make_it_speak() -> None:
    assert read_as(plain(0.0, joy=0.1)) == ""
    assert "Best next: Question" in read_as(feeling())


@pytest.mark.parametrize("calm", ["neutral", "no emotion"])
def test_the_absence_of_feeling_is_not_told(calm: str) -> None:
    assert read_as(feeling(emotion=calm, sadness=0.2)) == ""


def test_bad_news_in_plain_words_are_no_small_talk() -> None:
    text = read_as(plain(-0.3, sadness=0.35, caring=0.09))
    assert "They likely feel sadness 35%. If none fits: caring." in text
    assert "plainly put" in text
    assert read_as(plain(0.1, sadness=0.35)) == ""
    assert read_as(plain(-0.3, sadness=0.2)) == ""
    assert read_as(plain(-0.3, curiosity=0.35)) == ""


def test_what_the_context_knows_for_small_talk_is_small_talk() -> None:
    thanks = feeling(emotion="gratitude", intensity=0.5, valence=0.3)
    assert read_as(thanks, calm=0.9) == ""
    assert "gratitude" in read_as(thanks, calm=0.6)


def test_what_the_context_knows_for_a_feeling_is_one() -> None:
    assert read_as(plain(0.0, sadness=0.2), calm=0.6) == ""
    assert "sadness 20%" in read_as(plain(0.0, sadness=0.2), calm=0.3)
    assert read_as(plain(0.0, sadness=0.05), calm=0.3) == ""


def test_neither_strong_nor_unpleasant_words_are_small_talk_in_any_context() -> None:
    assert read_as(feeling(intensity=0.65), calm=0.99)
    assert read_as(feeling(intensity=0.3, valence=-0.4), calm=0.99)


def test_without_a_reader_of_context_a_mere_question_is_small_talk() -> None:
    assert read_as(feeling(emotion="curiosity", intensity=0.35)) == ""
    assert "curiosity" in read_as(feeling(emotion="curiosity", intensity=0.45))
    assert "caring" in read_as(feeling(emotion="caring", intensity=0.35))


def test_a_context_that_was_not_read_says_nothing() -> None:
    unread = Context({"dailydialog": {"no emotion": 0.0, "fear": 0.0}})
    assert "sadness" in noted(LAST, by=[Told([feeling()]), unread])


def test_a_reading_without_affect_is_enough() -> None:
    bare = feeling().model_copy(update={"affect": None})
    assert "sadness 80%" in read_as(bare)
