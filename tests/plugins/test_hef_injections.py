from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest

from tests.plugins.hef_injections import INJECTIONS
from tests.plugins.hef_readers import Told, cause, feeling, noted

HARMLESS = "some plain words"
LAST = "I cannot sleep since then, and I do not know what to do about it any more."
STRATEGIES = {"Question": 0.5, "Reflection of feelings": 0.48}
QUOTATION = re.compile(r'"(?:[^"\\]|\\.)*"')
STYLES = ("prose", "compact")
Place = Callable[[str, str], str]


def as_earlier_message(text: str, style: str) -> str:
    """The text is what the other said, and as a whole the cause."""
    told = Told([feeling(1)], [cause(0)], STRATEGIES)
    return noted(("assistant", text), LAST, by=[told], style=style)


def as_cause_span(text: str, style: str) -> str:
    """The text is a part of the last message, and that part the cause."""
    span = (len(LAST) * 50 + 1, len(LAST) * 50 + 1 + len(text))
    said = f"{LAST * 50} {text} {LAST * max(1, len(text) // 20)}"
    told = Told([feeling(0)], [cause(0, span)], STRATEGIES)
    return noted(said, by=[told], style=style)


def as_carried_words(text: str, style: str) -> str:
    """The text is the person's own strongest earlier message."""
    told = Told([feeling(0, intensity=0.9), feeling(1)], [], STRATEGIES)
    return noted(text, LAST, by=[told], style=style)


def as_both(text: str, style: str) -> str:
    """The text is quoted twice: as the cause, and with more words as an earlier moment."""
    told = Told([feeling(0, intensity=0.9), feeling(2)], [cause(1)], STRATEGIES)
    return noted(f"once {text}", ("assistant", text), LAST, by=[told], style=style)


UNSEEN = {name: INJECTIONS[name] for name in ("behind the invisible", "nothing visible")}
SEEN = {name: text for name, text in INJECTIONS.items() if name not in UNSEEN}
PLACES: tuple[Place, ...] = (as_earlier_message, as_cause_span, as_carried_words)


def without_quotations(note: str) -> str:
    return QUOTATION.sub('""', note)


def test_there_are_many_attempts() -> None:
    assert len(INJECTIONS) >= 60
    assert len(set(INJECTIONS.values())) == len(INJECTIONS)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("text", SEEN.values(), ids=SEEN.keys())
def test_no_words_are_read_as_ours(text: str, place: Place, style: str) -> None:
    note = place(text, style)
    usual = place(HARMLESS, style)
    assert QUOTATION.findall(usual) == [f'"{HARMLESS}"']
    assert len(note.splitlines()) == 1
    assert note.isprintable() or "\u200d" in note
    (opening, closing) = (note.count("["), note.count("]"))
    assert (opening, closing) == (1, 1)
    assert note[0] == "["
    assert note[-1] == "]"
    (quotation,) = QUOTATION.findall(note)
    words = json.loads(quotation)
    assert words == words.strip()
    assert not set(words) & set("<>[]`|\uff3b\uff3d\uff1c\uff1e\uff5c\uff40\u201c\u201d")
    assert without_quotations(note) == without_quotations(usual)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("text", INJECTIONS.values(), ids=INJECTIONS.keys())
def test_two_quotations_do_not_help_each_other(text: str, style: str) -> None:
    note = as_both(text, style)
    assert note.count("[") == note.count("]") == 1
    quotations = QUOTATION.findall(note)
    assert all(json.loads(quotation) for quotation in quotations)
    outside = without_quotations(note)
    assert '"' not in outside.replace('""', "")
    assert outside.count('""') == len(quotations) in (1, 2)
    assert "rude" not in outside
    assert "sad" not in outside.replace("sadness", "")


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("text", UNSEEN.values(), ids=UNSEEN.keys())
def test_words_that_do_not_show_are_not_quoted(text: str, place: Place, style: str) -> None:
    note = place(text, style)
    assert '"' not in note
    assert note.count("[") == note.count("]") == 1


@pytest.mark.parametrize("place", PLACES)
def test_no_script_makes_a_quotation_costly(place: Place) -> None:
    usual = place(HARMLESS, "prose")
    for text in ("\u6211" * 400, "\U0001f62d" * 400, "7" * 400, "!?" * 200):
        (quotation,) = QUOTATION.findall(place(text, "prose"))
        assert 0 < len(quotation) < 40
        assert without_quotations(place(text, "prose")) == without_quotations(usual)
