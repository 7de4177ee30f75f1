"""Quotes a person's words so that they stay words: nothing in them can end the quotation."""

from __future__ import annotations

import json
import unicodedata
from functools import lru_cache

_ELLIPSIS = "…"
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp", "Zs"})
"""Unicode categories that are no visible text: controls, bidi and format marks, line breaks."""
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters and marks that show as nothing."""
_SELECTORS = frozenset(map(chr, [*range(0x180B, 0x1810), *range(0xFE00, 0xFE0F)]))
"""Choose between shapes of a character, and can carry hidden data; the one for emoji is left."""
_NO_TEXT = (range(0x2065, 0x2066), range(0xFDD0, 0xFDF0), range(0xFFF0, 0x10000))
"""Code points of no character, or of one that never shows, beside those at the ends of planes."""
_TAGS = range(0xE0000, 0xE1000)
"""Invisible copies of ASCII and more selectors, assigned or not."""
_JOINERS = frozenset({"\u200c", "\u200d"})
"""Format marks that belong to words and emoji, after a character that is not ASCII."""
_MARKS = frozenset({"Mn", "Me", "Mc"})
_FAR = 20
"""How many times the limit is looked at: who hides words behind more than that is not quoted."""
_MOST_MARKS = 4
"""Most marks in a row on one letter, which is more than any script in use has."""
_TELLING = {"<": "\u2039", ">": "\u203a", "[": "(", "]": ")", "`": "'", "|": "\u00a6"}
"""Characters that open, part and close tags, notes and code: our own frame is made of them."""
_LIKE = {
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u2036\u02ba\u02ee\u275d\u275e\uff02", "'"),
    **dict.fromkeys("\u301d\u301e\u301f", "'"),
    **dict.fromkeys("\u02c2\u1438", "\u2039"),
    **dict.fromkeys("\u02c3\u1433", "\u203a"),
    **dict.fromkeys("\u2223\u2502\u2758\u23d0", "\u00a6"),
}
"""Characters that look like them or like the double quote, and are no bracket to Unicode."""
_SPOKEN = frozenset("\u201a\u300c\u300d\u300e\u300f\uff62\uff63")
"""Brackets to Unicode that people write for quotation marks, unlike any of ours."""

_ASCII = {code: _TELLING.get(chr(code), " ") for code in (*range(32), *map(ord, _TELLING), 127)}
"""What ``_look`` answers for ASCII characters, where that is another one."""


def quote(text: str, limit: int = 80) -> str:
    """Answer ``text`` as one line in double quotes, at most ``limit`` characters of it.

    The result is a JSON string: quotes and backslashes inside are escaped. Invisible characters
    become spaces or go; brackets, bars and backticks that a frame may use, and what looks like
    them or like our quotation marks, become other characters. A long text costs no more than
    ``limit`` asks for.
    """
    text = text.lstrip()
    line = _line(text[: _FAR * limit], limit)
    if len(line) > limit:
        line = line[:limit].rsplit(" ", 1)[0].rstrip() + _ELLIPSIS
    elif len(text) > _FAR * limit:
        line += _ELLIPSIS
    return json.dumps(line, ensure_ascii=False)


def _line(text: str, limit: int) -> str:
    """Answer what shows of ``text``, on one line; no more than tells that ``limit`` is passed."""
    if text.isascii():
        return " ".join(text.translate(_ASCII).split())[: limit + 2].rstrip()
    kept: list[str] = []
    marks = 0
    for character in text:
        shown, is_mark = _look(character)
        before = kept[-1] if kept else " "
        in_a_row = is_mark or not shown or character in _JOINERS  # nothing unseen parts marks
        marks = marks + is_mark if in_a_row else 0
        if is_mark and (before in (" ", shown) or marks > _MOST_MARKS):
            continue  # it would sit on our quotation mark, or hide something
        if character in _JOINERS:
            shown = "" if before.isascii() or before in _JOINERS else character
        if shown and not shown == before == " ":
            kept.append(shown)
            if len(kept) > limit and shown != " ":
                break
    return "".join(kept).rstrip()


@lru_cache(maxsize=4096)
def _look(character: str) -> tuple[str, bool]:
    """Answer what is shown in place of one character, and whether that is a mark on another."""
    category = unicodedata.category(character)
    if character in _SELECTORS:
        return "", False
    if category in _UNSAFE or character in _BLANK or _shows_nothing(ord(character), category):
        return " ", False
    return _tame(character, category), category in _MARKS


def _shows_nothing(code: int, category: str) -> bool:
    """Tell whether a code point is kept free of characters, or is one of the tags."""
    end_of_plane = code & 0xFFFE == 0xFFFE
    unassigned = category == "Cn" and any(code in codes for codes in _NO_TEXT)
    return end_of_plane or unassigned or code in _TAGS


def _tame(character: str, category: str) -> str:
    """Answer a look-alike of a character that a frame may use, else the character."""
    plain = unicodedata.normalize("NFKC", character)
    tamed = _LIKE.get(character) or _TELLING.get(plain)
    if tamed:
        return tamed
    if category in ("Ps", "Pe") and not character.isascii() and character not in _SPOKEN:
        return "(" if category == "Ps" else ")"
    return character
