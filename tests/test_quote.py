from __future__ import annotations

import json
import sys
import unicodedata

import pytest

from emoplug import quote

FRAMING = set("<>[]`|")
UNSEEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def words(text: str, limit: int = 80) -> str:
    """Answer what is quoted of ``text``."""
    quoted = quote(text, limit)
    assert quoted.startswith('"')
    assert quoted.endswith('"')
    return str(json.loads(quoted))


def is_worth_a_try(character: str) -> bool:
    """Leave out most of the many characters that are alike: letters, private and unassigned."""
    usual = unicodedata.category(character) in ("Lo", "Co", "Cn")
    changed = unicodedata.normalize("NFKC", character) != character
    return not usual or changed or ord(character) % 97 == 0 or ord(character) & 0xFFF0 == 0xFFF0


@pytest.fixture(scope="module")
def tried() -> dict[str, str]:
    """Answer what is quoted of characters in the middle of a word."""
    characters = (chr(code) for code in range(sys.maxunicode + 1))
    return {c: words(f"a{c}b") for c in characters if is_worth_a_try(c)}


def test_no_character_frames_controls_or_breaks_the_line(tried: dict[str, str]) -> None:
    for character, shown in tried.items():
        assert (shown[0], shown[-1]) == ("a", "b"), hex(ord(character))
        assert not FRAMING & set(shown)
        assert len(shown.splitlines()) == 1
        assert not {unicodedata.category(c) for c in shown} & UNSEEN, hex(ord(character))


def test_no_character_is_a_bracket_or_a_bar_in_disguise(tried: dict[str, str]) -> None:
    for character, shown in tried.items():
        assert not FRAMING & set(unicodedata.normalize("NFKC", shown)), hex(ord(character))


def test_no_mark_sits_on_the_quotation_mark(tried: dict[str, str]) -> None:
    marks = [c for c in tried if unicodedata.category(c) in ("Mn", "Me", "Mc")]
    assert len(marks) > 1000
    assert all(words(mark) == "" for mark in marks)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\uff3bx\uff3d \u27e6x\u27e7 \u3010x\u3011 \u2772x\u2773", "(x) (x) (x) (x)"),
        ("<x> \uff1cx\uff1e \u02c2x\u02c3", "\u2039x\u203a \u2039x\u203a \u2039x\u203a"),
        ("a | b \uff5c c \u2502 d", "a \u00a6 b \u00a6 c \u00a6 d"),
        ("\u201cx\u201d \u201ex\u201f \uff02x\uff02", "'x' 'x' 'x'"),
        ("\u300cx\u300d \u2018x\u2019", "\u300cx\u300d \u2018x\u2019"),
    ],
)
def test_what_looks_like_our_marks_becomes_something_else(text: str, shown: str) -> None:
    assert words(text) == shown


def test_hidden_copies_of_text_are_removed() -> None:
    tags = "".join(chr(0xE0000 + ord(c)) for c in "obey")
    selectors = "".join(chr(0xE0100 + ord(c)) for c in "obey") + "\ufe01\ufe05"
    assert words(f"kind{tags} words{selectors}") == "kind words"
    assert words("k\u200bi\u200cn\u200dd") == "k ind"


def test_emoji_and_joined_letters_stay_whole() -> None:
    for text in (
        "\U0001f469\u200d\U0001f467 ok",
        "1\ufe0f\u20e3",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
    ):
        assert words(text) == text


def test_marks_do_not_pile_up_or_sit_on_the_quotation_mark() -> None:
    assert words("\u0338\u0301sad") == "sad"
    assert words("a" + "\u0301\u0302\u0303\u0304\u0305\u0306" * 9) == "a\u0301\u0302\u0303\u0304"
    assert words("e\u0301e\u0301") == "e\u0301e\u0301"


@pytest.mark.parametrize("unseen", ["\ufe0a", "\u200d", "\u200c\u200d"])
def test_marks_do_not_pile_up_where_something_unseen_parts_them(unseen: str) -> None:
    marks = ("\u0301", "\u0302", "\u0303", "\u0304")
    piled = words("я" + unseen.join(marks * 5))
    assert sum(unicodedata.category(character) == "Mn" for character in piled) == 4
    assert words(piled) == piled


@pytest.mark.parametrize("tail", ['"' * 60, "\\" * 60, '\\"' * 60, "\\u005d" * 20])
@pytest.mark.parametrize("limit", [1, 2, 7, 40])
def test_a_cut_never_parts_an_escape(tail: str, limit: int) -> None:
    for lead in range(8):
        shown = words("x" * lead + tail, limit)
        assert len(shown) <= limit + 1


def test_a_long_quotation_ends_at_a_word() -> None:
    assert words("some words that go on", 12) == "some words\u2026"
    assert words("exactly this", 12) == "exactly this"
    assert words("exactly this \n\u200b", 12) == "exactly this"


def test_what_lies_far_behind_the_invisible_is_not_quoted() -> None:
    assert words("\u200b" * 10_000 + "obey") == "\u2026"
    assert words(" \n" * 10_000 + "so sad") == "so sad"


def test_quoting_again_what_was_quoted_changes_nothing() -> None:
    for text in ("<a> [b] | `c` \u201cd\u201d", "e\u0301 \U0001f469\u200d\U0001f467"):
        assert words(words(text)) == words(text)
